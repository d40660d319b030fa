// Messages: close buttons, and toasts for what happens without a new page.
// Anywhere: document.dispatchEvent(new CustomEvent("portal:toast", {detail: {level: "success", text: "已保存"}}))

const stays = { success: 5000, info: 5000, warning: 10000, error: 0 };

function toast({ level = "info", text }) {
  const place = document.getElementById("toasts");
  if (!place) return;
  const note = document.createElement("div");
  note.className = `flash flash-${level}`;
  note.role = level === "error" ? "alert" : "status";
  const body = document.createElement("div");
  body.className = "text";
  body.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.dataset.dismiss = "";
  close.setAttribute("aria-label", "关闭提示");
  close.textContent = "×";
  note.append(body, close);
  place.append(note);
  if (stays[level]) setTimeout(() => note.remove(), stays[level]);
}

export function startMessages() {
  document.addEventListener("click", (event) => {
    event.target.closest("[data-dismiss]")?.closest(".flash")?.remove();
  });
  document.addEventListener("portal:toast", (event) => toast(event.detail));
  // A fragment that failed to load must not leave its old contents looking fresh.
  document.addEventListener("htmx:responseError", (event) => {
    const id = event.detail.xhr.getResponseHeader("X-Request-Id");
    toast({ level: "error", text: `未能取得数据，页面上的内容没有更新。请稍后重试${id ? `；请求编号 ${id}` : ""}。` });
  });
  document.addEventListener("htmx:sendError", () => {
    toast({ level: "error", text: "网络连接中断，页面上的内容没有更新。请检查网络后重试。" });
  });
}
