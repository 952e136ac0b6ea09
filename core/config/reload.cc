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
    RACKCAST_SUBNET(subnet, subnet),
    RACKCAST_SUBNET(range, ranges),
    RACKCAST_SUBNET(bootp, bootp),
    RACKCAST_SUBNET(routers, routers),
    RACKCAST_SUBNET(dns, dns),
    RACKCAST_SUBNET(domain, domain),
    RACKCAST_SUBNET(next_server, next_server),
    RACKCAST_SUBNET(lease_seconds, lease_seconds),
    RACKCAST_SUBNET(hostname, hostname),
    RACKCAST_BOOT("bios"),
    RACKCAST_BOOT("efi32"),
    RACKCAST_BOOT("efi64"),
    RACKCAST_BOOT("arm32"),
    RACKCAST_BOOT("arm64"),
    RACKCAST_BOOT("default"),
    {"dhcp.boot", "http", [](const Config& c) { return c.dhcp ? c.dhcp->boot.http : std::string(); }},
    {"dhcp.boot", "ipxe", [](const Config& c) { return c.dhcp ? show(c.dhcp->boot.ipxe) : std::string(); }},
    RACKCAST_HOST(name),
    RACKCAST_HOST(mac),
    RACKCAST_HOST(address),
    RACKCAST_HOST(next_server),
    RACKCAST_HOST(filename),
    RACKCAST_HOST(hostname),
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
