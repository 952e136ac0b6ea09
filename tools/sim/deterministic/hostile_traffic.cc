#include "tools/sim/deterministic/hostile_traffic.h"

#include <algorithm>
#include <array>

#include "proto/dhcp/message.h"
#include "tools/sim/deterministic/rack_layout.h"
#include "tools/sim/scenario/hostile_messages.h"

namespace rackcast::sim {

namespace {

constexpr net::UdpPort kTftpPort{69};

}  // namespace

HostileTraffic::HostileTraffic(io::SimNetwork& network, io::SegmentId segment, const HostilePlan& plan,
                               net::Ipv4Address server, std::string largest_file, const io::LinkFaults& cable,
                               std::uint64_t seed)
    : network_(network),
      plan_(plan),
      server_(server),
      largest_file_(std::move(largest_file)),
      random_(seed),
      silent_readers_left_(plan.silent_readers) {
  for (std::uint32_t i = 0; i < std::max(1U, plan.sources); ++i) {
    const auto high = static_cast<std::uint8_t>(i >> 8U);
    ports_.push_back(
        network_.add_port(segment, {{0x02, 0x52, 0x58, 0, high, static_cast<std::uint8_t>(i)}}, cable, *this));
    network_.set_address(ports_.back(), net::Ipv4Address(kStrangersFirst.value() + i));
  }
  again(Kind::kGarbage, plan_.garbage_per_second);
  again(Kind::kSpoofed, plan_.spoofed_per_second);
  again(Kind::kSilentReader, silent_readers_left_ > 0 ? 100 : 0);
  again(Kind::kScan, plan_.scans_per_second);
  again(Kind::kBadDhcp, plan_.bad_dhcp_per_second);
}

HostileTraffic::~HostileTraffic() {
  network_.forget(this);
}

void HostileTraffic::again(Kind kind, std::uint32_t per_second) {
  if (per_second == 0 || stopped_) return;
  // Evenly on average, never in step.
  const std::uint64_t mean_ns = 1'000'000'000ULL / per_second;
  const auto wait = Duration(static_cast<std::int64_t>(random_.below(2 * mean_ns) + 1));
  network_.schedule(network_.now().monotonic + wait, this, static_cast<std::uint64_t>(kind));
}

void HostileTraffic::on_event(std::uint64_t token) {
  if (stopped_) return;
  const auto kind = static_cast<Kind>(token);
  switch (kind) {
    case Kind::kGarbage:
      garbage();
      return again(kind, plan_.garbage_per_second);
    case Kind::kSpoofed:
      spoofed();
      return again(kind, plan_.spoofed_per_second);
    case Kind::kSilentReader:
      silent_reader();
      return again(kind, --silent_readers_left_ > 0 ? 100 : 0);
    case Kind::kScan:
      scan();
      return again(kind, plan_.scans_per_second);
    case Kind::kBadDhcp:
      bad_dhcp();
      return again(kind, plan_.bad_dhcp_per_second);
  }
}

void HostileTraffic::send(const net::Endpoint& source, const net::Endpoint& to, std::span<const std::byte> payload) {
  network_.send(ports_[random_.below(ports_.size())], source, to, payload);
  ++sent_;
}

net::Endpoint HostileTraffic::stranger() {
  const auto who = static_cast<std::uint32_t>(random_.below(ports_.size()));
  return {net::Ipv4Address(kStrangersFirst.value() + who),
          net::UdpPort{static_cast<std::uint16_t>(1'024 + random_.below(60'000))}};
}

void HostileTraffic::garbage() {
  std::array<std::byte, kHostileBytesMax> room{};
  const net::UdpPort to = random_.chance(0.5) ? kTftpPort : dhcp4::kServerPort;
  send(stranger(), {server_, to}, hostile_noise(room, random_));
}

void HostileTraffic::spoofed() {
  std::array<std::byte, kHostileBytesMax> room{};
  const net::Endpoint forged{
      net::Ipv4Address(kNobodysFirst.value() + static_cast<std::uint32_t>(random_.below(65'000))),
      net::UdpPort{static_cast<std::uint16_t>(1'024 + random_.below(60'000))}};
  send(forged, {server_, kTftpPort}, hostile_request(room, largest_file_));
}

void HostileTraffic::silent_reader() {
  std::array<std::byte, kHostileBytesMax> room{};
  send(stranger(), {server_, kTftpPort}, hostile_request(room, largest_file_));
}

void HostileTraffic::scan() {
  std::array<std::byte, kHostileBytesMax> room{};
  const net::UdpPort to{static_cast<std::uint16_t>(1 + random_.below(65'535))};
  send(stranger(), {server_, to}, hostile_noise(room, random_));
}

void HostileTraffic::bad_dhcp() {
  std::array<std::byte, kHostileBytesMax> room{};
  const BrokenDiscover broken = broken_discover(room, random_);
  send({net::Ipv4Address(), dhcp4::kClientPort}, {net::Ipv4Address::broadcast(), dhcp4::kServerPort}, broken.message);
}

}  // namespace rackcast::sim
