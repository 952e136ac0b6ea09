#include "core/engine/dhcp/client_policy.h"

#include <algorithm>

#include "core/machines/hostname_pattern.h"

namespace rackcast::engine {
namespace {

constexpr OptionKey kHostNameKey{kDhcpSpace, static_cast<std::uint32_t>(dhcp4::OptionCode::kHostName)};

void set_host_name(std::string_view pattern, const net::MacAddress& mac, const Place& place, Outcome& outcome) {
  const HostName name = render_hostname(pattern, place.address, mac);
  if (name.empty()) return;
  const auto kept = keep_text(name, outcome);
  if (!kept.empty()) outcome.set_option(kHostNameKey, kept);
}

bool equal(std::span<const std::byte> a, std::span<const std::byte> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

const SubclassConfig* find_subclass(const std::vector<SubclassConfig>& subclasses, std::span<const std::byte> value) {
  const auto less = [](const SubclassConfig& subclass, std::span<const std::byte> wanted) {
    return std::lexicographical_compare(subclass.value.begin(), subclass.value.end(), wanted.begin(), wanted.end());
  };
  const auto found = std::lower_bound(subclasses.begin(), subclasses.end(), value, less);
  return found != subclasses.end() && equal(found->value, value) ? &*found : nullptr;
}

bool fits(const Permit& permit, bool known, bool bootp, const Outcome& outcome) {
  switch (permit.kind) {
    case PermitKind::kKnownClients:
      return known;
    case PermitKind::kUnknownClients:
      return !known;
    case PermitKind::kMembersOf:
      return permit.class_number < kPolicyClassesMax && outcome.classes.test(permit.class_number);
    case PermitKind::kDynamicBootp:
      return bootp;
    case PermitKind::kAllClients:
      return true;
  }
  return false;
}

// Some rule of the configuration sets it.
bool mentions(const DhcpConfig& config, Parameter parameter) {
  const auto any = [&](const auto& list) {
    return std::any_of(list.begin(), list.end(), [&](const auto& one) { return one.rules.mention(parameter); });
  };
  return config.rules.mention(parameter) || any(config.networks) || any(config.subnets) || any(config.classes) ||
         any(config.hosts) ||
         std::any_of(config.subnets.begin(), config.subnets.end(), [&](const auto& one) { return any(one.pools); }) ||
         std::any_of(config.classes.begin(), config.classes.end(),
                     [&](const auto& one) { return any(one.subclasses); });
}

}  // namespace

std::span<const std::byte> keep_text(std::string_view text, Outcome& outcome) {
  const std::span<std::byte> room = outcome.scratch(text.size());
  if (room.size() < text.size()) return {};
  std::transform(text.begin(), text.end(), room.begin(), [](char c) { return static_cast<std::byte>(c); });
  return room.first(text.size());
}

ClientPolicy::ClientPolicy(const DhcpConfig& config) : config_(&config), catalog_(config.catalog) {
  if (catalog_ == nullptr) catalog_ = std::make_shared<const OptionCatalog>();
  subnets_.reserve(config.subnets.size());
  for (const SubnetConfig& subnet : config.subnets) subnets_.push_back(rules_of(subnet));
  hosts_.reserve(config.hosts.size());
  for (const HostConfig& host : config.hosts) hosts_.push_back(rules_of(host));
  for (std::size_t space = kAgentSpace + 1; space < catalog_->spaces(); ++space) {
    const auto number = static_cast<std::uint16_t>(space);
    if (const auto code = catalog_->container(number)) spaces_[*code] = number;
  }
  mentions_client_uids_ = mentions(config, Parameter::kIgnoreClientUids);
  for (const ClassConfig& each : config.classes) {
    limits_leases_ = limits_leases_ || each.lease_limit ||
                     std::any_of(each.subclasses.begin(), each.subclasses.end(),
                                 [](const SubclassConfig& member) { return member.lease_limit.has_value(); });
  }
}

void ClientPolicy::classify(const ClientFacts& facts, Outcome& outcome, Membership& membership) const {
  outcome.clear();
  membership.count = 0;
  const std::size_t classes = std::min(config_->classes.size(), kPolicyClassesMax);
  for (std::size_t i = 0; i < classes; ++i)
    add_members(config_->classes[i], static_cast<std::uint16_t>(i), facts, outcome, membership);
}

// `match if` makes members by itself; `match` only those of its subclasses; `spawn` everybody who has the value.
void ClientPolicy::add_members(const ClassConfig& config, std::uint16_t number, const ClientFacts& facts,
                               Outcome& outcome, Membership& membership) const {
  if (!config.match_if.empty()) {
    if (!config.match_if.holds(facts, outcome)) return;
    outcome.classes.set(number);
  }
  for (const Expression* expression : {&config.match, &config.spawn}) {
    if (expression->empty() || membership.count == Membership::kEntriesMax) continue;
    const auto value = expression->value(facts, outcome);
    if (!value || value->empty()) continue;
    const SubclassConfig* subclass = find_subclass(config.subclasses, *value);
    if (subclass == nullptr && expression != &config.spawn) continue;
    outcome.classes.set(number);
    membership.entries[membership.count++] = {number, subclass, *value};
    return;
  }
}

void ClientPolicy::apply(const ClientFacts& facts, const net::MacAddress& mac, const Place& place,
                         const Membership& membership, Outcome& outcome) const {
  if (!config_->rules.empty()) (void)config_->rules.apply(facts, outcome);
  if (place.subnet) {
    const SubnetConfig& subnet = config_->subnets[*place.subnet];
    if (subnet.network) {
      const Rules& network = config_->networks[*subnet.network].rules;
      if (!network.empty()) (void)network.apply(facts, outcome);
    }
    if (!subnet.hostname.empty() && !place.address.is_any()) set_host_name(subnet.hostname, mac, place, outcome);
    subnets_[*place.subnet].apply(facts, outcome);
  }
  if (place.pool != nullptr && !place.pool->rules.empty()) (void)place.pool->rules.apply(facts, outcome);
  apply_classes(facts, membership, outcome);
  if (place.host != nullptr) {
    if (place.host->hostname) set_host_name(*place.host->hostname, mac, place, outcome);
    hosts_[static_cast<std::size_t>(place.host - config_->hosts.data())].apply(facts, outcome);
  }
}

void ClientPolicy::apply_classes(const ClientFacts& facts, const Membership& membership, Outcome& outcome) const {
  if (outcome.classes.none()) return;
  for (std::size_t i = std::min(config_->classes.size(), kPolicyClassesMax); i > 0; --i) {
    const std::size_t number = i - 1;
    if (!outcome.classes.test(number)) continue;
    const ClassConfig& config = config_->classes[number];
    if (!config.rules.empty()) (void)config.rules.apply(facts, outcome);
    for (const Membership::Entry& entry : membership.all())
      if (entry.class_number == number && entry.subclass != nullptr && !entry.subclass->rules.empty())
        (void)entry.subclass->rules.apply(facts, outcome);
  }
}

bool ClientPolicy::permits(const PoolConfig* pool, bool known, bool bootp, const Outcome& outcome) {
  if (pool == nullptr) return true;
  const auto any = [&](const std::vector<Permit>& permits) {
    return std::any_of(permits.begin(), permits.end(),
                       [&](const Permit& permit) { return fits(permit, known, bootp, outcome); });
  };
  if (any(pool->deny)) return false;
  return pool->allow.empty() || any(pool->allow);
}

}  // namespace rackcast::engine
