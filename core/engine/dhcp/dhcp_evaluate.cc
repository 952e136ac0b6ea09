// The rules, once per message, and what of their outcome is not an option.
#include <algorithm>

#include "core/engine/dhcp/dhcp_engine.h"

namespace rackcast::engine {
namespace {

constexpr OptionKey kHostNameKey{kDhcpSpace, static_cast<std::uint32_t>(dhcp4::OptionCode::kHostName)};
constexpr OptionKey kRoutersKey{kDhcpSpace, static_cast<std::uint32_t>(dhcp4::OptionCode::kRouters)};

// What [[dhcp.subnet]]'s lease_seconds presets, and dhcpd too.
constexpr LeaseSeconds kLeaseSecondsPreset;

bool is_url(std::string_view file) {
  return file.find("://") != std::string_view::npos;
}

}  // namespace

bool DhcpEngine::flag(Parameter parameter, bool unsaid) const {
  const auto value = outcome_.number(parameter);
  return value ? *value != 0 : unsaid;
}

// `subnet` absent: the client is on no network of ours, or it does not matter on which. `address`: being given or in
// use; any(): none.
void DhcpEngine::evaluate(Exchange& exchange, std::optional<std::size_t> subnet, net::Ipv4Address address) {
  const Request& request = exchange.request;
  const DhcpConfig& config = network_.dhcp();
  const net::Ipv4Prefix prefix = subnet ? network_.subnet(*subnet).subnet : net::Ipv4Prefix{};
  Place place;
  place.subnet = subnet;
  place.address = address;
  place.host = Network::host_in(exchange.hosts, prefix);
  if (const auto pool = leases_.pool_of(address); subnet && pool) place.pool = network_.pools()[*pool].config;
  if (!address.is_any()) exchange.facts.address = address;
  if (place.host != nullptr) {
    exchange.facts.host_name = place.host->name;
    exchange.facts.has_static_address =
        Network::find_address(place.host, prefix, [&](net::Ipv4Address own) { return own == address; }).has_value();
  }
  const net::Ipv4Address source = network_.source_address(request, exchange.interface, prefix);
  const BootChoice boot =
      choose_boot(machine_of(request), place.host, config.boot, source, request.kind == RequestKind::kBootp);
  boot_via_ = boot.via;
  if (boot.via != BootVia::kNothing) outcome_.set_bytes(Parameter::kFilename, keep_text(boot.file, outcome_));
  network_.policy().apply(exchange.facts, request.mac, place, membership_, outcome_);

  if (place.host != nullptr && flag(Parameter::kUseHostDeclNames, false) && !outcome_.option(kHostNameKey))
    outcome_.set_option(kHostNameKey, std::as_bytes(std::span(place.host->name)));
  if (flag(Parameter::kUseLeaseAddrForDefaultRoute, false) && !address.is_any()) {
    const std::span<std::byte> octets = outcome_.scratch(4);
    for (unsigned i = 0; i < octets.size(); ++i) octets[i] = static_cast<std::byte>(address.octet(i));
    if (!octets.empty()) outcome_.set_option(kRoutersKey, octets);
  }
  if (outcome_.overran) ++stats_.rules_overran;
}

bool DhcpEngine::is_named(Exchange& exchange) {
  if (network_.names_us(exchange.request)) return true;
  if (exchange.link.empty()) return false;
  evaluate(exchange, exchange.link.subnets().front(), {});
  const bool named = outcome_.address(Parameter::kServerIdentifier) == exchange.request.server_identifier;
  network_.policy().classify(exchange.facts, outcome_, membership_);  // as if nothing had been asked
  return named;
}

// dhcpd asks all of these once the rules were applied.
bool DhcpEngine::is_denied(Exchange& exchange, EventKind kind, net::Ipv4Address address) {
  const Request& request = exchange.request;
  const auto deny = [&](DhcpDrop reason, std::string_view tail) {
    leases_.withdraw_offers(exchange.client.key);
    report(exchange, kind, address, tail);
    drop(reason);
    return true;
  };
  if (!flag(Parameter::kAllowBooting, true)) return deny(DhcpDrop::kBootingDisallowed, "booting disallowed");
  if (request.kind == RequestKind::kBootp && !flag(Parameter::kAllowBootp, true))
    return deny(DhcpDrop::kBootingDisallowed, "bootp disallowed");
  if (exchange.hosts.empty() && !flag(Parameter::kAllowUnknownClients, true)) {
    (void)deny(DhcpDrop::kUnknownClient, "unknown client");
    forbid_auto_config(exchange);
    return true;
  }
  // Of offers alone: who was made one, or has a lease, is not kept waiting.
  if (request.kind == RequestKind::kDiscover && request.header.secs < outcome_.number(Parameter::kMinSecs).value_or(0))
    return deny(DhcpDrop::kTooSoon, "min-secs not reached");
  return false;
}

// dhcpd's arithmetic: the greatest first, then the least, which is never above the greatest.
std::uint32_t DhcpEngine::lease_seconds(const Request& request) const {
  const std::uint32_t preset = outcome_.number(Parameter::kDefaultLeaseSeconds).value_or(kLeaseSecondsPreset.preset);
  const std::uint32_t longest = outcome_.number(Parameter::kMaxLeaseSeconds).value_or(kLeaseSecondsPreset.longest);
  // A configured least that is the usual one is not above the greatest either.
  std::uint32_t least = outcome_.number(Parameter::kMinLeaseSeconds).value_or(kLeaseSecondsMin);
  if (least == kLeaseSecondsMin) least = std::min(least, longest);
  return std::max(std::min(request.lease_seconds.value_or(preset), longest), least);
}

std::optional<Duration> DhcpEngine::abandon_time() const {
  const auto seconds = outcome_.number(Parameter::kAbandonSeconds);
  return seconds ? std::optional<Duration>(std::chrono::seconds(*seconds)) : std::nullopt;
}

// All that does not depend on the kind of reply. The rules were evaluated for the same place.
Reply DhcpEngine::make_reply(const Exchange& exchange, std::optional<std::size_t> subnet, net::Ipv4Address address) {
  const Request& request = exchange.request;
  const net::Ipv4Prefix prefix = subnet ? network_.subnet(*subnet).subnet : net::Ipv4Prefix{};
  Reply reply;
  reply.yiaddr = address;
  reply.source = network_.source_address(request, exchange.interface, prefix);
  const auto configured_id = outcome_.address(Parameter::kServerIdentifier);
  if (configured_id && network_.is_ours(*configured_id) && !request.unicast) reply.source = *configured_id;
  reply.server_identifier = network_.server_identifier(request, reply.source);
  const bool relay_says = request.header.is_relayed() && request.server_id_override;  // RFC 5107
  if (configured_id && !relay_says) reply.server_identifier = *configured_id;
  reply.outcome = &outcome_;
  reply.policy = &network_.policy();
  if (subnet) reply.subnet = prefix;
  reply.next_server = outcome_.address(Parameter::kNextServer).value_or(reply.source);
  reply.file = outcome_.text(Parameter::kFilename).value_or("");
  if (!reply.file.empty()) {
    const bool http = request.boot_class == dhcp4::BootClass::kHttp && is_url(reply.file);
    reply.via = http ? BootVia::kHttp : BootVia::kTftp;
  }
  reply.server_name = outcome_.text(Parameter::kServerName).value_or("");
  // Who gets no boot file from us may get it from a proxy: iPXE is not told that there is none.
  const bool network_boot = request.boots() && reply.via != BootVia::kNothing;
  reply.quirks =
      quirks_of({machine_of(request), network_boot, reply.via == BootVia::kHttp, request.takes_ipxe_options});
  reply.broadcast = flag(Parameter::kAlwaysBroadcast, false);
  reply.echo_client_id = flag(Parameter::kEchoClientId, true);
  reply.with_options = reply.type || request.kind != RequestKind::kBootp || request.has_cookie ||
                       flag(Parameter::kAlwaysReplyRfc1048, false);
  return reply;
}

}  // namespace rackcast::engine
