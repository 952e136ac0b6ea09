#include "core/engine/dhcp/scope_rules.h"

#include <algorithm>
#include <array>

#include "proto/bytes/writer.h"
#include "proto/dhcp/option_code.h"

namespace rackcast::engine {
namespace {

using dhcp4::OptionCode;

constexpr OptionKey key_of(OptionCode code) {
  return {kDhcpSpace, static_cast<std::uint32_t>(code)};
}

std::vector<std::byte> octets_of(std::span<const net::Ipv4Address> addresses) {
  std::vector<std::byte> octets(addresses.size() * 4);
  bytes::Writer writer(octets);
  for (const net::Ipv4Address address : addresses) writer.be32(address.value());
  return octets;
}

}  // namespace

void ScopeRules::add_option(OptionKey key, std::span<const std::byte> value) {
  options_.push_back({key, {value.begin(), value.end()}});
}

void ScopeRules::add_addresses(OptionKey key, std::span<const net::Ipv4Address> addresses) {
  if (!addresses.empty()) options_.push_back({key, octets_of(addresses)});
}

void ScopeRules::add_text(OptionKey key, std::string_view text) {
  add_option(key, std::as_bytes(std::span(text)));
}

void ScopeRules::add_address(Parameter parameter, net::Ipv4Address address) {
  bytes_.push_back({parameter, octets_of(std::array{address})});
}

void ScopeRules::apply(const ClientFacts& facts, Outcome& outcome) const {
  for (const Option& option : options_) outcome.set_option(option.key, option.value);
  for (const Number& number : numbers_) outcome.set_number(number.parameter, number.value);
  for (const Bytes& bytes : bytes_) outcome.set_bytes(bytes.parameter, bytes.value);
  if (!rules_.empty()) (void)rules_.apply(facts, outcome);
}

ScopeRules rules_of(const SubnetConfig& subnet) {
  ScopeRules scope;
  scope.add_addresses(key_of(OptionCode::kRouters), subnet.routers);
  scope.add_addresses(key_of(OptionCode::kDomainNameServers), subnet.dns);
  if (subnet.domain) scope.add_text(key_of(OptionCode::kDomainName), *subnet.domain);
  if (subnet.next_server) scope.add_address(Parameter::kNextServer, *subnet.next_server);
  const LeaseSeconds unsaid;
  if (subnet.lease_seconds.preset != unsaid.preset) {
    scope.add_number(Parameter::kDefaultLeaseSeconds, subnet.lease_seconds.preset);
    // Who says a time shorter than dhcpd's least means it.
    if (subnet.lease_seconds.preset < kLeaseSecondsMin)
      scope.add_number(Parameter::kMinLeaseSeconds, subnet.lease_seconds.preset);
  }
  if (subnet.lease_seconds.longest != unsaid.longest)
    scope.add_number(Parameter::kMaxLeaseSeconds, subnet.lease_seconds.longest);
  scope.set_rules(subnet.rules);
  return scope;
}

ScopeRules rules_of(const HostConfig& host) {
  ScopeRules scope;
  if (host.next_server) scope.add_address(Parameter::kNextServer, *host.next_server);
  scope.set_rules(host.rules);
  return scope;
}

}  // namespace rackcast::engine
