// A run as JSON, for `--json` and inside the report. The shape is stable: fields are added, never renamed or given
// another meaning; a change that breaks readers changes `schema`.
//
//   schema "rackcast-sim/1", scenario, server, seed, virtual_time (bool), took_s, interrupted (bool), violations
//   passed (bool), why (text, empty when passed; what was expected included)
//   verdict { machines, done, failed,
//     failures [{ reason, machines, first_machine, stage, detail }],          most machines first
//     times_s { STAGE: { machines, p50, p90, p99, max } },                    from power-on; stages that nobody reached
//                                                                             are left out
//     profiles [{ profile, machines, done, to_done_s {...} }],
//     bytes, goodput_bytes_per_s, goodput_peak_bytes_per_s, retransmits, repeated_blocks, timeouts, refusals, naks,
//     not_found, restarts, boots_done, bytes_right (bool),
//     double_leases (given to a second machine in time), files (different ones), files_checked (against the tree),
//     unproven (one machine alone has it, and no tree), files_unchecked,
//     boots_failed, boot_failures [{ reason, boots, first_machine, stage, detail }],   restarts included, most boots
//                                                                             first
//     simulator_cpu_s, server_cpu_s (null: not known), datagrams_dropped_here }
//   expectations [{ text, actual, held (bool) }]
//   double_leases [text, the first twenty], wrong_files [text], notes [text]
//   rate { tick_s, bytes [], done [], failed [], refusals [] }                 one entry a tick from 0; bytes and
//   refusals
//                                                                             of the tick, done and failed so far
//   machines [{ machine, mac, profile, stage, failure (null: none), detail, entered_s { STAGE: s }, ended_s (null:
//   not),
//               bytes, restarts, boots_done, retransmits, repeated_blocks, refusals, not_found }]
//
// STAGE, reason: the names of stage.h. Times are seconds; entered_s and ended_s since the run began. Pure. Bytes that
// are not UTF-8 are replaced.
#pragma once

#include <span>
#include <string>

#include "tools/sim/verdict/expect.h"
#include "tools/sim/verdict/record.h"
#include "tools/sim/verdict/verdict.h"

namespace rackcast::sim {

// One line each for the run and every machine; ends with a newline.
[[nodiscard]] std::string run_json(const RunRecord& record, const Verdict& verdict,
                                   std::span<const Expectation> expectations);

}  // namespace rackcast::sim
