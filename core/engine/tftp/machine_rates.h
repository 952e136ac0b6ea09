// One token bucket for each machine that a lane sends to (rate_bucket.h), by address: a machine has one rate for all
// its transfers. A fixed table; when it is full the machine that sent least recently is forgotten, whose bucket is as
// good as paid by then. The engine's lane only; no allocation after construction; O(1).
#pragma once

#include <vector>

#include "core/engine/tftp/endpoint_index.h"
#include "core/engine/tftp/rate_bucket.h"

namespace rackcast::engine::tftpd {

class MachineRates {
 public:
  MachineRates(std::size_t machines_max, std::uint64_t seed);

  // When `bytes` may be sent; they are taken.
  [[nodiscard]] MonotonicTime reserve(MonotonicTime now, const net::IpAddress& machine, std::uint64_t bytes,
                                      std::uint32_t rate_mbit);

 private:
  struct Machine {
    net::Endpoint key;
    MonotonicTime paid_at{};
    std::uint32_t older = 0;
    std::uint32_t newer = 0;
  };

  [[nodiscard]] std::uint32_t place_of(const net::IpAddress& machine);
  void make_newest(std::uint32_t place);

  std::vector<Machine> machines_;  // the last one is the ring's head: older is the newest, newer the oldest
  EndpointIndex by_address_;
  std::uint32_t used_ = 0;
};

}  // namespace rackcast::engine::tftpd
