// The page's drawing: axes, step curves, bars, the timeline of all machines. Everything is SVG, so that it prints and
// scales; a curve is one path however many machines it is made of.
#include "tools/sim/verdict/report.h"

namespace rackcast::sim {

std::string_view report_plots() {
  return R"js(
const WIDTH = 1000, LEFT = 92, RIGHT = 12, TOP = 8, BOTTOM = 40;
const SVG = "http://www.w3.org/2000/svg";

function svg(parent, name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  parent.append(node);
  return node;
}
function html(parent, name, text, style) {
  const node = document.createElement(name);
  if (text !== undefined) node.textContent = text;
  if (style) node.className = style;
  parent.append(node);
  return node;
}

const number = value => value.toLocaleString("en");
function sizeText(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let i = 0;
  while (bytes >= 999.95 && i < units.length - 1) { bytes /= 1000; i++; }
  return (i === 0 ? Math.round(bytes) : bytes.toFixed(1)) + " " + units[i];
}
function timeText(s) {
  if (s < 0.0995) return (s * 1000).toFixed(0) + " ms";
  if (s < 9.995) return s.toFixed(2) + " s";
  if (s < 119.95) return s.toFixed(1) + " s";
  const whole = Math.round(s);
  if (whole < 7200) return Math.floor(whole / 60) + " m " + String(whole % 60).padStart(2, "0") + " s";
  return Math.floor(whole / 3600) + " h " + String(Math.floor(whole % 3600 / 60)).padStart(2, "0") + " m";
}

// Steps of 1, 2 or 5 times a power of ten, about `count` of them; of minutes and hours where times are long.
function niceStep(span, count, isTime) {
  const raw = isTime ? span / count : Math.max(1, span / count);  // values are counts and bytes
  if (isTime && raw > 10)
    return [15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400].find(step => step >= raw) || 28800;
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map(factor => factor * power).find(step => step >= raw * 0.999);
}
function tickLabel(seconds, step) {
  if (step < 1) return String(+seconds.toPrecision(6));
  if (step < 15) return String(Math.round(seconds));
  const s = Math.round(seconds), minutes = Math.floor(s / 60);
  return s < 3600 ? minutes + ":" + String(s % 60).padStart(2, "0")
                  : Math.floor(minutes / 60) + ":" + String(minutes % 60).padStart(2, "0") + ":" + String(s % 60).padStart(2, "0");
}

// An empty plot with a time axis and, where `top` is given, a value axis from 0 to there.
function frame(host, height, end, top, valueText, valueName, description) {
  host.replaceChildren();
  const area = { width: WIDTH - LEFT - RIGHT, height: height - TOP - BOTTOM };
  const root = svg(host, "svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": description });
  const x = seconds => LEFT + seconds / end * area.width;
  const y = value => TOP + area.height - value / top * area.height;
  const step = niceStep(end, 8, true);
  for (let at = 0; at <= end * 1.0001; at += step) {
    svg(root, "path", { class: "grid", d: `M${x(at).toFixed(1)} ${TOP}v${area.height}` });
    svg(root, "text", { x: x(at), y: height - 22, "text-anchor": "middle" }, tickLabel(at, step));
  }
  const unit = step < 15 ? "seconds" : end < 3600 ? "minutes:seconds" : "hours:minutes:seconds";
  svg(root, "text", { x: LEFT + area.width / 2, y: height - 4, "text-anchor": "middle" }, "time since the run began, " + unit);
  if (top > 0) {
    const valueStep = niceStep(top, 4, false);
    for (let at = 0; at <= top * 1.0001; at += valueStep) {
      svg(root, "path", { class: "grid", d: `M${LEFT} ${y(at).toFixed(1)}h${area.width}` });
      svg(root, "text", { x: LEFT - 8, y: y(at) + 4, "text-anchor": "end" }, valueText(at));
    }
    if (top % valueStep > valueStep * 0.3 && valueText === number)  // all of them is worth a line of its own
      svg(root, "text", { x: LEFT - 8, y: y(top) + 4, "text-anchor": "end" }, number(top));
  }
  svg(root, "text", { transform: `translate(11 ${TOP + area.height / 2}) rotate(-90)`, "text-anchor": "middle" }, valueName);
  return { root, x, y, area, end };
}

function legend(host, entries) {
  const line = document.createElement("div");
  line.className = "legend";
  for (const [name, colour] of entries) {
    const entry = html(line, "span");
    html(entry, "i").style.background = colour;
    entry.append(name);
  }
  host.prepend(line);
}

// A count that goes up by one at each of `times` (sorted). Thinned out to what a screen can show; the last is kept.
const STEPS_MAX = 600;
function stepPath(plot, times) {
  const stride = Math.max(1, Math.ceil(times.length / STEPS_MAX));
  let d = `M${LEFT} ${plot.y(0).toFixed(1)}`;
  for (let i = stride - 1; i < times.length; i += stride)
    d += `H${plot.x(times[i]).toFixed(1)}V${plot.y(i + 1).toFixed(1)}`;
  if (times.length % stride) d += `H${plot.x(times.at(-1)).toFixed(1)}V${plot.y(times.length).toFixed(1)}`;
  return d + `H${plot.x(plot.end).toFixed(1)}`;
}

// Neighbouring ticks added up until `most` of them are left.
function gathered(values, most) {
  const stride = Math.max(1, Math.ceil(values.length / most));
  const sums = [];
  for (let i = 0; i < values.length; i += stride) sums.push(values.slice(i, i + stride).reduce((a, b) => a + b, 0));
  return { sums, stride };
}

// A tip beside the pointer; `text(seconds)` says what is there.
function hover(plot, text) {
  const tip = document.getElementById("tip");
  const cursor = svg(plot.root, "path", { class: "cursor", visibility: "hidden" });
  plot.root.addEventListener("pointermove", event => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(plot.root.getScreenCTM().inverse());
    const seconds = (at.x - LEFT) / plot.area.width * plot.end;
    const words = seconds >= 0 && seconds <= plot.end ? text(seconds, at.y) : "";
    tip.hidden = !words;
    cursor.setAttribute("visibility", words ? "visible" : "hidden");
    if (!words) return;
    cursor.setAttribute("d", `M${at.x.toFixed(1)} ${TOP}v${plot.area.height}`);
    tip.textContent = words;
    tip.style.left = Math.max(4, Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 4)) + "px";
    tip.style.top = Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 4) + "px";
  });
  plot.root.addEventListener("pointerleave", () => { tip.hidden = true; cursor.setAttribute("visibility", "hidden"); });
}

