#include "tools/sim/verdict/report.h"

namespace rackcast::sim {

std::string_view report_style() {
  return R"css(
:root {
  color-scheme: light dark;
  --ink: #1d2126; --faint: #656d76; --line: #d0d7de; --page: #fff; --tile: #f6f8fa; --good: #1a7f37; --bad: #c8372d;
  --dhcp: #8a8f98; --nbp: #b07aa1; --config: #d4a72c; --kernel: #f28e2b; --initrd: #4e79a7; --kickstart: #3aa7a0;
  --packages: #59a14f; --goodput: #2f6fd0;
}
@media (prefers-color-scheme: dark) {
  :root { --ink: #e2e6ea; --faint: #99a1aa; --line: #3a4149; --page: #14171a; --tile: #1d2126; --good: #4ac26b;
    --bad: #ff7066; --goodput: #6ba4f8; }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); margin: 0 auto; padding: 1.5rem;
  max-width: 1080px; }
h1 { font-size: 1.4rem; margin: 0; }
h2 { font-size: 1.05rem; margin: 2.2rem 0 .5rem; }
#facts { color: var(--faint); margin: .2rem 0 .8rem; }
#outcome { margin: 0 0 1.2rem; padding: .55rem .9rem; border-radius: 6px; border-left: 5px solid; background: var(--tile); }
#outcome.good { border-color: var(--good); }
#outcome.bad { border-color: var(--bad); }
#outcome b { margin-right: .5rem; }
.good b, td.good { color: var(--good); }
.bad b, td.bad { color: var(--bad); }
#tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(185px, 1fr)); gap: .7rem; }
.tile { background: var(--tile); border-radius: 6px; padding: .6rem .8rem; }
.tile span { display: block; color: var(--faint); font-size: .82rem; }
.tile b { font-size: 1.25rem; font-weight: 600; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; max-width: 100%; }
th, td { text-align: left; padding: .3rem 1.2rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; font-size: .85rem; color: var(--faint); }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td { overflow-wrap: anywhere; }
.plot svg { display: block; width: 100%; height: auto; overflow: visible; }
.plot text { font: 12px system-ui, sans-serif; fill: var(--faint); }
.plot text.row { font-size: 10px; }
.grid { stroke: var(--line); stroke-width: 1; fill: none; shape-rendering: crispEdges; }
.series { fill: none; stroke-width: 2; stroke-linejoin: round; }
.cursor { stroke: var(--faint); stroke-width: 1; stroke-dasharray: 3 3; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; margin: 0 0 .4rem; font-size: .85rem; color: var(--faint); }
.legend i { display: inline-block; width: 12px; height: 12px; border-radius: 2px; margin-right: .35rem; vertical-align: -1px; }
.controls label { margin-right: .8rem; }
.controls, #hint, .none { color: var(--faint); font-size: .9rem; }
select { font: inherit; }
#tip { position: fixed; pointer-events: none; background: var(--tile); border: 1px solid var(--line); border-radius: 6px;
  padding: .4rem .6rem; font-size: .85rem; white-space: pre-line; max-width: 26rem; font-variant-numeric: tabular-nums; }
pre { overflow-x: auto; background: var(--tile); padding: .8rem; border-radius: 6px; font-size: .82rem; }
details { margin-top: 2rem; }
@media print { body { max-width: none; } .controls, #hint { display: none; } }
)css";
}

}  // namespace rackcast::sim
