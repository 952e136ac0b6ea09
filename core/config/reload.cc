#include "core/config/reload.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace rackcast {
namespace {

// Text of one value. Only equality matters, so what cannot be confused is enough.
std::string show(const std::string& text) {
  return text;
}
std::string show(bool value) {
  return value ? "true" : "false";
}
template <typename T>
requires(std::is_integral_v<T> && !std::is_same_v<T, bool>) std::string show(T value) {
  return std::to_string(value);
}
template <typename T>
requires(std::is_enum_v<T>) std::string show(T value) {
  return std::to_string(static_cast<int>(value));
}
template <typename T>
requires requires(const T& value) {
  value.text().view();
}
std::string show(const T& value) {
  return std::string(value.text().view());
}
std::string show(const AddressRange& range) {
  return show(range.first) + "-" + show(range.last);
}
std::string show(const PortRange& range) {
  return show(range.first) + "-" + show(range.last);
}
std::string show(const LeaseSeconds& seconds) {
  return show(seconds.preset) + "/" + show(seconds.longest);
}
std::string show(const Cps& cps) {
  return show(cps.rate) + "/" + show(cps.wait_seconds);
}
std::string show(const net::IpPrefix& prefix) {
  return show(prefix.base) + "/" + show(prefix.length);
}
std::string show(const DaySpan& span) {
  return show(span.first) + "-" + show(span.last);
}
std::string show(std::byte octet) {
  return std::to_string(std::to_integer<unsigned>(octet));
}
std::string show(const std::array<std::uint8_t, 16>& octets) {
  std::string text;
  for (const std::uint8_t octet : octets) text += show(octet) + ",";
  return text;
}
std::string show(const OptionKey& key) {
  return show(key.space) + "." + show(key.code);
}
std::string show(const Permit& permit) {
  return show(permit.kind) + "/" + show(permit.class_number);
}

template <typename T>
std::string show(const std::vector<T>& values);
template <typename T>
std::string show(const std::optional<T>& value) {
  return value ? show(*value) : "-";
}
template <typename T>
std::string show(const std::vector<T>& values) {
  std::string text = "[";
  for (const T& value : values) text += show(value) + ",";
  return text + "]";
}
std::string show(const std::map<std::string, std::string>& values) {
  std::string text = "{";
  for (const auto& [key, value] : values) text.append(key).append("=").append(value).append(",");
  return text + "}";
}

template <typename List, typename Get>
std::string each(const List& list, Get get) {
  std::string text;
  for (const auto& item : list) text += show(get(item)) + "\n";
  return text;
}

std::string boot_file(const Config& c, const char* architecture) {
  if (!c.dhcp) return "";
  const auto found = c.dhcp->boot.by_architecture.find(architecture);
  return found == c.dhcp->boot.by_architecture.end() ? "" : found->second;
}

// --- Rules, which are shown by the names of their catalog.

const OptionCatalog& catalog_of(const DhcpConfig& dhcp) {
  static const OptionCatalog built_in;
  return dhcp.catalog == nullptr ? built_in : *dhcp.catalog;
}

// What `show_one` says of each of the DHCP configuration's `list`, with the catalog; "" without DHCP.
template <typename T, typename Show>
std::string each_of(const Config& c, const std::vector<T> DhcpConfig::*list, Show show_one) {
  std::string text;
  if (!c.dhcp) return text;
  for (const T& item : (*c.dhcp).*list) text += show_one(item, catalog_of(*c.dhcp)) + "\n";
  return text;
}
template <typename Get>
std::string each_pool(const Config& c, Get get) {
  return each_of(c, &DhcpConfig::subnets, [&](const SubnetConfig& subnet, const OptionCatalog& catalog) {
    std::string text;
    for (const PoolConfig& pool : subnet.pools) text += get(pool, catalog) + ";";
    return text;
  });
}
template <typename Get>
std::string each_member(const Config& c, Get get) {
  return each_of(c, &DhcpConfig::classes, [&](const ClassConfig& made, const OptionCatalog& catalog) {
    std::string text;
    for (const SubclassConfig& member : made.subclasses) text += get(member, catalog) + ";";
    return text;
  });
}
template <typename Get>
std::string each_definition(const Config& c, Get get) {
  std::string text;
  if (c.dhcp)
    for (const OptionDefinition& option : catalog_of(*c.dhcp).defined()) text += show(get(option)) + "\n";
  return text;
}
template <typename Get>
std::string each_space(const Config& c, Get get) {
  std::string text;
  for (std::size_t i = 0; c.dhcp && i < catalog_of(*c.dhcp).spaces(); ++i)
    text += show(get(catalog_of(*c.dhcp).space(static_cast<std::uint16_t>(i)))) + "\n";
  return text;
}
template <typename Get>
std::string of_pxe(const Config& c, Get get) {
  if (!c.dhcp) return "";
  return c.dhcp->pxe ? show(get(*c.dhcp->pxe)) : "-";
}
template <typename Get>
std::string of_mtftp(const Config& c, Get get) {
  return of_pxe(c, [&](const PxeConfig& pxe) { return pxe.mtftp ? show(get(*pxe.mtftp)) : std::string("-"); });
}
template <typename Get>
std::string of_multicast(const Config& c, Get get) {
  return of_pxe(c, [&](const PxeConfig& pxe) { return pxe.multicast ? show(get(*pxe.multicast)) : std::string("-"); });
}

struct Reader {
  std::string_view section;
  std::string_view name;
  std::string (*read)(const Config&);
};

// One row a key, reading the snapshot; a key of an absent section reads "".
#define RACKCAST_SERVER(name)                                            \
  {                                                                      \
    "server", #name, [](const Config& c) { return show(c.server.name); } \
  }
#define RACKCAST_LOG(name)                                         \
  {                                                                \
    "log", #name, [](const Config& c) { return show(c.log.name); } \
  }
#define RACKCAST_OF(section, name, member)                                                               \
  {                                                                                                      \
#section, #name, [](const Config& c) { return c.section ? show(c.section->member) : std::string(); } \
  }
#define RACKCAST_SUBNET(name, member)                                                                \
  {                                                                                                  \
    "dhcp.subnet", #name, [](const Config& c) {                                                      \
      return c.dhcp ? each(c.dhcp->subnets, [](const auto& s) { return s.member; }) : std::string(); \
    }                                                                                                \
  }
