// A field inside `data-shown-when="method=mask&kind=custom"` shows only while the fields of its form named there hold
// those values. What is hidden is not sent. Without this script every field shows, and the server picks what counts.

function holds(form, condition) {
  return condition.split("&").every((part) => {
    const [name, value] = part.split("=");
    return form.elements[name]?.value === value;
  });
}

function arrange(form) {
  for (const field of form.querySelectorAll("[data-shown-when]")) {
    const shown = holds(form, field.dataset.shownWhen);
    field.hidden = !shown;
    for (const control of field.querySelectorAll("input, select, textarea")) control.disabled = !shown;
  }
}

export function startDependents(root) {
  const fields = root.querySelectorAll("[data-shown-when]");
  for (const form of new Set([...fields].map((field) => field.closest("form")).filter(Boolean))) {
    arrange(form);
    form.addEventListener("change", () => arrange(form));
  }
}
