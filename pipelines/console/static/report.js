// Draws the report's charts out of the page's own figures, which stand in tables beside them, too.

const SVG = "http://www.w3.org/2000/svg";
const charts = JSON.parse(document.getElementById("charts").textContent);
const whole = new Intl.NumberFormat("en-US");
const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

function make(parent, tag, attributes = {}, text) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  parent.append(node);
  return node;
}

const said = (chart, number) => (chart.unit === "money" ? `$${whole.format(Math.round(number))}` : whole.format(number));
const briefly = (chart, number) => (chart.unit === "money" ? `$${short.format(number)}` : short.format(number));

function mark(svg, look, box, words, shape = "mark") {
  const rect = make(svg, "rect", { class: `${shape} ${look}`, ...box });
  make(rect, "title", {}, words);
}

// A picture of a width and height in pixels.
function picture(place, width, height) {
  const svg = make(place, "svg", { role: "img", viewBox: `0 0 ${width} ${height}`, height, "aria-label": `${place.dataset.title}; the same in numbers below` });
  return svg;
}

// One bar below the other, its label above it.
function rows(place, chart, width) {
  const totals = chart.labels.map((_, row) => sum(chart.series.map((one) => one.values[row])));
  const most = Math.max(...totals, 1), step = 44, room = width - 70;
  const svg = picture(place, width, chart.labels.length * step);
  chart.labels.forEach((label, row) => {
    const top = row * step;
    make(svg, "text", { x: 0, y: top + 12 }, label);
    let left = 0;
    for (const one of chart.series) {
      const long = (one.values[row] / most) * room;
      if (long > 0) mark(svg, one.look, { x: left, y: top + 18, width: long, height: 18 }, `${label}, ${one.name}: ${said(chart, one.values[row])}`);
      left += long;
    }
    make(svg, "text", { class: "soft", x: left + 6, y: top + 31 }, said(chart, totals[row]));
  });
}

// A round number of steps that the highest column fits in.
function scale(most, isWhole) {
  const rough = Math.max(most, isWhole ? 1 : 0.01) / 4, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= rough && (!isWhole || Number.isInteger(one) || one > 10)) ?? 10 * power;
  const size = isWhole ? Math.max(1, Math.ceil(step)) : step;
  return { size, steps: Math.max(1, Math.ceil(most / size)) };
}

// A column per label, the series on top of each other.
function columns(place, chart, width) {
  const height = 260, left = 52, bottom = 24, top = 8;
  const totals = chart.labels.map((_, column) => sum(chart.series.map((one) => one.values[column])));
  const { size, steps } = scale(Math.max(...totals, 0), chart.unit !== "money");
  const tall = height - top - bottom, high = (number) => (number / (size * steps)) * tall;
  const svg = picture(place, width, height);
  for (let line = 0; line <= steps; line += 1) {
    const y = top + tall - high(line * size);
    make(svg, "line", { class: "axis", x1: left, x2: width, y1: y, y2: y });
    make(svg, "text", { class: "soft", x: left - 6, y: y + 4, "text-anchor": "end" }, briefly(chart, line * size));
  }
  const step = (width - left) / chart.labels.length, wide = Math.min(48, step * 0.75);
  const every = Math.ceil(56 / step);
  chart.labels.forEach((label, column) => {
    const x = left + column * step + (step - wide) / 2;
    let y = top + tall;
    for (const one of chart.series) {
      const number = one.values[column], tallness = high(number);
      if (number <= 0) continue;
      y -= tallness;
      mark(svg, one.look, { x, y, width: wide, height: tallness }, `${label}, ${one.name}: ${said(chart, number)}`);
    }
    if (column % every === 0) make(svg, "text", { class: "soft", x: Math.min(x + wide / 2, width - 16), y: height - 6, "text-anchor": "middle" }, label.slice(5));
  });
}

// Two columns of states, and bands from the left one to the right one.
function flow(place, chart, width) {
  const gap = 16, node = 14, height = 90 + 46 * Math.max(chart.labels.length, chart.series.length);
  const total = sum(chart.series.map((one) => sum(one.values)));
  const from = chart.labels.map((_, row) => sum(chart.series.map((one) => one.values[row])));
  const to = chart.series.map((one) => sum(one.values));
  const unit = (height - gap * Math.max(from.length, to.length)) / total;
  const places = (sizes) => {
    let y = 0;
    return sizes.map((size) => { const here = y; y += size * unit + gap; return here; });
  };
  const leftAt = places(from), rightAt = places(to);
  const svg = picture(place, width, height);
  const used = { left: [...leftAt], right: [...rightAt] }, x1 = node, x2 = width - node, middle = width / 2;
  chart.labels.forEach((label, row) => chart.series.forEach((one, column) => {
    const thick = one.values[row] * unit;
    if (!thick) return;
    const [a, b] = [used.left[row], used.right[column]];
    const band = make(svg, "path", {
      class: `band ${one.look}`,
      d: `M${x1},${a} C${middle},${a} ${middle},${b} ${x2},${b} L${x2},${b + thick} C${middle},${b + thick} ${middle},${a + thick} ${x1},${a + thick} Z`,
    });
    make(band, "title", {}, `${label} to ${one.name}: ${said(chart, one.values[row])}`);
    used.left[row] += thick;
    used.right[column] += thick;
  }));
  const named = (name, count) => (width < 560 && name.length > 16 ? `${name.slice(0, 15)}… ${count}` : `${name} ${count}`);
  chart.labels.forEach((label, row) => {
    mark(svg, chart.looks[row], { x: 0, y: leftAt[row], width: node, height: Math.max(1, from[row] * unit) }, `${label}: ${said(chart, from[row])} left`);
    make(svg, "text", { x: node + 6, y: leftAt[row] + Math.max(from[row] * unit / 2, 4) + 4 }, named(label, said(chart, from[row])));
  });
  chart.series.forEach((one, column) => {
    mark(svg, one.look, { x: x2, y: rightAt[column], width: node, height: Math.max(1, to[column] * unit) }, `${one.name}: ${said(chart, to[column])} entered`);
    make(svg, "text", { x: x2 - 6, y: rightAt[column] + Math.max(to[column] * unit / 2, 4) + 4, "text-anchor": "end" }, named(one.name, said(chart, to[column])));
  });
}

const KINDS = { rows, columns, flow };

function draw() {
  for (const chart of charts) {
    const place = document.querySelector(`[data-chart="${chart.name}"]`);
    place.replaceChildren();
    KINDS[chart.kind](place, chart, Math.max(240, place.clientWidth));
  }
}

document.documentElement.classList.add("drawn");
for (const details of document.querySelectorAll("details.numbers")) details.open = false;
draw();
let width = window.innerWidth;
window.addEventListener("resize", () => {
  if (window.innerWidth === width) return;
  width = window.innerWidth;
  draw();
});
