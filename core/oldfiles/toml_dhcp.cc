#include "core/oldfiles/toml_dhcp.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "core/config/read_policy.h"
#include "core/config/sections.h"
#include "core/policy/rule_text.h"

namespace rackcast::toml_detail {
namespace {

using config_detail::octets_text;

std::string text_of(net::Ipv4Address address) {
  return std::string(address.text().view());
}
std::string range_text(const AddressRange& range) {
  return range.first == range.last ? text_of(range.first) : text_of(range.first) + "-" + text_of(range.last);
}

class DhcpWriter {
 public:
  DhcpWriter(Writer& out, const DhcpConfig& dhcp)
      : out_(out), dhcp_(dhcp), catalog_(dhcp.catalog == nullptr ? built_in_ : *dhcp.catalog) {}

  void write() {
    top();
    definitions();
    for (const ClassConfig& made : dhcp_.classes) class_of(made);
    for (const SharedNetworkConfig& network : dhcp_.networks) {
      out_.array_section("dhcp.network");
      out_.text("name", network.name);
      rules(network.rules);
    }
    for (const SubnetConfig& subnet : dhcp_.subnets) write_subnet(subnet);
    boot();
    if (dhcp_.pxe) pxe(*dhcp_.pxe);
    for (const HostConfig& host : dhcp_.hosts) write_host(host);
  }

 private:
  void rules(const Rules& rules) {
    if (!rules.empty()) out_.lines("rules", rules.text(catalog_));
  }
  void address(std::string_view key, const std::optional<net::Ipv4Address>& value) {
    if (value) out_.text(key, text_of(*value));
  }
  void optional_text(std::string_view key, std::string_view value) {
    if (!value.empty()) out_.text(key, value);
  }
  void octets(std::string_view key, std::span<const std::byte> value) {
    if (!value.empty()) out_.text(key, octets_text(value));
  }

  void top() {
    constexpr std::array<std::string_view, 3> kModes{"authoritative", "proxy", "off"};
    constexpr std::array<std::string_view, 3> kProbes{"off", "arp", "icmp"};
    constexpr std::array<std::string_view, 3> kKeys{"mac", "uuid", "client_id"};
    const DhcpConfig presets;
    out_.section("dhcp");
    out_.text("mode", kModes.at(static_cast<std::size_t>(dhcp_.mode)));
    if (dhcp_.lease_store != presets.lease_store) out_.text("lease_store", dhcp_.lease_store);
    if (dhcp_.conflict_probe != presets.conflict_probe)
      out_.text("conflict_probe", kProbes.at(static_cast<std::size_t>(dhcp_.conflict_probe)));
    if (dhcp_.machine_key != presets.machine_key)
      out_.text("machine_key", kKeys.at(static_cast<std::size_t>(dhcp_.machine_key)));
    if (dhcp_.leases_per_port) out_.number("leases_per_port", *dhcp_.leases_per_port);
    if (dhcp_.leases_per_relay) out_.number("leases_per_relay", *dhcp_.leases_per_relay);
    optional_text("import_leases", dhcp_.import_leases);
    rules(dhcp_.rules);
  }

  void definitions() {
    for (std::size_t i = OptionCatalog::kBuiltInSpaces; i < catalog_.spaces(); ++i) {
      const OptionSpace& space = catalog_.space(static_cast<std::uint16_t>(i));
      out_.array_section("dhcp.option_space");
      out_.text("name", space.name);
      if (space.code_bytes != 1) out_.number("code_bytes", space.code_bytes);
      if (space.length_bytes != 1) out_.number("length_bytes", space.length_bytes);
    }
    for (const OptionDefinition& option : catalog_.defined()) {
      const std::string space = option.key.space == kDhcpSpace ? "" : catalog_.space(option.key.space).name + ".";
      out_.array_section("dhcp.option");
      out_.text("name", space + option.name);
      out_.number("code", option.key.code);
      out_.text("type", type_text(catalog_, option));
    }
  }

