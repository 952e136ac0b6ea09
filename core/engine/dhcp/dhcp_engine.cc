#include "core/engine/dhcp/dhcp_engine.h"

#include <algorithm>

#include "core/engine/dhcp/lease_time.h"
#include "core/engine/dhcp/reply_address.h"

namespace rackcast::engine {
namespace {

// Wall time may be set while we wait: look again at least this often.
constexpr Duration kDeadlineMax = std::chrono::seconds(60);

// What the machine is known by under this configuration, which may not be the one that the row was written under, nor
// ours (dhcpd.leases). Of a machine that was never told by its UUID we know the MAC address; the table takes it from
// there.
MachineKey key_under(MachineKeyKind kind, const Lease& lease) {
  if (kind == MachineKeyKind::kClientIdentifier && !lease.client_identifier.empty())
    return MachineKey::of_client_identifier(lease.client_identifier.view());
  if (kind == MachineKeyKind::kUuid && lease.key.kind() == MachineKey::Kind::kUuid) return lease.key;
  return MachineKey::of_mac(lease.mac);
}

struct FailureText {
  DhcpDrop drop;
  std::string_view text;
};

// Of a shared network's name in a log line, so that what is wrong still fits.
constexpr std::size_t kNameShownMax = 48;

constexpr std::string_view kNoFreeLeases = "no free leases";  // dhcpd's words; log watchers look for them

// `kept_out`: by the permits of every pool.
FailureText failure_text(OfferFailure failure, bool kept_out) {
  switch (failure) {
    case OfferFailure::kPoolEmpty:
      if (kept_out) return {DhcpDrop::kNoPermit, kNoFreeLeases};
      return {DhcpDrop::kNoRange, "no range"};
    case OfferFailure::kPortCap:
      return {DhcpDrop::kPortCap, "the relay's port has its share"};
    case OfferFailure::kRelayCap:
      return {DhcpDrop::kRelayCap, "the relay has its share"};
    default:
      return {DhcpDrop::kPoolExhausted, kNoFreeLeases};
  }
}

}  // namespace

DhcpEngine::DhcpEngine(DhcpSetup setup, const Now& now)
    : limits_(setup.limits),
      seed_(setup.seed),
      frame_to_mac_(setup.frame_to_mac),
      network_(std::move(setup.config), std::move(setup.interfaces)),
      leases_(network_.layout(), limits_.leases, setup.seed),
      held_(limits_.held_replies_max, setup.seed),
      delayed_(limits_.delayed_max),
      probing_(limits_.probes_max, setup.seed),
      published_(limits_.machines_max, setup.seed),
      dialogues_(limits_.dialogues_max, setup.seed) {
  if (network_.is_on() && network_.policy().limits_leases()) class_limits_.emplace(limits_.billed_max, seed_);
  set_deadline(now);
}

void DhcpEngine::restore(const Now& now, const Lease& stored) {
  Lease lease = stored;
  MachineKey host;
  if (network_.is_on()) {
    lease.key = key_under(network_.dhcp().machine_key, lease);
    host = network_.host_key_of(lease);
  }
  if (!leases_.restore(lease, now.wall, host)) ++stats_.leases_not_restored;
  const bool in_force = lease.state == LeaseState::kActive && lease.ends > now.wall;
  if (class_limits_ && in_force && lease.account != 0)
    class_limits_->restore(lease.account, key_of(lease), lease.address);
}

void DhcpEngine::settle(const Now& now) {
  leases_.settle();
  set_deadline(now);
}

void DhcpEngine::on_datagram(const Now& now, const ReceivedDatagram& datagram, Sink& sink) {
  ++stats_.received;
  receive(now, datagram, sink, std::nullopt, 0);
  set_deadline(now);
}

void DhcpEngine::receive(const Now& now, const ReceivedDatagram& datagram, Sink& sink,
                         std::optional<net::Ipv4Address> probed, unsigned conflicts) {
  if (!network_.is_on()) return drop(DhcpDrop::kServiceOff);
  if (stopping_) return drop(DhcpDrop::kStopping);
  const DhcpInterface* interface = network_.interface_of(datagram.socket, datagram.interface);
  if (interface == nullptr) return drop(DhcpDrop::kUnknownInterface);
  Request request;
  const bool unicast = datagram.destination.is_v4() && network_.is_ours(datagram.destination.v4());
  if (const auto reason = read_request(datagram, unicast, parsed_, request)) return drop(*reason);
  if (request.kind == RequestKind::kDiscover) dialogues_.note(request);
  if (request.kind == RequestKind::kSelecting) dialogues_.complete(request);
  if (request.header.is_relayed() && request.relay_port && !may_choose_port(request)) ++stats_.relay_ports_refused;
  leases_.expire(now.wall);
  Exchange exchange{now, datagram, request, *interface, sink,     network_.link_of(request, *interface),
                    {},  {},       {},      probed,     conflicts};
  exchange.client = client_of(request);
  take_stashed_relay(request, exchange.client.key);
  exchange.hosts = network_.hosts_of(request);
  if (request.relay_info.empty()) exchange.facts.relay_info = request.relay_octets();
  exchange.facts.packet = parsed_.packet;
  exchange.facts.message = &parsed_.message;
  exchange.facts.options = &*parsed_.options;
  exchange.facts.known = !exchange.hosts.empty();
  network_.policy().classify(exchange.facts, outcome_, membership_);
  forget_client_identifier(exchange);
  dispatch(exchange);
}

void DhcpEngine::dispatch(Exchange& exchange) {
  const bool proxy = network_.dhcp().mode == DhcpMode::kProxy;
  switch (exchange.request.kind) {
    case RequestKind::kBootServer:
      return on_boot_server(exchange);
    case RequestKind::kDiscover:
      return proxy ? on_proxy_discover(exchange) : on_discover(exchange);
    default:
      break;
  }
  if (proxy) return on_proxy_request(exchange);
  switch (exchange.request.kind) {
    case RequestKind::kDecline:
      return on_decline(exchange);
    case RequestKind::kRelease:
      return on_release(exchange);
    case RequestKind::kInform:
      return on_inform(exchange);
    case RequestKind::kBootp:
      return on_bootp(exchange);
    default:
      return on_request(exchange);
  }
}

void DhcpEngine::fail_offer(Exchange& exchange, EventKind kind, const Choice& choice) {
  const auto [reason, text] = failure_text(choice.failure, choice.kept_out);
  // As dhcpd names it: a shared network by its name, a subnet alone by its prefix.
  const SubnetConfig& subnet = network_.subnet(choice.subnet);
  FixedText<96> detail("network ");
  if (subnet.network)
    (void)detail.append(std::string_view(network_.dhcp().networks[*subnet.network].name).substr(0, kNameShownMax));
  else
    (void)detail.append(subnet.subnet.text());
  (void)detail.append(": ");
  (void)detail.append(text);
  report(exchange, kind, choice.address, detail);
  drop(reason);
  const bool for_now = choice.failure != OfferFailure::kPoolEmpty && choice.failure != OfferFailure::kPoolExhausted;
  if (for_now || exchange.request.kind != RequestKind::kDiscover) return;
  evaluate(exchange, choice.subnet, {});
  forbid_auto_config(exchange);
}

void DhcpEngine::on_discover(Exchange& exchange) {
  if (exchange.link.empty()) {
    report(exchange, EventKind::kDhcpDiscover, {}, "unknown network segment");
    return drop(DhcpDrop::kNoSubnet);
  }
  if (joins_probe(exchange, EventKind::kDhcpDiscover)) return;
  // Who waited for a look was judged before: judged twice, the trial would miss its own turn.
  if (!exchange.probed && !may_promise(exchange)) {
    report(exchange, EventKind::kDhcpDiscover, {}, "leases cannot be written");
    return drop(DhcpDrop::kNotDurable);
  }
  const std::optional<Lease> before = record_before(exchange);
  const Choice chosen = choose_address(exchange, false);
  if (chosen.failure != OfferFailure::kNone) return fail_offer(exchange, EventKind::kDhcpDiscover, chosen);
  evaluate(exchange, chosen.subnet, chosen.address);
  if (is_denied(exchange, EventKind::kDhcpDiscover, {})) return;
  if (is_over_limit(exchange, EventKind::kDhcpDiscover, chosen.address)) return;
  if (!exchange.probed) {
    report(exchange, EventKind::kDhcpDiscover, {});
    watch_for_spanning_tree(exchange);
  }
  if (wants_probe(exchange, chosen, before) && probe(exchange, chosen.address)) return;
  Reply reply = make_reply(exchange, chosen.subnet, chosen.address);
  reply.type = dhcp4::MessageType::kOffer;
  reply.lease_seconds = lease_seconds(exchange.request);
  add_pxe(exchange, reply);
  if (prepare(exchange, reply, EventKind::kDhcpOffer, chosen.address, &DhcpStats::offers)) answer(exchange);
}

void DhcpEngine::on_request(Exchange& exchange) {
  const Request& request = exchange.request;
  const net::Ipv4Address address = request.subject();
  if (request.server_identifier && !is_named(exchange)) {
    // Another server was chosen: what we offered is free again.
    if (held_.find(exchange.client.key) == nullptr) leases_.withdraw_offers(exchange.client.key);
    report(exchange, EventKind::kDhcpRequest, address, "ignored (other server).");
    watch_for_servers(exchange);
    return drop(DhcpDrop::kOtherServer);
  }
  if (exchange.link.empty()) {
    report(exchange, EventKind::kDhcpRequest, address, "ignored (unknown subnet).");
    return drop(DhcpDrop::kNoSubnet);
  }
  std::size_t subnet = exchange.link.subnets().front();
  const Verdict verdict = judge(exchange, address, subnet);
  if (verdict == Verdict::kGrant) return grant(exchange, address, subnet);
  FixedText<96> detail;
  if (verdict == Verdict::kUnknown) {
    (void)detail.append("unknown lease ");
    (void)detail.append(address.text());
    (void)detail.append(".");
    report(exchange, EventKind::kDhcpRequest, address, detail);
    return drop(DhcpDrop::kUnknownLease);
  }
  evaluate(exchange, subnet, {});
  if (is_denied(exchange, EventKind::kDhcpRequest, address)) return;
  switch (verdict) {
    case Verdict::kWrongNetwork:
      if (!flag(Parameter::kAuthoritative, true)) {
        report(exchange, EventKind::kDhcpRequest, address, "ignored (not authoritative).");
        return drop(DhcpDrop::kNotAuthoritative);
      }
      report(exchange, EventKind::kDhcpRequest, address, "wrong network.");
      return refuse(exchange, "requested address on bad subnet");
    case Verdict::kIncorrect:
      report(exchange, EventKind::kDhcpRequest, address, "not its address.");
      return refuse(exchange, "requested address is incorrect");
    default:
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
  if (joins_probe(exchange, EventKind::kBootpRequest)) return;
  const std::optional<Lease> before = record_before(exchange);
  const Choice chosen = choose_address(exchange, true);
  if (chosen.failure != OfferFailure::kNone) {
    const bool none = chosen.failure == OfferFailure::kPoolEmpty;
    const auto [reason, text] = failure_text(chosen.failure, chosen.kept_out);
    report(exchange, EventKind::kBootpRequest, {}, none ? "BOOTP from dynamic client and no dynamic leases" : text);
    return drop(none && !chosen.kept_out ? DhcpDrop::kBootpRefused : reason);
  }
  evaluate(exchange, chosen.subnet, chosen.address);
  if (is_denied(exchange, EventKind::kBootpRequest, {})) return;
  if (is_over_limit(exchange, EventKind::kBootpRequest, chosen.address)) return;
  if (!exchange.probed) report(exchange, EventKind::kBootpRequest, {});
  if (wants_probe(exchange, chosen, before) && probe(exchange, chosen.address)) return;
  Reply reply = make_reply(exchange, chosen.subnet, chosen.address);
  if (chosen.reserved && reply.next_server.is_any()) reply.next_server = reply.source;  // as dhcpd, here alone
  if (!prepare(exchange, reply, EventKind::kBootpReply, chosen.address, &DhcpStats::bootp_replies)) return;
  if (chosen.reserved) ready_.detail = "static";
  const auto length = chosen.reserved ? std::nullopt : outcome_.number(Parameter::kBootpLeaseSeconds);
  Lease lease;
  lease.address = chosen.address;
  lease.mac = request.mac;
  lease.key = exchange.client.key;
  lease.state = LeaseState::kActive;
  lease.bootp = true;
  lease.starts = exchange.now.wall;
  // A BOOTP client never asks again, unless the configuration knows better.
  lease.ends = end_of(lease.starts, length.value_or(kInfiniteSeconds));
  lease.relay = request.header.giaddr;
  if (request.relay_info.size() <= StashedRelayInfo::capacity()) lease.relay_info = request.relay_info.view();
  lease.account = exchange.billed;
  const auto known = leases_.find(chosen.address);
  const bool stands = known && known->state == LeaseState::kActive && known->bootp && known->ends >= lease.ends &&
                      leases_.is_durable(chosen.address);
  if (!stands) return commit(exchange, lease);
  ++stats_.acks_unwritten;
  answer(exchange);
}

void DhcpEngine::on_completion(const Now& now, Completion& completion, Sink& sink) {
  if (const auto* committed = std::get_if<LeaseCommitted>(&completion)) {
    if (!belongs_to(committed->ticket, EngineTag::kDhcp)) return;
    on_committed(now, *committed, sink);
  } else if (const auto* probed = std::get_if<AddressProbed>(&completion)) {
    if (!belongs_to(probed->ticket, EngineTag::kDhcp)) return;
    on_probed(now, *probed, sink);
  } else if (std::holds_alternative<LeaseStoreRecovered>(completion)) {
    store_failing_ = false;
  } else if (const auto* swapped = std::get_if<ConfigSwapped>(&completion)) {
    swap_config(now, *swapped, sink);
  } else if (std::holds_alternative<StopLane>(completion)) {
    stopping_ = true;
  }
  set_deadline(now);
}

void DhcpEngine::on_deadline(const Now& now, Sink& sink) {
  leases_.expire(now.wall);
  join_group(now, sink);
  while (const HeldReply* late = held_.first_due(now.monotonic)) {
    drop(DhcpDrop::kStoreTooSlow);
    held_.remove(*late);
  }
  while (const HeldDiscover* late = probing_.first_due(now.monotonic)) {
    ++stats_.probes_not_queued;
    on_probed(now, {probing_.ticket_of(*late), false}, sink);
  }
  while (const ReadyReply* due = delayed_.first_due(now.monotonic)) {
    transmit(now, *due, sink);
    delayed_.remove_first();
  }
  set_deadline(now);
}

void DhcpEngine::swap_config(const Now& now, const ConfigSwapped& swapped, Sink& sink) {
  leases_.expire(now.wall);
  std::vector<DhcpInterface> interfaces = network_.interfaces();
  for (DhcpInterface& interface : interfaces)
    if (swapped.addresses != nullptr)
      for (const InterfaceAddresses& now_there : *swapped.addresses)
        if (now_there.name.view() == interface.name.view()) interface.addresses = now_there.addresses;
  network_ = Network(swapped.config, std::move(interfaces));
  // Off: the table is kept as it is for when the service is on again. The same addresses: it fits as it is.
  if (!network_.is_on()) return;
  joined_.reset();
  join_group(now, sink);
  if (network_.policy().limits_leases() && !class_limits_) class_limits_.emplace(limits_.billed_max, seed_);
  LeaseLayout layout = network_.layout();
  if (layout == leases_.layout()) return;
  leases_.reconfigure(std::move(layout));
}

void DhcpEngine::set_deadline(const Now& now) {
  MonotonicTime next = std::min({held_.next_due(), delayed_.next_due(), probing_.next_due()});
  if (const auto ends = leases_.next_deadline()) {
    const Duration left = std::clamp<Duration>(*ends - now.wall, Duration::zero(), kDeadlineMax);
    next = std::min(next, now.monotonic + left);
  }
  if (group_to_join()) next = now.monotonic;  // at start: there is no sink before the first turn
  next_deadline_ = next;
}

}  // namespace rackcast::engine
