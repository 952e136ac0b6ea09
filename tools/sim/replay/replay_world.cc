#include "tools/sim/replay/replay_world.h"

#include <algorithm>
#include <set>

#include "proto/dhcp/message.h"
#include "proto/dhcp/options.h"

namespace rackcast::sim {

namespace {

// As many as a lane of the daemon has, for each family.
constexpr std::uint16_t kTids = 16;
// Any seed does: what it decides (hashes, TIDs) is not compared.
constexpr std::uint64_t kSeed = 1;
// Interfaces of the host are numbered from here; 0 means any.
constexpr std::uint32_t kFirstInterface = 1;
// A turn answers a batch of work, which may lead to more of it: a bound against an engine that never has enough.
constexpr int kTurnsMax = 10'000;

constexpr std::uint32_t kLeaseSecondsUnknown = 43'200;

std::optional<std::uint8_t> prefix_bits(net::Ipv4Address mask) {
  for (std::uint8_t bits = 0; bits <= 32; ++bits)
    if (net::Ipv4Prefix{{}, bits}.mask() == mask.value()) return bits;
  return std::nullopt;
}

engine::DhcpInterface dhcp_interface(const CapturedInterface& captured, std::uint16_t number,
                                     const DhcpConfig& config) {
  engine::DhcpInterface facts;
  facts.socket = SocketId{number};
  facts.index = InterfaceIndex{kFirstInterface + number};
  facts.name = FixedText<16>(captured.name.empty() ? "capture" : captured.name);
  for (const pcapng::Ipv4Network& network : captured.addresses) {
    net::Ipv4Prefix prefix;
    prefix.length = prefix_bits(network.mask).value_or(24);
    prefix.base = net::Ipv4Address(network.address.value() & prefix.mask());
    // The mask of others' captures is a guess; the configuration knows better.
    for (const SubnetConfig& subnet : config.subnets)
      if (subnet.subnet.contains(network.address)) prefix = subnet.subnet;
    facts.addresses.push_back({network.address, prefix});
  }
  return facts;
}

}  // namespace

std::vector<Lease> leases_before(const Capture& capture) {
  std::vector<Lease> leases;
  std::set<net::MacAddress> known;
  for (const CapturedDatagram& datagram : capture.datagrams) {
    if (datagram.dialogue != Dialogue::kDhcp || datagram.to_server) continue;
    const auto message = dhcp4::parse_message(datagram.payload);
    const auto mac = message ? message->header.mac() : std::nullopt;
    if (!mac || message->header.yiaddr.is_any() || !known.insert(*mac).second) continue;
    const dhcp4::Options options(*message, {});
    Lease lease;
    lease.address = message->header.yiaddr;
    lease.mac = *mac;
    lease.starts = datagram.time;
    lease.ends = datagram.time;
    lease.state = LeaseState::kExpired;
    // First seen with an ACK: it had the lease before the capture began.
    if (options.message_type() == dhcp4::MessageType::kAck) {
      const std::uint32_t seconds = options.u32(dhcp4::OptionCode::kLeaseTime).value_or(kLeaseSecondsUnknown);
      lease.state = LeaseState::kActive;
      lease.ends = datagram.time + std::chrono::seconds(seconds);
    }
    leases.push_back(lease);
  }
  return leases;
}

ReplayWorld::ReplayWorld(const Capture& capture, std::shared_ptr<const Config> config,
                         std::optional<RootDirectory> tree, Comparison& comparison)
    : capture_(capture),
      config_(std::move(config)),
      comparison_(comparison),
      begin_(capture.datagrams.empty() ? WallTime{} : capture.datagrams.front().time),
      work_(std::move(tree), config_->tftp ? config_->tftp->cache_bytes : 0, port_) {
  io_.time = {kStart, begin_};
  lane_ = std::make_unique<Lane>(make_engines(), io_, port_, events_, work_);
}

// Sockets: DHCP, one per interface; then the TFTP listeners; then the TIDs of both families.
LaneSetup ReplayWorld::make_engines() {
  LaneSetup setup;
  if (config_->dhcp) add_dhcp(setup);
  if (config_->tftp) add_tftp(setup);
  return setup;
}

void ReplayWorld::add_dhcp(LaneSetup& setup) {
  engine::DhcpSetup dhcp{.config = config_};
  for (std::size_t i = 0; i < capture_.interfaces.size(); ++i) {
    dhcp.interfaces.push_back(dhcp_interface(capture_.interfaces[i], static_cast<std::uint16_t>(i), *config_->dhcp));
    setup.route.push_back(static_cast<std::uint8_t>(setup.engines.size()));
  }
  dhcp.seed = kSeed;
  auto made = std::make_unique<engine::DhcpEngine>(std::move(dhcp), io_.time);
  dhcp_ = made.get();
  for (const Lease& lease : leases_before(capture_)) made->restore(io_.time, lease);
  made->settle(io_.time);
  setup.engines.push_back(std::move(made));
}

void ReplayWorld::add_tftp(LaneSetup& setup) {
  engine::TftpSetup tftp{.config = config_};
  first_listener_ = static_cast<std::uint16_t>(setup.route.size());
  const auto next_socket = [&] {
    setup.route.push_back(static_cast<std::uint8_t>(setup.engines.size()));
    return SocketId{static_cast<std::uint16_t>(setup.route.size() - 1)};
  };
  for (const net::Endpoint& listen : config_->tftp->listen) {
    tftp.listeners.push_back(next_socket());
    listener_ports_.push_back(listen.port);
  }
  for (auto* const tids : {&tftp.tids.v4, &tftp.tids.v6})
    for (std::uint16_t i = 0; i < kTids; ++i) tids->push_back(next_socket());
  tftp.root = config_->tftp->root;
  tftp.epoch = &work_.epoch();
  tftp.seed = kSeed;
  auto made = std::make_unique<engine::TftpEngine>(std::move(tftp));
  tftp_ = made.get();
  setup.engines.push_back(std::move(made));
}

void ReplayWorld::run() {
  for (const CapturedDatagram& datagram : capture_.datagrams) {
    advance_to(datagram.time);
    if (datagram.to_server) {
      comparison_.asked(datagram);
      feed(datagram);
      continue;
    }
    const net::Endpoint& client = datagram.destination;
    const std::size_t exchange = comparison_.said(Side::kRecorded, datagram.dialogue, datagram.time, client,
                                                  datagram.source.port.value(), datagram.payload);
    if (datagram.dialogue == Dialogue::kTftp) tids_[client].recorded[exchange] = datagram.source.port;
  }
}

void ReplayWorld::feed(const CapturedDatagram& datagram) {
  const bool served = datagram.dialogue == Dialogue::kDhcp ? dhcp_ != nullptr : tftp_ != nullptr;
  if (!served) {
    ++counters_.not_served;
    return;
  }
  const auto socket = socket_for(datagram);
  if (!socket) {
    ++counters_.without_tid;
    return;
  }
  ReceivedDatagram received;
  received.peer = datagram.source;
  received.local = {local_address(datagram), datagram.destination.port};
  received.destination = datagram.destination.address;
  received.interface = InterfaceIndex{kFirstInterface + datagram.interface};
  received.socket = *socket;
  received.payload = datagram.payload.first(std::min(datagram.payload.size(), kReceiveBytesMax));
  received.truncated = received.payload.size() < datagram.payload.size();
  io_.delivered = received;
  ++counters_.fed;
  turn(monotonic(datagram.time));
}

// Timers that come due before `time`, each at its own.
void ReplayWorld::advance_to(WallTime time) {
  const MonotonicTime until = monotonic(time);
  for (MonotonicTime next = lane_->next_deadline(); next < until; next = lane_->next_deadline()) {
    const MonotonicTime at = std::max(next, io_.time.monotonic);
    turn(at);
    if (lane_->next_deadline() <= at) break;  // due at once again: it goes on with the next datagram
  }
}

void ReplayWorld::turn(MonotonicTime at) {
  io_.time = {at, wall(at)};
  for (int i = 0; i < kTurnsMax; ++i) {
    lane_->turn(at);
    collect();
    if (work_.take_posted() == 0) return;
  }
}

void ReplayWorld::collect() {
  for (const ProducedDatagram& produced : io_.produced) {
    const bool dhcp = dhcp_ != nullptr && produced.socket.value() < capture_.interfaces.size();
    const std::size_t exchange =
        comparison_.said(Side::kProduced, dhcp ? Dialogue::kDhcp : Dialogue::kTftp, produced.at.wall,
                         produced.destination, produced.socket.value(), produced.payload);
    if (!dhcp) tids_[produced.destination].produced[exchange] = produced.socket;
  }
  io_.produced.clear();
}

std::optional<SocketId> ReplayWorld::socket_for(const CapturedDatagram& datagram) const {
  if (datagram.dialogue == Dialogue::kDhcp) return SocketId{static_cast<std::uint16_t>(datagram.interface)};
  for (std::size_t i = 0; i < listener_ports_.size(); ++i)
    if (listener_ports_[i] == datagram.destination.port)
      return SocketId{static_cast<std::uint16_t>(first_listener_ + i)};
  return transfer_socket(datagram);
}

// The latest exchange that the port served then; what serves it now.
std::optional<SocketId> ReplayWorld::transfer_socket(const CapturedDatagram& datagram) const {
  const auto found = tids_.find(datagram.source);
  if (found == tids_.end()) return std::nullopt;
  const auto& [recorded, produced] = found->second;
  std::size_t exchange = comparison_.exchange_of(datagram.source);
  for (auto past = recorded.rbegin(); past != recorded.rend(); ++past) {
    if (past->second != datagram.destination.port) continue;
    exchange = past->first;
    break;
  }
  const auto now = produced.find(exchange);
  return now == produced.end() ? std::nullopt : std::optional(now->second);
}

net::IpAddress ReplayWorld::local_address(const CapturedDatagram& datagram) const {
  const net::IpAddress& asked = datagram.destination.address;
  const bool group = asked.is_multicast() || (asked.is_v4() && asked.v4().is_broadcast());
  const auto& addresses = capture_.interfaces[datagram.interface].addresses;
  if (!group || addresses.empty()) return asked;
  return addresses.front().address;
}

}  // namespace rackcast::sim