  void class_of(const ClassConfig& made) {
    out_.array_section("dhcp.class");
    out_.text("name", made.name);
    if (!made.match_if.empty()) out_.text("match_if", made.match_if.text(catalog_));
    if (!made.match.empty()) out_.text("match", made.match.text(catalog_));
    if (!made.spawn.empty()) out_.text("spawn", made.spawn.text(catalog_));
    if (made.lease_limit) out_.number("lease_limit", *made.lease_limit);
    std::vector<const SubclassConfig*> plain;
    for (const SubclassConfig& member : made.subclasses)
      if (member.rules.empty() && !member.lease_limit) plain.push_back(&member);
    if (!plain.empty()) out_.list("members", plain, [](const SubclassConfig* m) { return octets_text(m->value); });
    rules(made.rules);
    for (const SubclassConfig& member : made.subclasses) {
      if (member.rules.empty() && !member.lease_limit) continue;
      out_.array_section("dhcp.class.member");
      out_.text("value", octets_text(member.value));
      if (member.lease_limit) out_.number("lease_limit", *member.lease_limit);
      rules(member.rules);
    }
  }

  std::string permit_text(const Permit& permit) const {
    const std::string word(config_detail::kPermitWords.at(static_cast<std::size_t>(permit.kind)));
    return permit.kind == PermitKind::kMembersOf ? word + " " + dhcp_.classes.at(permit.class_number).name : word;
  }

  void write_subnet(const SubnetConfig& subnet) {
    const LeaseSeconds presets;
    out_.array_section("dhcp.subnet");
    out_.text("subnet", subnet.subnet.text().view());
    if (subnet.network) out_.text("network", dhcp_.networks.at(*subnet.network).name);
    if (!subnet.ranges.empty()) out_.list("range", subnet.ranges, range_text);
    if (subnet.bootp) out_.line("bootp", "true");
    if (!subnet.routers.empty()) out_.list("routers", subnet.routers, text_of);
    if (!subnet.dns.empty()) out_.list("dns", subnet.dns, text_of);
    optional_text("domain", subnet.domain.value_or(""));
    address("next_server", subnet.next_server);
    if (subnet.lease_seconds.preset != presets.preset || subnet.lease_seconds.longest != presets.longest)
      out_.line("lease_seconds", "{ default = " + std::to_string(subnet.lease_seconds.preset) +
                                     ", max = " + std::to_string(subnet.lease_seconds.longest) + " }");
    optional_text("hostname", subnet.hostname);
    rules(subnet.rules);
    for (const PoolConfig& pool : subnet.pools) {
      const auto permits = [this](const Permit& permit) { return permit_text(permit); };
      out_.array_section("dhcp.subnet.pool");
      out_.list("range", pool.ranges, range_text);
      if (pool.bootp) out_.line("bootp", "true");
      if (!pool.allow.empty()) out_.list("allow", pool.allow, permits);
      if (!pool.deny.empty()) out_.list("deny", pool.deny, permits);
      rules(pool.rules);
    }
  }

  void boot() {
    const BootConfig& boot = dhcp_.boot;
    if (boot.by_architecture.empty() && boot.ipxe.empty() && boot.http.empty()) return;
    out_.section("dhcp.boot");
    for (const auto& [architecture, file] : boot.by_architecture) out_.text(architecture, file);
    optional_text("http", boot.http);
    std::string ipxe;
    for (const auto& [architecture, file] : boot.ipxe)
      ipxe += (ipxe.empty() ? "" : ", ") + architecture + " = " + out_.quoted(file);
    if (!ipxe.empty()) out_.line("ipxe", "{ " + ipxe + " }");
  }

