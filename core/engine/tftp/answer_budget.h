// How many answers strangers get: whoever forges requests would have us shoot at the address's owner. A stranger is an
// address and port that has not answered; it has kAnswersUnconfirmedMax in kUnconfirmedHold, whatever it asks. All
// strangers of one address together, whose ports may be forged as well, have first answers for kFirstAnswersMax of them
// and kRepeatedAnswersMax more. (With so few for an address as for a port, one forged datagram would silence the
// machine that has the address, and many machines behind one address one another.)
//
// Who answers at a TID, which it had to be told or guessed, makes its address known for kKnownFor, without such a
// limit, for all machines behind it: one machine asks for many files. Known is, too, who got its address from our DHCP.
// ERRORs to requests are not counted: each is about as long as what it answers.
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
  AnswerBudget(std::size_t entries_max, std::uint64_t seed);

  // May one answer more go there?
  [[nodiscard]] bool has_left(MonotonicTime now, const net::Endpoint& peer) const;
  // The same, and it is taken.
  [[nodiscard]] bool take(MonotonicTime now, const net::Endpoint& peer);
  // The same, for an answer that repeats `answers` earlier ones of one transfer: who is known gets more of them.
  [[nodiscard]] bool take_again(MonotonicTime now, const net::Endpoint& peer, unsigned answers);
  [[nodiscard]] bool known(MonotonicTime now, const net::IpAddress& address) const;
  // It answered.
  void prove(MonotonicTime now, const net::IpAddress& address);

 private:
  // A stranger; or, with port 0, which no peer has, an address: one that is known, or all its strangers together.
  struct Entry {
    net::Endpoint peer;
    bool known = false;         // an address: it answered
    std::uint8_t answers = 0;   // a stranger's; an address's first ones
    std::uint8_t repeated = 0;  // an address's others
    MonotonicTime until;        // it is known, or its answers count
    std::uint64_t hash = 0;
  };

  [[nodiscard]] const Entry* alive(MonotonicTime now, const net::Endpoint& peer) const;
  // Begun anew when its time is over. Valid until the next call: another's place may be taken.
  [[nodiscard]] Entry& counted(MonotonicTime now, const net::Endpoint& peer);
  [[nodiscard]] std::uint32_t find(const net::Endpoint& peer) const;
  [[nodiscard]] std::uint32_t find_or_claim(const net::Endpoint& peer);

  std::uint64_t seed_;
  std::vector<Entry> entries_;
  SlotIndex index_;
  DeadlineHeap<MonotonicTime> ends_;  // by Entry::until
  std::uint32_t used_ = 0;
};

}  // namespace rackcast::engine::tftpd
