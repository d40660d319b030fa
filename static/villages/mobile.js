// Every villager's page: elder version, what was tapped without network, and the page that opens without one.
import { startSwitches } from "../js/portal/switches.js";
import { flush, forget, startOutbox, waiting } from "./outbox.js";
import { forgetWho, rememberWho } from "./who.js";

startSwitches();
startOutbox();

for (const button of document.querySelectorAll("[data-elder-toggle]")) {
  // After the switch itself, which listens on the document.
  button.addEventListener("click", () => setTimeout(() => {
    button.textContent = document.documentElement.classList.contains("elder") ? "标准版" : "长辈版";
  }));
}

const worker = document.querySelector("meta[name=worker]")?.content;
if (worker) {
  rememberWho();
  navigator.serviceWorker?.register(worker, { scope: new URL(".", new URL(worker, location.href)).pathname }).catch(() => {});
} else if (!document.querySelector("[data-offline]")) {
  forgetWho();
}

// Signing out on a phone that others use: nothing of one's own stays on it.
for (const form of document.querySelectorAll("form[data-leave]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!navigator.onLine) {
      alert("现在没有网络，无法退出登录，请联网后再试。");
      return;
    }
    await flush().catch(() => {});
    const left = (await waiting()).length;
    if (left && !confirm(`还有 ${left} 条没有发送，退出后会从这部手机上删除，不再补传。仍要退出吗？`)) return;
    await forget();
    forgetWho();
    form.submit();
  });
}