#define RACKCAST_HOST(name)                                                                      \
  {                                                                                              \
    "dhcp.host", #name, [](const Config& c) {                                                    \
      return c.dhcp ? each(c.dhcp->hosts, [](const auto& h) { return h.name; }) : std::string(); \
    }                                                                                            \
  }
// `options` and `rules` are one value: a change of either is told of both.
#define RACKCAST_RULES(section, list)                                                                       \
  {section, "options",                                                                                      \
   [](const Config& c) {                                                                                    \
     return each_of(c, list, [](const auto& item, const OptionCatalog& k) { return item.rules.text(k); });  \
   }},                                                                                                      \
  {                                                                                                         \
    section, "rules", [](const Config& c) {                                                                 \
      return each_of(c, list, [](const auto& item, const OptionCatalog& k) { return item.rules.text(k); }); \
    }                                                                                                       \
  }
#define RACKCAST_INNER_RULES(section, each_inner)                                                        \
  {section, "options",                                                                                   \
   [](const Config& c) {                                                                                 \
     return each_inner(c, [](const auto& item, const OptionCatalog& k) { return item.rules.text(k); });  \
   }},                                                                                                   \
  {                                                                                                      \
    section, "rules", [](const Config& c) {                                                              \
      return each_inner(c, [](const auto& item, const OptionCatalog& k) { return item.rules.text(k); }); \
    }                                                                                                    \
  }
#define RACKCAST_DHCP_CLASS(name, value)                                                                           \
  {                                                                                                                \
    "dhcp.class", name, [](const Config& c) {                                                                      \
      return each_of(c, &DhcpConfig::classes,                                                                      \
                     []([[maybe_unused]] const ClassConfig& made, [[maybe_unused]] const OptionCatalog& catalog) { \
                       return value;                                                                               \
                     });                                                                                           \
    }                                                                                                              \
  }
#define RACKCAST_IDENTITY(name, value)                                                         \
  {                                                                                            \
    "dhcp.host", name, [](const Config& c) {                                                   \
      return each_of(c, &DhcpConfig::hosts, [](const HostConfig& host, const OptionCatalog&) { \
        const HostIdentity& it = host.identity;                                                \
        return value;                                                                          \
      });                                                                                      \
    }                                                                                          \
  }
#define RACKCAST_POOL(name, member)                                                                        \
  {                                                                                                        \
    "dhcp.subnet.pool", #name, [](const Config& c) {                                                       \
      return each_pool(c, [](const PoolConfig& pool, const OptionCatalog&) { return show(pool.member); }); \
    }                                                                                                      \
  }
