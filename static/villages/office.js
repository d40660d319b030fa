// Grids of names (attendance, bulk award): filter and count. Review desk: digits choose a reason, n goes on.

for (const form of document.querySelectorAll("[data-grid]")) {
  const find = form.querySelector("[data-grid-find]");
  const told = form.querySelector("[data-grid-count]");
  const lines = [...form.querySelectorAll("[data-words]")];
  const count = () => { told.textContent = `已勾选 ${form.querySelectorAll(".v-grid :checked").length} 人`; };
  form.addEventListener("change", count);
  count();
  if (!find) continue; // a large village: the server looks for names
  find.addEventListener("input", () => {
    const words = find.value.trim().toLowerCase();
    for (const line of lines) line.hidden = !line.dataset.words.toLowerCase().includes(words);
  });
  find.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    // Enter ticks the only one left: type, enter, type, enter goes through a paper sheet quickly.
    event.preventDefault();
    const left = lines.filter((line) => !line.hidden);
    if (left.length === 1) {
      const box = left[0].querySelector("[type=checkbox]");
      if (!box.disabled) box.checked = true;
      find.value = "";
      find.dispatchEvent(new Event("input"));
      count();
    }
  });
}

const desk = document.querySelector("[data-review] form");
if (desk) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input[type=text], textarea, select")) return;
    const reason = /^[1-9]$/.test(event.key) ? desk.querySelectorAll("[name=reason]")[Number(event.key) - 1] : null;
    if (reason && !reason.closest("fieldset").disabled) {
      event.preventDefault();
      reason.checked = true;
      reason.focus();
    }
    if (event.key === "Enter" && event.target.matches("[name=reason]")) desk.requestSubmit();
  });
}
