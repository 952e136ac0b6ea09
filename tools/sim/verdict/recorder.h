// Watches a run and keeps its record: every machine's way, the rate over time, what was refused and repeated, and at
// the end whose bytes were wrong. The same in both engines.
//
// Called on the simulator's thread. on_bytes is an addition or two; nothing allocates but failures and new ticks.
// Memory: a MachineRecord and an address per machine, kRateSamplesMax ticks, the ledger.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "tools/sim/scenario/scenario.h"
#include "tools/sim/verdict/file_ledger.h"
#include "tools/sim/verdict/lease_book.h"
#include "tools/sim/verdict/progress.h"
#include "tools/sim/verdict/record.h"

namespace rackcast::sim {

inline constexpr Span kRateTickFirst = std::chrono::milliseconds(50);
inline constexpr std::size_t kDetailBytesMax = 200;  // of a failure; the rest is cut off
inline constexpr std::size_t kNotesMax = 100;
inline constexpr std::size_t kDoubleLeasesShownMax = 20;

class Recorder final : public Observer {
 public:
  // `truth`: null when there is none; outlives the recorder.
  Recorder(const RunPlan& plan, std::string server, bool virtual_time, ExpectedFiles* truth);

  void on_stage(Instant now, MachineId machine, Stage stage) override;
  void on_lease(Instant now, MachineId machine, const LeaseReceived& lease) override;
  void on_file(Instant now, MachineId machine, const FileReceived& file) override;
  void on_bytes(Instant now, MachineId machine, std::uint64_t bytes) override;
  void on_incident(Instant now, MachineId machine, Incident incident) override;
  void on_failure(Instant now, MachineId machine, Failure failure, std::string_view detail) override;

  // For the reader of the verdict: a stage left out, a limit met. Each text once, kNotesMax in all.
  void note(std::string text);

  // O(1): counters are kept as machines go.
  [[nodiscard]] ProgressSnapshot snapshot(Instant now) const;

  // The run is over: checks the files, and calls the machines that neither finished nor failed kRunEnded. Once. CPU
  // times and drops are the engine's to fill in.
  [[nodiscard]] RunRecord finish(Instant now);

 private:
  struct Count {
    std::uint32_t done = 0;
    std::uint32_t failed = 0;
    std::array<std::uint32_t, kStageCount> inside{};
    std::array<std::uint32_t, kStageCount> stopped{};  // failed there
    std::uint64_t done_bytes = 0;
  };

  RateSample& sample(Instant now);
  void halve_samples();
  void count_out(const MachineRecord& machine);  // before a machine changes ...
  void count_in(const MachineRecord& machine);   // ... and after
  void count_failed_boot(MachineId id);
  void blame(const LedgerOutcome& outcome);

  RunRecord record_;
  FileLedger ledger_;
  Count count_;
  LeaseBook leases_;
};

}  // namespace rackcast::sim
