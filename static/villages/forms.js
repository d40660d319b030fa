// 点一点: votes, quizzes and pledges are plain forms whose fields become the body of a tap.
import { submit } from "./outbox.js";
import { tell } from "./told.js";

for (const form of document.querySelectorAll("form[data-tap]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("[type=submit]") ?? document.querySelector(`[form=${form.id}]`);
    button.disabled = true;
    const body = {};
    for (const [name, value] of new FormData(form)) {
      if (name.startsWith("answer_")) (body.answers ??= {})[name.slice(7)] = Number(value);
      else body[name] = value;
    }
    const told = await submit({ activity: form.dataset.tap, title: form.dataset.title, body });
    button.disabled = false;
    tell(told, { again() {} });
  });
}