function countUpTo(sorted, limit) {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= limit) low = middle + 1; else high = middle;
  }
  return low;
}

// More machines than rows: of each few neighbours one that failed, else the one that ended last.
const ROWS_MAX = 520;
function worstOfNeighbours(machines) {
  const stride = Math.max(1, Math.ceil(machines.length / ROWS_MAX));
  const badness = m => m.failure ? Infinity : m.ended_s === null ? Number.MAX_VALUE : m.ended_s;
  const rows = [];
  for (let i = 0; i < machines.length; i += stride)
    rows.push(machines.slice(i, i + stride).reduce((worst, m) => badness(m) > badness(worst) ? m : worst));
  return { rows, stride };
}

// One row a machine, one path a stage.
function drawTimeline(host, machines, stages, end, describe) {
  const ROWS_LABELLED = 60, ROW = 13;
  const labelled = machines.length <= ROWS_LABELLED;
  const inner = labelled ? Math.max(1, machines.length) * ROW : ROWS_MAX;
  const plot = frame(host, inner + TOP + BOTTOM, end, 0, null, labelled ? "machine" : "machines, in the order chosen",
                     "timeline of " + machines.length + " machines");
  const pitch = inner / Math.max(1, machines.length);
  const thick = labelled ? pitch * 0.78 : pitch;
  const bars = Object.fromEntries(stages.map(([stage]) => [stage, ""]));
  let ends = "";
  const box = (from, to, y) => {
    const x = plot.x(from);
    return `M${x.toFixed(1)} ${y}h${Math.max(0.7, plot.x(to) - x).toFixed(1)}v${thick.toFixed(2)}H${x.toFixed(1)}z`;
  };
  machines.forEach((machine, i) => {
    const y = (TOP + i * pitch).toFixed(2);
    const entered = stages.filter(([stage]) => stage in machine.entered_s).map(([stage]) => [stage, machine.entered_s[stage]]);
    const last = machine.ended_s === null ? end : machine.ended_s;
    entered.forEach(([stage, from], k) => {
      bars[stage] += box(from, k + 1 < entered.length ? entered[k + 1][1] : Math.max(from, last), y);
    });
    if (machine.failure) ends += box(last, last + end * 0.006, y);
    if (labelled) svg(plot.root, "text", { class: "row", x: LEFT - 8, y: +y + 9, "text-anchor": "end" }, machine.machine);
  });
  for (const [stage, colour] of stages)
    if (bars[stage]) svg(plot.root, "path", { class: "stage " + stage, fill: colour, d: bars[stage] });
  if (ends) svg(plot.root, "path", { class: "stage failed", fill: "var(--bad)", d: ends });
  hover(plot, (seconds, y) => {
    const machine = machines[Math.floor((y - TOP) / pitch)];
    return machine ? describe(machine) : "";
  });
}
)js";
}

}  // namespace rackcast::sim
