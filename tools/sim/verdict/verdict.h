// What a run amounts to: how many machines finished, how long it took them, what went wrong, and whether it was good.
// Pure: a record in, numbers out. Table, JSON, report and gates all show these same numbers.
//
// Times are of each machine's last boot, from its own power-on: to the beginning of a stage's work (to `kernel`: until
// it asked for the kernel), to `done` until it was installed. Machines that never came so far are left out of a spread.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/sim/verdict/record.h"

namespace rackcast::sim {

// Nearest rank: the p-th percentile is a time that a machine really took. All zero without machines.
struct TimeSpread {
  std::uint32_t machines = 0;
  Span p50{};
  Span p90{};
  Span p99{};
  Span max{};
};
[[nodiscard]] TimeSpread spread_of(std::vector<Span> times);

struct FailureGroup {
  Failure failure = Failure::kNone;
  std::uint32_t machines = 0;
  std::uint32_t first = 0;    // the machine with the lowest number
  Stage stage = Stage::kOff;  // where that one was
  std::string detail;         // of that one
};

struct BootFailures {
  Failure failure = Failure::kNone;
  FailedBoots failed;
};

struct ProfileVerdict {
  std::string_view profile;
  std::uint32_t machines = 0;
  std::uint32_t done = 0;
  TimeSpread to_done;
};

struct Verdict {
  std::uint32_t machines = 0;
  std::uint32_t done = 0;              // finished with the right bytes
  std::uint32_t failed = 0;            // all others
  std::vector<FailureGroup> failures;  // most machines first
  std::array<TimeSpread, kStageCount> time_to{};
  std::vector<ProfileVerdict> profiles;  // by name

  std::uint64_t bytes = 0;            // useful ones
  double goodput = 0;                 // bytes a second, over the whole run
  double goodput_peak = 0;            // of the best tick
  std::uint64_t retransmits = 0;      // requests and ACKs that machines repeated after silence
  std::uint64_t repeated_blocks = 0;  // DATA that came again or out of order
  std::uint64_t timeouts = 0;         // machines that gave up on silence
  std::uint64_t refusals = 0;         // ERROR, 4xx, 5xx
  std::uint64_t naks = 0;
  std::uint64_t not_found = 0;  // optional look-ups, no fault
  std::uint64_t restarts = 0;
  std::uint64_t boots_done = 0;  // restarts included
  // Restarts included: a machine that failed, was switched on again and finished is done, but its first boot failed.
  // One that the scenario cut off did not fail.
  std::uint64_t boots_failed = 0;
  std::vector<BootFailures> boot_failures;  // most boots first
  std::uint64_t violations = 0;             // of RunRecord
  std::uint64_t double_leases = 0;          // the same
  bool interrupted = false;                 // nobody knows what would have come
  std::uint64_t files = 0;                  // different ones
  std::uint64_t files_checked = 0;          // of them, against the tree
  std::uint64_t unproven = 0;               // of them, known to one machine alone: no shortcoming by itself
  std::uint64_t files_unchecked = 0;        // without a check nobody can say that every byte was right
  bool bytes_right = false;                 // no file was wrong anywhere, also not in an earlier boot
  bool passed = false;  // no shortcoming: every machine finished in every boot, and every byte was right
};

[[nodiscard]] Verdict verdict_of(const RunRecord& record);

// From power-on to `stage`; negative when the machine has not come so far.
[[nodiscard]] Span time_to(const MachineRecord& machine, Stage stage);

}  // namespace rackcast::sim
