// A lesson's time is kept by the server: every beat adds what passed since the last one. Now and then it asks for a
// tap, to know that somebody is reading; nothing counts while the page is hidden.
import { submit, token } from "./outbox.js";
import { tell } from "./told.js";

const block = document.querySelector("[data-lesson]");
const bar = block.querySelector("progress");
const words = block.querySelector("[data-part=left]");
const here = block.querySelector("[data-part=here]");
const done = document.querySelector("[data-lesson-done]");
let prompt = "";
let timer = 0;

async function beat(answer = "") {
  clearTimeout(timer);
  if (document.hidden) return;
  try {
    const form = new FormData();
    form.append("prompt", answer);
    const reply = await fetch(block.dataset.lesson, { method: "POST", body: form, credentials: "same-origin", headers: { "X-CSRFToken": token() } });
    if (!reply.ok) throw new Error(String(reply.status));
    const told = await reply.json();
    bar.max = told.wanted;
    bar.value = Math.min(told.seconds, told.wanted);
    prompt = told.prompt;
    here.hidden = !prompt;
    words.textContent = told.is_enough ? "时长已够，可以完成学习。" : `还需 ${Math.ceil(told.wanted - told.seconds)} 秒`;
    if (prompt) words.textContent = "请点一下“我在看”，继续计时。";
    done.disabled = !told.is_enough;
    if (told.is_enough && !prompt) return;
  } catch {
    words.textContent = "网络不稳定，暂停计时，恢复后继续。";
  }
  timer = setTimeout(beat, Number(block.dataset.beat) * 1000);
}

here.addEventListener("click", () => beat(prompt));
document.addEventListener("visibilitychange", () => beat());
done.addEventListener("click", async () => {
  done.disabled = true;
  const told = await submit({ activity: block.dataset.activity, title: document.title, body: {} });
  tell(told, { again() { done.disabled = false; } });
});
beat();
