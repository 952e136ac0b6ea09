// Which address: who the client is to the lease table, which pools it may use, and what we think of its own wish.
#include <algorithm>
#include <array>

#include "core/engine/dhcp/dhcp_engine.h"

namespace rackcast::engine {
namespace {

// Pools of one link that are looked at for one client; more are not.
constexpr std::size_t kPoolsMax = 256;

}  // namespace

LeaseClient DhcpEngine::client_of(const Request& request) const {
  LeaseClient client;
  client.mac = request.mac;
  client.relay = request.header.giaddr;
  client.relay_info = request.relay_info.view();
  switch (network_.dhcp().machine_key) {
    case MachineKeyKind::kMac:
      break;
    case MachineKeyKind::kUuid:
      if (const auto uuid = request.uuid()) client.key = MachineKey::of_uuid(*uuid);
      break;
    case MachineKeyKind::kClientIdentifier:
      client.key = MachineKey::of_client_identifier(request.client_identifier);
      break;
  }
  if (client.key.is_none()) client.key = MachineKey::of_mac(request.mac);
  return client;
}

// A renewing client's unicast passes no relay: it is judged by what its lease was granted through (dhcpd's
// stash-agent-options).
void DhcpEngine::take_stashed_relay(Request& request, const MachineKey& key) const {
  if (request.kind != RequestKind::kRenewing || !request.relay_info.empty()) return;
  const auto lease = leases_.find(request.header.ciaddr);
  if (lease && (key_of(*lease) == key || lease->mac == request.mac)) request.stashed_relay_info = lease->relay_info;
}

// `ignore-client-uids`: the machine is its MAC address, whatever it calls itself. Asked of the wider scopes, since
// which pool it is served from hangs on who it is.
void DhcpEngine::forget_client_identifier(Exchange& exchange) {
  if (network_.dhcp().machine_key != MachineKeyKind::kClientIdentifier || exchange.link.empty() ||
      !network_.policy().mentions_client_uids())
    return;
  evaluate(exchange, exchange.link.subnets().front(), {});
  if (flag(Parameter::kIgnoreClientUids, false)) exchange.client.key = MachineKey::of_mac(exchange.request.mac);
  network_.policy().classify(exchange.facts, outcome_, membership_);  // as if nothing had been asked
}

const HostConfig* DhcpEngine::take_host(Exchange& exchange, const net::Ipv4Prefix& subnet) const {
  const HostConfig* host = Network::host_in(exchange.hosts, subnet);
  if (host != nullptr) exchange.client.host = network_.key_of(*host);
  return host;
}

bool DhcpEngine::may_use_pool(const Exchange& exchange, std::uint32_t pool, bool bootp) const {
  const PoolFacts& facts = network_.pools()[pool];
  if (bootp && !facts.bootp) return false;
  return ClientPolicy::permits(facts.config, !exchange.hosts.empty(), bootp, outcome_);
}

// Some pool of the link has addresses that the permits alone keep from the client.
bool DhcpEngine::is_kept_out(const Exchange& exchange, bool bootp) const {
  const auto keeps_out = [&](std::uint32_t pool) {
    return !leases_.layout().pools[pool].ranges.empty() && !may_use_pool(exchange, pool, bootp) &&
           (!bootp || network_.pools()[pool].bootp);
  };
  const auto subnets = exchange.link.subnets();
  return std::any_of(subnets.begin(), subnets.end(), [&](std::size_t subnet) {
    const auto pools = network_.pools_of(subnet);
    return std::any_of(pools.begin(), pools.end(), keeps_out);
  });
}

// RFC 2131 §4.3.1: a reservation, the binding it has, the one it had, the one it asks for, a new one; from the pools
// that are for such clients. An address that was declined comes last of all.
DhcpEngine::Choice DhcpEngine::choose_address(Exchange& exchange, bool bootp) {
  const WallTime now = exchange.now.wall;
  for (const std::size_t number : exchange.link.subnets()) {
    const net::Ipv4Prefix& prefix = network_.subnet(number).subnet;
    const HostConfig* host = take_host(exchange, prefix);
    if (host == nullptr) continue;
    const auto held = Network::find_address(host, prefix, [&](net::Ipv4Address address) {
      return leases_.hold(address, exchange.client, now) == OfferFailure::kNone;
    });
    if (held) return {OfferFailure::kNone, *held, number, true};
  }
  std::array<std::uint32_t, kPoolsMax> numbers{};
  std::size_t count = 0;
  for (const std::size_t subnet : exchange.link.subnets())
    for (const std::uint32_t pool : network_.pools_of(subnet))
      if (count < kPoolsMax && may_use_pool(exchange, pool, bootp)) numbers[count++] = pool;
  const auto pools = std::span(numbers).first(count);
  OfferResult result = leases_.offer(exchange.client, pools, exchange.request.requested, now);
  // A message that met a conflict takes back no address that another one found in use: it would look at the same ones
  // for ever.
  if (result.failure == OfferFailure::kPoolExhausted && exchange.conflicts == 0) {
    result = leases_.reclaim(exchange.client, pools, now);
    if (result.failure == OfferFailure::kNone) {
      FixedText<96> sentence("Reclaiming abandoned lease ");  // dhcpd's line
      (void)sentence.append(result.address.text());
      (void)sentence.append(".");
      report(exchange, EventKind::kWarning, result.address, sentence);
    }
  }
  Choice choice{result.failure, result.address, exchange.link.subnets().front(), false};
  choice.kept_out = result.failure == OfferFailure::kPoolEmpty && is_kept_out(exchange, bootp);
  if (const auto subnet = network_.subnet_of(result.address, exchange.link)) choice.subnet = *subnet;
  return choice;
}

bool DhcpEngine::is_over_limit(Exchange& exchange, EventKind kind, net::Ipv4Address address) {
  if (!class_limits_ || !network_.policy().limits_leases()) return false;
  const auto& classes = network_.dhcp().classes;
  bool limited = false;
  for (std::size_t number = 0; number < std::min(classes.size(), kPolicyClassesMax); ++number) {
    if (!outcome_.classes.test(number)) continue;
    // A subclass or a spawned class is limited by itself.
    std::optional<std::uint32_t> limit = classes[number].lease_limit;
    std::span<const std::byte> value;
    for (const Membership::Entry& entry : membership_.all()) {
      if (entry.class_number != number) continue;
      value = entry.value;
      if (entry.subclass != nullptr && entry.subclass->lease_limit) limit = entry.subclass->lease_limit;
    }
    if (!limit) continue;
    const ClassLimits::Account account = ClassLimits::account_of(classes[number].name, value);
    if (class_limits_->bill(account, *limit, exchange.client, address, leases_)) {
      exchange.billed = account;
      return false;
    }
    limited = true;
  }
  if (!limited) return false;
  leases_.withdraw_offers(exchange.client.key);
  report(exchange, kind, {}, "no available billing: lease limit reached in all matching classes");  // dhcpd's words
  drop(DhcpDrop::kClassLimit);
  return true;
}

// What we think of a machine's wish for an address (protocols reference §1.3); see "Authority" in the header.
DhcpEngine::Verdict DhcpEngine::judge(Exchange& exchange, net::Ipv4Address address, std::size_t& subnet) const {
  const Request& request = exchange.request;
  const auto number = network_.subnet_of(address, exchange.link);
  if (!number) return Verdict::kWrongNetwork;
  subnet = *number;
  const net::Ipv4Prefix& prefix = network_.subnet(subnet).subnet;
  const HostConfig* host = take_host(exchange, prefix);
  const auto is_own = [&](net::Ipv4Address own) { return own == address; };
  const bool reserved = Network::find_address(host, prefix, is_own).has_value();
  const auto is_to_be_had = [&](net::Ipv4Address own) {
    const Availability there = leases_.availability(own, exchange.client);
    return there != Availability::kTaken && there != Availability::kResting;
  };
  if (!reserved && Network::find_address(host, prefix, is_to_be_had)) return Verdict::kIncorrect;
  const auto pool = leases_.pool_of(address);
  if (pool && !reserved && !may_use_pool(exchange, *pool, false)) return Verdict::kUnavailable;
  const Availability availability = leases_.availability(address, exchange.client);
  if (availability == Availability::kOwn) return Verdict::kGrant;
  const auto record = leases_.find(exchange.client, network_.link_number(subnet));
  const bool has_other = record && record->address != address &&
                         (record->state == LeaseState::kActive || record->state == LeaseState::kOffered);
  const bool strange_reboot = request.kind == RequestKind::kInitReboot && !has_other;
  switch (availability) {
    case Availability::kPrevious:
      return has_other ? Verdict::kIncorrect : Verdict::kGrant;
    case Availability::kFree:
      if (has_other) return Verdict::kIncorrect;
      return strange_reboot && !reserved ? Verdict::kUnknown : Verdict::kGrant;
    case Availability::kOutside:
      // Perhaps another server's part of the subnet.
      return strange_reboot || request.kind == RequestKind::kRebinding ? Verdict::kUnknown : Verdict::kUnavailable;
    default:
      return Verdict::kUnavailable;
  }
}

}  // namespace rackcast::engine
