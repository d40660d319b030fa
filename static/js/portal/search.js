// `/` puts the cursor into the search field, Escape gives it back.

const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

export function startSearchKey() {
  document.addEventListener("keydown", (event) => {
    const field = document.querySelector("[data-search]");
    if (!field) return;
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target)) {
      event.preventDefault();
      field.focus();
      field.select();
    } else if (event.key === "Escape" && event.target === field) {
      field.blur();
    }
  });
}
