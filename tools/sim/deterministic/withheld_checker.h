// No answer that the server owes is withheld longer than the client's retry time: a client that asks the same again
// must have been answered, or its question must have been lost.
//
//   question arrives at the server  ->  owed          anything for that client leaves the server  ->  paid
//   the same question leaves the client again while it is owed  ->  violation
//
// A question is a DISCOVER or REQUEST (by machine), or an RRQ or ACK (by client endpoint and content). One that was
// answered before is not owed again: the answer was lost, and the server's own timers mend that. Thread: the world's.
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>

#include "io_backends/sim/sim_network.h"
#include "tools/sim/deterministic/checkers.h"

namespace rackcast::sim {

class WithheldChecker {
 public:
  // `segment_of`: by machine; the server stands on segment 0.
  WithheldChecker(Violations& out, net::Ipv4Address server, const std::vector<std::uint32_t>& segment_of)
      : out_(out), server_(server), segment_of_(segment_of) {}

  void on_sent(Instant now, const io::SimFrame& frame);
  void on_arrived(Instant now, const io::SimFrame& frame);
  void forget(MachineId machine, net::Ipv4Address address);  // a reset

 private:
  struct Debt {
    Instant since{};
    std::uint64_t question = 0;  // 0: none owed
    std::uint64_t answered = 0;  // the latest question that was answered
  };

  void on_dhcp(Instant now, const io::SimFrame& frame, bool arrived);
  void tell(Instant now, std::optional<MachineId> machine, Debt& debt, const char* what, const net::Endpoint& client);
  [[nodiscard]] bool at_server(const io::SimFrame& frame) const;

  Violations& out_;
  net::Ipv4Address server_;
  const std::vector<std::uint32_t>& segment_of_;
  std::unordered_map<MachineId, Debt> dhcp_;
  std::unordered_map<std::uint64_t, Debt> tftp_;  // by client endpoint
};

}  // namespace rackcast::sim