#define RACKCAST_OPTION(section, name, each_one, value)                                              \
  {                                                                                                  \
    section, name, [](const Config& c) { return each_one(c, [](const auto& it) { return value; }); } \
  }
#define RACKCAST_CLASS(name)                                                                       \
  {                                                                                                \
    "tftp.class", #name, [](const Config& c) {                                                     \
      return c.tftp ? each(c.tftp->classes, [](const auto& k) { return k.name; }) : std::string(); \
    }                                                                                              \
  }
#define RACKCAST_TFTP_NETWORK(name)                                                                 \
  {                                                                                                 \
    "tftp.network", #name, [](const Config& c) {                                                    \
      return c.tftp ? each(c.tftp->networks, [](const auto& n) { return n.name; }) : std::string(); \
    }                                                                                               \
  }
#define RACKCAST_BOOT(name)                                               \
  {                                                                       \
    "dhcp.boot", name, [](const Config& c) { return boot_file(c, name); } \
  }
#define RACKCAST_ADMISSION(section)                                                                             \
  RACKCAST_OF(section, instances, admission.instances), RACKCAST_OF(section, per_source, admission.per_source), \
      RACKCAST_OF(section, cps, admission.cps), RACKCAST_OF(section, only_from, admission.only_from),           \
      RACKCAST_OF(section, no_access, admission.no_access),                                                     \
      RACKCAST_OF(section, access_times, admission.access_times),                                               \
      RACKCAST_OF(section, log_on_failure, admission.log_on_failure),                                           \
      RACKCAST_OF(section, admission, admission.policy)

