#include "core/engine/dhcp/dhcp_engine.h"

#include <algorithm>

#include "core/engine/dhcp/reply_address.h"

namespace rackcast::engine {
namespace {

// Wall time may be set while we wait: look again at least this often.
constexpr Duration kDeadlineMax = std::chrono::seconds(60);

// The order to restore in: the latest of a machine's leases is the one that stays in force, and rests by their end.
bool comes_first(const Lease& a, const Lease& b) {
  const auto moment = [](const Lease& lease) {
    return lease.state == LeaseState::kAbandoned ? lease.ends : lease.starts;
  };
  return moment(a) < moment(b);
}

std::string_view failure_text(OfferFailure failure) {
  switch (failure) {
    case OfferFailure::kPoolEmpty:
      return "no range";
    case OfferFailure::kHoldLimit:
      return "too many offers are out";
    default:
      return "no free leases";  // dhcpd's words; log watchers look for them
  }
}

DhcpDrop failure_drop(OfferFailure failure) {
  switch (failure) {
    case OfferFailure::kPoolEmpty:
      return DhcpDrop::kNoRange;
    case OfferFailure::kHoldLimit:
      return DhcpDrop::kHoldLimit;
    default:
      return DhcpDrop::kPoolExhausted;
  }
}

}  // namespace

DhcpEngine::DhcpEngine(DhcpSetup setup, const Now& now)
    : limits_(setup.limits),
      seed_(setup.seed),
      frame_to_mac_(setup.frame_to_mac),
      network_(std::move(setup.config), std::move(setup.interfaces)),
      leases_(network_.layout(), setup.leases.size(), limits_.leases, setup.seed),
      held_(limits_.held_replies_max, setup.seed),
      published_(limits_.machines_max, setup.seed) {
  std::sort(setup.leases.begin(), setup.leases.end(), comes_first);
  for (const Lease& lease : setup.leases)
    if (!leases_.restore(lease, now.wall)) ++stats_.leases_not_restored;
  set_deadline(now);
}

void DhcpEngine::on_datagram(const Now& now, const ReceivedDatagram& datagram, Sink& sink) {
  ++stats_.received;
  if (!network_.is_on()) return drop(DhcpDrop::kServiceOff);
  if (stopping_) return drop(DhcpDrop::kStopping);
  const DhcpInterface* interface = network_.interface_of(datagram.socket, datagram.interface);
  if (interface == nullptr) return drop(DhcpDrop::kUnknownInterface);
  Request request;
  const bool unicast = datagram.destination.is_v4() && network_.is_ours(datagram.destination.v4());
  if (const auto reason = read_request(datagram, unicast, request)) return drop(*reason);
  if (request.header.is_relayed() && request.relay_port && !may_choose_port(request)) ++stats_.relay_ports_refused;
  leases_.expire(now.wall);
  Exchange exchange{now, request, *interface, sink, network_.link_of(request, *interface), network_.client_of(request)};
  dispatch(exchange);
  set_deadline(now);
}

void DhcpEngine::dispatch(Exchange& exchange) {
  switch (exchange.request.kind) {
    case RequestKind::kDiscover:
      return on_discover(exchange);
    case RequestKind::kSelecting:
    case RequestKind::kInitReboot:
    case RequestKind::kRenewing:
    case RequestKind::kRebinding:
      return on_request(exchange);
    case RequestKind::kDecline:
      return on_decline(exchange);
    case RequestKind::kRelease:
      return on_release(exchange);
    case RequestKind::kInform:
      return on_inform(exchange);
    case RequestKind::kBootp:
      return on_bootp(exchange);
  }
}

// RFC 2131 §4.3.1: a reservation, the binding it has, the one it had, the one it asks for, a new one; of all the link's
// pools that the client may use. An address that was declined comes last of all.
OfferResult DhcpEngine::choose_address(Exchange& exchange, bool bootp, std::size_t& subnet) {
  const LeaseClient& client = exchange.client;
  for (const std::size_t number : exchange.link.subnets()) {
    const HostConfig* host = network_.host_of(client.mac, network_.subnet(number).subnet);
    if (host == nullptr || !host->address) continue;
    if (leases_.hold(*host->address, client, exchange.now.wall) != OfferFailure::kNone) continue;
    subnet = number;
    return {OfferFailure::kNone, *host->address};
  }
  std::array<std::uint32_t, Link::kSubnetsMax> pools{};
  std::size_t count = 0;
  for (const std::size_t number : exchange.link.subnets())
    if (!bootp || network_.subnet(number).bootp) pools[count++] = network_.pool_number(number, 0);
  const auto usable = std::span(pools).first(count);
  OfferResult result = leases_.offer(client, usable, exchange.request.requested, exchange.now.wall);
  if (result.failure == OfferFailure::kPoolExhausted) {
    result = leases_.reclaim(client, usable, exchange.now.wall);
    if (result.failure == OfferFailure::kNone) {
      FixedText<96> sentence("Reclaiming abandoned lease ");  // dhcpd's line
      (void)sentence.append(result.address.text());
      (void)sentence.append(".");
      report(exchange, EventKind::kWarning, result.address, sentence);
    }
  }
  if (result.failure == OfferFailure::kNone)
    subnet = network_.subnet_of(result.address, exchange.link).value_or(subnet);
  return result;
}

void DhcpEngine::on_discover(Exchange& exchange) {
  if (exchange.link.empty()) {
    report(exchange, EventKind::kDhcpDiscover, {}, "unknown network segment");
    return drop(DhcpDrop::kNoSubnet);
  }
  std::size_t subnet = exchange.link.subnets().front();
  const OfferResult chosen = choose_address(exchange, false, subnet);
  if (chosen.failure != OfferFailure::kNone) {
    FixedText<96> detail("network ");
    (void)detail.append(network_.subnet(subnet).subnet.text());
    (void)detail.append(": ");
    (void)detail.append(failure_text(chosen.failure));
    report(exchange, EventKind::kDhcpDiscover, {}, detail);
    return drop(failure_drop(chosen.failure));
  }
  report(exchange, EventKind::kDhcpDiscover, {});
  Reply reply = make_reply(exchange, subnet, chosen.address);
  reply.type = dhcp4::MessageType::kOffer;
  reply.lease_seconds = lease_seconds(exchange.request, network_.subnet(subnet));
  if (!send(exchange, reply)) return;
  ++stats_.offers;
  report(exchange, EventKind::kDhcpOffer, chosen.address);
}

// What we think of a machine's wish for an address (protocols reference §1.3); see "Authority" in the header.
DhcpEngine::Verdict DhcpEngine::judge(const Exchange& exchange, net::Ipv4Address address, std::size_t& subnet) const {
  const Request& request = exchange.request;
  const auto number = network_.subnet_of(address, exchange.link);
  if (!number) return Verdict::kWrongNetwork;
  subnet = *number;
  const HostConfig* host = network_.host_of(request.mac, network_.subnet(subnet).subnet);
  if (host != nullptr && host->address && *host->address != address) {
    const Availability own = leases_.availability(*host->address, exchange.client);
    if (own != Availability::kTaken && own != Availability::kResting) return Verdict::kIncorrect;
  }
  const Availability availability = leases_.availability(address, exchange.client);
  if (availability == Availability::kOwn) return Verdict::kGrant;
  const auto record = leases_.find(exchange.client.key, network_.link_number(subnet));
  const bool has_other = record && record->address != address &&
                         (record->state == LeaseState::kActive || record->state == LeaseState::kOffered);
  const bool strange_reboot = request.kind == RequestKind::kInitReboot && !has_other;
  switch (availability) {
    case Availability::kPrevious:
      return has_other ? Verdict::kIncorrect : Verdict::kGrant;
    case Availability::kFree: {
      if (has_other) return Verdict::kIncorrect;
      const bool reserved = host != nullptr && host->address == address;
      return strange_reboot && !reserved ? Verdict::kUnknown : Verdict::kGrant;
    }
    case Availability::kOutside:
      // Perhaps another server's part of the subnet.
      return strange_reboot || request.kind == RequestKind::kRebinding ? Verdict::kUnknown : Verdict::kUnavailable;
    default:
      return Verdict::kUnavailable;
  }
}

void DhcpEngine::on_request(Exchange& exchange) {
  const Request& request = exchange.request;
  const net::Ipv4Address address = request.subject();
  if (request.server_identifier && !network_.names_us(request)) {
    // Another server was chosen: what we offered is free again.
    if (held_.find(exchange.client.key) == nullptr) leases_.withdraw_offers(exchange.client.key);
    report(exchange, EventKind::kDhcpRequest, address, "ignored (other server).");
    return drop(DhcpDrop::kOtherServer);
  }
  if (exchange.link.empty()) {
    report(exchange, EventKind::kDhcpRequest, address, "ignored (unknown subnet).");
    return drop(DhcpDrop::kNoSubnet);
  }
  std::size_t subnet = 0;
  FixedText<96> detail;
  switch (judge(exchange, address, subnet)) {
    case Verdict::kGrant:
      return grant(exchange, address, subnet);
    case Verdict::kUnknown:
      (void)detail.append("unknown lease ");
      (void)detail.append(address.text());
      (void)detail.append(".");
      report(exchange, EventKind::kDhcpRequest, address, detail);
      return drop(DhcpDrop::kUnknownLease);
    case Verdict::kWrongNetwork:
      report(exchange, EventKind::kDhcpRequest, address, "wrong network.");
      return refuse(exchange, "requested address on bad subnet");
    case Verdict::kIncorrect:
      report(exchange, EventKind::kDhcpRequest, address, "not its address.");
      return refuse(exchange, "requested address is incorrect");
    case Verdict::kUnavailable:
      (void)detail.append("lease ");
      (void)detail.append(address.text());
      (void)detail.append(" unavailable.");
      report(exchange, EventKind::kDhcpRequest, address, detail);
      return refuse(exchange, "requested address not available");
  }
}

void DhcpEngine::on_bootp(Exchange& exchange) {
  const Request& request = exchange.request;
  if (exchange.link.empty()) {
    report(exchange, EventKind::kBootpRequest, {}, "unknown network segment");
    return drop(DhcpDrop::kNoSubnet);
  }
  std::size_t subnet = exchange.link.subnets().front();
  const OfferResult chosen = choose_address(exchange, true, subnet);
  if (chosen.failure != OfferFailure::kNone) {
    const auto subnets = exchange.link.subnets();
    const bool allowed =
        std::any_of(subnets.begin(), subnets.end(), [&](std::size_t n) { return network_.subnet(n).bootp; });
    report(exchange, EventKind::kBootpRequest, {},
           allowed ? failure_text(chosen.failure) : "BOOTP from dynamic client and no dynamic leases");
    return drop(allowed ? failure_drop(chosen.failure) : DhcpDrop::kBootpRefused);
  }
  report(exchange, EventKind::kBootpRequest, {});
  const auto known = leases_.find(chosen.address);
  if (known->state == LeaseState::kActive && known->bootp && leases_.is_durable(chosen.address)) {
    ++stats_.acks_unwritten;
    return acknowledge(exchange, *known, subnet, std::nullopt);
  }
  Lease lease;
  lease.address = chosen.address;
  lease.mac = request.mac;
  lease.key = exchange.client.key;
  lease.relay = exchange.client.relay;
  lease.state = LeaseState::kActive;
  lease.bootp = true;
  lease.starts = exchange.now.wall;
  lease.ends = WallTime::max();  // a BOOTP client never asks again
  commit(exchange, lease);
}

void DhcpEngine::on_completion(const Now& now, Completion& completion, Sink& sink) {
  if (const auto* committed = std::get_if<LeaseCommitted>(&completion)) {
    if (!belongs_to(committed->ticket, EngineTag::kDhcp)) return;
    on_committed(now, *committed, sink);
  } else if (const auto* swapped = std::get_if<ConfigSwapped>(&completion)) {
    swap_config(now, *swapped);
  } else if (std::holds_alternative<StopLane>(completion)) {
    stopping_ = true;
  }
  set_deadline(now);
}

void DhcpEngine::on_deadline(const Now& now, Sink&) {
  leases_.expire(now.wall);
  while (const HeldReply* late = held_.first_due(now.monotonic)) {
    drop(DhcpDrop::kStoreTooSlow);
    held_.remove(*late);
  }
  set_deadline(now);
}

void DhcpEngine::swap_config(const Now& now, const ConfigSwapped& swapped) {
  leases_.expire(now.wall);
  std::vector<DhcpInterface> interfaces = network_.interfaces();
  for (DhcpInterface& interface : interfaces)
    if (swapped.addresses != nullptr)
      for (const InterfaceAddresses& now_there : *swapped.addresses)
        if (now_there.name.view() == interface.name.view()) interface.addresses = now_there.addresses;
  network_ = Network(swapped.config, std::move(interfaces));
  // Off: the table is kept as it is for when the service is on again.
  if (network_.is_on()) leases_.reconfigure(network_.layout(), now.wall);
}

void DhcpEngine::set_deadline(const Now& now) {
  MonotonicTime next = held_.next_due();
  if (const auto ends = leases_.next_deadline()) {
    const Duration left = std::clamp<Duration>(*ends - now.wall, Duration::zero(), kDeadlineMax);
    next = std::min(next, now.monotonic + left);
  }
  next_deadline_ = next;
}

}  // namespace rackcast::engine
