// Behaviour of every page, one concern per module. Each module finds its elements by data attributes, works on
// fragments that htmx swaps in, and leaves a page usable when it does not run.
import { startSearchKey } from "./portal/search.js";
import { startRows } from "./portal/rows.js";
import { startCopy } from "./portal/copy.js";
import { startDropzones } from "./portal/dropzone.js";
import { startPolling } from "./portal/poll.js";
import { startProgress } from "./portal/progress.js";
import { startDependents } from "./portal/dependents.js";
import { startSwitches } from "./portal/switches.js";
import { startDialogs } from "./portal/dialogs.js";
import { startMessages } from "./portal/messages.js";

startSearchKey();
startCopy();
startSwitches();
startDialogs();
startMessages();

// These look at elements, so they run again over whatever arrives later.
function prepare(root) {
  startRows(root);
  startDropzones(root);
  startPolling(root);
  startProgress(root);
  startDependents(root);
}

prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.target));
document.addEventListener("portal:arrived", (event) => prepare(event.target));