  void pxe(const PxeConfig& pxe) {
    out_.section("dhcp.pxe");
    if (pxe.discovery_control) out_.number("discovery_control", *pxe.discovery_control);
    address("discovery_group", pxe.discovery_group);
    if (pxe.prompt_seconds) out_.number("prompt_seconds", *pxe.prompt_seconds);
    optional_text("prompt", pxe.prompt);
    std::string types;
    for (const std::uint32_t type : pxe.credential_types) types += (types.empty() ? "" : ", ") + std::to_string(type);
    if (!types.empty()) out_.line("credential_types", "[" + types + "]");
    for (const PxeBootServer& server : pxe.boot_servers) {
      out_.array_section("dhcp.pxe.boot_server");
      out_.number("type", server.type);
      if (!server.addresses.empty()) out_.list("addresses", server.addresses, text_of);
    }
    for (const PxeMenuItem& item : pxe.menu) {
      out_.array_section("dhcp.pxe.menu");
      out_.number("type", item.type);
      out_.text("text", item.text);
      optional_text("file", item.file);
    }
    if (pxe.mtftp) mtftp(*pxe.mtftp);
    if (!pxe.multicast) return;
    out_.section("dhcp.pxe.multicast");
    address("base", pxe.multicast->base);
    if (pxe.multicast->block != 1) out_.number("block", pxe.multicast->block);
    if (pxe.multicast->range != 1) out_.number("range", pxe.multicast->range);
  }

  void mtftp(const PxeMtftp& mtftp) {
    out_.section("dhcp.pxe.mtftp");
    address("group", mtftp.group);
    out_.number("client_port", mtftp.client_port);
    out_.number("server_port", mtftp.server_port);
    if (mtftp.listen_seconds != 1) out_.number("listen_seconds", mtftp.listen_seconds);
    if (mtftp.delay_seconds != 1) out_.number("delay_seconds", mtftp.delay_seconds);
    if (mtftp.network_order) out_.line("network_order", "true");
  }

  static std::string uuid_text(const std::array<std::uint8_t, 16>& octets) {
    std::string text;
    for (std::size_t i = 0; i < octets.size(); ++i) {
      std::array<char, 4> digits{};
      (void)std::snprintf(digits.data(), digits.size(), "%02x", octets.at(i));
      text += (i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "") + std::string(digits.data());
    }
    return text;
  }

  // The other way of PolicyReader::option_value: text of the language, or a string that becomes one.
  std::string identifier_value(const HostIdentity& identity) {
    const OptionDefinition* const option = catalog_.find(*identity.option);
    const auto& value = identity.option_value;
    const bool is_text = option != nullptr && option->items.size() == 1 &&
                         (option->items.front() == ItemType::kText || option->items.front() == ItemType::kBytes);
    if (!is_text) return out_.quoted(option_value_text(catalog_, *identity.option, value));
    std::string text;
    for (const std::byte b : value) text += static_cast<char>(b);
    if (option->items.front() == ItemType::kText) return out_.quoted(text);
    return out_.quoted(octets_text(value));
  }

  void write_host(const HostConfig& host) {
    const HostIdentity& identity = host.identity;
    out_.array_section("dhcp.host");
    out_.text("name", host.name);
    if (!host.mac.is_zero()) out_.text("mac", host.mac.text().view());
    octets("client_id", identity.client_identifier);
    if (identity.uuid) out_.text("uuid", uuid_text(*identity.uuid));
    octets("circuit_id", identity.circuit_id);
    octets("remote_id", identity.remote_id);
    if (identity.option)
      out_.line("identifier", "{ option = " + out_.quoted(option_name_text(catalog_, *identity.option)) +
                                  ", value = " + identifier_value(identity) + " }");
    address("address", host.address);
    if (!host.more_addresses.empty()) out_.list("more_addresses", host.more_addresses, text_of);
    address("next_server", host.next_server);
    optional_text("filename", host.filename.value_or(""));
    optional_text("hostname", host.hostname.value_or(""));
    rules(host.rules);
  }

  Writer& out_;
  const DhcpConfig& dhcp_;
  OptionCatalog built_in_;
  const OptionCatalog& catalog_;
};

}  // namespace

void write_dhcp(Writer& out, const DhcpConfig& dhcp) {
  DhcpWriter(out, dhcp).write();
}

}  // namespace rackcast::toml_detail
