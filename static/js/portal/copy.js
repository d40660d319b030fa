// A button with `data-copy="text"` puts the text on the clipboard and says so.

async function copyText(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("copy refused");
}

export function startCopy() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const note = document.createElement("span");
    note.className = "copied";
    note.role = "status";
    try {
      await copyText(button.dataset.copy);
      note.textContent = "已复制";
    } catch {
      note.textContent = "未能复制，请手动选取";
    }
    button.parentElement.querySelector(".copied")?.remove();
    button.after(note);
    setTimeout(() => note.remove(), 2000);
  });
}
