// The scenario's troublemaker: garbage, requests whose answers nobody takes, readers that never acknowledge, port
// scans, broken DHCP. From a bounded set of source addresses of its own at the top of the machines' subnet (127.254/16
// on loopback), at a bounded rate; what comes back is dropped by its socket.
//
// One thread. Nothing here fails a run: what cannot be sent is counted.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/file_descriptor.h"
#include "core/result.h"
#include "tools/sim/live/live_carrier.h"
#include "tools/sim/machines/random.h"

namespace rackcast::sim {

// So many events a second, evenly.
class TokenBucket {
 public:
  explicit TokenBucket(std::uint32_t per_second) : rate_(per_second) {}
  // How many are due; never more than a tenth of a second's at once.
  [[nodiscard]] std::uint32_t take(Instant now);

 private:
  double rate_;
  double room_ = 0;
  Instant filled_{};
};

struct HostileTarget {
  net::Ipv4Address server;
  std::uint8_t prefix_bits = 24;  // of the subnet in which the sources are
  std::string largest_file;       // a TFTP path worth asking for
};

class HostileActor {
 public:
  static Result<std::unique_ptr<HostileActor>> open(const HostilePlan& plan, HostileTarget target, std::uint64_t seed,
                                                    LiveCarrier& carrier);

  // Sends what is due. Call it once a turn, at least every kTick.
  void step(Instant now);

  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  [[nodiscard]] std::uint64_t unsent() const { return unsent_; }

  static constexpr Span kTick = std::chrono::milliseconds(20);
  static constexpr std::uint32_t kSourcesMax = 1'024;

 private:
  HostileActor(const HostilePlan& plan, HostileTarget target, std::uint64_t seed, LiveCarrier& carrier,
               FileDescriptor socket);
  void take_sources(std::uint32_t count);
  [[nodiscard]] net::Ipv4Address any_source();
  void send(net::Ipv4Address source, std::uint16_t port, std::span<const std::byte> payload);
  void send_request(net::Ipv4Address source);
  void send_garbage();
  void send_bad_discover();

  HostilePlan plan_;
  HostileTarget target_;
  Random random_;
  LiveCarrier& carrier_;
  FileDescriptor socket_;
  std::vector<net::Ipv4Address> sources_;
  TokenBucket garbage_;
  TokenBucket spoofed_;
  TokenBucket scans_;
  TokenBucket bad_dhcp_;
  bool readers_started_ = false;
  std::uint64_t sent_ = 0;
  std::uint64_t unsent_ = 0;
};

}  // namespace rackcast::sim
