// Invariants of a run, one small class each. They watch what machines say (Observer) and what is on the wire (SimTap),
// never the engines' insides, so that a broken engine cannot talk its way out; what must be free at the end is read
// from the server once (at_end).
//
//   LeaseChecker       no address is two machines' at a time
//   FileChecker        a completed file is byte for byte one generation
//   EndChecker         every transfer ends once its machine is silent
//   LeakChecker        no pin, slot, frame or answer is left over
//   BytesChecker       bytes sent <= 1.1 x needed + one window per datagram lost, reordered, duplicated or late
//   SourceChecker      no source has more transfers at once than its limit
//   FairnessChecker    without loss: nobody ends in silence, the slowest within twice its profile's median; the latter
//                      not where datagrams overtake each other (clients take blocks in order: a block that was
//                      overtaken costs what a lost one does, so chance decides who is slow), nor where a limit of the
//                      server makes machines wait for each other
//   WithheldChecker    no owed answer is held back until the client has to ask again
//
// A violation is a sentence with the seed, the machine, the virtual time and what was wrong. Thread: the world's.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "io_backends/sim/sim_network.h"
#include "tools/sim/deterministic/transfer_watch.h"
#include "tools/sim/deterministic/virtual_tree.h"
#include "tools/sim/machines/observer.h"
#include "tools/sim/scenario/scenario.h"
#include "tools/sim/verdict/lease_book.h"

namespace rackcast::sim {

class World;

enum class Invariant : std::uint8_t { kLease, kFile, kEnd, kLeak, kBytes, kSource, kFairness, kWithheld };
inline constexpr std::size_t kInvariantCount = 8;
[[nodiscard]] std::string_view invariant_name(Invariant invariant);  // "one machine per address"

struct Violation {
  Invariant invariant = Invariant::kLease;
  Instant at{};
  std::optional<MachineId> machine;
  std::string what;
};
// "seed 7, machine 12, 3.250 s: one machine per address: 10.0.0.16 is machine 4's"
[[nodiscard]] std::string violation_line(std::uint64_t seed, const Violation& violation);

// Collects; bounded, since one bug violates a thousand times.
class Violations {
 public:
  static constexpr std::size_t kKeptMax = 20;
  void add(Violation violation) {
    ++count_;
    if (kept_.size() < kKeptMax) kept_.push_back(std::move(violation));
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] const std::vector<Violation>& kept() const { return kept_; }

 private:
  std::vector<Violation> kept_;
  std::uint64_t count_ = 0;
};

// By the verdict's own rule (LeaseBook): counted from the REQUEST, ended early by NAK or by another address.
class LeaseChecker {
 public:
  LeaseChecker(Violations& out, std::uint32_t machines) : out_(out), book_(machines) {}
  void on_lease(Instant now, MachineId machine, const LeaseReceived& lease);
  void on_nak(MachineId machine) { book_.take_back(machine); }
  [[nodiscard]] const LeaseTurns& turns() const { return book_.turns(); }

 private:
  Violations& out_;
  LeaseBook book_;
};

class FileChecker {
 public:
  // `root`: whose prefix a path may carry.
  FileChecker(Violations& out, const VirtualTree& tree) : out_(out), tree_(tree) {}
  void on_file(Instant now, MachineId machine, const FileReceived& file);

 private:
  [[nodiscard]] std::vector<const VirtualTree::File*> meant_by(std::string_view path) const;

  Violations& out_;
  const VirtualTree& tree_;
};

class EndChecker {
 public:
  explicit EndChecker(Violations& out) : out_(out) {}
  // The server was left alone for longer than any of its own waits. True: nothing is in flight.
  bool at_end(const World& world, bool settled);

 private:
  Violations& out_;
};

class LeakChecker {
 public:
  explicit LeakChecker(Violations& out) : out_(out) {}
  // Everything has ended, and the path caches have aged.
  void at_end(World& world);

 private:
  Violations& out_;
};

class BytesChecker {
 public:
  explicit BytesChecker(Violations& out) : out_(out) {}
  void on_closed(Instant now, const TransferFacts& transfer);

 private:
  Violations& out_;
};

class SourceChecker {
 public:
  SourceChecker(Violations& out, std::uint32_t per_source) : out_(out), per_source_(per_source) {}  // 0: no limit
  void on_started(Instant now, const TransferFacts& transfer);
  void on_ended(const TransferFacts& transfer);

 private:
  Violations& out_;
  std::uint32_t per_source_;
  std::unordered_map<std::uint32_t, std::uint32_t> running_;  // by IPv4 address
};

class FairnessChecker {
 public:
  // `queued`: the server's limits make machines wait for each other.
  FairnessChecker(Violations& out, const RunPlan& plan, bool queued = false);
  void on_stage(Instant now, MachineId machine, Stage stage);
  void on_failure(MachineId machine, Failure failure);
  // Who is not done has taken as long as the run went on since its start: too long is too long already.
  void at_end(Instant now);

 private:
  struct Outcome {
    Span took{};  // zero: not done
    Failure failure = Failure::kNone;
  };

  void tell_starved(Instant now) const;

  Violations& out_;
  const RunPlan& plan_;
  bool queued_;
  std::vector<Outcome> outcomes_;  // by machine, of its latest boot
};

}  // namespace rackcast::sim
