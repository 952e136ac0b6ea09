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
      leases_(make_table(setup.leases.size())),
      held_(limits_.held_replies_max, setup.seed),
      published_(limits_.machines_max, setup.seed) {
  std::sort(setup.leases.begin(), setup.leases.end(), comes_first);
  for (const Lease& lease : setup.leases)
    if (!leases_->restore(lease, now.wall)) ++stats_.leases_not_restored;
  set_deadline(now);
}

std::unique_ptr<LeaseTable> DhcpEngine::make_table(std::size_t extra) const {
  return std::make_unique<LeaseTable>(network_.pools(), network_.reservations(), extra, limits_.leases, seed_);
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
  leases_->expire(now.wall);
  Exchange exchange{now, request, *interface, sink, network_.link_of(request, *interface)};
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

// RFC 2131 §4.3.1: a reservation, the binding it has, the one it had, the one it asks for, a new one. Among several
// subnets of one link, a reservation or a binding decides; otherwise the first with a free address. An address that
// was declined comes last of all.
OfferResult DhcpEngine::choose_address(Exchange& exchange, bool bootp, std::size_t& subnet) {
  const Request& request = exchange.request;
  for (const std::size_t number : exchange.link.subnets()) {
    const HostConfig* host = network_.host_of(request.mac, network_.subnet(number).subnet);
    if (host == nullptr || !host->address || !leases_->hold(*host->address, request.mac, exchange.now.wall)) continue;
    subnet = number;
    return {OfferFailure::kNone, *host->address};
  }
  OfferResult last{OfferFailure::kPoolEmpty, {}};
  for (const bool only_known : {true, false}) {
    for (const std::size_t number : exchange.link.subnets()) {
      if (bootp && !network_.subnet(number).bootp) continue;
      if (only_known && leases_->find(request.mac, number) == nullptr) continue;
      const OfferResult result = leases_->offer(request.mac, number, request.requested, exchange.now.wall);
      subnet = number;
      if (result.failure == OfferFailure::kNone) return result;
      if (result.failure != OfferFailure::kPoolEmpty) last = result;
    }
  }
  return last.failure == OfferFailure::kPoolExhausted ? reclaim_address(exchange, bootp, subnet) : last;
}

// No subnet of the link has anything else: a declined address, before its rest is over.
OfferResult DhcpEngine::reclaim_address(Exchange& exchange, bool bootp, std::size_t& subnet) {
  OfferResult last;
  for (const std::size_t number : exchange.link.subnets()) {
    if (bootp && !network_.subnet(number).bootp) continue;
    subnet = number;
    last = leases_->reclaim(exchange.request.mac, number, exchange.now.wall);
    if (last.failure != OfferFailure::kNone) continue;
    FixedText<96> sentence("Reclaiming abandoned lease ");  // dhcpd's line
    (void)sentence.append(last.address.text());
    (void)sentence.append(".");
    report(exchange, EventKind::kWarning, last.address, sentence);
    break;
  }
  return last;
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
    const Availability own = leases_->availability(*host->address, request.mac);
    if (own != Availability::kTaken && own != Availability::kResting) return Verdict::kIncorrect;
  }
  const Availability availability = leases_->availability(address, request.mac);
  if (availability == Availability::kOwn) return Verdict::kGrant;
  const Lease* record = leases_->find(request.mac, subnet);
  const bool has_other = record != nullptr && record->address != address &&
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
    if (held_.find(request.mac) == nullptr) leases_->withdraw_offers(request.mac);
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
  const Lease* known = leases_->find(chosen.address);
  if (known->state == LeaseState::kActive && known->bootp && leases_->is_durable(chosen.address)) {
    ++stats_.acks_unwritten;
    return acknowledge(exchange, *known, subnet, std::nullopt);
  }
  Lease lease;
  lease.address = chosen.address;
  lease.mac = request.mac;
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
  leases_->expire(now.wall);
  while (const HeldReply* late = held_.first_due(now.monotonic)) {
    drop(DhcpDrop::kStoreTooSlow);
    held_.remove(*late);
  }
  set_deadline(now);
}

void DhcpEngine::swap_config(const Now& now, const ConfigSwapped& swapped) {
  leases_->expire(now.wall);
  const std::vector<LeasePool> pools = network_.pools();
  const std::vector<Reservation> reservations = network_.reservations();
  std::vector<DhcpInterface> interfaces = network_.interfaces();
  for (DhcpInterface& interface : interfaces)
    if (swapped.addresses != nullptr)
      for (const InterfaceAddresses& now_there : *swapped.addresses)
        if (now_there.name.view() == interface.name.view()) interface.addresses = now_there.addresses;
  network_ = Network(swapped.config, std::move(interfaces));
  // Off: the table is kept as it is for when the service is on again. The same addresses: it fits as it is.
  if (!network_.is_on() || (network_.pools() == pools && network_.reservations() == reservations)) return;
  rebuild_table(now);
}

void DhcpEngine::rebuild_table(const Now& now) {
  std::vector<Lease> kept;
  leases_->for_each([&](const Lease& lease) { kept.push_back(lease); });
  std::unique_ptr<LeaseTable> next = make_table(kept.size());
  std::sort(kept.begin(), kept.end(), comes_first);
  for (const Lease& lease : kept)
    if (lease.state != LeaseState::kOffered && !next->restore(lease, now.wall)) ++stats_.leases_not_restored;
  for (const Lease& lease : kept)
    if (lease.state == LeaseState::kOffered) (void)next->hold(lease.address, lease.mac, now.wall);
  next->continue_counting(leases_->stats());
  leases_ = std::move(next);
}

void DhcpEngine::set_deadline(const Now& now) {
  MonotonicTime next = held_.next_due();
  if (const auto ends = leases_->next_deadline()) {
    const Duration left = std::clamp<Duration>(*ends - now.wall, Duration::zero(), kDeadlineMax);
    next = std::min(next, now.monotonic + left);
  }
  next_deadline_ = next;
}

}  // namespace rackcast::engine
