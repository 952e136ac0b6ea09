// All invariants of one run together: plugged into a World as its observer and its tap, asked once at the end.
//
//   CheckSet checks(plan, options, next_observer);
//   World world(..., checks, &checks);
//   checks.attach(world);  world.run();  checks.at_end(world);  checks.violations()
//
// Thread: the world's.
#pragma once

#include <memory>

#include "core/config/config.h"
#include "tools/sim/deterministic/checkers.h"
#include "tools/sim/deterministic/withheld_checker.h"

namespace rackcast::sim {

// Longer than the server waits for anyone: its retransmissions to a silent peer, its hold of one that never answered.
inline constexpr Span kSettleBound = std::chrono::minutes(3);
// Path caches let go of their images after this.
inline constexpr Span kRestTime = std::chrono::seconds(15);

struct CheckOptions {
  std::uint32_t per_source = 0;  // transfers at once; 0: no limit
  bool turns = false;            // an RRQ may wait for its turn, or be refused one for now
  bool queued = false;           // and that for transfers of other machines
};
// What may be asked of a server with these limits.
[[nodiscard]] CheckOptions checks_of(const AdmissionConfig& limits);

class CheckSet final : public Observer, public io::SimTap, private TransferWatcher {
 public:
  // `plan` and `next` (null: nobody) outlive it.
  CheckSet(const RunPlan& plan, CheckOptions options, Observer* next = nullptr);

  void attach(World& world);
  // After World::run(): settles the world and looks at what is left. `next` is told nothing of that.
  void at_end(World& world);

  [[nodiscard]] const Violations& violations() const { return violations_; }
  [[nodiscard]] const LeaseTurns& lease_turns() const { return leases_.turns(); }

  void on_stage(Instant now, MachineId machine, Stage stage) override;
  void on_lease(Instant now, MachineId machine, const LeaseReceived& lease) override;
  void on_file(Instant now, MachineId machine, const FileReceived& file) override;
  void on_bytes(Instant now, MachineId machine, std::uint64_t bytes) override;
  void on_incident(Instant now, MachineId machine, Incident incident) override;
  void on_failure(Instant now, MachineId machine, Failure failure, std::string_view detail) override;

  void on_sent(const io::SimFrame& frame) override;
  void on_arrived(const io::SimFrame& frame) override;
  void on_fault(const io::SimFrame& frame, io::SimFault fault) override;

 private:
  // What needs the world's layout and tree.
  struct Attached {
    Attached(CheckSet& set, World& w);
    World& world;
    FileChecker files;
    TransferWatch transfers;
    WithheldChecker withheld;
  };

  void on_started(const TransferFacts& transfer) override;
  void on_ended(const TransferFacts& transfer) override;
  void on_closed(const TransferFacts& transfer) override;
  [[nodiscard]] Instant now() const;

  const RunPlan& plan_;
  CheckOptions options_;
  Observer* next_;
  Violations violations_;
  LeaseChecker leases_;
  EndChecker ends_;
  LeakChecker leaks_;
  BytesChecker bytes_;
  SourceChecker sources_;
  FairnessChecker fairness_;
  std::unique_ptr<Attached> attached_;
};

}  // namespace rackcast::sim
