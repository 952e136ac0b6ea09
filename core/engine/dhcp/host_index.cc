#include "core/engine/dhcp/host_index.h"

#include <algorithm>

namespace rackcast::engine {
namespace {

template <typename Bytes>
std::span<const std::byte> octets(const Bytes& bytes) {
  return std::as_bytes(std::span(bytes));
}

}  // namespace

std::vector<HostIndex::Identity> HostIndex::identities_of(const HostConfig& host) {
  const HostIdentity& identity = host.identity;
  std::vector<Identity> all;
  if (!host.mac.is_zero()) all.push_back({Kind::kMac, {}, octets(host.mac.octets)});
  if (!identity.client_identifier.empty()) all.push_back({Kind::kClientIdentifier, {}, identity.client_identifier});
  if (identity.uuid) all.push_back({Kind::kUuid, {}, octets(*identity.uuid)});
  if (!identity.circuit_id.empty()) all.push_back({Kind::kCircuitId, {}, identity.circuit_id});
  if (!identity.remote_id.empty()) all.push_back({Kind::kRemoteId, {}, identity.remote_id});
  if (identity.option) all.push_back({Kind::kOption, *identity.option, identity.option_value});
  return all;
}

HostIndex::HostIndex(const std::vector<HostConfig>& hosts) {
  std::vector<std::pair<Identity, Entry>> all;
  for (std::size_t i = 0; i < hosts.size(); ++i)
    for (const Identity& identity : identities_of(hosts[i]))
      all.emplace_back(identity, Entry{&hosts[i], static_cast<std::uint32_t>(i)});
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return (a.first <=> b.first) < 0; });
  for (const auto& [identity, entry] : all) {
    if (identity.kind == Kind::kOption && (options_.empty() || options_.back() != identity.option))
      options_.push_back(identity.option);
    identities_.push_back(identity);
    entries_.push_back(entry);
  }
}

std::span<const HostIndex::Entry> HostIndex::find(const Identity& identity) const {
  const auto less = [](const Identity& a, const Identity& b) { return (a <=> b) < 0; };
  const auto [first, last] = std::equal_range(identities_.begin(), identities_.end(), identity, less);
  return std::span(entries_).subspan(static_cast<std::size_t>(first - identities_.begin()),
                                     static_cast<std::size_t>(last - first));
}

std::span<const HostIndex::Entry> HostIndex::find(Kind kind, std::span<const std::byte> bytes) const {
  return bytes.empty() ? std::span<const Entry>{} : find(Identity{kind, {}, bytes});
}

std::span<const HostIndex::Entry> HostIndex::find(const Lease& lease) const {
  if (entries_.empty()) return {};
  const dhcp4::RelayAgentInfo relay{octets(lease.relay_info.view())};
  const auto relay_option = [&](dhcp4::RelaySubOption code) {
    return relay.get(code).value_or(std::span<const std::byte>{});
  };
  if (const auto found = find(Kind::kClientIdentifier, octets(lease.client_identifier.view())); !found.empty())
    return found;
  if (const auto found = find(Kind::kMac, octets(lease.mac.octets)); !found.empty()) return found;
  if (const auto found = find(Kind::kCircuitId, relay_option(dhcp4::RelaySubOption::kCircuitId)); !found.empty())
    return found;
  return find(Kind::kRemoteId, relay_option(dhcp4::RelaySubOption::kRemoteId));
}

std::span<const HostIndex::Entry> HostIndex::find(const Request& request) const {
  if (entries_.empty()) return {};
  if (const auto found = find(Kind::kClientIdentifier, octets(request.client_identifier.view())); !found.empty())
    return found;
  if (const auto found = find(Kind::kMac, octets(request.mac.octets)); !found.empty()) return found;
  if (const auto uuid = request.uuid())
    if (const auto found = find(Kind::kUuid, octets(*uuid)); !found.empty()) return found;
  if (const auto found = find(Kind::kCircuitId, request.relay_option(dhcp4::RelaySubOption::kCircuitId));
      !found.empty())
    return found;
  if (const auto found = find(Kind::kRemoteId, request.relay_option(dhcp4::RelaySubOption::kRemoteId)); !found.empty())
    return found;
  for (const OptionKey& key : options_) {
    const auto value = request.option(key);
    if (!value) continue;
    if (const auto found = find(Identity{Kind::kOption, key, *value}); !found.empty()) return found;
  }
  return {};
}

}  // namespace rackcast::engine
