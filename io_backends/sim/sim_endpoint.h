// A plain UDP client on a simulated host: one socket, an inbox or a callback. What tests and simulated machines speak
// through; no batching, no slots. Single-threaded, by the network's events. Destroy before the network.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/result.h"
#include "io_backends/sim/sim_network.h"

namespace rackcast::io {

// A received datagram. In a callback `payload` is lent for the call; from the inbox it belongs to the copy in `bytes`.
struct SimDatagram {
  net::Endpoint from;
  net::Endpoint to;
  net::IpAddress local;  // what a reply should leave from
  InterfaceIndex interface;
  std::optional<net::MacAddress> hardware;  // when it came as a frame to a MAC
  std::uint8_t ttl = 0;
  std::span<const std::byte> payload;
};

struct SimMail {
  SimDatagram facts;  // its payload span is dead
  std::vector<std::byte> payload;
};

class SimEndpoint final : private SimReceiver {
 public:
  // Error: the port is taken, or no such interface.
  [[nodiscard]] static Result<std::unique_ptr<SimEndpoint>> open(SimHost& host, const SimSocketSpec& spec);
  ~SimEndpoint();
  SimEndpoint(const SimEndpoint&) = delete;
  SimEndpoint& operator=(const SimEndpoint&) = delete;

  // With a callback the inbox stays empty. The callback may send, schedule, and open or close other endpoints.
  std::function<void(const SimDatagram&)> on_datagram;

  SimSendResult send(const SimSendRequest& request, std::span<const std::byte> payload);
  SimSendResult send_to(const net::Endpoint& peer, std::span<const std::byte> payload);
  [[nodiscard]] bool join_group(const net::IpAddress& group, InterfaceIndex interface = {});

  [[nodiscard]] std::optional<SimMail> take();  // oldest of the inbox
  [[nodiscard]] std::size_t waiting() const { return inbox_.size(); }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }  // inbox was full
  [[nodiscard]] net::Endpoint local_endpoint() const { return host_.local_endpoint(*socket_); }
  [[nodiscard]] SimHost& host() { return host_; }

 private:
  static constexpr std::size_t kInboxMax = 65'536;

  explicit SimEndpoint(SimHost& host) : host_(host) {}
  void on_arrival(SimSocketId socket, const SimArrival& arrival) override;

  SimHost& host_;
  std::optional<SimSocketId> socket_;  // set once open() succeeded
  std::deque<SimMail> inbox_;
  std::uint64_t dropped_ = 0;
};

}  // namespace rackcast::io
