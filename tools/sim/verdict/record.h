// What a run left behind: everything the verdict, its table, JSON, report and gates are made from. Filled by the
// Recorder (an Observer) in either engine. A value: no references into the run.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/sim/machines/observer.h"
#include "tools/sim/machines/stage.h"
#include "tools/sim/machines/time.h"

namespace rackcast::sim {

struct MachineRecord {
  std::array<Instant, kStageCount> entered;  // kNever: not reached. Of its last boot.
  Instant ended = kNever;                    // when it was done or failed
  Stage stage = Stage::kOff;
  Failure failure = Failure::kNone;
  std::string detail;        // of the failure
  std::string_view profile;  // static storage
  std::uint64_t bytes = 0;   // useful ones, its last boot
  std::uint32_t restarts = 0;
  std::uint32_t boots_done = 0;  // its boots that reached kDone, restarts included
  std::uint32_t retransmits = 0;
  std::uint32_t repeated_blocks = 0;
  std::uint32_t refusals = 0;
  std::uint32_t not_found = 0;
};

[[nodiscard]] inline bool is_done(const MachineRecord& machine) {
  return machine.stage == Stage::kDone && machine.failure == Failure::kNone;
}

// One tick of the rate plot.
struct RateSample {
  Instant at{};             // its beginning
  std::uint64_t bytes = 0;  // useful, in this tick
  std::uint32_t done = 0;   // machines done so far
  std::uint32_t failed = 0;
  std::uint32_t refusals = 0;  // in this tick
};
inline constexpr std::size_t kRateSamplesMax = 1'000;  // the tick doubles when they are used up

// The boots of all machines that failed for one reason, also those after which the machine was switched on again.
struct FailedBoots {
  std::uint32_t boots = 0;
  std::uint32_t machine = 0;  // whose boot was the first of them ...
  Stage stage = Stage::kOff;  // ... and where it was
  std::string detail;
};

struct RunRecord {
  std::string scenario;
  std::string server;  // as the operator named it
  std::uint64_t seed = 1;
  bool virtual_time = false;     // deterministic engine
  std::uint64_t violations = 0;  // invariants that the deterministic engine saw broken; the notes name them
  bool interrupted = false;      // by the operator, before its end
  // Addresses given to a second machine before the first one's lease was over. The lines tell the first of them.
  std::uint64_t double_leases = 0;
  std::vector<std::string> double_lease_lines;  // "10.99.0.5 was given to machine 1 at 3.00 s; machine 0 has it ..."
  Span took{};
  std::vector<MachineRecord> machines;
  std::vector<RateSample> rate;  // without gaps
  Span rate_tick{};              // the length of each
  std::uint64_t bytes = 0;       // useful ones, all boots
  std::array<std::uint64_t, kIncidentCount> incidents{};
  std::array<FailedBoots, kFailureCount> failed_boots{};  // by Failure
  std::vector<std::string> notes;                         // stages left out and why, what could not be checked
  std::vector<std::string> wrong_files;                   // "vmlinuz: 3 machines got other bytes than the tree's"
  std::uint64_t files = 0;          // different ones that machines got: by path, protocol and server
  std::uint64_t files_checked = 0;  // of them, against the tree
  // Neither the tree nor a second machine has them: they may be right.
  std::uint64_t files_unproven = 0;
  std::uint64_t files_unchecked = 0;  // of the tree, or too many to keep: nobody knows whether they were right
  double simulator_cpu_seconds = 0;
  double server_cpu_seconds = -1;            // negative: not known (not local, or no permission)
  std::uint64_t datagrams_dropped_here = 0;  // by the simulator's own sockets: then the figures are the simulator's
};

}  // namespace rackcast::sim
