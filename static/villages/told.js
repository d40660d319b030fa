// The answer to a tap, in the place of what was asked: large, spoken by screen readers, with what happens next and
// when, and one way on.
import { LATEST_HOURS } from "./outbox.js";

const keptUntil = () => {
  const end = new Date(Date.now() + LATEST_HOURS * 3600_000);
  return `${end.getMonth() + 1} 月 ${end.getDate()} 日 ${String(end.getHours()).padStart(2, "0")}:${String(end.getMinutes()).padStart(2, "0")} 前`;
};

function listOf(steps) {
  const list = document.createElement("ol");
  list.className = "m-steps";
  for (const step of steps) {
    const line = document.createElement("li");
    if (step.is_past) line.className = "m-step-past";
    const when = document.createElement("b");
    when.textContent = step.when;
    const text = document.createElement("span");
    text.textContent = step.text;
    line.append(when, text);
    list.append(line);
  }
  return list;
}

export function tell(told, { again } = {}) {
  const main = document.getElementById("act");
  const box = document.createElement("section");
  box.className = "m-card m-result";
  box.tabIndex = -1;
  box.setAttribute("role", told.ok === false ? "alert" : "status");
  const head = document.createElement("h2");
  const words = document.createElement("p");
  if (told.kept) {
    head.textContent = "已保存，尚未发送";
    words.textContent = told.reason ?? "现在没有网络。已保存在这部手机上，联网后自动补传，不用再做一次。";
    told.steps = [
      { when: "现在", text: "已保存在这部手机上", is_past: true },
      { when: keptUntil(), text: "手机联网时自动补传；超过时限需要重做" },
    ];
  } else if (told.ok) {
    head.textContent = told.headline ?? "已提交";
    words.textContent = told.message ?? "";
    if (told.points) {
      const figure = document.createElement("p");
      figure.className = "figure";
      figure.textContent = `+${told.points} 分`;
      box.append(figure);
    }
  } else {
    head.textContent = "没有成功";
    words.textContent = told.message;
  }
  const way = document.createElement(again && told.ok === false ? "button" : "a");
  way.className = "m-button m-primary";
  if (way.tagName === "A") {
    way.href = told.url ?? "/villages/my/";
    way.textContent = told.url ? "查看记录" : "回首页";
  } else {
    way.type = "button";
    way.textContent = "再试一次";
    way.addEventListener("click", () => { box.remove(); main.hidden = false; again(); });
  }
  box.append(head, words);
  if (told.steps?.length) box.append(listOf(told.steps));
  box.append(way);
  main.hidden = true;
  document.querySelector(".m-thumb")?.replaceChildren();
  main.after(box);
  box.focus();
}
