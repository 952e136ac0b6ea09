// The page's content: what of the run goes where.
#include "tools/sim/verdict/report.h"

namespace rackcast::sim {

std::string_view report_script() {
  return R"js(
const run = JSON.parse(document.getElementById("run").textContent);
const verdict = run.verdict;
const $ = id => document.getElementById(id);
const STAGES = ["dhcp", "nbp", "config", "kernel", "initrd", "kickstart", "packages"].map(name => [name, `var(--${name})`]);
const plural = (count, one, many) => number(count) + " " + (count === 1 ? one : many);
const end = Math.max(run.took_s, run.rate.tick_s, 0.001);
const isDone = machine => machine.stage === "done" && !machine.failure;
const startOf = machine => Math.min(...Object.values(machine.entered_s), Infinity);

function table(host, headings, rows) {
  const node = html(host, "table");
  const head = html(html(node, "thead"), "tr");
  for (const [name, style] of headings) html(head, "th", name, style);
  const body = html(node, "tbody");
  for (const cells of rows) {
    const row = html(body, "tr");
    cells.forEach((cell, i) => html(row, "td", cell, headings[i][1]));
  }
  return node;
}
const SPREAD = [["machines", "number"], ["p50", "number"], ["p90", "number"], ["p99", "number"], ["slowest", "number"]];
const spreadCells = s => s.machines === 0 ? [0, "-", "-", "-", "-"]
  : [number(s.machines), timeText(s.p50), timeText(s.p90), timeText(s.p99), timeText(s.max)];

function drawHead() {
  document.title = `${run.scenario}, ${plural(verdict.machines, "machine", "machines")}: ${run.passed ? "passed" : "failed"}`;
  $("title").textContent = `${run.scenario}: ${plural(verdict.machines, "machine", "machines")}` +
    (run.server ? ` against ${run.server}` : "");
  $("facts").textContent = `seed ${run.seed}, ${timeText(run.took_s)}${run.virtual_time ? " of virtual time" : ""}`;
  $("outcome").className = run.passed ? "good" : "bad";
  html($("outcome"), "b", run.passed ? "Passed" : "Failed");
  $("outcome").append(run.passed ? `Every machine finished, every byte was right${verdict.unproven > 0 ? ` (${plural(verdict.unproven, "file", "files")} unproven)` : ""}.` : run.why);
}

function drawTiles() {
  const cpu = seconds => seconds === null ? "not known" : `${Math.round(100 * seconds / end)} %`;
  const done = verdict.times_s.done;
  const tiles = [
    ["machines done", number(verdict.done)],
    ["machines failed", number(verdict.failed)],
    ["time to done, p50", done ? timeText(done.p50) : "-"],
    ["time to done, p99", done ? timeText(done.p99) : "-"],
    ["goodput, mean", sizeText(verdict.goodput_bytes_per_s) + "/s"],
    ["repeats after silence", number(verdict.retransmits)],
    ["refusals", number(verdict.refusals)],
  ];
  if (!run.virtual_time) tiles.push(["server CPU, of one core", cpu(verdict.server_cpu_s)], ["simulator CPU, of one core", cpu(verdict.simulator_cpu_s)]);
  for (const [name, value] of tiles) {
    const tile = html($("tiles"), "div", undefined, "tile");
    html(tile, "span", name);
    html(tile, "b", value);
  }
}

function drawTrouble() {
  const earlier = verdict.restarts > 0 && verdict.boots_failed > 0;
  $("trouble").hidden = verdict.failures.length === 0 && !earlier && run.wrong_files.length === 0 && run.double_leases.length === 0;
  if (verdict.failures.length > 0)
    table($("failures"), [["machines", "number"], ["reason"], ["first of them"], ["what it saw"]],
      verdict.failures.map(f => [number(f.machines), f.reason, `machine ${f.first_machine}, in ${f.stage}`, f.detail]));
  if (earlier)
    table($("failures"), [["boots", "number"], ["reason, restarts included"], ["first of them"], ["what it saw"]],
      verdict.boot_failures.map(f => [number(f.boots), f.reason, `machine ${f.first_machine}, in ${f.stage}`, f.detail]));
  const lines = [...run.double_leases, ...run.wrong_files];
  const list = lines.length > 0 ? html($("failures"), "ul") : null;
  for (const line of lines) html(list, "li", line);
}

function drawCompletion() {
  const sorted = times => times.sort((a, b) => a - b);
  const reached = stage => sorted(run.machines.filter(m => stage in m.entered_s).map(m => m.entered_s[stage]));
  const series = [
    ["asked for the kernel", "var(--kernel)", reached("kernel")],
    ["asked for the initrd", "var(--initrd)", reached("initrd")],
    ["done", "var(--good)", sorted(run.machines.filter(isDone).map(m => m.ended_s))],
    ["failed", "var(--bad)", sorted(run.machines.filter(m => m.failure && m.ended_s !== null).map(m => m.ended_s))],
  ].filter(([, , times]) => times.length > 0);
  const plot = frame($("completion"), 300, end, Math.max(1, verdict.machines), number, "machines",
                     "machines that were so far, over time");
  for (const [, colour, times] of series) svg(plot.root, "path", { class: "series", stroke: colour, d: stepPath(plot, times) });
  legend($("completion"), series);
  hover(plot, at => timeText(at) + series.map(([name, , times]) => `\n${name}: ${number(countUpTo(times, at))}`).join(""));
}

function drawGoodput() {
  const { sums, stride } = gathered(run.rate.bytes, 400);
  const tick = run.rate.tick_s * stride;
  // The last tick may be cut short by the end of the run.
  const rates = sums.map((sum, i) => sum / Math.max(0.5 * run.rate.tick_s, Math.min(tick, end - i * tick)));
  const top = Math.max(1, ...rates);
  const plot = frame($("goodput"), 220, end, top, value => sizeText(value) + "/s", "goodput", "useful bytes a second, over time");
  let d = `M${LEFT} ${plot.y(0).toFixed(1)}`;
  rates.forEach((rate, i) => { d += `V${plot.y(rate).toFixed(1)}H${plot.x(Math.min(end, (i + 1) * tick)).toFixed(1)}`; });
  d += `V${plot.y(0).toFixed(1)}`;
  svg(plot.root, "path", { class: "series", stroke: "var(--goodput)", d, style: "stroke-width: 1.5" });
  svg(plot.root, "path", { class: "fill", fill: "var(--goodput)", "fill-opacity": 0.18, d: d + "z" });
  hover(plot, at => `${timeText(at)}\n${sizeText(rates[Math.min(rates.length - 1, Math.floor(at / tick))])}/s`);
}

function drawRefusals() {
  if (verdict.refusals === 0) return html($("refusals"), "p", "None.", "none");
  const { sums, stride } = gathered(run.rate.refusals, 200);
  const tick = run.rate.tick_s * stride;
  const plot = frame($("refusals"), 180, end, Math.max(1, ...sums), number, "refusals", "refusals, over time");
  const width = Math.max(1, plot.x(tick) - plot.x(0) - 0.6);
  let d = "";
  sums.forEach((sum, i) => {
    if (sum > 0) d += `M${plot.x(i * tick).toFixed(1)} ${plot.y(0).toFixed(1)}V${plot.y(sum).toFixed(1)}h${width.toFixed(1)}V${plot.y(0).toFixed(1)}z`;
  });
  svg(plot.root, "path", { class: "bars", fill: "var(--bad)", d });
  legend($("refusals"), [[`ERROR, 4xx and 5xx answers in each ${timeText(tick)}`, "var(--bad)"]]);
  hover(plot, at => `${timeText(at)}\n${plural(sums[Math.min(sums.length - 1, Math.floor(at / tick))], "refusal", "refusals")}`);
}

function describe(machine) {
  const lines = [`machine ${machine.machine}, ${machine.mac}`, machine.profile];
  let before = startOf(machine);
  if (before === Infinity) lines.push("never switched on");
  else lines.push(`on at ${timeText(before)}`);
  for (const [stage] of [...STAGES, ["done"]])
    if (stage in machine.entered_s && stage !== "dhcp") {
      lines.push(`${stage} after ${timeText(machine.entered_s[stage] - startOf(machine))}`);
    }
  if (machine.failure) lines.push(`failed: ${machine.failure}${machine.detail ? ", " + machine.detail : ""}`);
  if (machine.restarts) lines.push(plural(machine.restarts, "restart", "restarts") + ", last boot shown");
  if (machine.retransmits) lines.push(plural(machine.retransmits, "repeat", "repeats") + " after silence");
  return lines.join("\n");
}

const SLOW_SHOWN = 50;
function chosenMachines() {
  const lasted = m => (m.ended_s === null ? end : m.ended_s) - Math.min(startOf(m), end);
  const which = {
    all: list => list,
    slow: list => list.filter(m => startOf(m) < Infinity).sort((a, b) => lasted(b) - lasted(a)).slice(0, SLOW_SHOWN),
    failed: list => list.filter(m => m.failure),
  }[$("which").value];
  const key = {
    start: m => startOf(m),
    end: m => m.ended_s === null ? Infinity : m.ended_s,
    number: m => m.machine,
  }[$("order").value];
  const compare = (a, b) => key(a) === key(b) ? a.machine - b.machine : key(a) < key(b) ? -1 : 1;
  return which([...run.machines]).sort(compare);
}
function drawMachines() {
  const machines = chosenMachines();
  const { rows, stride } = worstOfNeighbours(machines);
  $("shown").textContent = plural(machines.length, "machine", "machines");
  drawTimeline($("timeline"), rows, STAGES, end, describe);
  const used = STAGES.filter(([stage]) => machines.some(m => stage in m.entered_s));
  legend($("timeline"), machines.some(m => m.failure) ? [...used, ["failed here", "var(--bad)"]] : used);
  $("hint").textContent = "A bar begins where the machine began that stage. Point at a row for the machine's times." +
    (stride > 1 ? ` Each row is one of ${stride} neighbours: one that failed, else the one that ended last.` : "");
}

function drawTables() {
  const rows = Object.entries(verdict.times_s).filter(([stage]) => stage !== "dhcp");
  if (rows.length > 0) table($("times"), [["to"], ...SPREAD], rows.map(([stage, spread]) => [stage, ...spreadCells(spread)]));
  else html($("times"), "p", "No machine came so far.", "none");
  $("profile-section").hidden = verdict.profiles.length < 2;
  table($("profiles"), [["profile"], ["of", "number"], ...SPREAD.map(([name, style]) => [name === "machines" ? "done" : name, style])],
    verdict.profiles.map(p => [p.profile, number(p.machines), ...spreadCells(p.to_done_s)]));
  $("expected-section").hidden = run.expectations.length === 0;
  const expected = table($("expected"), [["expected"], ["actual"], ["holds"]],
    run.expectations.map(e => [e.text, e.actual, e.held ? "yes" : "no"]));
  for (const cell of expected.querySelectorAll("td:last-child")) cell.className = cell.textContent === "yes" ? "good" : "bad";
  $("note-section").hidden = run.notes.length === 0;
  for (const note of run.notes) html($("notes"), "li", note);
}

drawHead();
drawTiles();
drawTrouble();
drawCompletion();
drawGoodput();
drawRefusals();
drawMachines();
drawTables();
for (const id of ["which", "order"]) $(id).addEventListener("change", drawMachines);
document.documentElement.dataset.drawn = "yes";
)js";
}

}  // namespace rackcast::sim
