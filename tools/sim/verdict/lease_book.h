// Who holds which address and until when, as the machines were told: a server that gives an address away before its
// time is over has given it twice, whatever became of the machine that had it (it may be off, but no server knows
// that).
//
// A machine's lease ends early when it gets another address (servers free the old one for the new) and when it is told
// NAK. Both err on the server's side. Single-threaded; one entry per machine and address.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "tools/sim/machines/observer.h"

namespace rackcast::sim {

// What became of leases that ended or might have.
struct LeaseTurns {
  std::uint64_t renewed = 0;  // got again by its machine before its time was over
  std::uint64_t reused = 0;   // given to another machine once it was over
};

class LeaseBook {
 public:
  explicit LeaseBook(std::uint32_t machines) : leases_(machines) {}

  struct Holder {
    MachineId machine;
    Instant until{};  // kNever: for ever
  };
  // Nothing, or who holds the address already. A renewal is no second time, nor is what a machine gets again.
  [[nodiscard]] std::optional<Holder> give(Instant now, MachineId machine, const LeaseReceived& lease);
  void take_back(MachineId machine);
  [[nodiscard]] const LeaseTurns& turns() const { return turns_; }

 private:
  struct Lease {
    net::Ipv4Address address;
    Instant until{};
  };

  std::vector<Lease> leases_;  // by machine: the latest
  std::unordered_map<std::uint32_t, Holder> holders_;
  LeaseTurns turns_;
};

}  // namespace rackcast::sim
