// Table rows with `data-href`: the whole row is a click target, arrow keys walk through the rows. The link in the first
// cell stays the real one, so that a keyboard, a middle click and a screen reader need nothing of this.

const interactive = "a, button, input, select, textarea, label, summary";

function labelCells(table) {
  const heads = [...table.querySelectorAll("thead tr:last-child > *")].map((head) => head.textContent.trim());
  for (const row of table.tBodies[0]?.rows ?? []) {
    if (row.cells.length !== heads.length) continue;
    [...row.cells].forEach((cell, place) => {
      if (!cell.dataset.label && heads[place]) cell.dataset.label = heads[place];
    });
  }
}

function openRow(event) {
  const row = event.target.closest("tr[data-href]");
  if (!row || event.target.closest(interactive) || String(getSelection())) return;
  if (event.ctrlKey || event.metaKey) window.open(row.dataset.href, "_blank", "noopener");
  else location.assign(row.dataset.href);
}

function walkRows(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const row = event.target.closest("tr[data-href]");
  if (!step || !row || event.target.matches("input, select, textarea")) return;
  const rows = [...row.parentElement.querySelectorAll("tr[data-href]")];
  const next = rows[rows.indexOf(row) + step];
  if (next) {
    event.preventDefault();
    next.querySelector("a, button")?.focus();
  }
}

export function startRows(root) {
  const tables = root.matches?.(".data-table") ? [root] : root.querySelectorAll(".data-table");
  for (const table of tables) {
    labelCells(table);
    if (table.dataset.rows === "ready") continue;
    table.dataset.rows = "ready";
    table.addEventListener("click", openRow);
    table.addEventListener("keydown", walkRows);
  }
  measureWraps(root);
}

// A wide table scrolls inside its wrapper, and only then its head sticks to the wrapper instead of the page.
function measureWraps(root) {
  for (const wrap of root.querySelectorAll(".table-wrap")) {
    wrap.classList.toggle("scrolls", wrap.scrollWidth > wrap.clientWidth + 1);
    if (wrap.classList.contains("scrolls")) wrap.tabIndex = 0;
    else wrap.removeAttribute("tabindex");
  }
}

window.addEventListener("resize", () => measureWraps(document));
document.addEventListener("portal:theme", () => measureWraps(document));
