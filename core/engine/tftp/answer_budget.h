// How many answers addresses get that have not answered themselves: whoever forges requests would have us shoot at the
// address's owner. A stranger has kAnswersUnconfirmedMax in kUnconfirmedHold, whatever its ports and whatever it asks.
// Who answers at a TID, which it had to be told, is known for kKnownFor, and has no such limit: behind one address may
// be many machines, and one machine asks for many files. ERRORs to requests are not counted: each is about as long as
// what it answers.
//
// A fixed table. Full, it forgets what is worth least: strangers whose time is nearly over, then addresses heard long
// ago, which have a stranger's answers again. So a flood of forged addresses pushes out its own.
//
// Pure; the engine's lane only; no allocation after construction; O(log sources).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/leases/slot_index.h"
#include "core/time.h"
#include "proto/net/address.h"

namespace rackcast::engine::tftpd {

class AnswerBudget {
 public:
  // `seed` is secret: the addresses come from the network.
  AnswerBudget(std::size_t addresses_max, std::uint64_t seed);

  // May one answer more go there?
  [[nodiscard]] bool has_left(MonotonicTime now, const net::IpAddress& address) const;
  // The same, and it is taken.
  [[nodiscard]] bool take(MonotonicTime now, const net::IpAddress& address);
  [[nodiscard]] bool known(MonotonicTime now, const net::IpAddress& address) const;
  // It answered.
  void prove(MonotonicTime now, const net::IpAddress& address);

 private:
  struct Address {
    net::IpAddress address;
    bool known = false;
    std::uint8_t answers = 0;  // a stranger's
    MonotonicTime until;       // it is known, or its answers count
    std::uint64_t hash = 0;
  };

  [[nodiscard]] std::uint32_t find(const net::IpAddress& address) const;
  [[nodiscard]] std::uint32_t claim(const net::IpAddress& address);

  std::uint64_t seed_;
  std::vector<Address> addresses_;
  SlotIndex index_;
  DeadlineHeap<MonotonicTime> ends_;  // by Address::until
  std::uint32_t used_ = 0;
};

}  // namespace rackcast::engine::tftpd
