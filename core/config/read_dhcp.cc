// [dhcp] and what is below it: subnets, boot files, hosts, and the checks across them.
#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "core/config/parse.h"
#include "core/config/section_reader.h"
#include "core/config/sections.h"

namespace rackcast::config_detail {
namespace {

constexpr std::size_t kFileFieldBytesMax = 127;  // RFC 2131 §2: 128 with its NUL
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

std::vector<AddressRange> read_ranges(const SectionReader& reader, const std::optional<net::Ipv4Prefix>& subnet) {
  std::vector<Located<AddressRange>> ranges;
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
    const auto clash = std::find_if(ranges.begin(), ranges.end(), [&](const auto& other) {
      return range->first <= other.value.last && other.value.first <= range->last;
    });
    if (clash != ranges.end())
      reader.error("range", text.at, quoted(text.value) + " overlaps the range on " + line_text(clash->at));
    else
      ranges.push_back({*range, text.at});
  }
  std::vector<AddressRange> values;
  values.reserve(ranges.size());
  for (const auto& range : ranges) values.push_back(range.value);
  return values;
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

SubnetRead read_subnet(const Node& table, ProblemList& problems) {
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
  config.ranges = read_ranges(reader, subnet);
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
  return read;
}

std::vector<SubnetConfig> read_subnets(const Node& dhcp, ProblemList& problems) {
  std::vector<SubnetRead> subnets;
  for (const Node* const table : array_section(dhcp, "subnet", "dhcp.subnet", kSubnetsMax, problems)) {
    SubnetRead read = read_subnet(*table, problems);
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

// --- boot files

void warn_long_file(const SectionReader& reader, std::string_view name, Position at, std::string_view file) {
  if (file.size() > kFileFieldBytesMax)
    reader.warning(name, at,
                   "longer than the 127 bytes of the file field: only clients that read option 67 will see it");
}

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

// --- hosts

// What must be unique among hosts, with the line that had it first.
struct HostsSeen {
  std::map<std::string, Position, std::less<>> names;
  std::map<net::MacAddress, Position> macs;
  std::map<net::Ipv4Address, Position> addresses;
};

// True when `key` is new; otherwise reports where it was first.
template <typename Map, typename Key>
void note_unique(const SectionReader& reader, Map& seen, const Key& key, std::string_view name,
                 std::string_view shown) {
  const auto [where, fresh] = seen.try_emplace(key, reader.place(name));
  if (!fresh)
    reader.error(name, reader.place(name),
                 std::string(shown) + " is already that of the host on " + line_text(where->second));
}

void check_host_address(const SectionReader& reader, net::Ipv4Address address,
                        const std::vector<SubnetConfig>& subnets) {
  const auto home = std::find_if(subnets.begin(), subnets.end(),
                                 [&](const SubnetConfig& subnet) { return subnet.subnet.contains(address); });
  const Position at = reader.place("address");
  const std::string text(address.text().view());
  if (home == subnets.end()) {
    reader.warning("address", at, text + " is outside every [[dhcp.subnet]]: it is never offered");
    return;
  }
  if (home->subnet.length <= 30 && (address == home->subnet.base || address == home->subnet.broadcast()))
    reader.error("address", at, text + " is the network's own or its broadcast address");
  if (std::find(home->routers.begin(), home->routers.end(), address) != home->routers.end())
    reader.warning("address", at, text + " is also a router of its subnet");
}

HostConfig read_host(const Node& table, const std::vector<SubnetConfig>& subnets, HostsSeen& seen,
                     ProblemList& problems) {
  const SectionReader reader(table, "dhcp.host", problems);
  HostConfig host;
  host.name = reader.text("name").value_or("");
  if (!host.name.empty()) note_unique(reader, seen.names, host.name, "name", quoted(host.name));
  if (const auto text = reader.text("mac")) {
    const auto mac = net::MacAddress::parse(*text);
    if (!mac || mac->is_zero() || (mac->octets[0] & 1U) != 0) {
      reader.error("mac", reader.place("mac"),
                   quoted(*text) + " is not a machine's MAC address, as in \"12:34:56:78:ab:cd\"");
    } else {
      host.mac = *mac;
      note_unique(reader, seen.macs, *mac, "mac", mac->text().view());
    }
  }
  if (const auto address = reader.ipv4("address")) {
    host.address = address->value;
    note_unique(reader, seen.addresses, address->value, "address", address->value.text().view());
    check_host_address(reader, address->value, subnets);
  }
  if (const auto server = reader.ipv4("next_server")) host.next_server = server->value;
  host.filename = reader.text("filename");
  if (host.filename) warn_long_file(reader, "filename", reader.place("filename"), *host.filename);
  host.hostname = reader.text("hostname");
  return host;
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

DhcpConfig read_dhcp(const Node& dhcp, ProblemList& problems) {
  const SectionReader reader(dhcp, "dhcp", problems);
  DhcpConfig config;
  config.mode = static_cast<DhcpMode>(reader.choice("mode").value_or(0));
  config.lease_store = read_lease_store(reader);
  config.conflict_probe = static_cast<ConflictProbe>(reader.choice("conflict_probe").value_or(0));
  config.subnets = read_subnets(dhcp, problems);
  if (const Node* const boot = table_section(dhcp, "boot", "dhcp.boot", problems))
    config.boot = read_boot(*boot, problems);
  HostsSeen seen;
  for (const Node* const host : array_section(dhcp, "host", "dhcp.host", kHostsMax, problems))
    config.hosts.push_back(read_host(*host, config.subnets, seen, problems));
  if (config.mode == DhcpMode::kAuthoritative && dhcp.find("subnet") == nullptr)
    reader.error("subnet", dhcp.at, "needs at least one [[dhcp.subnet]], or mode = \"off\"");
  return config;
}

}  // namespace rackcast::config_detail
