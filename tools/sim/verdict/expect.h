// `--expect "p99<30s,failed=0"`: a run as a gate.
//
//   conditions = condition *("," condition)
//   condition  = metric ("<" / "<=" / ">" / ">=" / "=") number [unit]     spaces are allowed between all of these
//   metric     = [stage "."] ("p50" / "p90" / "p99" / "max")               time to that stage, "done" if none is named
//              / "done" / "failed" / "retransmits" / "refusals" / "timeouts" / ...   (expect_metrics() has all)
//              / "goodput"
//   unit       = "us" / "ms" / "s" / "m" / "h" for times, "B/s" ... "GB/s" for goodput, none for counts
//
// Total: anything else is one sentence that names the column. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "tools/sim/verdict/verdict.h"

namespace rackcast::sim {

enum class Comparison : std::uint8_t { kLess, kLessOrEqual, kGreater, kGreaterOrEqual, kEqual };

struct ExpectMetric;  // expect.cc: a row of the table

struct Condition {
  const ExpectMetric* metric = nullptr;  // static storage
  Stage stage = Stage::kDone;            // of times
  Comparison comparison = Comparison::kEqual;
  double limit = 0;  // seconds, bytes a second, or a count
  std::string text;  // as written, without spaces
};
inline constexpr std::size_t kConditionsMax = 64;

// Errors: `column 5: unknown metric "p98"; did you mean "p99"?`
[[nodiscard]] Result<std::vector<Condition>> parse_conditions(std::string_view text);

struct Expectation {
  std::string text;    // "p99<30s"
  std::string actual;  // "41.2 s", or why there is none
  bool held = false;
};
// A time of a stage that no machine reached holds no condition.
[[nodiscard]] std::vector<Expectation> judge(std::span<const Condition> conditions, const Verdict& verdict);

[[nodiscard]] std::string expect_metrics();  // their names, for --help

// 0 only if every machine finished, every byte was right, and all that was expected held; else 1.
[[nodiscard]] int exit_code(const Verdict& verdict, std::span<const Expectation> expectations);

}  // namespace rackcast::sim
