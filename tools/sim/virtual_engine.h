// `--virtual`: the operator's plan in the deterministic engine, against our own server in this process.
#pragma once

#include <atomic>

#include "core/result.h"
#include "tools/sim/deterministic/virtual_tree.h"
#include "tools/sim/machines/machine_facts.h"
#include "tools/sim/options.h"
#include "tools/sim/verdict/progress.h"
#include "tools/sim/verdict/record.h"

namespace rackcast::sim {

// Error: the tree cannot be read.
[[nodiscard]] Result<RunRecord> rehearse(const SimOptions& options, const RunPlan& plan, const RunFacts& facts,
                                         ProgressMeter& meter, const std::atomic<bool>& stop);

// The files below --tree as the one root that the virtual server has: its tftpboot/ and tree/ together where they
// exist. In texts (configurations, scripts, kickstarts) the address `named` becomes `server`, for in virtual time
// nobody else is there.
[[nodiscard]] Result<TreeContent> virtual_tree_of(const std::string& tree, std::optional<net::Ipv4Address> named,
                                                  net::Ipv4Address server);

}  // namespace rackcast::sim
