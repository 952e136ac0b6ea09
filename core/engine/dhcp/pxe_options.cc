#include "core/engine/dhcp/pxe_options.h"

#include <algorithm>
#include <array>

#include "proto/bytes/writer.h"
#include "proto/dhcp/options.h"

namespace rackcast::engine {
namespace {

// PXE 2.1 §2.2.1.
enum class PxeOption : std::uint8_t {
  kMtftpGroup = 1,
  kMtftpClientPort = 2,
  kMtftpServerPort = 3,
  kMtftpListenSeconds = 4,
  kMtftpDelaySeconds = 5,
  kDiscoveryControl = 6,
  kDiscoveryGroup = 7,
  kBootServers = 8,
  kBootMenu = 9,
  kMenuPrompt = 10,
  kMulticastAllocation = 11,
  kCredentialTypes = 12,
  kBootItem = 71,
  kEnd = 255,
};
constexpr std::byte kGivenBit{8};  // of kDiscoveryControl

using Octets = std::vector<std::byte>;

void put_u8(Octets& out, std::size_t value) {
  out.push_back(static_cast<std::byte>(value));
}
void put_be16(Octets& out, std::uint16_t value) {
  put_u8(out, value >> 8U);
  put_u8(out, value & 0xFFU);
}
void put_be32(Octets& out, std::uint32_t value) {
  put_be16(out, static_cast<std::uint16_t>(value >> 16U));
  put_be16(out, static_cast<std::uint16_t>(value & 0xFFFFU));
}
// In "Intel order" unless the firmware is known to want the other.
void put_mtftp_port(Octets& out, std::uint16_t port, bool network_order) {
  if (network_order) return put_be16(out, port);
  put_u8(out, port & 0xFFU);
  put_u8(out, port >> 8U);
}
void put_address(Octets& out, net::Ipv4Address address) {
  for (unsigned i = 0; i < 4; ++i) put_u8(out, address.octet(i));
}
void put_text(Octets& out, std::string_view text) {
  for (const char c : text) put_u8(out, static_cast<unsigned char>(c));
}

class ItemList {
 public:
  // Whole or not at all; what comes later may still fit.
  void put(PxeOption option, const Octets& value) {
    if (value.size() > room()) return;
    put_u8(out_, static_cast<std::size_t>(option));
    put_u8(out_, value.size());
    out_.insert(out_.end(), value.begin(), value.end());
  }
  // Of an option's value.
  [[nodiscard]] std::size_t room() const {
    const std::size_t used = out_.size() + 2 + 1;  // its own head, the end
    return used > kPxeOptionsBytesMax ? 0 : kPxeOptionsBytesMax - used;
  }
  Octets finish() {
    if (out_.empty()) return {};
    put_u8(out_, static_cast<std::size_t>(PxeOption::kEnd));
    return std::move(out_);
  }

