// The fixture: one server under test (its lanes) and helpers that read like a story. Time: no test sleeps; helpers poll
// with a bounded number of short waits, which in simulation is virtual time.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/conformance/world.h"

namespace rackcast::testing {

// A received datagram, copied out before release.
struct Got {
  ReceivedDatagram facts;  // its payload span is dead
  std::vector<std::byte> payload;
};

std::vector<std::byte> bytes_of(std::string_view text);
// `size` bytes that differ between seeds and within themselves.
std::vector<std::byte> pattern(std::size_t size, unsigned seed);

class PacketIoConformance : public ::testing::TestWithParam<BackendKind> {
 protected:
  void SetUp() override;

  // Opens one lane with these sockets.
  void open(std::vector<io::SocketSpec> specs);
  [[nodiscard]] static io::SocketSpec any_port(net::IpAddress bind = {});

  [[nodiscard]] PacketIo& io() { return *lanes_.front(); }
  [[nodiscard]] net::UdpPort port(std::uint16_t socket = 0) { return io().local_endpoint(SocketId{socket}).port; }
  [[nodiscard]] net::Endpoint server(std::uint8_t address = 1) { return {World::server_address(address), port()}; }
  [[nodiscard]] std::unique_ptr<Peer> open_peer() { return world_->open_peer(World::peer_address(), net::UdpPort{0}); }
  [[nodiscard]] static Destination to_peer(const Peer& peer);

  // Polls until `count` datagrams came or the limit is reached.
  [[nodiscard]] std::vector<Got> collect(PacketIo& io, std::size_t count);
  // One poll of a short wait; whatever came.
  void turn(PacketIo& io, std::vector<Got>& into);
  // Commits one datagram: with a pin the payload is borrowed until it is reaped, without one it is copied into the
  // slot. False: no slot.
  [[nodiscard]] bool send(const Destination& to, std::span<const std::byte> payload, PinId pin = kNoPin);
  // Flushes and gives the backend some turns to get everything out.
  void push(PacketIo& io);
  // Flushes and turns until that many pins were reaped or the limit is reached.
  [[nodiscard]] std::vector<PinId> push_and_reap(PacketIo& io, std::size_t pins);

  std::unique_ptr<World> world_;
  Lanes lanes_;
};

}  // namespace rackcast::testing