constexpr Reader kReaders[] = {
    RACKCAST_SERVER(interfaces),
    RACKCAST_SERVER(io),
    RACKCAST_SERVER(cores),
    RACKCAST_SERVER(stream_cores),
    RACKCAST_SERVER(user),
    RACKCAST_SERVER(state_dir),
    RACKCAST_OF(dhcp, mode, mode),
    RACKCAST_OF(dhcp, lease_store, lease_store),
    RACKCAST_OF(dhcp, conflict_probe, conflict_probe),
    RACKCAST_OF(dhcp, machine_key, machine_key),
    RACKCAST_OF(dhcp, leases_per_port, leases_per_port),
    RACKCAST_OF(dhcp, leases_per_relay, leases_per_relay),
    RACKCAST_OF(dhcp, import_leases, import_leases),
    {"dhcp", "options", [](const Config& c) { return c.dhcp ? c.dhcp->rules.text(catalog_of(*c.dhcp)) : ""; }},
    {"dhcp", "rules", [](const Config& c) { return c.dhcp ? c.dhcp->rules.text(catalog_of(*c.dhcp)) : ""; }},
    RACKCAST_OPTION("dhcp.option_space", "name", each_space, it.name),
    RACKCAST_OPTION("dhcp.option_space", "code_bytes", each_space, it.code_bytes),
    RACKCAST_OPTION("dhcp.option_space", "length_bytes", each_space, it.length_bytes),
    RACKCAST_OPTION("dhcp.option", "name", each_definition, show(it.key.space) + "." + it.name),
    RACKCAST_OPTION("dhcp.option", "code", each_definition, it.key.code),
    RACKCAST_OPTION("dhcp.option", "type", each_definition, show(it.items) + show(it.repeats) + show(it.encapsulated)),
    RACKCAST_DHCP_CLASS("name", made.name),
    RACKCAST_DHCP_CLASS("match_if", made.match_if.text(catalog)),
    RACKCAST_DHCP_CLASS("match", made.match.text(catalog)),
    RACKCAST_DHCP_CLASS("spawn", made.spawn.text(catalog)),
    RACKCAST_DHCP_CLASS("lease_limit", show(made.lease_limit)),
    {"dhcp.class", "members",
     [](const Config& c) {
       return each_member(c, [](const SubclassConfig& m, const OptionCatalog&) { return show(m.value); });
     }},
    RACKCAST_RULES("dhcp.class", &DhcpConfig::classes),
    {"dhcp.class.member", "value",
     [](const Config& c) {
       return each_member(c, [](const SubclassConfig& m, const OptionCatalog&) { return show(m.value); });
     }},
    {"dhcp.class.member", "lease_limit",
     [](const Config& c) {
       return each_member(c, [](const SubclassConfig& m, const OptionCatalog&) { return show(m.lease_limit); });
     }},
    RACKCAST_INNER_RULES("dhcp.class.member", each_member),
    {"dhcp.network", "name",
     [](const Config& c) { return c.dhcp ? each(c.dhcp->networks, [](const auto& n) { return n.name; }) : ""; }},
    RACKCAST_RULES("dhcp.network", &DhcpConfig::networks),
    RACKCAST_SUBNET(subnet, subnet),
    RACKCAST_SUBNET(range, ranges),
    RACKCAST_SUBNET(bootp, bootp),
    RACKCAST_SUBNET(routers, routers),
    RACKCAST_SUBNET(dns, dns),
    RACKCAST_SUBNET(domain, domain),
    RACKCAST_SUBNET(next_server, next_server),
    RACKCAST_SUBNET(lease_seconds, lease_seconds),
    RACKCAST_SUBNET(hostname, hostname),
    RACKCAST_SUBNET(network, network),
    RACKCAST_RULES("dhcp.subnet", &DhcpConfig::subnets),
    RACKCAST_POOL(range, ranges),
    RACKCAST_POOL(bootp, bootp),
    RACKCAST_POOL(allow, allow),
    RACKCAST_POOL(deny, deny),
    RACKCAST_INNER_RULES("dhcp.subnet.pool", each_pool),
    RACKCAST_BOOT("bios"),
    RACKCAST_BOOT("efi32"),
    RACKCAST_BOOT("efi64"),
    RACKCAST_BOOT("arm32"),
    RACKCAST_BOOT("arm64"),
    RACKCAST_BOOT("default"),
    {"dhcp.boot", "http", [](const Config& c) { return c.dhcp ? c.dhcp->boot.http : std::string(); }},
    {"dhcp.boot", "ipxe", [](const Config& c) { return c.dhcp ? show(c.dhcp->boot.ipxe) : std::string(); }},
    RACKCAST_OPTION("dhcp.pxe", "discovery_control", of_pxe, it.discovery_control),
    RACKCAST_OPTION("dhcp.pxe", "discovery_group", of_pxe, it.discovery_group),
    RACKCAST_OPTION("dhcp.pxe", "prompt_seconds", of_pxe, it.prompt_seconds),
    RACKCAST_OPTION("dhcp.pxe", "prompt", of_pxe, it.prompt),
    RACKCAST_OPTION("dhcp.pxe", "credential_types", of_pxe, it.credential_types),
    RACKCAST_OPTION("dhcp.pxe.boot_server", "type", of_pxe,
                    each(it.boot_servers, [](const auto& s) { return s.type; })),
    RACKCAST_OPTION("dhcp.pxe.boot_server", "addresses", of_pxe,
                    each(it.boot_servers, [](const auto& s) { return s.addresses; })),
    RACKCAST_OPTION("dhcp.pxe.menu", "type", of_pxe, each(it.menu, [](const auto& i) { return i.type; })),
    RACKCAST_OPTION("dhcp.pxe.menu", "text", of_pxe, each(it.menu, [](const auto& i) { return i.text; })),
    RACKCAST_OPTION("dhcp.pxe.menu", "file", of_pxe, each(it.menu, [](const auto& i) { return i.file; })),
    RACKCAST_OPTION("dhcp.pxe.mtftp", "group", of_mtftp, it.group),
    RACKCAST_OPTION("dhcp.pxe.mtftp", "client_port", of_mtftp, it.client_port),
    RACKCAST_OPTION("dhcp.pxe.mtftp", "server_port", of_mtftp, it.server_port),
    RACKCAST_OPTION("dhcp.pxe.mtftp", "listen_seconds", of_mtftp, it.listen_seconds),
    RACKCAST_OPTION("dhcp.pxe.mtftp", "delay_seconds", of_mtftp, it.delay_seconds),
    RACKCAST_OPTION("dhcp.pxe.mtftp", "network_order", of_mtftp, it.network_order),
    RACKCAST_OPTION("dhcp.pxe.multicast", "base", of_multicast, it.base),
    RACKCAST_OPTION("dhcp.pxe.multicast", "block", of_multicast, it.block),
    RACKCAST_OPTION("dhcp.pxe.multicast", "range", of_multicast, it.range),
    RACKCAST_HOST(name),
    RACKCAST_HOST(mac),
    RACKCAST_IDENTITY("client_id", show(it.client_identifier)),
    RACKCAST_IDENTITY("uuid", show(it.uuid)),
    RACKCAST_IDENTITY("circuit_id", show(it.circuit_id)),
    RACKCAST_IDENTITY("remote_id", show(it.remote_id)),
    RACKCAST_IDENTITY("identifier", show(it.option) + show(it.option_value)),
    RACKCAST_HOST(more_addresses),
    RACKCAST_HOST(address),
    RACKCAST_HOST(next_server),
    RACKCAST_HOST(filename),
    RACKCAST_HOST(hostname),
    RACKCAST_RULES("dhcp.host", &DhcpConfig::hosts),
    RACKCAST_OF(tftp, listen, listen),
    RACKCAST_OF(tftp, root, root),
    RACKCAST_ADMISSION(tftp),
    RACKCAST_OF(tftp, max_windowsize, max_windowsize),
    RACKCAST_OF(tftp, max_blksize, max_blksize),
    RACKCAST_OF(tftp, single_port, single_port),
    RACKCAST_OF(tftp, ports, tid_ports),
    RACKCAST_OF(tftp, map_file, map_file),
    RACKCAST_OF(tftp, refused_options, refused_options),
    RACKCAST_OF(tftp, rate_mbit, rate_mbit),
    RACKCAST_OF(tftp, rate_mbit_per_machine, rate_mbit_per_machine),
    RACKCAST_OF(tftp, retransmit_us, retransmit_us),
    RACKCAST_OF(tftp, unique_root, unique_root),
    RACKCAST_OF(tftp, clamp_to_mtu, clamp_to_mtu),
    RACKCAST_OF(tftp, transfers_max, transfers_max),
    RACKCAST_OF(tftp, cache_bytes, cache_bytes),
    RACKCAST_OF(tftp, upload_dir, upload.dir),
    RACKCAST_OF(tftp, upload_bytes_max, upload.bytes_max),
    RACKCAST_OF(tftp, upload_total_bytes_max, upload.total_bytes_max),
    RACKCAST_OF(tftp, upload_rate_mbit, upload.rate_mbit),
    RACKCAST_TFTP_NETWORK(network),
    RACKCAST_TFTP_NETWORK(rate_mbit),
    RACKCAST_CLASS(name),
    RACKCAST_CLASS(architecture),
    RACKCAST_CLASS(vendor_class),
    RACKCAST_CLASS(network),
    RACKCAST_CLASS(max_blksize),
    RACKCAST_CLASS(max_windowsize),
    RACKCAST_CLASS(rollover),
    RACKCAST_OF(http, listen, listen),
    RACKCAST_OF(http, root, root),
    RACKCAST_ADMISSION(http),
    RACKCAST_OF(ftp, listen, listen),
    RACKCAST_OF(ftp, root, root),
    RACKCAST_OF(ftp, passive_ports, passive_ports),
    RACKCAST_ADMISSION(ftp),
    RACKCAST_OF(board, listen, listen),
    RACKCAST_LOG(level),
    RACKCAST_LOG(syslog),
};

