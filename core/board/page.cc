// The board's page: one file, no outside assets; polls /api/machines once a second. Text from machines is set as text,
// never as markup.
#include "core/board/board_api.h"

namespace rackcast {

std::string_view board_page() {
  return R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>rackcast boot board</title>
<style>
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --go: #2a8f4f; --now: #2f6fd0; --bad: #c8372d; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5rem; }
header { display: flex; flex-wrap: wrap; gap: .4rem 1.6rem; align-items: baseline; margin-bottom: 1rem; }
h1 { font-size: 1.25rem; margin: 0; }
#summary span { margin-right: 1rem; }
#summary b { font-variant-numeric: tabular-nums; }
#trouble { color: var(--bad); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 600; font-size: .85rem; opacity: .75; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
td.file { max-width: 22rem; overflow: hidden; text-overflow: ellipsis; }
.steps { display: inline-flex; gap: 2px; vertical-align: middle; margin-right: .5rem; }
.steps i { width: 11px; height: 14px; border-radius: 2px; background: var(--soft); }
.steps i.past { background: var(--go); opacity: .75; }
.steps i.now { background: var(--now); }
.bar { display: inline-block; width: 6rem; height: .55rem; border-radius: 3px; background: var(--soft); overflow: hidden; }
.bar i { display: block; height: 100%; background: var(--now); }
tr.done .steps i { background: var(--go); opacity: .75; }
tr.stuck { background: color-mix(in srgb, var(--bad) 14%, transparent); }
tr.stuck .steps i.now { background: var(--bad); }
.stuck-text { color: var(--bad); font-weight: 600; }
.none { opacity: .6; padding: 2rem 0; }
</style>
</head>
<body>
<header><h1>rackcast boot board</h1><div id="summary"></div><div id="trouble" role="status"></div></header>
<table>
<thead><tr><th>Machine</th><th>Address</th><th>Name</th><th>Stage</th><th>File</th><th>Done</th><th>Rate</th>
<th>Resent</th><th>Not found</th><th>Boots</th><th>State</th></tr></thead>
<tbody id="rows"></tbody>
</table>
<p class="none" id="none" hidden>No machine has been heard of yet. Power one on.</p>
<script>
"use strict";
const STAGES = ["discover", "offer", "ack", "nbp", "config", "kernel", "initrd", "kickstart", "packages", "done"];
const $ = id => document.getElementById(id);
function cell(row, text, name) {
  const td = row.insertCell();
  td.textContent = text;
  if (name) td.className = name;
  return td;
}
function size(n) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let i = 0;
  while (n >= 1000 && i < units.length - 1) { n /= 1000; i++; }
  return (i === 0 ? Math.round(n) : n.toFixed(1)) + " " + units[i];
}
function ago(iso) {
  const s = Math.max(0, Math.round((Date.now() - Date.parse(iso)) / 1000));
  return s < 120 ? s + " s" : s < 7200 ? Math.round(s / 60) + " min" : Math.round(s / 3600) + " h";
}
function steps(machine) {
  const box = document.createElement("span");
  box.className = "steps";
  const at = STAGES.indexOf(machine.stage);
  STAGES.forEach((stage, i) => {
    const step = document.createElement("i");
    const times = machine.stages[stage];
    step.title = stage + (times ? ": " + times.first : "");
    if (i < at && times) step.className = "past";
    if (i === at) step.className = "now";
    box.append(step);
  });
  return box;
}
function draw(machines) {
  const rows = document.createElement("tbody");
  rows.id = "rows";
  for (const m of machines) {
    const row = rows.insertRow();
    row.className = m.done ? "done" : m.stuck_since ? "stuck" : "";
    cell(row, m.mac || "unknown");
    cell(row, m.address);
    cell(row, m.hostname);
    const stage = cell(row, "");
    stage.append(steps(m), m.stage);
    cell(row, m.file, "file").title = m.file;
    const done = cell(row, "");
    if (m.percent !== null && !m.done) {
      const bar = document.createElement("span");
      bar.className = "bar";
      const fill = document.createElement("i");
      fill.style.width = m.percent + "%";
      bar.append(fill);
      done.append(bar, " " + Math.round(m.percent) + " %");
    } else {
      done.textContent = size(m.bytes_boot);
    }
    cell(row, m.rate_bytes_per_s > 0 ? size(m.rate_bytes_per_s) + "/s" : "", "number");
    cell(row, m.retransmits || "", "number");
    cell(row, m.not_found || "", "number");
    cell(row, m.boots, "number");
    const refusals = Object.entries(m.refusals).map(([why, n]) => why + " ×" + n).join(", ");
    if (m.stuck_since) cell(row, "stuck for " + ago(m.stuck_since), "stuck-text");
    else cell(row, m.done ? "done" : "");
    if (refusals) row.lastChild.append((row.lastChild.textContent ? "; " : "") + "refused: " + refusals);
  }
  $("rows").replaceWith(rows);
  $("none").hidden = machines.length > 0;
  const count = test => machines.filter(test).length;
  $("summary").replaceChildren(...[
    ["machines", machines.length], ["done", count(m => m.done)], ["stuck", count(m => m.stuck_since)],
    ["rate", size(machines.reduce((sum, m) => sum + m.rate_bytes_per_s, 0)) + "/s"],
  ].map(([name, value]) => {
    const span = document.createElement("span");
    const number = document.createElement("b");
    number.textContent = value;
    span.append(name + " ", number);
    return span;
  }));
}
async function poll() {
  try {
    const answer = await fetch("/api/machines", { cache: "no-store" });
    if (!answer.ok) throw new Error("HTTP " + answer.status);
    draw(await answer.json());
    $("trouble").textContent = "";
  } catch (error) {
    $("trouble").textContent = "The daemon does not answer (" + error.message + "); what is below may be old.";
  }
  setTimeout(poll, 1000);
}
poll();
</script>
</body>
</html>
)html";
}

}  // namespace rackcast
