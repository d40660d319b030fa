// Draws every <figure class="chart">: the figure comes from `data-src` (JSON of foundation.charts.figure_json) or from the
// data block named by `data-figure`. Plotly itself is loaded when the first chart of a page appears. Nothing here talks
// to another host: the upload button that plotly shows by default is off, and the content security policy forbids it.

const config = {
  locale: "zh-CN",
  displayModeBar: false,
  displaylogo: false,
  showSendToCloud: false,
  plotlyServerURL: "",
  showTips: false,
  responsive: true,
  scrollZoom: false,
};

let loading = null;

function loadPlotly() {
  loading ??= new Promise((resolve, reject) => {
    if (window.Plotly) return resolve(window.Plotly);
    const script = document.createElement("script");
    script.src = document.querySelector('meta[name="plotly-src"]').content;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => { loading = null; reject(new Error("plotly")); };
    document.head.append(script);
  });
  return loading;
}

// Figures name colours by token: `var(--chart-1)`.
function resolved(value, style) {
  if (typeof value === "string") {
    const token = /^var\((--[\w-]+)\)$/.exec(value);
    return token ? style.getPropertyValue(token[1]).trim() : value;
  }
  if (Array.isArray(value)) return value.map((one) => resolved(one, style));
  if (value && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolved(one, style)]));
  return value;
}

// The common look of all charts; a figure says only what is its own.
function template(unit) {
  const axis = {
    gridcolor: "var(--chart-grid)", linecolor: "var(--line)", zerolinecolor: "var(--line-strong)", tickcolor: "var(--line)",
    tickfont: { color: "var(--ink-2)", size: 12 * unit },
    automargin: true, fixedrange: true, zerolinewidth: 1,
  };
  return {
    layout: {
      colorway: Array.from({ length: 8 }, (_, place) => `var(--chart-${place + 1})`),
      font: { family: "var(--font)", size: 13 * unit, color: "var(--ink)" },
      paper_bgcolor: "var(--surface)", plot_bgcolor: "var(--surface)",
      margin: { l: 8, r: 16, t: 16, b: 8 }, bargap: 0.35, separators: ".,", dragmode: false,
      xaxis: axis, yaxis: axis,
      polar: {
        bgcolor: "var(--surface)",
        radialaxis: { gridcolor: "var(--chart-grid)", linecolor: "var(--line)", tickfont: { color: "var(--ink-2)", size: 11 * unit } },
        angularaxis: { gridcolor: "var(--chart-grid)", linecolor: "var(--line)", tickfont: { color: "var(--ink)", size: 13 * unit } },
      },
      legend: { orientation: "h", x: 0, y: -0.12, yanchor: "top", font: { color: "var(--ink-2)", size: 12 * unit } },
      hoverlabel: { bgcolor: "var(--surface)", bordercolor: "var(--line-strong)", font: { family: "var(--font)", color: "var(--ink)", size: 13 * unit } },
    },
  };
}

function prepared(figure) {
  const style = getComputedStyle(document.documentElement);
  const unit = parseFloat(style.fontSize) / 16;
  const layout = { ...figure.layout, template: template(unit), autosize: true };
  return resolved({ data: figure.data, layout }, style);
}

// A figure card may be narrow; a wheel needs room for its words.
function fit(layout, plot) {
  if (layout.polar && !layout.margin) {
    const unit = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
    const side = (plot.clientWidth < 420 ? 56 : 80) * unit;
    layout.margin = { l: side, r: side, t: 44 * unit, b: 40 * unit };
  }
  return layout;
}

async function draw(card) {
  const Plotly = await loadPlotly();
  const plot = card.querySelector(".chart-plot");
  const { data, layout } = prepared(card.figure);
  if (!card.figure.table.rows.length) return say(card, "暂无数据。");
  plot.querySelector(".skeleton, .chart-note")?.remove();
  await Plotly.react(plot, data, fit(layout, plot), config);
  scaleForPaper(plot);
  const wrong = plot._fullData.filter((trace, place) => trace.type !== (plot.data[place]?.type ?? "scatter"));
  card.dataset.drawn = wrong.length ? "wrong" : "yes";
}

