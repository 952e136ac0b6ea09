// From a decision to the wire: what an ACK must wait for, the reply's contents, the slot.
#include <algorithm>

#include "core/engine/dhcp/dhcp_engine.h"
#include "core/engine/dhcp/reply_address.h"
#include "core/machines/hostname_pattern.h"

namespace rackcast::engine {
namespace {

// dhcpd's figure: nobody renews more often than that, however short a lease it asks for.
constexpr std::uint32_t kLeaseSecondsMin = 300;
// An ACK that changes nothing is given without a write while more than this part of the lease is left (in percent).
constexpr int kUnwrittenLeftPercent = 75;

std::uint32_t seconds_left(const Lease& lease, WallTime now) {
  const auto left = std::chrono::duration_cast<std::chrono::seconds>(lease.ends - now).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(left, 0, 0xFFFF'FFFE));
}

bool has_most_of_its_time(const Lease& lease, WallTime now) {
  const Duration whole = lease.ends - lease.starts;
  const Duration left = lease.ends - now;
  return left / kUnwrittenLeftPercent > whole / 100;  // left * 100 > whole * 75 without running over
}

}  // namespace

std::uint32_t DhcpEngine::lease_seconds(const Request& request, const SubnetConfig& subnet) const {
  const LeaseSeconds& limits = subnet.lease_seconds;
  if (!request.lease_seconds) return std::min(limits.preset, limits.longest);
  return std::clamp(*request.lease_seconds, std::min(kLeaseSecondsMin, limits.longest), limits.longest);
}

// The address may be given. An ACK straight away where the promise stands on disk already, else after the write.
void DhcpEngine::grant(Exchange& exchange, net::Ipv4Address address, std::size_t subnet) {
  const Request& request = exchange.request;
  if (leases_.hold(address, exchange.client, exchange.now.wall) != OfferFailure::kNone) {
    report(exchange, EventKind::kDhcpRequest, address, "too many offers are out");
    return drop(DhcpDrop::kHoldLimit);
  }
  report(exchange, EventKind::kDhcpRequest, address);
  Lease lease;
  lease.address = address;
  lease.mac = request.mac;
  lease.key = exchange.client.key;
  lease.state = LeaseState::kActive;
  lease.starts = exchange.now.wall;
  lease.ends = exchange.now.wall + std::chrono::seconds(lease_seconds(request, network_.subnet(subnet)));
  lease.hostname = request.hostname;
  lease.client_identifier = request.client_identifier;
  const Lease known = *leases_.find(address);
  const bool relayed = request.header.is_relayed();
  lease.relay = relayed ? exchange.client.relay : known.relay;
  if (!relayed)
    lease.relay_info = known.relay_info;
  else if (exchange.client.relay_info.size() <= kStashedRelayBytesMax)
    lease.relay_info = exchange.client.relay_info;
  const bool stands = known.state == LeaseState::kActive && !known.bootp && leases_.is_durable(address) &&
                      known.hostname == lease.hostname && known.client_identifier == lease.client_identifier &&
                      known.relay == lease.relay && known.relay_info == lease.relay_info && known.ends <= lease.ends &&
                      has_most_of_its_time(known, exchange.now.wall);
  if (!stands || held_.find(lease.key) != nullptr) return commit(exchange, lease);
  ++stats_.acks_unwritten;
  acknowledge(exchange, known, subnet, seconds_left(known, exchange.now.wall));
}

void DhcpEngine::commit(Exchange& exchange, const Lease& lease) {
  if (HeldReply* waiting = held_.find(lease.key)) {
    if (waiting->lease.address == lease.address && waiting->lease.bootp == lease.bootp) {
      waiting->request = exchange.request;  // the latest xid, flags and relay are what the client listens for
      ++stats_.held_duplicates;
      return;
    }
    held_.remove(*waiting);
  }
  HeldReply* held = held_.add(exchange.request, lease, exchange.now.monotonic + limits_.held_time_max);
  if (held == nullptr) return drop(DhcpDrop::kHeldFull);
  if (exchange.sink.submit(CommitLease{held_.ticket_of(*held), lease})) return;
  held_.remove(*held);
  drop(DhcpDrop::kStoreQueueFull);
}

void DhcpEngine::on_committed(const Now& now, const LeaseCommitted& committed, Sink& sink) {
  const HeldReply* held = held_.find(committed.ticket);
  if (held == nullptr) return;  // nobody waits: a RELEASE's row, or its machine went on to something else
  const Request request = held->request;
  const Lease lease = held->lease;
  held_.remove(*held);
  if (!committed.durable) return drop(DhcpDrop::kNotDurable);
  leases_.expire(now.wall);
  // In force even if no answer can be sent now: the row says so, and the client asks again.
  if (!leases_.activate(lease, now.wall)) return drop(DhcpDrop::kAddressLost);
  if (!network_.is_on()) return drop(DhcpDrop::kServiceOff);
  const DhcpInterface* interface = network_.interface_of(request.socket, request.interface);
  if (interface == nullptr) return drop(DhcpDrop::kUnknownInterface);
  Exchange exchange{now, request, *interface, sink, network_.link_of(request, *interface), network_.client_of(request)};
  const auto subnet = network_.subnet_of(lease.address, exchange.link);
  if (!subnet) return drop(DhcpDrop::kNoSubnet);
  // The whole lease: a client counts from when it sent the request (RFC 2131 §4.4.1), and so did lease.starts.
  acknowledge(exchange, lease, *subnet, lease.bootp ? std::nullopt : std::optional(seconds_left(lease, lease.starts)));
}

void DhcpEngine::acknowledge(Exchange& exchange, const Lease& lease, std::size_t subnet,
                             std::optional<std::uint32_t> seconds) {
  Reply reply = make_reply(exchange, subnet, lease.address);
  publish(exchange, lease.address, reply);
  const bool bootp = exchange.request.kind == RequestKind::kBootp;
  if (!bootp) {
    reply.type = dhcp4::MessageType::kAck;
    reply.lease_seconds = seconds;
    if (exchange.request.kind != RequestKind::kSelecting) reply.ciaddr = exchange.request.header.ciaddr;
  }
  if (!send(exchange, reply)) return;
  if (bootp) {
    ++stats_.bootp_replies;
    const HostConfig* host = network_.host_of(exchange.request.mac, network_.subnet(subnet).subnet);
    const bool fixed = host != nullptr && host->address == lease.address;
    report(exchange, EventKind::kBootpReply, lease.address, fixed ? "static" : "");
  } else {
    ++stats_.acks;
    report(exchange, EventKind::kDhcpAck, lease.address);
  }
}

void DhcpEngine::refuse(Exchange& exchange, std::string_view message) {
  const net::Ipv4Prefix subnet = network_.subnet(exchange.link.subnets().front()).subnet;
  Reply reply;
  reply.type = dhcp4::MessageType::kNak;
  reply.message = message;
  reply.source = network_.source_address(exchange.request, exchange.interface, subnet);
  reply.server_identifier = network_.server_identifier(exchange.request, reply.source);
  if (!send(exchange, reply)) return;
  ++stats_.naks;
  report(exchange, EventKind::kDhcpNak, exchange.request.subject());
}

// All that does not depend on the kind of reply.
Reply DhcpEngine::make_reply(const Exchange& exchange, std::size_t number, net::Ipv4Address address) const {
  const Request& request = exchange.request;
  const SubnetConfig& subnet = network_.subnet(number);
  const HostConfig* host = network_.host_of(request.mac, subnet.subnet);
  Reply reply;
  reply.yiaddr = address;
  reply.source = network_.source_address(request, exchange.interface, subnet.subnet);
  reply.server_identifier = network_.server_identifier(request, reply.source);
  reply.subnet = &subnet;
  reply.next_server = subnet.next_server.value_or(reply.source);
  if (host != nullptr && host->next_server) reply.next_server = *host->next_server;
  const Machine machine = machine_of(request);
  reply.boot = choose_boot(machine, host, network_.dhcp().boot, reply.source, request.kind == RequestKind::kBootp);
  reply.quirks = quirks_of({machine, request.boots(), reply.boot.via == BootVia::kHttp, request.takes_ipxe_options});
  if (host != nullptr && host->hostname)
    reply.hostname = render_hostname(*host->hostname, address, request.mac);
  else if (!subnet.hostname.empty())
    reply.hostname = render_hostname(subnet.hostname, address, request.mac);
  return reply;
}

bool DhcpEngine::send(Exchange& exchange, const Reply& reply) {
  TxSlot* slot = exchange.sink.reserve();
  if (slot == nullptr) {
    drop(DhcpDrop::kNoSlot);
    return false;
  }
  const auto message = encode_reply(exchange.request, reply, slot->header_room().first(kReplyBytesMax));
  if (message.empty()) {
    exchange.sink.cancel(slot);
    drop(DhcpDrop::kReplyTooLong);
    return false;
  }
  slot->destination = reply_destination(exchange.request, reply, exchange.interface, frame_to_mac_);
  slot->add(message.size());
  exchange.sink.commit(slot);
  quirks_.add(reply.quirks);
  return true;
}

}  // namespace rackcast::engine
