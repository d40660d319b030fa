// A form or button with `data-confirm="question"` asks before it acts; `data-confirm-label` names the act on the button.
// `[data-print]` prints. Both need no markup of their own.

let waiting = null;

function ask(question, label) {
  const dialog = document.createElement("dialog");
  dialog.className = "confirm";
  dialog.setAttribute("aria-label", "请确认");
  const text = document.createElement("p");
  text.textContent = question;
  const actions = document.createElement("div");
  actions.className = "actions";
  const button = (name, kind, value) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = `btn ${kind}`;
    made.textContent = name;
    made.addEventListener("click", () => dialog.close(value));
    return made;
  };
  actions.append(button("取消", "btn-secondary", ""), button(label, "btn-primary", "yes"));
  dialog.append(text, actions);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

async function onSubmit(event) {
  const form = event.target;
  const source = event.submitter?.dataset.confirm ? event.submitter : form;
  const question = source.dataset?.confirm;
  if (!question || waiting === form) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const submitter = event.submitter;
  if (await ask(question, source.dataset.confirmLabel || submitter?.textContent.trim() || "确定")) {
    waiting = form;
    form.requestSubmit(submitter);
    waiting = null;
  }
}

export function startDialogs() {
  document.addEventListener("submit", onSubmit, { capture: true });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
  });
}
