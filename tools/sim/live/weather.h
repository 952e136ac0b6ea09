// What the scenario's weather does to one datagram, and where late ones wait: loss, duplication and reordering by a
// seed. The live engine applies it itself, in both directions, so that no queueing discipline has to be set up and a
// burst is not lost whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <queue>
#include <vector>

#include "proto/net/address.h"
#include "tools/sim/machines/carrier.h"
#include "tools/sim/machines/random.h"
#include "tools/sim/scenario/scenario.h"

namespace rackcast::sim {

struct Fate {
  bool lost = false;
  bool twice = false;
  bool late = false;
};

class WeatherMaker {
 public:
  WeatherMaker(const Weather& weather, std::uint64_t seed) : weather_(weather), random_(seed) {}

  [[nodiscard]] bool fair() const { return weather_.loss <= 0 && weather_.duplicate <= 0 && weather_.reorder <= 0; }
  [[nodiscard]] Fate next() {
    Fate fate;
    fate.lost = random_.chance(weather_.loss);
    if (fate.lost) return fate;
    fate.twice = random_.chance(weather_.duplicate);
    fate.late = random_.chance(weather_.reorder);
    return fate;
  }
  [[nodiscard]] Span lateness() const { return weather_.reorder_delay; }

 private:
  Weather weather_;
  Random random_;
};

enum class HeldKind : std::uint8_t { kDhcpOut, kTftpOut, kDhcpIn, kTftpIn };

// A datagram that is late.
struct HeldDatagram {
  Instant due{};
  HeldKind kind = HeldKind::kTftpIn;
  MachineId machine;
  net::UdpPort port;  // the machine's
  net::Endpoint peer;
  DhcpSend how;  // kDhcpOut
  std::vector<std::byte> payload;
};

class HeldDatagrams {
 public:
  // False: kHeldMax wait already; the datagram goes now, in order.
  [[nodiscard]] bool hold(HeldDatagram datagram) {
    if (held_.size() >= kHeldMax) return false;
    held_.push(std::move(datagram));
    return true;
  }
  [[nodiscard]] Instant next() const { return held_.empty() ? kNever : held_.top().due; }
  // Precondition: next() != kNever.
  [[nodiscard]] HeldDatagram take() {
    HeldDatagram datagram = held_.top();
    held_.pop();
    return datagram;
  }

  static constexpr std::size_t kHeldMax = 65'536;

 private:
  struct Later {
    bool operator()(const HeldDatagram& a, const HeldDatagram& b) const { return a.due > b.due; }
  };
  std::priority_queue<HeldDatagram, std::vector<HeldDatagram>, Later> held_;
};

}  // namespace rackcast::sim
