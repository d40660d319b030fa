// Every villager's page: elder version, and what was tapped without network.
import { startSwitches } from "../js/portal/switches.js";
import { startOutbox } from "./outbox.js";

startSwitches();
startOutbox();

for (const button of document.querySelectorAll("[data-elder-toggle]")) {
  // After the switch itself, which listens on the document.
  button.addEventListener("click", () => setTimeout(() => {
    button.textContent = document.documentElement.classList.contains("elder") ? "标准版" : "长辈版";
  }));
}
