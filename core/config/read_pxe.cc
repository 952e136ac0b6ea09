// [dhcp.pxe]: what PXE's option 43 says.
#include <algorithm>

#include "core/config/section_reader.h"
#include "core/config/sections.h"

namespace rackcast::config_detail {
namespace {

constexpr std::size_t kMenuTextBytesMax = 255;

// A multicast address; nullopt when absent or reported.
std::optional<net::Ipv4Address> group(const SectionReader& reader, std::string_view key) {
  const auto text = reader.text(key);
  if (!text) return std::nullopt;
  const auto address = net::Ipv4Address::parse(*text);
  if (address && address->is_multicast()) return address;
  reader.error(key, reader.place(key), quoted(*text) + " is not a multicast address, as in \"239.255.77.2\"");
  return std::nullopt;
}

template <typename T>
void small(const SectionReader& reader, std::string_view key, T& value) {
  if (const auto given = reader.integer(key)) value = static_cast<T>(*given);
}

PxeBootServer read_boot_server(const Node& table, ProblemList& problems) {
  const SectionReader reader(table, "dhcp.pxe.boot_server", problems);
  PxeBootServer server;
  small(reader, "type", server.type);
  for (const auto& address : reader.ipv4s("addresses")) server.addresses.push_back(address.value);
  return server;
}

PxeMenuItem read_item(const Node& table, ProblemList& problems) {
  const SectionReader reader(table, "dhcp.pxe.menu", problems);
  PxeMenuItem item;
  small(reader, "type", item.type);
  item.text = reader.text("text").value_or("");
  item.file = reader.text("file").value_or("");
  if (item.text.size() > kMenuTextBytesMax)
    reader.error("text", reader.place("text"), "longer than the 255 bytes of an item");
  return item;
}

PxeMtftp read_mtftp(const Node& table, ProblemList& problems) {
  const SectionReader reader(table, "dhcp.pxe.mtftp", problems);
  PxeMtftp mtftp;
  mtftp.group = group(reader, "group").value_or(net::Ipv4Address());
  small(reader, "client_port", mtftp.client_port);
  small(reader, "server_port", mtftp.server_port);
  small(reader, "listen_seconds", mtftp.listen_seconds);
  small(reader, "delay_seconds", mtftp.delay_seconds);
  mtftp.network_order = reader.boolean("network_order").value_or(false);
  return mtftp;
}

PxeMulticast read_multicast(const Node& table, ProblemList& problems) {
  const SectionReader reader(table, "dhcp.pxe.multicast", problems);
  PxeMulticast multicast;
  multicast.base = group(reader, "base").value_or(net::Ipv4Address());
  small(reader, "block", multicast.block);
  small(reader, "range", multicast.range);
  return multicast;
}

}  // namespace

std::optional<PxeConfig> read_pxe(const Node& dhcp, ProblemList& problems) {
  const Node* const table = table_section(dhcp, "pxe", "dhcp.pxe", problems);
  if (table == nullptr) return std::nullopt;
  const SectionReader reader(*table, "dhcp.pxe", problems);
  PxeConfig pxe;
  if (const auto bits = reader.integer("discovery_control")) pxe.discovery_control = static_cast<std::uint8_t>(*bits);
  pxe.discovery_group = group(reader, "discovery_group");
  if (const auto wait = reader.integer("prompt_seconds")) pxe.prompt_seconds = static_cast<std::uint8_t>(*wait);
  pxe.prompt = reader.text("prompt").value_or("");
  if (!pxe.prompt.empty() && !pxe.prompt_seconds)
    reader.error("prompt", reader.place("prompt"), "needs prompt_seconds, as in prompt_seconds = 10");
  for (const Node* const server : array_section(*table, "boot_server", "dhcp.pxe.boot_server", kPxeItemsMax, problems))
    pxe.boot_servers.push_back(read_boot_server(*server, problems));
  for (const Node* const item : array_section(*table, "menu", "dhcp.pxe.menu", kPxeItemsMax, problems))
    pxe.menu.push_back(read_item(*item, problems));
  if (const Node* const mtftp = table_section(*table, "mtftp", "dhcp.pxe.mtftp", problems))
    pxe.mtftp = read_mtftp(*mtftp, problems);
  if (const Node* const multicast = table_section(*table, "multicast", "dhcp.pxe.multicast", problems))
    pxe.multicast = read_multicast(*multicast, problems);
  for (const auto& type : reader.integers("credential_types"))
    pxe.credential_types.push_back(static_cast<std::uint32_t>(type.value));
  return pxe;
}

}  // namespace rackcast::config_detail
