// The page that stands in for any other without network: what is kept, and a scanner whose codes are kept. It knows no
// name, no points and no activity; it goes away by itself when the network is back.
import { waiting } from "./outbox.js";
import { recallWho } from "./who.js";

const block = document.querySelector("[data-offline]");
const list = block.querySelector("[data-part=kept]");
const again = document.querySelector("[data-part=again]");
const scanner = document.querySelector("[data-part=scanner]");
const page = document.documentElement;
page.classList.toggle("elder", document.cookie.includes("elder=1"));
page.classList.toggle("more", document.cookie.includes("text=more"));
page.dataset.bsTheme = document.cookie.includes("theme=dark") ? "dark" : "light";

const spoken = (told) => {
  const at = new Date(told);
  return `${at.getMonth() + 1} 月 ${at.getDate()} 日 ${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
};

async function show() {
  const taps = await waiting();
  block.querySelector("[data-part=none]").hidden = taps.length > 0;
  block.querySelector("[data-part=some]").hidden = !taps.length;
  list.hidden = !taps.length;
  list.replaceChildren(...taps.map((tap) => {
    const line = document.createElement("li");
    const row = document.createElement("div");
    row.className = "m-row";
    const text = document.createElement("span");
    text.className = "m-row-text";
    const head = document.createElement("b");
    head.textContent = tap.title || "扫码";
    const small = document.createElement("small");
    small.textContent = `${spoken(tap.at)} 已保存，尚未发送`;
    text.append(head, small);
    row.append(text);
    line.append(row);
    return line;
  }));
}

const isKnown = recallWho();
if (isKnown) show();
scanner.hidden = !isKnown;
scanner.addEventListener("click", async () => {
  scanner.hidden = true;
  document.getElementById("act").hidden = false;
  await import(scanner.dataset.module);
});
document.addEventListener("villages:kept", show);
again.addEventListener("click", () => location.reload());

// A phone says "online" before the network carries anything, and the page opened then is this one again: ask until
// the server answers. What is not a GET passes the worker by.
async function leaveWhenAnswered() {
  if (!navigator.onLine) return;
  try {
    await fetch(location.href, { method: "HEAD", cache: "no-store" });
  } catch {
    return;
  }
  location.reload();
}
addEventListener("online", leaveWhenAnswered);
setInterval(leaveWhenAnswered, 3000);
