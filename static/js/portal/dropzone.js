// `.dropzone` around a file input: drag a file onto it or pick one; shows its name and size.

const size = (bytes) => (bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

function refusal(file, input, limit) {
  const allowed = input.accept.split(",").map((one) => one.trim().toLowerCase()).filter((one) => one.startsWith("."));
  if (allowed.length && !allowed.some((end) => file.name.toLowerCase().endsWith(end)))
    return `“${file.name}”不是可接收的格式，请选择 ${allowed.join("、")} 文件。`;
  if (limit && file.size > limit) return `“${file.name}”大小为 ${size(file.size)}，超过上限 ${size(limit)}。`;
  return "";
}

function show(zone, input, output) {
  const files = [...input.files];
  const limit = Number(zone.dataset.maxBytes || 0);
  const problem = files.map((file) => refusal(file, input, limit)).find(Boolean) ?? "";
  input.setCustomValidity(problem);
  output.textContent = problem || files.map((file) => `${file.name}（${size(file.size)}）`).join("，");
  output.classList.toggle("text-danger", Boolean(problem));
  zone.classList.toggle("filled", files.length > 0 && !problem);
}

function prepare(zone) {
  const input = zone.querySelector('input[type="file"]');
  const output = zone.querySelector("output");
  if (!input || !output) return;
  zone.classList.add("ready");
  let depth = 0;
  const over = (on) => zone.classList.toggle("over", on);
  zone.addEventListener("dragenter", (event) => { event.preventDefault(); depth += 1; over(true); });
  zone.addEventListener("dragleave", () => { depth -= 1; if (depth <= 0) over(false); });
  zone.addEventListener("dragover", (event) => event.preventDefault());
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    over(false);
    if (!event.dataTransfer.files.length) return;
    const kept = new DataTransfer();
    const files = input.multiple ? [...event.dataTransfer.files] : [event.dataTransfer.files[0]];
    files.forEach((file) => kept.items.add(file));
    input.files = kept.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  input.addEventListener("change", () => show(zone, input, output));
}

export function startDropzones(root) {
  for (const zone of root.querySelectorAll(".dropzone:not(.ready)")) prepare(zone);
}
