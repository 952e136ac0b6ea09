// From a decision to the wire: what an ACK must wait for, the reply as it leaves, the slot.
#include <algorithm>

#include "core/engine/dhcp/dhcp_engine.h"
#include "core/engine/dhcp/lease_time.h"
#include "core/engine/dhcp/reply_address.h"

namespace rackcast::engine {
namespace {

// An ACK that changes nothing is given without a write while less than this part of the lease has passed (in percent;
// dhcp-cache-threshold).
constexpr std::uint32_t kCacheThresholdPercent = 25;

// More than `percent` of its time is left.
bool has_left(const Lease& lease, WallTime now, std::uint32_t percent) {
  const Duration whole = lease.ends - lease.starts;
  const Duration left = lease.ends - now;
  return left / std::max(percent, 1U) > whole / 100;  // left * 100 > whole * percent without running over
}

constexpr OptionKey kAutoConfigKey{kDhcpSpace, static_cast<std::uint32_t>(dhcp4::OptionCode::kAutoConfig)};
constexpr OptionKey kHostNameKey{kDhcpSpace, static_cast<std::uint32_t>(dhcp4::OptionCode::kHostName)};

}  // namespace

// The address may be given. An ACK straight away where the promise stands on disk already, else after the write.
void DhcpEngine::grant(Exchange& exchange, net::Ipv4Address address, std::size_t subnet) {
  const Request& request = exchange.request;
  const OfferFailure failure = leases_.hold(address, exchange.client, exchange.now.wall);
  if (failure != OfferFailure::kNone) return fail_offer(exchange, EventKind::kDhcpRequest, {failure, address, subnet});
  evaluate(exchange, subnet, address);
  if (is_denied(exchange, EventKind::kDhcpRequest, address)) return;
  if (is_over_limit(exchange, EventKind::kDhcpRequest, address)) return;
  report(exchange, EventKind::kDhcpRequest, address);
  exchange.alone = flag(Parameter::kOneLeasePerClient, false);
  const Lease known = *leases_.find(address);
  Lease lease;
  lease.address = address;
  lease.mac = request.mac;
  lease.key = exchange.client.key;
  lease.state = LeaseState::kActive;
  lease.starts = exchange.now.wall;
  lease.ends = end_of(lease.starts, lease_seconds(request));
  lease.hostname = request.hostname;
  lease.client_identifier = request.client_identifier;
  // A renewal passes no relay: what it was granted through stays.
  const bool relayed = request.header.is_relayed();
  lease.relay = relayed ? request.header.giaddr : known.relay;
  lease.relay_info = known.relay_info;
  if (relayed && request.relay_info.size() <= StashedRelayInfo::capacity())
    lease.relay_info = request.relay_info.view();
  lease.account = exchange.billed;

  const std::uint32_t threshold =
      std::min(outcome_.number(Parameter::kCacheThresholdPercent).value_or(kCacheThresholdPercent), 100U);
  const bool stands = threshold > 0 && known.state == LeaseState::kActive && !known.bootp &&
                      leases_.is_durable(address) && known.hostname == lease.hostname &&
                      known.client_identifier == lease.client_identifier && known.relay == lease.relay &&
                      known.relay_info == lease.relay_info && known.ends <= lease.ends &&
                      has_left(known, exchange.now.wall, 100 - threshold) && held_.find(exchange.client.key) == nullptr;
  const Lease& given = stands ? known : lease;
  Reply reply = make_reply(exchange, subnet, address);
  reply.type = dhcp4::MessageType::kAck;
  // The whole lease: a client counts from when it sent the request (RFC 2131 §4.4.1), and so does lease.starts.
  reply.lease_seconds = seconds_left(given, exchange.now.wall);
  if (request.kind != RequestKind::kSelecting) reply.ciaddr = request.header.ciaddr;
  add_pxe(exchange, reply);
  if (!prepare(exchange, reply, EventKind::kDhcpAck, address, &DhcpStats::acks)) return;
  if (!stands) return commit(exchange, lease);
  if (exchange.alone) release_others(exchange.now, lease.key, address, exchange.sink);
  ++stats_.acks_unwritten;
  answer(exchange);
}

// ready_ is what waits.
void DhcpEngine::commit(Exchange& exchange, const Lease& lease) {
  const MachineKey key = key_of(lease);
  if (HeldReply* waiting = held_.find(key)) {
    if (waiting->lease.address == lease.address && waiting->lease.bootp == lease.bootp) {
      waiting->reply.assign(ready_);  // the latest xid, flags and relay are what the client listens for
      // The row that is being written says no more than this.
      if (waiting->lease.ends < lease.ends)
        (void)waiting->reply.shorten_lease(seconds_left(waiting->lease, exchange.now.wall));
      waiting->asked = exchange.now.monotonic;
      waiting->alone = exchange.alone;
      ++stats_.held_duplicates;
      return;
    }
    held_.remove(*waiting);
  }
  if (held_.full()) {
    drop(DhcpDrop::kHeldFull);
    held_.remove(held_.oldest());
  }
  HeldReply& held = held_.add(key, exchange.now.monotonic + limits_.held_time_max);
  held.reply.assign(ready_);
  held.asked = exchange.now.monotonic;
  held.lease = lease;
  held.alone = exchange.alone;
  if (exchange.sink.submit(CommitLease{held_.ticket_of(held), lease})) return;
  if (!answer_as_it_stands(exchange.now, held, exchange.sink)) drop(DhcpDrop::kStoreQueueFull);
  held_.remove(held);
}

void DhcpEngine::on_committed(const Now& now, const LeaseCommitted& committed, Sink& sink) {
  if (!committed.dropped) store_failing_ = !committed.durable;
  HeldReply* held = held_.find(committed.ticket);
  if (held == nullptr) return;  // nobody waits: a RELEASE's row, or its machine went on to something else
  leases_.expire(now.wall);
  if (!committed.durable) {
    if (!answer_as_it_stands(now, *held, sink))
      drop(committed.dropped ? DhcpDrop::kStoreQueueFull : DhcpDrop::kNotDurable);
    held_.remove(*held);
    return;
  }
  // In force even if no answer can be sent now: the row says so, and the client asks again.
  const bool activated = leases_.activate(held->lease, now.wall);
  if (activated && held->alone) release_others(now, held->key, held->lease.address, sink);
  held_.remove(*held);  // its contents stay until the next add()
  if (!activated) return drop(DhcpDrop::kAddressLost);
  if (!network_.is_on()) return drop(DhcpDrop::kServiceOff);
  if (!network_.serves(held->lease.address)) return drop(DhcpDrop::kNoSubnet);
  leave(now, held->reply, held->asked, sink);
}

void DhcpEngine::refuse(Exchange& exchange, std::string_view message) {
  const net::Ipv4Prefix subnet = network_.subnet(exchange.link.subnets().front()).subnet;
  Reply reply;
  reply.type = dhcp4::MessageType::kNak;
  reply.message = message;
  reply.source = network_.source_address(exchange.request, exchange.interface, subnet);
  reply.server_identifier = outcome_.address(Parameter::kServerIdentifier)
                                .value_or(network_.server_identifier(exchange.request, reply.source));
  reply.echo_client_id = flag(Parameter::kEchoClientId, true);
  if (prepare(exchange, reply, EventKind::kDhcpNak, exchange.request.subject(), &DhcpStats::naks)) answer(exchange);
}

// RFC 2563: a client that gets no address asks whether it may make one up (169.254.0.0/16). Where option 116 is
// configured as 0 it is told not to; anything else is what it does without an answer. The rules were evaluated.
void DhcpEngine::forbid_auto_config(Exchange& exchange) {
  if (exchange.request.kind != RequestKind::kDiscover || !exchange.request.option(kAutoConfigKey)) return;
  if (network_.dhcp().mode == DhcpMode::kProxy || exchange.link.empty()) return;  // not ours to say
  const auto configured = outcome_.option(kAutoConfigKey);
  if (!configured || configured->size() != 1 || configured->front() != std::byte{0}) return;
  Reply reply = make_reply(exchange, exchange.link.subnets().front(), {});
  reply.type = dhcp4::MessageType::kOffer;
  reply.no_address = true;
  reply.quirks = {};
  if (prepare(exchange, reply, EventKind::kDhcpOffer, {}, &DhcpStats::auto_config_forbidden)) answer(exchange);
}

bool DhcpEngine::prepare(const Exchange& exchange, const Reply& reply, EventKind kind, net::Ipv4Address address,
                         std::uint64_t DhcpStats::*counter) {
  const auto message = encode_reply(exchange.request, reply, ready_.octets);
  if (message.empty()) {
    drop(DhcpDrop::kReplyTooLong);
    return false;
  }
  ready_.size = static_cast<std::uint16_t>(message.size());
  ready_.to = reply_destination(exchange.request, reply, exchange.interface, frame_to_mac_);
  ready_.delay = std::chrono::milliseconds(outcome_.number(Parameter::kReplyDelayMs).value_or(0));
  ready_.kind = kind;
  ready_.counter = counter;
  ready_.address = address;
  ready_.relay = exchange.request.header.giaddr;
  ready_.interface = exchange.interface.name;
  ready_.detail.clear();
  ready_.client_name = exchange.request.hostname;
  ready_.quirks = reply.quirks;
  ready_.machine = machine_of(exchange.request);
  ready_.machine.address = address;
  ready_.machine.seen = exchange.now.wall;
  ready_.publish = kind == EventKind::kDhcpAck || kind == EventKind::kBootpReply;
  if (!ready_.publish || reply.outcome == nullptr) return true;
  if (const auto name = outcome_.option(kHostNameKey); name && !name->empty() && name->size() <= HostName::capacity())
    ready_.machine.hostname = std::string_view(reinterpret_cast<const char*>(name->data()), name->size());
  if (reply.via == BootVia::kTftp && reply.file.size() <= ready_.machine.boot_file.capacity())
    ready_.machine.boot_file = reply.file;
  return true;
}

void DhcpEngine::answer(Exchange& exchange) {
  leave(exchange.now, ready_, exchange.now.monotonic, exchange.sink);
}

void DhcpEngine::leave(const Now& now, const ReadyReply& reply, MonotonicTime asked, Sink& sink) {
  if (asked + reply.delay > now.monotonic) {
    if (delayed_.add(reply, asked + reply.delay)) {
      ++stats_.delayed;
      return;
    }
    ++stats_.delays_full;
  }
  transmit(now, reply, sink);
}

void DhcpEngine::transmit(const Now& now, const ReadyReply& reply, Sink& sink) {
  if (reply.publish) publish(reply.machine, sink);
  TxSlot* slot = sink.reserve();
  if (slot == nullptr) return drop(DhcpDrop::kNoSlot);
  std::copy_n(reply.octets.begin(), reply.size, slot->header_room().begin());
  slot->destination = reply.to;
  slot->add(reply.size);
  sink.commit(slot);
  quirks_.add(reply.quirks);
  ++(stats_.*reply.counter);
  Event event;
  event.kind = reply.kind;
  event.protocol = Protocol::kDhcp;
  event.at = now.wall;
  event.mac = reply.machine.mac;
  event.address = reply.address;
  event.relay = reply.relay;
  event.hostname = reply.client_name;
  event.interface = reply.interface;
  event.detail.assign(reply.detail);
  sink.event(event);
}

}  // namespace rackcast::engine
