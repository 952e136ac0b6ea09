// Machines and classes of a dhcpd.conf: host, class, subclass.
#include <algorithm>

#include "core/config/parse.h"
#include "core/oldfiles/dhcpd_reader.h"

namespace rackcast::dhcpd_detail {
namespace {

constexpr std::size_t kMembersMax = 65'536;  // of one class, as the TOML file may have

std::string text_of(net::Ipv4Address address) {
  return std::string(address.text().view());
}

// What the TOML file may have as a name, too.
bool is_plain(std::string_view name) {
  return !name.empty() && std::none_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F;
  });
}

bool has_identity(const HostConfig& host) {
  const HostIdentity& identity = host.identity;
  return !host.mac.is_zero() || !identity.client_identifier.empty() || identity.uuid || !identity.circuit_id.empty() ||
         !identity.remote_id.empty() || identity.option;
}

}  // namespace

std::optional<std::vector<std::byte>> DhcpdReader::take_octets_or_string() {
  if (tokens_.peek().kind != TokenKind::kString) return take_octets(tokens_);
  const Token token = tokens_.next();
  std::vector<std::byte> octets(token.text.size());
  std::transform(token.text.begin(), token.text.end(), octets.begin(),
                 [](char c) { return static_cast<std::byte>(c); });
  return octets;
}

// --- hosts

bool DhcpdReader::read_host(Scope& scope) {
  const Token first = tokens_.next();
  const auto name = take_name();
  if (!name || !is_plain(*name)) return wrong("a name must follow, as in host ns { … }");
  HostConfig host;
  host.name = *name;
  Scope own = inner(ScopeKind::kHost, scope, first);
  own.host = &host;
  if (!read_block(own)) return true;
  host.rules = joined(own.host_group, own.rules.take());
  if (own.deleted)
    delete_host(*name, first);
  else
    keep_host(own, first);
  return true;
}

void DhcpdReader::keep_host(Scope& own, const Token& at) {
  HostConfig& host = *own.host;
  if (!has_identity(host))
    return tell(ImportKind::kNotHonoured, at, host.name,
                "says neither hardware ethernet nor another way to know its machine; it is left out");
  const std::string name = host.name;
  if (const std::string problem = put_host(std::move(host), place(at)); !problem.empty())
    return tell(ImportKind::kError, at, name, problem);
  tell(ImportKind::kHonoured, at, "host", "[[dhcp.host]] " + name);
}

// Of hosts in the leases file the last of a name counts.
std::string DhcpdReader::put_host(HostConfig host, const FilePlace& at) {
  std::vector<HostConfig>& hosts = file_.dhcp.hosts;
  gone_.resize(hosts.size(), false);
  const auto known = host_numbers_.find(host.name);
  const bool dynamic = known != host_numbers_.end() && first_dynamic_ && known->second >= *first_dynamic_;
  if (known != host_numbers_.end() && !dynamic && !gone_[known->second])
    return "is already the name of the host on line " + std::to_string(host_places_[known->second].line);
  if (!dynamic && hosts.size() == kHostsMax) return "more than " + std::to_string(kHostsMax) + " hosts";
  const std::size_t number = dynamic ? known->second : hosts.size();
  host_numbers_[host.name] = number;
  if (!dynamic) {
    hosts.emplace_back();
    host_places_.emplace_back();
    gone_.push_back(false);
  }
  hosts[number] = std::move(host);
  host_places_[number] = at;
  gone_[number] = false;
  return {};
}

