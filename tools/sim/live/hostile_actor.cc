#include "tools/sim/live/hostile_actor.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "core/errno_text.h"
#include "tools/sim/live/udp_socket.h"
#include "tools/sim/scenario/hostile_messages.h"

namespace rackcast::sim {
namespace {

constexpr std::uint16_t kDhcpPort = 67;
constexpr std::uint16_t kTftpPort = 69;

Result<FileDescriptor> open_deaf_socket() {
  FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return fail("cannot open the hostile scenario's socket: " + errno_text(errno));
  make_deaf(socket.get());
  sockaddr_in any{};
  any.sin_family = AF_INET;
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&any), sizeof(any)) != 0)
    return fail("cannot bind the hostile scenario's socket: " + errno_text(errno));
  return socket;
}

}  // namespace

std::uint32_t TokenBucket::take(Instant now) {
  const double seconds = std::chrono::duration<double>(now - filled_).count();
  filled_ = now;
  room_ = std::min(room_ + seconds * rate_, rate_ / 10 + 1);
  if (rate_ <= 0 || room_ < 1) return 0;
  const auto due = static_cast<std::uint32_t>(room_);
  room_ -= due;
  return due;
}

HostileActor::HostileActor(const HostilePlan& plan, HostileTarget target, std::uint64_t seed, LiveCarrier& carrier,
                           FileDescriptor socket)
    : plan_(plan),
      target_(std::move(target)),
      random_(seed),
      carrier_(carrier),
      socket_(std::move(socket)),
      garbage_(plan.garbage_per_second),
      spoofed_(plan.spoofed_per_second),
      scans_(plan.scans_per_second),
      bad_dhcp_(plan.bad_dhcp_per_second) {
  take_sources(std::clamp<std::uint32_t>(plan.sources, 1, kSourcesMax));
}

Result<std::unique_ptr<HostileActor>> HostileActor::open(const HostilePlan& plan, HostileTarget target,
                                                         std::uint64_t seed, LiveCarrier& carrier) {
  auto socket = open_deaf_socket();
  if (!socket) return tl::make_unexpected(socket.error());
  return std::unique_ptr<HostileActor>(new HostileActor(plan, std::move(target), seed, carrier, std::move(*socket)));
}

void HostileActor::take_sources(std::uint32_t count) {
  const bool loopback = target_.server.octet(0) == 127;
  const std::uint8_t bits = std::clamp<std::uint8_t>(target_.prefix_bits, 8, 30);
  const net::Ipv4Prefix subnet{net::Ipv4Address(target_.server.value() & net::Ipv4Prefix{{}, bits}.mask()), bits};
  const net::Ipv4Address top = loopback ? net::Ipv4Address(127, 254, 255, 255) : subnet.broadcast();
  for (std::uint32_t below = 1; sources_.size() < count; ++below) {
    const net::Ipv4Address address(top.value() - below);
    if (!loopback && address <= subnet.base) break;
    if (address == target_.server || carrier_.owns(address)) continue;
    sources_.push_back(address);
    carrier_.routes().add(address, bits);
  }
  carrier_.routes().flush();
}

// A machine may have been given one of them meanwhile: it is not to be disturbed under its own name.
net::Ipv4Address HostileActor::any_source() {
  if (sources_.empty()) return {};
  const net::Ipv4Address source = sources_[random_.below(sources_.size())];
  return carrier_.owns(source) ? net::Ipv4Address{} : source;
}

void HostileActor::step(Instant now) {
  for (std::uint32_t due = garbage_.take(now); due > 0; --due) send_garbage();
  for (std::uint32_t due = spoofed_.take(now); due > 0; --due) send_request(any_source());
  for (std::uint32_t due = scans_.take(now); due > 0; --due) {
    const std::byte nothing{};
    send(any_source(), static_cast<std::uint16_t>(1 + random_.below(65'535)), {&nothing, 1});
  }
  for (std::uint32_t due = bad_dhcp_.take(now); due > 0; --due) send_bad_discover();
  if (readers_started_) return;
  readers_started_ = true;
  const std::size_t readers = std::min<std::size_t>(plan_.silent_readers, sources_.size());
  for (std::size_t i = 0; i < readers; ++i) send_request(sources_[i]);
}

void HostileActor::send(net::Ipv4Address source, std::uint16_t port, std::span<const std::byte> payload) {
  if (source.is_any()) {
    ++unsent_;
    return;
  }
  if (send_from(socket_.get(), source, {target_.server, net::UdpPort{port}}, payload))
    ++sent_;
  else
    ++unsent_;
}

void HostileActor::send_request(net::Ipv4Address source) {
  std::array<std::byte, kHostileBytesMax> bytes;
  send(source, kTftpPort, hostile_request(bytes, target_.largest_file));
}

void HostileActor::send_garbage() {
  std::array<std::byte, kHostileBytesMax> bytes;
  const auto noise = hostile_noise(bytes, random_);
  send(any_source(), random_.chance(0.5) ? kDhcpPort : kTftpPort, noise);
}

void HostileActor::send_bad_discover() {
  if (carrier_.dhcp() == nullptr) {
    ++unsent_;
    return;
  }
  std::array<std::byte, kHostileBytesMax> bytes;
  const BrokenDiscover broken = broken_discover(bytes, random_);
  carrier_.dhcp()->send(broken.mac, DhcpSend{}, broken.message);
  ++sent_;
}

}  // namespace rackcast::sim