bool section_on(const Config& config, std::string_view section) {
  if (section == "dhcp") return config.dhcp.has_value();
  if (section == "tftp") return config.tftp.has_value();
  if (section == "http") return config.http.has_value();
  if (section == "ftp") return config.ftp.has_value();
  if (section == "board") return config.board.has_value();
  return true;
}

}  // namespace

std::string value_text(const Config& config, const KeySpec& key) {
  const auto* const found = std::find_if(std::begin(kReaders), std::end(kReaders), [&](const Reader& reader) {
    return reader.section == key.section && reader.name == key.name;
  });
  return found == std::end(kReaders) ? "" : found->read(config);
}

ReloadPlan reload_plan(const Config& before, const Config& after) {
  ReloadPlan plan;
  for (const std::string_view section : {"dhcp", "tftp", "http", "ftp", "board"})
    if (section_on(before, section) != section_on(after, section))
      plan.restart.push_back("[" + std::string(section) + "]");
  for (const KeySpec& key : config_keys()) {
    const std::string_view top = key.section.substr(0, key.section.find('.'));
    if (section_on(before, top) != section_on(after, top)) continue;  // told as the section
    if (value_text(before, key) == value_text(after, key)) continue;
    (key.applies == Applies::kLive ? plan.live : plan.restart).push_back(full_name(key));
  }
  return plan;
}

}  // namespace rackcast
