const figures = JSON.parse(document.getElementById("figures").textContent);
const views = [...document.querySelectorAll("[data-view]")];
const chooser = document.getElementById("tenant");
const narrow = matchMedia("(max-width: 480px)");

// "var(--state-2)" and "var(--state-2)/0.4", which plotly.js does not know, as the theme's colours
function painted(value, style) {
  if (Array.isArray(value)) return value.map((one) => painted(one, style));
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, painted(one, style)]));
  }
  const named = typeof value === "string" && value.match(/^var\((--[\w-]+)\)(?:\/([\d.]+))?$/);
  if (!named) return value;
  const hex = style.getPropertyValue(named[1]).trim() || style.getPropertyValue("--state-other").trim();
  const parts = [1, 3, 5].map((place) => parseInt(hex.slice(place, place + 2), 16));
  return `rgba(${parts.join(",")},${named[2] ?? 1})`;
}

function legendPlace() {
  return narrow.matches ? { yref: "container", y: 0, yanchor: "bottom" } : { y: 1.02, yanchor: "bottom" };
}

function layoutOf(spec, style) {
  const ink = style.getPropertyValue("--ink").trim();
  const lines = style.getPropertyValue("--edge").trim();
  const title = (one) => one && { ...one, title: one.title && { ...one.title, font: { size: 12 } } };
  const axis = { gridcolor: lines, zerolinecolor: lines, linecolor: lines, tickfont: { size: narrow.matches ? 11 : 12 }, fixedrange: true };
  return {
    ...spec.layout,
    font: { family: getComputedStyle(document.body).fontFamily, size: narrow.matches ? 11 : 13, color: ink },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    margin: { l: 8, r: 8, t: 8, b: 8 },
    legend: { orientation: "h", traceorder: "normal", font: { size: 12 }, x: 0, ...legendPlace() },
    hoverlabel: { bgcolor: style.getPropertyValue("--card").trim(), bordercolor: lines, font: { color: ink } },
    xaxis: { automargin: true, ...axis, ...title(spec.layout.xaxis) },
    yaxis: { automargin: true, rangemode: "tozero", ...axis, ...title(spec.layout.yaxis) },
  };
}

// on a phone: names in lines of a few letters, and the legend below, in room of its own
function squeezed({ data, layout }) {
  const lines = (text) => text.replace(/(.{9,}?) /g, "$1<br>");
  const wrapped = data.map((trace) => ({
    ...trace,
    ...(trace.type === "sankey" && { node: { ...trace.node, pad: 22, label: trace.node.label.map(lines) } }),
    ...((trace.orientation === "h" || trace.type === "funnel") && { y: trace.y.map(lines) }),
  }));
  const room = data[0].type === "sankey" ? 80 : 0;
  const names = layout.showlegend === false || data.length < 2 ? 0 : data.length;
  return { data: wrapped, layout: { ...layout, height: layout.height + 20 * names + room } };
}

function draw(view) {
  const style = getComputedStyle(document.documentElement);
  for (const chart of view.querySelectorAll("[data-figure]")) {
    const spec = narrow.matches ? squeezed(figures[chart.dataset.figure]) : figures[chart.dataset.figure];
    const data = painted(spec.data, style);
    Plotly.react(chart, data, layoutOf(spec, style), { responsive: true, displayModeBar: false });
  }
}

// the same numbers for those who cannot see the picture
function rowsOf(trace) {
  if (trace.type === "sankey") {
    const { source, target, value } = trace.link;
    return value.map((count, i) => [trace.node.label[source[i]], trace.node.label[target[i]], count]);
  }
  const [keys, counts] = trace.orientation === "h" || trace.type === "funnel" ? [trace.y, trace.x] : [trace.x, trace.y];
  return keys.map((key, i) => [trace.name ?? "", key, counts[i]]).filter((row) => row[2]);
}

function tableOf(spec) {
  const table = document.createElement("table");
  for (const cells of spec.data.flatMap(rowsOf)) {
    const row = table.insertRow();
    cells.forEach((cell, i) => {
      const place = row.insertCell();
      place.textContent = typeof cell === "number" ? cell.toLocaleString("en") : cell;
      if (i === 2) place.className = "number";
    });
  }
  return table;
}

function show() {
  const asked = decodeURIComponent(location.hash.slice(1));
  const view = views.find((one) => one.dataset.view === asked) ?? views[0];
  views.forEach((one) => (one.hidden = one !== view));
  if (chooser) chooser.value = view.dataset.view;
  draw(view);
}

// called by last-syncs.js
function showLastSyncs(ended) {
  for (const place of document.querySelectorAll("[data-last-sync]")) {
    const at = ended[place.dataset.lastSync];
    if (at) place.textContent = `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;
  }
}

document.addEventListener("toggle", ({ target }) => {
  const place = target.querySelector?.(".scroll");
  if (!target.open || !place || place.firstChild) return;
  place.append(tableOf(figures[target.parentElement.querySelector("[data-figure]").dataset.figure]));
}, true);
chooser?.addEventListener("change", () => (location.hash = chooser.value));
addEventListener("hashchange", show);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
narrow.addEventListener("change", show);
show();
