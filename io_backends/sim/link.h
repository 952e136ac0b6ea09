// One direction of a host's cable to its switch: delay, rate, and what goes wrong on it. A state machine of its own;
// the network asks it for each datagram when it comes out at the other end. Single-threaded, deterministic, no
// allocation.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/time.h"
#include "io_backends/sim/random.h"

namespace rackcast::io {

struct LinkFaults {
  Duration delay = std::chrono::microseconds(50);
  Duration jitter{};     // 0..jitter more, in order
  double loss = 0;       // per packet on the wire: a fragmented datagram is as weak as its fragments
  double duplicate = 0;  // comes twice
  double reorder = 0;    // held back by reorder_delay while later ones pass
  Duration reorder_delay = std::chrono::milliseconds(1);
  std::size_t mtu = 1'500;                  // bytes of an IP packet; longer datagrams go in fragments
  bool fragments_pass = true;               // false: ROMs and firewalls that drop fragments
  bool partitioned = false;                 // nothing passes
  std::uint64_t rate_bits_per_second = 0;   // 0: no limit
  std::size_t queue_bytes_max = 1'048'576;  // what may wait for the rate; more is dropped at the tail
};

enum class LinkVerdict : std::uint8_t { kPasses, kLost, kPartitioned, kFragmentsDropped, kQueueFull };

struct Passage {
  LinkVerdict verdict = LinkVerdict::kPasses;
  MonotonicTime out;        // when it comes out at the other end
  bool duplicated = false;  // and comes out again at the same time
  bool reordered = false;
};

// How far a cable is with what it was given; the faults are told with each datagram, so that many cables may share
// them.
class LinkState {
 public:
  // A datagram of `payload_bytes` over UDP enters at `now`.
  [[nodiscard]] Passage pass(const LinkFaults& faults, MonotonicTime now, std::size_t payload_bytes, bool ipv6,
                             SeededRandom& random);

 private:
  MonotonicTime free_at_{};   // when the wire has sent all that waits
  MonotonicTime last_out_{};  // keeps order under jitter
};

class Link {
 public:
  LinkFaults faults;

  [[nodiscard]] Passage pass(MonotonicTime now, std::size_t payload_bytes, bool ipv6, SeededRandom& random) {
    return state_.pass(faults, now, payload_bytes, ipv6, random);
  }

 private:
  LinkState state_;
};

}  // namespace rackcast::io