// With a view box the drawing shrinks to the width of the sheet when printed (print.css), instead of being cut.
function scaleForPaper(plot) {
  for (const svg of plot.querySelectorAll(".main-svg"))
    svg.setAttribute("viewBox", `0 0 ${svg.getAttribute("width")} ${svg.getAttribute("height")}`);
}

function say(card, text, again) {
  const note = document.createElement("div");
  note.className = "chart-note empty";
  const line = document.createElement("p");
  line.textContent = text;
  note.append(line);
  if (again) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-secondary btn-sm";
    button.textContent = "重新取数";
    button.addEventListener("click", again);
    note.append(button);
  }
  card.querySelector(".chart-plot").replaceChildren(note);
  card.dataset.drawn = "no";
}

async function figureOf(card) {
  if (card.dataset.figure) return JSON.parse(document.getElementById(card.dataset.figure).textContent);
  const answer = await fetch(card.dataset.src, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (!answer.ok) {
    const id = answer.headers.get("X-Request-Id");
    throw new Error(`图表数据未能取得${id ? `，请求编号 ${id}` : ""}。`);
  }
  return answer.json();
}

const shown = (value, table) =>
  typeof value === "number"
    ? value.toLocaleString("zh-CN", { minimumFractionDigits: table.decimals, maximumFractionDigits: table.decimals }).replace("-", "−")
    : value ?? "—";

// Hundreds of rows take longer to lay out than the chart to draw, so a long table is made when it is asked for.
const LONG_TABLE = 100;

function offerTable(card) {
  const box = card.querySelector("details");
  if (!box || !card.figure.table) return;
  if (box.open || card.figure.table.rows.length <= LONG_TABLE) return fillTable(card);
  box.addEventListener("toggle", () => fillTable(card), { once: true });
}

function fillTable(card) {
  const { table } = card.figure;
  const place = card.querySelector("details .table-wrap");
  if (!place || !table) return;
  const made = document.createElement("table");
  made.className = "data-table keep";
  const cell = (row, name, text, isNumber) => {
    const one = document.createElement(name);
    one.textContent = text;
    if (isNumber) one.className = "num";
    row.append(one);
  };
  const head = made.createTHead().insertRow();
  table.columns.forEach((name, column) => {
    const numeric = table.rows.some((row) => typeof row[column] === "number");
    cell(head, "th", numeric && table.unit ? `${name}（${table.unit}）` : name, numeric);
  });
  const body = made.createTBody();
  for (const values of table.rows) {
    const row = body.insertRow();
    values.forEach((value) => cell(row, "td", shown(value, table), typeof value === "number" || value === null));
  }
  place.replaceChildren(made);
}

// The unit stands once above the plot instead of sideways along an axis.
function fillUnit(card) {
  const { unit } = card.figure.table;
  if (!unit || card.querySelector(".chart-unit")) return;
  const note = Object.assign(document.createElement("div"), { className: "chart-unit", textContent: `单位：${unit}` });
  card.querySelector(".chart-plot").before(note);
}

function fillCaption(card) {
  const place = card.querySelector("figcaption");
  const caption = card.figure.caption;
  if (!place || !caption) return;
  const parts = [`来源：${caption.source}`, `截至 ${caption.as_of}`, `版本 ${caption.version}`, caption.note].filter(Boolean);
  place.replaceChildren(...parts.map((text) => Object.assign(document.createElement("span"), { textContent: text })));
}

const titleOf = (card) => card.querySelector(".chart-title")?.textContent.trim() || "图表";
const captionOf = (card) => [...card.querySelectorAll("figcaption span")].map((part) => part.textContent).join(" · ");

function save(blobOrUrl, name) {
  const link = document.createElement("a");
  link.href = typeof blobOrUrl === "string" ? blobOrUrl : URL.createObjectURL(blobOrUrl);
  link.download = name.replace(/[\\/:*?"<>|\s]+/g, "_");
  link.click();
  if (typeof blobOrUrl !== "string") setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// A picture leaves the page, so title and caption go with it.
async function savePng(card) {
  const Plotly = await loadPlotly();
  const plot = card.querySelector(".chart-plot");
  const { data, layout } = prepared(card.figure);
  fit(layout, plot);
  const margin = { l: 8, r: 16, t: 16, b: 8, ...layout.margin };
  const notes = layout.annotations ?? [];
  const { unit } = card.figure.table;
  layout.title = { text: unit ? `${titleOf(card)}（单位：${unit}）` : titleOf(card), x: 0.02, xanchor: "left", font: { size: 18 } };
  layout.margin = { ...margin, t: margin.t + 48, b: margin.b + 72 };
  layout.annotations = [...notes, { text: captionOf(card), xref: "paper", yref: "paper", x: 0, y: 0, yshift: -layout.margin.b + 8, xanchor: "left", yanchor: "bottom", showarrow: false, font: { size: 11 } }];
  const size = { width: Math.max(plot.clientWidth, 640), height: plot.clientHeight + 120 };
  const url = await Plotly.toImage({ data, layout: { ...layout, ...size }, config }, { format: "png", scale: 2, ...size });
  save(url, `${titleOf(card)}.png`);
}

// Text that a spreadsheet would take for a formula is kept as text.
function csvCell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function saveCsv(card) {
  const { columns, rows } = card.figure.table;
  const text = [columns, ...rows].map((row) => row.map(csvCell).join(",")).join("\r\n");
  save(new Blob(["\ufeff", text, "\r\n"], { type: "text/csv;charset=utf-8" }), `${titleOf(card)}.csv`);
}

async function show(card) {
  try {
    card.figure = await figureOf(card);
    offerTable(card);
    fillUnit(card);
    fillCaption(card);
    await draw(card);
  } catch (problem) {
    console.error(problem);
    say(card, problem.message.startsWith("图表") ? problem.message : "图表未能显示，数据没有受影响。", () => show(card));
  }
}

const cards = () => [...document.querySelectorAll("figure.chart")].filter((card) => card.figure);

// What the reader looks at is drawn first and painted before the next; what is fetched is fetched meanwhile.
const breath = () => new Promise((resolve) => setTimeout(resolve));
const isInView = (card) => card.getBoundingClientRect().top < window.innerHeight;

async function start(root) {
  const found = [...root.querySelectorAll("figure.chart:not([data-drawn])")];
  if (root.matches?.("figure.chart:not([data-drawn])")) found.push(root);
  if (!found.length) return;
  loadPlotly().catch(() => {});
  const seen = new Map(found.map((card) => [card, isInView(card)]));
  for (const card of found) card.dataset.drawn = "loading";
  for (const card of found.filter((card) => card.dataset.src)) show(card);
  const given = found.filter((card) => !card.dataset.src).sort((a, b) => seen.get(b) - seen.get(a));
  for (const card of given) {
    await show(card);
    await breath();
  }
}

document.addEventListener("click", (event) => {
  const card = event.target.closest("figure.chart");
  if (!card?.figure) return;
  if (event.target.closest("[data-chart-png]")) savePng(card);
  if (event.target.closest("[data-chart-csv]")) saveCsv(card);
});
document.addEventListener("portal:theme", () => cards().forEach(draw));
document.addEventListener("htmx:load", (event) => start(event.target));
document.addEventListener("portal:arrived", (event) => start(event.target));

// Paper is white whatever the screen shows.
let screenTheme = "";
window.addEventListener("beforeprint", () => {
  screenTheme = document.documentElement.dataset.bsTheme;
  if (screenTheme === "dark") {
    document.documentElement.dataset.bsTheme = "light";
    cards().forEach(draw);
  }
});
window.addEventListener("afterprint", () => {
  if (screenTheme === "dark") {
    document.documentElement.dataset.bsTheme = "dark";
    cards().forEach(draw);
  }
});

start(document);
