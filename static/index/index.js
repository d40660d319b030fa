// The range slider below the main chart, and the day clicked to become 100. The slider has its own thin line (SVG),
// so the chart draws each series once; the address follows the state and can be shared.

const bar = document.getElementById("range");
const DAY = 86400000;

const dayAt = (place) => new Date(Date.parse(bar.dataset.first) + place * DAY).toISOString().slice(0, 10);

function plotOf() {
  return document.querySelector(`#${bar.dataset.chart} .chart-plot`);
}

function places() {
  const ends = ["range-from", "range-to"].map((id) => Number(document.getElementById(id).value));
  return [Math.min(...ends), Math.max(...ends)];
}

function paint() {
  const count = Number(bar.dataset.count) || 1;
  const [from, to] = places();
  const shown = bar.querySelector(".window");
  shown.setAttribute("x", (from / count) * 600);
  shown.setAttribute("width", Math.max(((to - from) / count) * 600, 2));
  document.getElementById("range-said").textContent = `${dayAt(from)} 至 ${dayAt(to)}`;
}

// The vertical axis follows what is visible.
function heights(plot, from, to) {
  const seen = (plot.data ?? []).flatMap((trace) =>
    (trace.y ?? []).filter((value, place) => value !== null && trace.x[place] >= from && trace.x[place] <= to));
  if (!seen.length) return null;
  const low = seen.reduce((a, b) => Math.min(a, b)), high = seen.reduce((a, b) => Math.max(a, b));
  const room = (high - low || 1) * 0.08;
  return [low - room, high + room];
}

function zoom() {
  const plot = plotOf();
  const [from, to] = places().map(dayAt);
  if (!window.Plotly || !plot?.data) return;
  const change = { "xaxis.range": [from, to] };
  const span = heights(plot, from, to);
  if (span) change["yaxis.range"] = span;
  window.Plotly.relayout(plot, change);
}

function remember() {
  const [from, to] = places();
  const address = new URL(location.href);
  address.searchParams.set("since", dayAt(from));
  address.searchParams.set("until", dayAt(to));
  history.replaceState(null, "", address);
}

function choose(days) {
  const count = Number(bar.dataset.count);
  const [, to] = places();
  document.getElementById("range-from").value = days ? Math.max(to - days, 0) : 0;
  if (!days) document.getElementById("range-to").value = count;
  paint();
  zoom();
  remember();
}

// The picture buttons of the chart save pixels; print shops and reports ask for lines.
async function saveSvg() {
  const plot = plotOf();
  if (!window.Plotly || !plot?.data) return;
  const size = { width: Math.max(plot.clientWidth, 640), height: plot.clientHeight };
  const link = document.createElement("a");
  link.href = await window.Plotly.toImage(plot, { format: "svg", ...size });
  link.download = `${document.querySelector("h1").textContent.trim().replace(/\s+/g, "_")}.svg`;
  link.click();
}

function listen() {
  for (const input of bar.querySelectorAll("input[type=range]")) {
    input.addEventListener("input", () => { paint(); zoom(); });
    input.addEventListener("change", remember);
  }
  for (const button of bar.querySelectorAll("[data-range]"))
    button.addEventListener("click", () => choose(Number(button.dataset.range)));
  document.getElementById("range-apply")?.addEventListener("click", () => { remember(); location.reload(); });
  document.getElementById("save-svg").addEventListener("click", saveSvg);
  paint();
  // Once the chart stands: fit its height to what is shown, and let a click choose the day that is 100.
  const card = document.getElementById(bar.dataset.chart);
  new MutationObserver((_, watcher) => {
    if (card.dataset.drawn !== "yes") return;
    watcher.disconnect();
    zoom();
    plotOf().on("plotly_click", (event) => {
      const address = new URL(location.href);
      if (address.searchParams.has("how")) return;
      address.searchParams.set("base", String(event.points[0].x).slice(0, 10));
      location.assign(address);
    });
  }).observe(card, { attributes: true, attributeFilter: ["data-drawn"] });
}

if (bar) listen();
