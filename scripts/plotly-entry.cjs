// The part of plotly.js this portal draws with. scripts/vendor.mjs bundles it into static/vendor/plotly-*/.
// A trace type that is missing here is drawn as `scatter` without any error, so every kind that
// foundation/charts.py can build must be registered; tests/static/test_charts_in_chromium.py compares them.

// Geo subplots ask a foreign host for world outlines unless these exist. Town maps bring their own
// outlines, so the world may stay empty.
const emptyCollection = { type: "GeometryCollection", geometries: [] };
const emptyWorld = {
  type: "Topology",
  arcs: [],
  objects: Object.fromEntries(
    ["coastlines", "land", "ocean", "lakes", "rivers", "countries", "subunits"].map((layer) => [layer, emptyCollection]),
  ),
};
window.PlotlyGeoAssets = { topojson: { world_110m: emptyWorld, world_50m: emptyWorld } };

const Plotly = require("plotly.js/lib/core");

Plotly.register([
  require("plotly.js/lib/bar"),
  require("plotly.js/lib/pie"),
  require("plotly.js/lib/heatmap"),
  require("plotly.js/lib/histogram"),
  require("plotly.js/lib/box"),
  require("plotly.js/lib/scatterpolar"),
  require("plotly.js/lib/barpolar"),
  require("plotly.js/lib/indicator"),
  require("plotly.js/lib/treemap"),
  require("plotly.js/lib/sunburst"),
  require("plotly.js/lib/sankey"),
  require("plotly.js/lib/funnel"),
  require("plotly.js/lib/waterfall"),
  require("plotly.js/lib/choropleth"),
  require("plotly.js/lib/scattergeo"),
]);

// The shipped zh-CN names print months as "一 2025"; ours print "2025年1月" through the date formats
// of the theme and "1月" wherever plotly falls back to its own.
const chinese = require("plotly.js/lib/locales/zh-cn");
const months = Array.from({ length: 12 }, (_, month) => `${month + 1}月`);
Plotly.register({
  moduleType: "locale",
  name: "zh-CN",
  dictionary: chinese.dictionary,
  format: {
    ...chinese.format,
    months,
    shortMonths: months,
    date: "%Y-%m-%d",
    year: "%Y年",
    month: "%Y年%-m月",
    dayMonth: "%-m月%-d日",
    dayMonthYear: "%Y年%-m月%-d日",
    decimal: ".",
    thousands: ",",
    grouping: [3],
  },
});

module.exports = Plotly;
