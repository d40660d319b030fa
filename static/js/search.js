// Search with the keyboard alone: ↓ goes from the field to the first result, ↑ from the first result back, Enter opens.
// Inside the list rows.js walks, since every result is a real link.

const field = document.querySelector(".firm-search [data-search]");
const results = document.getElementById("results");

const links = () => [...results.querySelectorAll("tr[data-href]")].map((row) => row.querySelector("a"));

field.addEventListener("keydown", (event) => {
  if (event.isComposing) return; // the arrows belong to the input method while it offers characters
  if (event.key === "ArrowDown") {
    const first = links()[0];
    if (!first) return;
    event.preventDefault();
    first.focus();
  } else if (event.key === "Enter" && results.dataset.shown === field.value.trim() && links().length === 1) {
    event.preventDefault();
    links()[0].click();
  }
});

results.addEventListener("keydown", (event) => {
  if (event.key === "ArrowUp" && event.target === links()[0]) {
    event.preventDefault();
    event.stopPropagation();
    field.focus();
  }
});

// What the list stands for: Enter must not open the only hit of an earlier text.
results.dataset.shown = field.value.trim();
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target === results) results.dataset.shown = new URL(event.detail.xhr.responseURL).searchParams.get("q").trim();
});

field.setSelectionRange(field.value.length, field.value.length);
