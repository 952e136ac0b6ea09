// [[dhcp.host]]: known machines, by any identity.
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "core/config/parse.h"
#include "core/config/read_policy.h"
#include "core/config/section_reader.h"
#include "core/config/sections.h"

namespace rackcast::config_detail {
namespace {

constexpr std::size_t kOptionBytesMax = 255;

std::string line_text(Position at) {
  return "line " + std::to_string(at.line);
}

// What must be unique among hosts, with the line that had it first.
struct HostsSeen {
  std::map<std::string, Position, std::less<>> names;
  std::map<net::MacAddress, Position> macs;
  std::set<net::MacAddress> macs_without_address;
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

void check_host_address(const SectionReader& reader, std::string_view key, const Located<net::Ipv4Address>& located,
                        const std::vector<SubnetConfig>& subnets) {
  const net::Ipv4Address address = located.value;
  const auto home = std::find_if(subnets.begin(), subnets.end(),
                                 [&](const SubnetConfig& subnet) { return subnet.subnet.contains(address); });
  const Position at = located.at;
  const std::string text(address.text().view());
  if (home == subnets.end()) {
    reader.warning(key, at, text + " is outside every [[dhcp.subnet]]: it is never offered");
    return;
  }
  if (home->subnet.length <= 30 && (address == home->subnet.base || address == home->subnet.broadcast()))
    reader.error(key, at, text + " is the network's own or its broadcast address");
  if (std::find(home->routers.begin(), home->routers.end(), address) != home->routers.end())
    reader.warning(key, at, text + " is also a router of its subnet");
}

void read_mac(const SectionReader& reader, HostConfig& host) {
  const auto text = reader.text("mac");
  if (!text) return;
  const auto mac = net::MacAddress::parse(*text);
  if (!mac || mac->is_zero() || (mac->octets[0] & 1U) != 0)
    reader.error("mac", reader.place("mac"),
                 quoted(*text) + " is not a machine's MAC address, as in \"12:34:56:78:ab:cd\"");
  else
    host.mac = *mac;
}

// "00112233-4455-6677-8899-aabbccddeeff"
std::optional<std::array<std::uint8_t, 16>> parse_uuid(std::string_view text) {
  constexpr std::array<std::size_t, 4> kDashes{8, 13, 18, 23};
  std::string digits;
  if (text.size() != 36) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = std::find(kDashes.begin(), kDashes.end(), i) != kDashes.end();
    if (dash != (text[i] == '-')) return std::nullopt;
    if (!dash) digits += text[i];
  }
  const std::vector<std::byte> octets = octets_of("0x" + digits);
  std::array<std::uint8_t, 16> uuid{};
  if (octets.size() != uuid.size()) return std::nullopt;
  std::transform(octets.begin(), octets.end(), uuid.begin(),
                 [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
  return uuid;
}

void read_identifier(const SectionReader& reader, PolicyReader& policy, HostIdentity& identity, ProblemList& problems) {
  const Node* const table = reader.table("identifier");
  if (table == nullptr) return;
  for (const NodeEntry& entry : table->entries)
    if (entry.key != "option" && entry.key != "value")
      problems.error(entry.key_at, "dhcp.host.identifier." + entry.key,
                     "unknown key " + quoted(entry.key) + "; identifier has option and value");
  const NodeEntry* const name = table->find("option");
  const NodeEntry* const value = table->find("value");
  if (name == nullptr || name->value.kind != NodeKind::kText || value == nullptr)
    return reader.error(
        "identifier", table->at,
        "needs option and value, as in identifier = " + std::string(find_key("dhcp.host", "identifier")->example));
  const OptionDefinition* const option = policy.find_option(name->value.text);
  if (option == nullptr)
    return reader.error("identifier", name->value.at, "there is no option " + quoted(name->value.text));
  identity.option = option->key;
  identity.option_value =
      policy.option_value(reader, "identifier", *option, value->value).value_or(identity.option_value);
}

void read_identity(const SectionReader& reader, PolicyReader& policy, HostConfig& host, ProblemList& problems) {
  read_mac(reader, host);
  HostIdentity& identity = host.identity;
  const auto octets = [&](std::string_view key, std::vector<std::byte>& value) {
    if (const auto text = reader.text(key)) value = octets_of(*text);
    if (value.size() > kOptionBytesMax) reader.error(key, reader.place(key), "longer than the 255 octets of an option");
  };
  octets("client_id", identity.client_identifier);
  octets("circuit_id", identity.circuit_id);
  octets("remote_id", identity.remote_id);
  if (const auto text = reader.text("uuid")) {
    identity.uuid = parse_uuid(*text);
    if (!identity.uuid)
      reader.error("uuid", reader.place("uuid"),
                   quoted(*text) + " is not a UUID, as in " + std::string(find_key("dhcp.host", "uuid")->example));
  }
  read_identifier(reader, policy, identity, problems);
  constexpr std::array<std::string_view, 6> kIdentities{"mac",        "client_id", "uuid",
                                                        "circuit_id", "remote_id", "identifier"};
  if (std::none_of(kIdentities.begin(), kIdentities.end(),
                   [&](std::string_view key) { return reader.find(key) != nullptr; }))
    reader.error("mac", reader.at(),
                 "needs mac, as in mac = \"12:34:56:78:ab:cd\", or client_id, uuid, circuit_id, "
                 "remote_id or identifier");
}

HostConfig read_host(const Node& table, const std::vector<SubnetConfig>& subnets, HostsSeen& seen, PolicyReader& policy,
                     ProblemList& problems) {
  const SectionReader reader(table, "dhcp.host", problems);
  HostConfig host;
  host.name = reader.text("name").value_or("");
  if (!host.name.empty()) note_unique(reader, seen.names, host.name, "name", quoted(host.name));
  read_identity(reader, policy, host, problems);
  if (const auto address = reader.ipv4("address")) {
    host.address = address->value;
    note_unique(reader, seen.addresses, address->value, "address", address->value.text().view());
    check_host_address(reader, "address", *address, subnets);
  }
  for (const auto& address : reader.ipv4s("more_addresses")) {
    host.more_addresses.push_back(address.value);
    note_unique(reader, seen.addresses, address.value, "more_addresses", address.value.text().view());
    check_host_address(reader, "more_addresses", address, subnets);
  }
  if (!host.address && !host.more_addresses.empty())
    reader.error("more_addresses", reader.place("more_addresses"), "are besides `address`: write the first one there");
  // One machine may have an entry with an address in each network; without an address the entries would be one.
  if (!host.mac.is_zero() &&
      (!host.address || seen.macs.find(host.mac) == seen.macs.end() || seen.macs_without_address.count(host.mac) > 0)) {
    note_unique(reader, seen.macs, host.mac, "mac", host.mac.text().view());
    if (!host.address) seen.macs_without_address.insert(host.mac);
  }
  if (const auto server = reader.ipv4("next_server")) host.next_server = server->value;
  host.filename = reader.text("filename");
  if (host.filename) warn_long_file(reader, "filename", reader.place("filename"), *host.filename);
  host.hostname = reader.text("hostname");
  host.rules = policy.rules(reader);
  return host;
}

}  // namespace

std::vector<HostConfig> read_hosts(const Node& dhcp, const std::vector<SubnetConfig>& subnets, PolicyReader& policy,
                                   ProblemList& problems) {
  std::vector<HostConfig> hosts;
  HostsSeen seen;
  for (const Node* const host : array_section(dhcp, "host", "dhcp.host", kHostsMax, problems))
    hosts.push_back(read_host(*host, subnets, seen, policy, problems));
  return hosts;
}

}  // namespace rackcast::config_detail