bool DhcpdReader::read_hardware(Scope& scope) {
  const Token first = tokens_.next();
  if (tokens_.peek().kind != TokenKind::kWord) return wrong("ethernet and the address must follow");
  const std::string type(tokens_.next().text);
  const auto octets = take_octets(tokens_);
  if (!octets) return wrong("an address must follow, as in hardware ethernet 12:34:56:78:ab:cd");
  if (!finish(scope)) return true;
  if (!same_word(type, "ethernet") || octets->size() != 6) {
    const std::string problem = same_word(type, "ethernet")
                                    ? std::to_string(octets->size()) + " octets are no MAC address"
                                    : "only Ethernet is served, not " + type;
    tell(ImportKind::kNotHonoured, first, "hardware", problem);
    return true;
  }
  net::MacAddress mac;
  std::transform(octets->begin(), octets->end(), mac.octets.begin(),
                 [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
  if (mac.is_zero() || (mac.octets[0] & 1U) != 0) {
    tell(ImportKind::kNotHonoured, first, "hardware", "is the address of no machine: all zero, or a group's");
    return true;
  }
  scope.host->mac = mac;
  tell(ImportKind::kHonoured, first, "hardware", "mac");
  return true;
}

bool DhcpdReader::read_fixed_address(Scope& scope) {
  const Token first = tokens_.next();
  const std::vector<net::Ipv4Address> addresses = scope.rules.parse_addresses();
  const bool silent = addresses.empty() && problems_.empty();
  if (!finish(scope) || addresses.empty()) {
    if (silent) tell(ImportKind::kNotHonoured, first, "fixed-address", "no address was found; the host is only known");
    return true;
  }
  HostConfig& host = *scope.host;
  for (const net::Ipv4Address address : addresses) {
    if (!host.address)
      host.address = address;
    else if (host.address != address &&
             std::find(host.more_addresses.begin(), host.more_addresses.end(), address) == host.more_addresses.end())
      host.more_addresses.push_back(address);
  }
  tell(ImportKind::kHonoured, first, "fixed-address", addresses.size() == 1 ? "address" : "address and more_addresses");
  return true;
}

// Behind dhcp-client-identifier, uid, or option dhcp-client-identifier.
bool DhcpdReader::read_client_identifier(Scope& scope) {
  const Token first = tokens_.next();
  const auto octets = take_octets_or_string();
  if (!octets || octets->empty()) return wrong("text in quotes, or octets, must follow");
  if (octets->size() > 255) return wrong("longer than the 255 octets of an option");
  if (!finish(scope)) return true;
  scope.host->identity.client_identifier = *octets;
  tell(ImportKind::kHonoured, first, first.text, "client_id");
  return true;
}

bool DhcpdReader::read_host_option(Scope& scope) {
  if (!tokens_.peek(1).is_word("dhcp-client-identifier") || tokens_.peek(2).is_symbol("=")) return false;
  static_cast<void>(tokens_.next());
  return read_client_identifier(scope);
}

// `host-identifier option NAME VALUE;`
bool DhcpdReader::read_host_identifier(Scope& scope) {
  const Token first = tokens_.next();
  if (tokens_.peek().is_word("v6relopt")) {
    tell(ImportKind::kNotHonoured, first, "host-identifier", "only IPv4 is served");
    tokens_.skip_statement();
    return true;
  }
  if (!tokens_.take_word("option")) return wrong("option and its name must follow");
  const OptionDefinition* const option = scope.rules.parse_option_name();
  if (option == nullptr) {
    tokens_.skip_statement();
    return true;
  }
  const OptionKey key = option->key;
  const auto value = scope.rules.parse_option_value(*option);
  if (!value) {
    tokens_.skip_statement();
    return true;
  }
  if (!finish(scope)) return true;
  if (value->empty()) {
    tell(ImportKind::kNotHonoured, first, "host-identifier", "an empty value tells no machine");
    return true;
  }
  constexpr std::uint32_t kClientIdentifier = 61;
  constexpr std::uint32_t kCircuitId = 1;
  constexpr std::uint32_t kRemoteId = 2;
  HostIdentity& identity = scope.host->identity;
  if (key == OptionKey{kDhcpSpace, kClientIdentifier}) {
    identity.client_identifier = *value;
  } else if (key == OptionKey{kAgentSpace, kCircuitId}) {
    identity.circuit_id = *value;
  } else if (key == OptionKey{kAgentSpace, kRemoteId}) {
    identity.remote_id = *value;
  } else {
    identity.option = key;
    identity.option_value = *value;
  }
  tell(ImportKind::kHonoured, first, "host-identifier", "the host's identity");
  return true;
}

bool DhcpdReader::read_host_flag(Scope& scope) {
  const Token first = tokens_.next();
  const bool deleted = first.is_word("deleted");
  if (!finish(scope)) return true;
  scope.deleted = scope.deleted || deleted;
  tell(ImportKind::kHonoured, first, first.text, deleted ? "it is left out" : "like others");
  return true;
}

// An address is one machine's; one within a range is taken out of it by the engine.
void DhcpdReader::check_hosts() {
  std::map<net::Ipv4Address, std::size_t> owners;
  DhcpConfig& dhcp = file_.dhcp;
  for (std::size_t i = 0; i < dhcp.hosts.size(); ++i) {
    HostConfig& host = dhcp.hosts[i];
    std::vector<net::Ipv4Address> addresses = host.more_addresses;
    if (host.address) addresses.insert(addresses.begin(), *host.address);
    const auto unfit = [&](net::Ipv4Address address) {
      if (const auto [owner, fresh] = owners.try_emplace(address, i); !fresh) {
        report_.add(ImportKind::kNotHonoured, host_places_[i], host.name,
                    text_of(address) + " is already that of the host " + dhcp.hosts[owner->second].name +
                        "; two machines cannot have it, and this one gets another");
        return true;
      }
      const auto home = std::find_if(dhcp.subnets.begin(), dhcp.subnets.end(),
                                     [&](const SubnetConfig& subnet) { return subnet.subnet.contains(address); });
      if (home == dhcp.subnets.end()) {
        report_.add(ImportKind::kRemark, host_places_[i], host.name,
                    text_of(address) + " is outside every subnet: it is never offered");
      } else if (home->subnet.length <= 30 && (address == home->subnet.base || address == home->subnet.broadcast())) {
        report_.add(ImportKind::kNotHonoured, host_places_[i], host.name,
                    text_of(address) + " is the network's own or its broadcast address, and no machine's");
        return true;
      }
      return false;
    };
    addresses.erase(std::remove_if(addresses.begin(), addresses.end(), unfit), addresses.end());
    host.address = addresses.empty() ? std::nullopt : std::optional(addresses.front());
    host.more_addresses.assign(addresses.begin() + (addresses.empty() ? 0 : 1), addresses.end());
  }
}

// --- classes

// `class "NAME" { … }`; a second one of the same name goes on with the first.
bool DhcpdReader::read_class(Scope& scope) {
  const Token first = tokens_.next();
  if (tokens_.peek().kind != TokenKind::kString) return wrong("the class's name must follow, in quotes");
  const std::string name(tokens_.next().text);
  if (!is_plain(name)) return wrong("the class's name must be printable text");
  DhcpConfig& dhcp = file_.dhcp;
  auto known = class_numbers_.find(name);
  if (known == class_numbers_.end()) {
    if (dhcp.classes.size() == kPolicyClassesMax)
      return wrong("more than " + std::to_string(kPolicyClassesMax) + " classes");
    known = class_numbers_.emplace(name, static_cast<std::uint16_t>(dhcp.classes.size())).first;
    dhcp.classes.push_back({.name = name});
  }
  const std::size_t number = known->second;
  if (tokens_.take_symbol(";")) return true;  // told of, to be named; it says nothing
  Scope own = inner(ScopeKind::kClass, scope, first);
  own.class_number = number;
  if (!read_block(own)) return true;
  const Rules rules = own.rules.take();
  dhcp.classes[number].rules = joined(dhcp.classes[number].rules, rules);
  tell(ImportKind::kHonoured, first, "class", "[[dhcp.class]] " + name);
  return true;
}

// `subclass "NAME" VALUE;` or with a block.
bool DhcpdReader::read_subclass(Scope& scope) {
  const Token first = tokens_.next();
  if (tokens_.peek().kind != TokenKind::kString) return wrong("the class's name must follow, in quotes");
  const auto known = class_numbers_.find(tokens_.peek().text);
  if (known == class_numbers_.end()) return wrong("there is no class of this name, or not yet");
  const std::size_t number = known->second;
  static_cast<void>(tokens_.next());
  SubclassConfig member;
  auto value = take_octets_or_string();
  if (!value || value->empty()) return wrong("the value of the class's match must follow: text in quotes, or octets");
  member.value = std::move(*value);
  if (tokens_.peek().is_symbol("{")) {
    Scope own = inner(ScopeKind::kClass, scope, first);
    own.class_number = number;
    own.subclass = &member;
    if (!read_block(own)) return true;
    member.rules = own.rules.take();
  } else if (!finish(scope)) {
    return true;
  }
  std::vector<SubclassConfig>& members = file_.dhcp.classes[number].subclasses;
  const auto spot = std::lower_bound(members.begin(), members.end(), member.value,
                                     [](const SubclassConfig& m, const auto& v) { return m.value < v; });
  if (spot != members.end() && spot->value == member.value) {
    spot->rules = joined(spot->rules, member.rules);
    if (member.lease_limit) spot->lease_limit = member.lease_limit;
  } else if (members.size() == kMembersMax) {
    tell(ImportKind::kError, first, "subclass", "more than 65536 members of one class");
  } else {
    members.insert(spot, std::move(member));
  }
  tell(ImportKind::kHonoured, first, "subclass", "a member of the class");
  return true;
}

// `match if CONDITION;` or `match DATA;`
bool DhcpdReader::read_match(Scope& scope) {
  const Token first = tokens_.next();
  ClassConfig& made = file_.dhcp.classes[scope.class_number];
  if (scope.subclass != nullptr) return wrong("a subclass is matched by its value");
  const bool condition = tokens_.take_word("if");
  Expression expression = condition ? scope.rules.parse_condition() : scope.rules.parse_data();
  if (expression.empty()) {
    tokens_.skip_statement();
    return true;
  }
  if (!finish(scope)) return true;
  (condition ? made.match_if : made.match) = std::move(expression);
  tell(ImportKind::kHonoured, first, "match", condition ? "match_if" : "match");
  return true;
}

bool DhcpdReader::read_spawn(Scope& scope) {
  const Token first = tokens_.next();
  if (!tokens_.take_word("with")) return wrong("with must follow, as in spawn with option agent.circuit-id");
  Expression expression = scope.rules.parse_data();
  if (expression.empty()) {
    tokens_.skip_statement();
    return true;
  }
  if (!finish(scope)) return true;
  if (scope.subclass == nullptr) file_.dhcp.classes[scope.class_number].spawn = std::move(expression);
  tell(ImportKind::kHonoured, first, "spawn", "spawn");
  return true;
}

bool DhcpdReader::read_lease_limit(Scope& scope) {
  const Token first = tokens_.next();
  if (!tokens_.take_word("limit")) return wrong("limit must follow, as in lease limit 4");
  const auto limit = take_number(tokens_);
  constexpr std::int64_t kLimitMax = 1'000'000;
  if (!limit || *limit < 0) return wrong("a number must follow, as in lease limit 4");
  if (!finish(scope)) return true;
  if (*limit > kLimitMax) {
    tell(ImportKind::kRemark, first, "lease", "so many are no limit");
    return true;
  }
  auto& kept =
      scope.subclass != nullptr ? scope.subclass->lease_limit : file_.dhcp.classes[scope.class_number].lease_limit;
  kept = static_cast<std::uint32_t>(*limit);
  tell(ImportKind::kHonoured, first, "lease", "lease_limit");
  return true;
}

}  // namespace rackcast::dhcpd_detail
