// A run as one HTML page: tiles, plots and tables that draw themselves from the run's JSON inside the page. It needs no
// network (and forbids itself any, by a content security policy), follows the reader's light or dark theme, and bears
// ten thousand machines. Text that came from the network is only ever set as text; without JavaScript the verdict's
// table is shown.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tools/sim/verdict/expect.h"
#include "tools/sim/verdict/record.h"
#include "tools/sim/verdict/verdict.h"

namespace rackcast::sim {

[[nodiscard]] std::string report_html(const RunRecord& record, const Verdict& verdict,
                                      std::span<const Expectation> expectations);

// The page's parts that do not depend on the run (report_style.cc, report_plots.cc, report_script.cc).
[[nodiscard]] std::string_view report_style();
[[nodiscard]] std::string_view report_plots();   // script: axes, plots, the timeline
[[nodiscard]] std::string_view report_script();  // script: what goes where

}  // namespace rackcast::sim
