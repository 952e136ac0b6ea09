// Networks of a dhcpd.conf: subnet, shared-network, pool, range, permits.
#include <algorithm>
#include <bit>

#include "core/config/parse.h"
#include "core/oldfiles/dhcpd_reader.h"

namespace rackcast::dhcpd_detail {
namespace {

std::string text_of(net::Ipv4Address address) {
  return std::string(address.text().view());
}
std::string text_of(const AddressRange& range) {
  return range.first == range.last ? text_of(range.first) : text_of(range.first) + "-" + text_of(range.last);
}

// Nullopt: the mask has holes, or the address has bits outside it.
std::optional<net::Ipv4Prefix> prefix_of(net::Ipv4Address address, net::Ipv4Address mask) {
  const auto bits = static_cast<std::uint8_t>(std::countl_one(mask.value()));
  const net::Ipv4Prefix prefix{address, bits};
  if (prefix.mask() != mask.value() || !prefix.contains(address)) return std::nullopt;
  return prefix;
}

std::vector<AddressRange> ranges_of(const std::vector<PlacedRange>& placed, bool bootp) {
  std::vector<AddressRange> ranges;
  for (const PlacedRange& one : placed)
    if (one.bootp == bootp) ranges.push_back(one.range);
  return ranges;
}

}  // namespace

bool DhcpdReader::read_subnet(Scope& scope) {
  const Token first = tokens_.next();
  if (scope.subnet) {
    tell(ImportKind::kError, first, "subnet", "is not allowed here: it stands outside subnets, hosts and classes");
    tokens_.skip_statement();
    return true;
  }
  const auto address = take_address(tokens_);
  if (!address) return wrong("the network's address must follow, as in subnet 10.0.0.0 netmask 255.0.0.0");
  if (!tokens_.take_word("netmask")) return wrong("netmask must follow, as in subnet 10.0.0.0 netmask 255.0.0.0");
  const auto mask = take_address(tokens_);
  if (!mask) return wrong("the mask must follow, as in subnet 10.0.0.0 netmask 255.0.0.0");
  auto prefix = prefix_of(*address, *mask);
  if (!prefix) {
    tell(ImportKind::kError, first, "subnet",
         text_of(*address) + " netmask " + text_of(*mask) +
             " is no network: bits outside the mask, or a mask with holes");
    prefix = net::Ipv4Prefix{*address, 32};  // its block is read all the same
  }
  Scope own = inner(ScopeKind::kSubnet, scope, first);
  own.subnet = *prefix;
  if (!read_block(own)) return true;
  DhcpConfig& dhcp = file_.dhcp;
  if (dhcp.subnets.size() == kSubnetsMax) {
    tell(ImportKind::kError, first, "subnet", "more than " + std::to_string(kSubnetsMax) + " subnets");
    return true;
  }
  const auto clash = std::find_if(dhcp.subnets.begin(), dhcp.subnets.end(), [&](const SubnetConfig& other) {
    return other.subnet.contains(prefix->base) || prefix->contains(other.subnet.base);
  });
  if (clash != dhcp.subnets.end())
    tell(ImportKind::kError, first, "subnet",
         std::string(prefix->text().view()) + " overlaps " + std::string(clash->subnet.text().view()) + " on line " +
             std::to_string(subnet_places_[static_cast<std::size_t>(clash - dhcp.subnets.begin())].line) +
             "; make them one, or give them ranges apart");
  SubnetConfig subnet;
  subnet.subnet = *prefix;
  if (own.network) subnet.network = static_cast<std::uint16_t>(*own.network);
  subnet.rules = own.rules.take();
  dhcp.subnets.push_back(std::move(subnet));
  subnet_places_.push_back(place(first));
  place_ranges(dhcp.subnets.size() - 1, own.ranges);
  for (PlacedPool& pool : own.pools) {
    const std::size_t here = dhcp.subnets.size() - 1;
    place_pool(pool, std::span(&here, 1));
  }
  tell(ImportKind::kHonoured, first, "subnet", "[[dhcp.subnet]] " + std::string(prefix->text().view()));
  return true;
}

// Ranges outside pools, of which those for BOOTP clients and the others cannot be one pool.
void DhcpdReader::place_ranges(std::size_t subnet, std::vector<PlacedRange>& ranges) {
  SubnetConfig& config = file_.dhcp.subnets[subnet];
  std::vector<AddressRange> bootp = ranges_of(ranges, true);
  std::vector<AddressRange> others = ranges_of(ranges, false);
  placed_.insert(placed_.end(), ranges.begin(), ranges.end());
  config.bootp = !bootp.empty();
  if (config.bootp && !others.empty()) config.pools.push_back({.ranges = std::move(others)});
  config.ranges = config.bootp ? std::move(bootp) : std::move(others);
}

// A pool's ranges may lie in several subnets of one wire: a pool in each, with the same terms.
void DhcpdReader::place_pool(PlacedPool& pool, std::span<const std::size_t> subnets) {
  for (const PlacedRange& placed : pool.ranges) {
    const auto home = std::find_if(subnets.begin(), subnets.end(), [&](std::size_t i) {
      return file_.dhcp.subnets[i].subnet.contains(placed.range.first) &&
             file_.dhcp.subnets[i].subnet.contains(placed.range.last);
    });
    if (home == subnets.end())
      report_.add(ImportKind::kError, placed.at, "range", text_of(placed.range) + " is in no subnet of its network");
  }
  placed_.insert(placed_.end(), pool.ranges.begin(), pool.ranges.end());
  for (const std::size_t i : subnets) {
    SubnetConfig& config = file_.dhcp.subnets[i];
    PoolConfig made;
    for (const PlacedRange& placed : pool.ranges)
      if (config.subnet.contains(placed.range.first)) made.ranges.push_back(placed.range);
    if (made.ranges.empty()) continue;
    made.bootp = true;  // in a pool its permits alone say who is BOOTP's
    made.allow = pool.allow;
    made.deny = pool.deny;
    made.rules = pool.rules;
    config.pools.push_back(std::move(made));
  }
}

bool DhcpdReader::read_shared_network(Scope& scope) {
  const Token first = tokens_.next();
  if (scope.network || scope.subnet) {
    tell(ImportKind::kError, first, "shared-network", "is not allowed here: it stands outside networks");
    tokens_.skip_statement();
    return true;
  }
  const auto name = take_name();
  if (!name || name->empty()) return wrong("a name must follow, as in shared-network building { … }");
  DhcpConfig& dhcp = file_.dhcp;
  const std::size_t number = dhcp.networks.size();
  if (number == kSubnetsMax) return wrong("more than 1024 shared networks");
  if (std::any_of(dhcp.networks.begin(), dhcp.networks.end(), [&](const auto& other) { return other.name == *name; }))
    tell(ImportKind::kError, first, *name, "is the name of another shared network");
  dhcp.networks.push_back({*name, {}});
  Scope own = inner(ScopeKind::kSharedNetwork, scope, first);
  own.network = number;
  if (!read_block(own)) return true;
  dhcp.networks[number].rules = own.rules.take();
  std::vector<std::size_t> subnets;
  for (std::size_t i = 0; i < dhcp.subnets.size(); ++i)
    if (dhcp.subnets[i].network == number) subnets.push_back(i);
  if (subnets.empty()) tell(ImportKind::kError, first, *name, "there is no subnet in it");
  for (PlacedPool& pool : own.pools) place_pool(pool, subnets);
  tell(ImportKind::kHonoured, first, "shared-network", "[[dhcp.network]] " + *name);
  return true;
}

bool DhcpdReader::read_pool(Scope& scope) {
  const Token first = tokens_.next();
  PlacedPool pool;
  pool.at = place(first);
  Scope own = inner(ScopeKind::kPool, scope, first);
  own.pool = &pool;
  if (!read_block(own)) return true;
  pool.rules = own.rules.take();
  if (pool.ranges.empty()) tell(ImportKind::kError, first, "pool", "has no range: it needs one at least");
  tell(ImportKind::kHonoured, first, "pool", "[[dhcp.subnet.pool]]");
  scope.pools.push_back(std::move(pool));
  return true;
}

bool DhcpdReader::read_range(Scope& scope) {
  const Token first = tokens_.next();
  PlacedRange placed{{}, tokens_.take_word("dynamic-bootp"), place(first)};
  const auto low = take_address(tokens_);
  if (!low) return wrong("an address must follow, as in range 10.0.0.10 10.0.0.99");
  const auto high = tokens_.peek().is_symbol(";") ? low : take_address(tokens_);
  if (!high) return wrong("the last address must follow, or \";\"");
  placed.range = {std::min(*low, *high), std::max(*low, *high)};  // dhcpd takes both orders
  if (!finish(scope)) return true;
  if (scope.subnet) {
    const net::Ipv4Prefix& subnet = *scope.subnet;
    if (!subnet.contains(placed.range.first) || !subnet.contains(placed.range.last)) {
      tell(ImportKind::kError, first, "range",
           text_of(placed.range) + " is not within " + std::string(subnet.text().view()));
      return true;
    }
  }
  (scope.pool != nullptr ? scope.pool->ranges : scope.ranges).push_back(placed);
  tell(ImportKind::kHonoured, first, "range", text_of(placed.range));
  return true;
}

// --- permits

std::optional<Permit> DhcpdReader::take_permit(Scope&) {
  const auto clients = [&](PermitKind kind) -> std::optional<Permit> {
    if (tokens_.take_word("clients")) return Permit{kind, 0};
    static_cast<void>(wrong("clients must follow"));
    return std::nullopt;
  };
  if (tokens_.take_word("known-clients")) return Permit{PermitKind::kKnownClients, 0};
  if (tokens_.take_word("unknown-clients")) return Permit{PermitKind::kUnknownClients, 0};
  if (tokens_.take_word("known")) return clients(PermitKind::kKnownClients);
  if (tokens_.take_word("unknown")) return clients(PermitKind::kUnknownClients);
  if (tokens_.take_word("all")) return clients(PermitKind::kAllClients);
  if (tokens_.take_word("unauthenticated")) return clients(PermitKind::kAllClients);  // nobody is
  if (tokens_.take_word("dynamic")) {
    if (tokens_.take_word("bootp")) return clients(PermitKind::kDynamicBootp);
    static_cast<void>(wrong("bootp clients must follow"));
    return std::nullopt;
  }
  if (!tokens_.take_word("members")) {
    static_cast<void>(wrong(
        "known-clients, unknown-clients, members of \"CLASS\", dynamic bootp clients or all clients must follow"));
    return std::nullopt;
  }
  if (!tokens_.take_word("of") || tokens_.peek().kind != TokenKind::kString) {
    static_cast<void>(wrong("of and the name of a class must follow, as in members of \"phones\""));
    return std::nullopt;
  }
  const auto number = context_.class_number(tokens_.peek().text);
  if (!number) {
    static_cast<void>(wrong("there is no class of this name, or not yet"));
    return std::nullopt;
  }
  static_cast<void>(tokens_.next());
  return Permit{PermitKind::kMembersOf, *number};
}

bool DhcpdReader::read_permit(Scope& scope) {
  const Token first = tokens_.next();
  const std::string word(first.text);
  const bool allow = same_word(word, "allow");
  std::vector<Permit>& list = allow ? scope.pool->allow : scope.pool->deny;
  if (tokens_.peek().is_word("after")) {
    tell(ImportKind::kNotHonoured, first, word,
         "nothing depends on the time of day; write the line in when it is time");
    tokens_.skip_statement();
    return true;
  }
  if (tokens_.take_word("authenticated")) {
    if (!tokens_.take_word("clients")) return wrong("clients must follow");
    if (allow) scope.pool->deny.push_back({PermitKind::kAllClients, 0});
    tell(ImportKind::kRemark, first, word, "no client is ever authenticated");
    static_cast<void>(finish(scope));
    return true;
  }
  const auto permit = take_permit(scope);
  if (!permit || !finish(scope)) return true;
  list.push_back(*permit);
  tell(ImportKind::kHonoured, first, word, allow ? "the pool's allow" : "the pool's deny");
  return true;
}

// `failover peer "x" { … }`, in a pool `failover peer "x";` or `no failover peer;`.
bool DhcpdReader::read_failover(Scope&) {
  if (tokens_.peek().is_word("no") && !tokens_.peek(1).is_word("failover")) return false;
  const Token first = tokens_.next();
  const bool none = first.is_word("no");
  tell(none ? ImportKind::kHonoured : ImportKind::kNotHonoured, first, first.text,
       none ? "there is none" : "one server only: no failover; let one of the two serve, on a machine that is watched");
  tokens_.skip_statement();
  return true;
}

// --- across the file

namespace {

// The network's own address and its broadcast address are no machine's, whatever a range says.
bool trim_range(const net::Ipv4Prefix& subnet, AddressRange& range) {
  if (subnet.length > 30) return false;
  const AddressRange before = range;
  if (range.first == subnet.base) range.first = net::Ipv4Address(range.first.value() + 1);
  if (range.last == subnet.broadcast()) range.last = net::Ipv4Address(range.last.value() - 1);
  return range.first != before.first || range.last != before.last;
}

}  // namespace

void DhcpdReader::check_ranges() {
  std::sort(placed_.begin(), placed_.end(), [](const PlacedRange& a, const PlacedRange& b) {
    return std::tie(a.range.first, a.range.last) < std::tie(b.range.first, b.range.last);
  });
  const PlacedRange* widest = nullptr;
  for (const PlacedRange& placed : placed_) {
    if (widest != nullptr && placed.range.first <= widest->range.last) {
      const bool later = std::tie(widest->at.line, widest->at.column) < std::tie(placed.at.line, placed.at.column);
      const PlacedRange& second = later ? placed : *widest;
      const PlacedRange& first = later ? *widest : placed;
      report_.add(
          ImportKind::kError, second.at, "range",
          text_of(second.range) + " overlaps " + text_of(first.range) + " on line " + std::to_string(first.at.line));
    }
    if (widest == nullptr || widest->range.last < placed.range.last) widest = &placed;
  }
  for (SubnetConfig& subnet : file_.dhcp.subnets) {
    const auto trim = [&](std::vector<AddressRange>& ranges) {
      for (AddressRange& range : ranges) static_cast<void>(trim_range(subnet.subnet, range));
      ranges.erase(std::remove_if(ranges.begin(), ranges.end(), [](const auto& r) { return r.last < r.first; }),
                   ranges.end());
    };
    trim(subnet.ranges);
    for (PoolConfig& pool : subnet.pools) trim(pool.ranges);
    for (const PlacedRange& placed : placed_) {
      AddressRange range = placed.range;
      if (subnet.subnet.contains(range.first) && trim_range(subnet.subnet, range))
        report_.add(ImportKind::kRemark, placed.at, "range",
                    "the network's own address and its broadcast address are not handed out");
    }
    subnet.pools.erase(std::remove_if(subnet.pools.begin(), subnet.pools.end(),
                                      [](const PoolConfig& pool) { return pool.ranges.empty(); }),
                       subnet.pools.end());
  }
}

}  // namespace rackcast::dhcpd_detail
