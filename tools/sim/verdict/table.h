// The verdict as text for a terminal. Pure; text that came from the network is made printable.
#pragma once

#include <span>
#include <string>

#include "tools/sim/verdict/expect.h"
#include "tools/sim/verdict/record.h"
#include "tools/sim/verdict/verdict.h"

namespace rackcast::sim {

// Ends with one line that says PASSED or FAILED and why.
[[nodiscard]] std::string verdict_table(const RunRecord& record, const Verdict& verdict,
                                        std::span<const Expectation> expectations);

// "3 of 1000 machines failed; p99<30s did not hold": empty when all is well.
[[nodiscard]] std::string shortcomings(const Verdict& verdict, std::span<const Expectation> expectations);

}  // namespace rackcast::sim
