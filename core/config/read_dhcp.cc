// [dhcp], its subnets with their pools, and its boot files.
#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "core/config/parse.h"
#include "core/config/read_policy.h"
#include "core/config/section_reader.h"
#include "core/config/sections.h"

namespace rackcast::config_detail {
namespace {

constexpr std::array<std::string_view, 6> kArchitectures{"bios", "efi32", "efi64", "arm32", "arm64", "default"};

std::string line_text(Position at) {
  return "line " + std::to_string(at.line);
}

// --- subnets

struct SubnetRead {
  SubnetConfig config;
  Position at;  // of its `subnet` value
  bool valid = false;
};

std::string range_problem(const AddressRange& range, const net::Ipv4Prefix& subnet) {
  if (range.last < range.first) return "ends before it begins";
  if (!subnet.contains(range.first) || !subnet.contains(range.last))
    return "is outside " + std::string(subnet.text().view());
  if (subnet.length <= 30 && (range.first == subnet.base || range.last == subnet.broadcast()))
    return "holds the network's own or its broadcast address";
  return "";
}

// `taken`: the subnet's ranges so far, its pools' included.
std::vector<AddressRange> read_ranges(const SectionReader& reader, const std::optional<net::Ipv4Prefix>& subnet,
                                      std::vector<Located<AddressRange>>& taken) {
  std::vector<AddressRange> ranges;
  for (const auto& text : reader.texts("range")) {
    const auto range = parse_range(text.value);
    if (!range) {
      reader.error("range", text.at, quoted(text.value) + " is not a range, as in \"192.168.1.2-192.168.1.253\"");
      continue;
    }
    const std::string problem = subnet ? range_problem(*range, *subnet) : "";
    if (!problem.empty()) {
      reader.error("range", text.at, quoted(text.value) + " " + problem);
      continue;
    }
    const auto clash = std::find_if(taken.begin(), taken.end(), [&](const auto& other) {
      return range->first <= other.value.last && other.value.first <= range->last;
    });
    if (clash != taken.end()) {
      reader.error("range", text.at, quoted(text.value) + " overlaps the range on " + line_text(clash->at));
      continue;
    }
    taken.push_back({*range, text.at});
    ranges.push_back(*range);
  }
  return ranges;
}

LeaseSeconds read_lease_seconds(const SectionReader& reader, ProblemList& problems) {
  LeaseSeconds seconds;
  const Node* const node = reader.find("lease_seconds");
  if (node == nullptr) return seconds;
  const KeySpec& key = *find_key("dhcp.subnet", "lease_seconds");
  if (node->kind != NodeKind::kTable) {
    reader.error(key.name, node->at, "must be a table, as in lease_seconds = " + std::string(key.example));
    return seconds;
  }
  bool max_given = false;
  for (const NodeEntry& entry : node->entries) {
    if (entry.key != "default" && entry.key != "max") {
      problems.error(entry.key_at, full_name(key) + "." + entry.key,
                     "unknown key " + quoted(entry.key) + "; lease_seconds has default and max");
      continue;
    }
    const auto value = reader.bounded(key, entry.value);
    if (!value) continue;
    max_given = max_given || entry.key == "max";
    (entry.key == "max" ? seconds.longest : seconds.preset) = static_cast<std::uint32_t>(*value);
  }
  if (!max_given) seconds.longest = std::max(seconds.longest, seconds.preset);
  if (seconds.preset > seconds.longest)
    reader.error(
        key.name, node->at,
        "default (" + std::to_string(seconds.preset) + ") is more than max (" + std::to_string(seconds.longest) + ")");
  return seconds;
}

std::vector<net::Ipv4Address> values_of(const std::vector<Located<net::Ipv4Address>>& located) {
  std::vector<net::Ipv4Address> values;
  values.reserve(located.size());
  for (const auto& item : located) values.push_back(item.value);
  return values;
}

// Somebody has these already: the engine leaves them out.
void warn_inside_range(const SectionReader& reader, std::string_view key,
                       const std::vector<Located<net::Ipv4Address>>& addresses,
                       const std::vector<AddressRange>& ranges) {
  for (const auto& address : addresses) {
    const bool inside = std::any_of(ranges.begin(), ranges.end(), [&](const AddressRange& range) {
      return range.first <= address.value && address.value <= range.last;
    });
    if (inside)
      reader.warning(key, address.at,
                     std::string(address.value.text().view()) + " is inside a range: it is never leased");
  }
}

// "known-clients" and so on, or "members of NAME".
std::vector<Permit> read_permits(const SectionReader& reader, std::string_view key, const PolicyReader& policy) {
  constexpr std::string_view kMembers = "members of ";
  std::vector<Permit> permits;
  for (const auto& text : reader.texts(key)) {
    const auto* const word = std::find(kPermitWords.begin(), kPermitWords.end(), text.value);
    Permit permit;
    if (word != kPermitWords.end()) {
      permit.kind = static_cast<PermitKind>(word - kPermitWords.begin());
    } else if (text.value.substr(0, kMembers.size()) == kMembers) {
      const std::string name = text.value.substr(kMembers.size());
      const auto number = policy.find_class(name);
      if (!number) {
        reader.error(key, text.at, "there is no [[dhcp.class]] " + quoted(name));
        continue;
      }
      permit = {PermitKind::kMembersOf, *number};
    } else {
      reader.error(key, text.at,
                   quoted(text.value) +
                       " is not one of: known-clients, unknown-clients, "
                       "dynamic-bootp-clients, all-clients, members of NAME");
      continue;
    }
    permits.push_back(permit);
  }
  return permits;
}

std::vector<PoolConfig> read_pools(const Node& subnet_table, const SubnetRead& subnet, PolicyReader& policy,
                                   std::vector<Located<AddressRange>>& taken, ProblemList& problems) {
  std::vector<PoolConfig> pools;
  for (const Node* const table : array_section(subnet_table, "pool", "dhcp.subnet.pool", kPoolsMax, problems)) {
    const SectionReader reader(*table, "dhcp.subnet.pool", problems);
    PoolConfig pool;
    pool.ranges = read_ranges(reader, subnet.valid ? std::optional(subnet.config.subnet) : std::nullopt, taken);
    pool.bootp = reader.boolean("bootp").value_or(false);
    pool.allow = read_permits(reader, "allow", policy);
    pool.deny = read_permits(reader, "deny", policy);
    pool.rules = policy.rules(reader);
    pools.push_back(std::move(pool));
  }
  return pools;
}

void read_network(const SectionReader& reader, const std::vector<SharedNetworkConfig>& networks, SubnetConfig& subnet) {
  const auto name = reader.text("network");
  if (!name) return;
  const auto found = std::find_if(networks.begin(), networks.end(), [&](const auto& n) { return n.name == *name; });
  if (found == networks.end())
    reader.error("network", reader.place("network"), "there is no [[dhcp.network]] " + quoted(*name));
  else
    subnet.network = static_cast<std::uint16_t>(found - networks.begin());
}

SubnetRead read_subnet(const Node& table, const std::vector<SharedNetworkConfig>& networks, PolicyReader& policy,
                       ProblemList& problems) {
  const SectionReader reader(table, "dhcp.subnet", problems);
  SubnetRead read;
  read.at = reader.place("subnet");
  std::optional<net::Ipv4Prefix> subnet;
  if (const auto text = reader.text("subnet")) {
    subnet = net::Ipv4Prefix::parse(*text);
    if (!subnet)
      reader.error("subnet", read.at, quoted(*text) + " is not a network, as in \"192.168.1.0/24\" (host bits zero)");
  }
  read.valid = subnet.has_value();
  SubnetConfig& config = read.config;
  if (subnet) config.subnet = *subnet;
  std::vector<Located<AddressRange>> taken;
  config.ranges = read_ranges(reader, subnet, taken);
  config.pools = read_pools(table, read, policy, taken, problems);
  read_network(reader, networks, config);
  config.bootp = reader.boolean("bootp").value_or(false);
  const auto routers = reader.ipv4s("routers");
  for (const auto& router : routers)
    if (subnet && !subnet->contains(router.value))
      reader.warning("routers", router.at,
                     std::string(router.value.text().view()) + " is outside " + std::string(subnet->text().view()) +
                         ": machines cannot reach it");
  config.routers = values_of(routers);
  const auto dns = reader.ipv4s("dns");
  config.dns = values_of(dns);
  warn_inside_range(reader, "routers", routers, config.ranges);
  warn_inside_range(reader, "dns", dns, config.ranges);
  config.domain = reader.text("domain");
  if (config.domain)
    if (const std::string problem = check_domain_name(*config.domain); !problem.empty())
      reader.error("domain", reader.place("domain"), problem);
  if (const auto server = reader.ipv4("next_server")) config.next_server = server->value;
  config.lease_seconds = read_lease_seconds(reader, problems);
  config.hostname = reader.text("hostname").value_or("");
  config.rules = policy.rules(reader);
  return read;
}

std::vector<SubnetConfig> read_subnets(const Node& dhcp, const std::vector<SharedNetworkConfig>& networks,
                                       PolicyReader& policy, ProblemList& problems) {
  std::vector<SubnetRead> subnets;
  for (const Node* const table : array_section(dhcp, "subnet", "dhcp.subnet", kSubnetsMax, problems)) {
    SubnetRead read = read_subnet(*table, networks, policy, problems);
    const auto clash = std::find_if(subnets.begin(), subnets.end(), [&](const SubnetRead& other) {
      return other.valid && read.valid &&
             (other.config.subnet.contains(read.config.subnet.base) ||
              read.config.subnet.contains(other.config.subnet.base));
    });
    if (clash != subnets.end())
      problems.error(read.at, "dhcp.subnet.subnet",
                     std::string(read.config.subnet.text().view()) + " overlaps the subnet on " + line_text(clash->at));
    subnets.push_back(std::move(read));
  }
  std::vector<SubnetConfig> configs;
  configs.reserve(subnets.size());
  for (SubnetRead& read : subnets) configs.push_back(std::move(read.config));
  return configs;
}

// --- networks

std::vector<SharedNetworkConfig> read_networks(const Node& dhcp, PolicyReader& policy, ProblemList& problems) {
  std::vector<SharedNetworkConfig> networks;
  for (const Node* const table : array_section(dhcp, "network", "dhcp.network", kSubnetsMax, problems)) {
    const SectionReader reader(*table, "dhcp.network", problems);
    SharedNetworkConfig network;
    network.name = reader.text("name").value_or("");
    network.rules = policy.rules(reader);
    if (std::any_of(networks.begin(), networks.end(), [&](const auto& other) { return other.name == network.name; }))
      reader.error("name", reader.place("name"), quoted(network.name) + " is there already");
    networks.push_back(std::move(network));
  }
  return networks;
}

// --- boot files

std::map<std::string, std::string> read_ipxe(const SectionReader& reader, ProblemList& problems) {
  std::map<std::string, std::string> files;
  const Node* const node = reader.find("ipxe");
  if (node == nullptr) return files;
  const auto take = [&](std::string_view architecture, const Node& value) {
    if (value.kind != NodeKind::kText) {
      reader.error("ipxe", value.at,
                   "must be a string or a table of strings, not " + std::string(kind_name(value.kind)));
    } else if (const std::string problem = check_boot_file(value.text); !problem.empty()) {
      reader.error("ipxe", value.at, problem);
    } else {
      warn_long_file(reader, "ipxe", value.at, value.text);
      files.emplace(architecture, value.text);
    }
  };
  if (node->kind != NodeKind::kTable) {
    take("default", *node);
    return files;
  }
  for (const NodeEntry& entry : node->entries) {
    if (std::find(kArchitectures.begin(), kArchitectures.end(), entry.key) != kArchitectures.end()) {
      take(entry.key, entry.value);
      continue;
    }
    problems.error(entry.key_at, "dhcp.boot.ipxe." + entry.key,
                   quoted(entry.key) + " is not an architecture; there are bios efi32 efi64 arm32 arm64 default");
  }
  return files;
}

BootConfig read_boot(const Node& table, ProblemList& problems) {
  const SectionReader reader(table, "dhcp.boot", problems);
  BootConfig boot;
  for (const std::string_view architecture : kArchitectures) {
    const auto file = reader.text(architecture);
    if (!file) continue;
    warn_long_file(reader, architecture, reader.place(architecture), *file);
    boot.by_architecture.emplace(architecture, *file);
  }
  boot.ipxe = read_ipxe(reader, problems);
  boot.http = reader.text("http").value_or("");
  if (!boot.http.empty())
    if (const std::string problem = check_boot_url(boot.http); !problem.empty())
      reader.error("http", reader.place("http"), problem);
  return boot;
}

std::string read_lease_store(const SectionReader& reader) {
  const auto text = reader.text("lease_store");
  if (!text || *text == "sqlite") return "sqlite";
  const bool postgres = text->substr(0, 13) == "postgresql://";
  reader.error("lease_store", reader.place("lease_store"),
               postgres ? "not built yet: lease_store = \"postgresql://…\"; use \"sqlite\""
                        : quoted(*text) + " is not a lease store; use \"sqlite\"");
  return "sqlite";
}

}  // namespace

void warn_long_file(const SectionReader& reader, std::string_view name, Position at, std::string_view file) {
  constexpr std::size_t kFileFieldBytesMax = 127;  // RFC 2131 §2: 128 with its NUL
  if (file.size() > kFileFieldBytesMax)
    reader.warning(name, at,
                   "longer than the 127 bytes of the file field: only clients that read option 67 will see it");
}

DhcpConfig read_dhcp(const Node& dhcp, ProblemList& problems) {
  const SectionReader reader(dhcp, "dhcp", problems);
  DhcpConfig config;
  config.mode = static_cast<DhcpMode>(reader.choice("mode").value_or(0));
  config.lease_store = read_lease_store(reader);
  config.conflict_probe = static_cast<ConflictProbe>(reader.choice("conflict_probe").value_or(0));
  config.machine_key = static_cast<MachineKeyKind>(reader.choice("machine_key").value_or(0));
  if (const auto cap = reader.integer("leases_per_port")) config.leases_per_port = static_cast<std::uint32_t>(*cap);
  if (const auto cap = reader.integer("leases_per_relay")) config.leases_per_relay = static_cast<std::uint32_t>(*cap);
  config.import_leases = reader.text("import_leases").value_or("");
  PolicyReader policy(problems);
  policy.read_definitions(dhcp);
  config.classes = read_classes(dhcp, policy, problems);
  config.rules = policy.rules(reader);
  config.networks = read_networks(dhcp, policy, problems);
  config.subnets = read_subnets(dhcp, config.networks, policy, problems);
  if (const Node* const boot = table_section(dhcp, "boot", "dhcp.boot", problems))
    config.boot = read_boot(*boot, problems);
  config.pxe = read_pxe(dhcp, problems);
  config.hosts = read_hosts(dhcp, config.subnets, policy, problems);
  config.catalog = policy.catalog();
  if (config.mode == DhcpMode::kAuthoritative && dhcp.find("subnet") == nullptr)
    reader.error("subnet", dhcp.at, "needs at least one [[dhcp.subnet]], or mode = \"off\"");
  return config;
}

}  // namespace rackcast::config_detail