 private:
  Octets out_;
};

void put_mtftp(ItemList& list, const PxeMtftp& mtftp) {
  Octets group;
  put_address(group, mtftp.group);
  list.put(PxeOption::kMtftpGroup, group);
  Octets client;
  put_mtftp_port(client, mtftp.client_port, mtftp.network_order);
  list.put(PxeOption::kMtftpClientPort, client);
  Octets server;
  put_mtftp_port(server, mtftp.server_port, mtftp.network_order);
  list.put(PxeOption::kMtftpServerPort, server);
  list.put(PxeOption::kMtftpListenSeconds, {static_cast<std::byte>(mtftp.listen_seconds)});
  list.put(PxeOption::kMtftpDelaySeconds, {static_cast<std::byte>(mtftp.delay_seconds)});
}

void put_multicast(ItemList& list, const PxeMulticast& multicast) {
  Octets value;
  put_address(value, multicast.base);
  put_be16(value, multicast.block);
  put_be16(value, multicast.range);
  list.put(PxeOption::kMulticastAllocation, value);
}

// Entries in order, as many as leave room.
template <typename Entries, typename Encode>
Octets encode_entries(const Entries& entries, std::size_t room, Encode&& encode) {
  Octets value;
  for (const auto& entry : entries) {
    const Octets item = encode(entry);
    if (value.size() + item.size() > room) break;
    value.insert(value.end(), item.begin(), item.end());
  }
  return value;
}

Octets encode_server(const PxeBootServer& server) {
  Octets item;
  put_be16(item, server.type);
  put_u8(item, server.addresses.size());
  for (const net::Ipv4Address address : server.addresses) put_address(item, address);
  return item;
}

Octets encode_credential_type(std::uint32_t type) {
  Octets item;
  put_be32(item, type);
  return item;
}

Octets encode_menu_item(const PxeMenuItem& entry) {
  Octets item;
  const std::string_view text = std::string_view(entry.text).substr(0, 255);
  put_be16(item, entry.type);
  put_u8(item, text.size());
  put_text(item, text);
  return item;
}

constexpr std::array kGiven{static_cast<std::byte>(PxeOption::kDiscoveryControl), std::byte{1}, kGivenBit,
                            static_cast<std::byte>(PxeOption::kEnd)};

}  // namespace

std::optional<PxeBootItem> parse_boot_item(std::span<const std::byte> option_43) {
  const auto value =
      dhcp4::find_item(option_43, static_cast<std::uint8_t>(PxeOption::kBootItem), dhcp4::Framing::kOptions);
  if (!value || value->size() != 4) return std::nullopt;
  const auto be16 = [&](std::size_t at) {
    return static_cast<std::uint16_t>(std::to_integer<unsigned>((*value)[at]) << 8U |
                                      std::to_integer<unsigned>((*value)[at + 1]));
  };
  return PxeBootItem{be16(0), be16(2)};
}

std::vector<std::byte> encode_pxe_options(const PxeConfig& config) {
  ItemList list;
  if (config.mtftp) put_mtftp(list, *config.mtftp);
  const bool only_mtftp = config.mtftp && !config.discovery_group && !config.prompt_seconds &&
                          config.boot_servers.empty() && config.menu.empty() && !config.multicast;
  if (config.discovery_control)
    list.put(PxeOption::kDiscoveryControl, {static_cast<std::byte>(*config.discovery_control)});
  else if (only_mtftp)  // EDK2 drops an offer that has MTFTP's options and none of PXE 2's
    list.put(PxeOption::kDiscoveryControl, {kGivenBit});
  if (config.discovery_group) {
    Octets group;
    put_address(group, *config.discovery_group);
    list.put(PxeOption::kDiscoveryGroup, group);
  }
  // The prompt before what may be long: without it a menu is not shown.
  if (config.prompt_seconds) {
    Octets prompt;
    put_u8(prompt, *config.prompt_seconds);
    put_text(prompt, config.prompt);
    list.put(PxeOption::kMenuPrompt, prompt);
  }
  if (config.multicast) put_multicast(list, *config.multicast);
  if (!config.credential_types.empty())
    list.put(PxeOption::kCredentialTypes, encode_entries(config.credential_types, list.room(), encode_credential_type));
  if (!config.boot_servers.empty())
    list.put(PxeOption::kBootServers, encode_entries(config.boot_servers, list.room(), encode_server));
  if (!config.menu.empty()) list.put(PxeOption::kBootMenu, encode_entries(config.menu, list.room(), encode_menu_item));
  return list.finish();
}

std::span<const std::byte> boot_file_is_given() {
  return kGiven;
}

std::array<std::byte, kBootItemBytes> encode_boot_item(PxeBootItem item) {
  std::array<std::byte, kBootItemBytes> out{};
  bytes::Writer writer(out);
  writer.u8(static_cast<std::uint8_t>(PxeOption::kBootItem));
  writer.u8(4);
  writer.be16(item.type);
  writer.be16(item.layer);
  writer.u8(static_cast<std::uint8_t>(PxeOption::kEnd));
  return out;
}

PxeFile file_of_item(const PxeConfig& config, PxeBootItem item) {
  for (const PxeMenuItem& entry : config.menu) {
    if (entry.type != item.type || entry.file.empty()) continue;
    PxeFile file(entry.file);
    if (entry.file.find('.') != std::string::npos) return item.layer == 0 ? file : PxeFile{};
    std::array<char, 8> digits{};
    std::size_t count = 0;
    for (unsigned rest = item.layer; count == 0 || rest > 0; rest /= 10)
      digits[count++] = static_cast<char>('0' + rest % 10);
    std::reverse(digits.begin(), digits.begin() + count);
    (void)file.append(".");
    (void)file.append({digits.data(), count});
    return file.cut() ? PxeFile{} : file;
  }
  return {};
}

}  // namespace rackcast::engine
