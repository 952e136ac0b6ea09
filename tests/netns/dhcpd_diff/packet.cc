#include "tests/netns/dhcpd_diff/packet.h"

#include <algorithm>
#include <cctype>

#include "proto/dhcp/options.h"

namespace rackcast::dhcpd_diff {
namespace {

constexpr std::uint8_t kOverloadCode = 52;

std::string text_of(std::span<const std::byte> octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

void add_order(std::span<const std::byte> field, Packet& packet) {
  dhcp4::OptionWalker walker(field);
  while (const auto item = walker.next()) {
    const auto code = static_cast<std::uint8_t>(item->code);
    if (code == kOverloadCode) continue;
    if (std::find(packet.order.begin(), packet.order.end(), code) == packet.order.end()) packet.order.push_back(code);
  }
}

std::string octets_of(net::Ipv4Address address) {
  std::string octets;
  for (unsigned i = 0; i < 4; ++i) octets.push_back(static_cast<char>(address.octet(i)));
  return octets;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

}  // namespace

const std::string* Packet::option(std::uint8_t code) const {
  const auto found = options.find(code);
  return found == options.end() ? nullptr : &found->second;
}

unsigned Packet::type() const {
  const std::string* value = option(53);
  return value == nullptr || value->size() != 1 ? 0 : static_cast<unsigned char>(value->front());
}

std::optional<net::Ipv4Address> Packet::relay_address(std::uint8_t code) const {
  const std::string* value = option(82);
  if (value == nullptr) return std::nullopt;
  const auto item = dhcp4::find_item(std::as_bytes(std::span(*value)), code, dhcp4::Framing::kSubOptions);
  return item ? dhcp4::as_address(*item) : std::nullopt;
}

bool Packet::boots() const {
  const std::string* vendor = option(60);
  return option(93) != nullptr ||
         (vendor != nullptr && (vendor->starts_with("PXEClient") || vendor->starts_with("HTTPClient")));
}

bool decode_message(std::span<const std::byte> payload, Packet& packet) {
  const auto message = dhcp4::parse_message(payload);
  if (!message) return false;
  std::vector<std::byte> scratch(payload.size());
  const dhcp4::Options options(*message, scratch);
  packet.size = payload.size();
  packet.header = message->header;
  packet.cookie = message->has_cookie;
  if (!packet.cookie) packet.raw_vendor = text_of(message->vendor_area);
  packet.overload = static_cast<unsigned>(options.overload());
  if (!dhcp4::covers_file(options.overload())) packet.file = message->file_text();
  if (!dhcp4::covers_sname(options.overload())) packet.sname = message->sname_text();
  add_order(message->options, packet);
  if (dhcp4::covers_file(options.overload())) add_order(message->file, packet);
  if (dhcp4::covers_sname(options.overload())) add_order(message->sname, packet);
  for (unsigned code = 1; code < 255; ++code) {
    const auto number = static_cast<std::uint8_t>(code);
    const auto value = options.get(static_cast<dhcp4::OptionCode>(number));
    if (value && number != kOverloadCode) packet.options[number] = text_of(*value);
  }
  return true;
}

std::string type_name(const Packet& packet) {
  const unsigned type = packet.type();
  return type == 0 ? "BOOTP" : std::string(dhcp4::message_type_name(static_cast<dhcp4::MessageType>(type)));
}

std::string printed(const std::string& octets) {
  const bool text =
      octets.size() > 1 && std::all_of(octets.begin(), octets.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
  if (text) return '"' + octets + '"';
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex = "<";
  for (const char c : octets) {
    if (hex.size() > 1) hex += ':';
    hex += kDigits[static_cast<unsigned char>(c) >> 4U];
    hex += kDigits[static_cast<unsigned char>(c) & 15U];
  }
  return hex + '>';
}

std::string printed(const std::string* octets) {
  return octets == nullptr ? "(absent)" : printed(*octets);
}

std::optional<std::string> octets_of_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string octets;
  for (std::size_t at = 0; at < hex.size(); at += 2) {
    const std::string pair(hex.substr(at, 2));
    if (std::isxdigit(static_cast<unsigned char>(pair[0])) == 0 ||
        std::isxdigit(static_cast<unsigned char>(pair[1])) == 0)
      return std::nullopt;
    octets.push_back(static_cast<char>(std::stoi(pair, nullptr, 16)));
  }
  return octets;
}

Packet with_address_replaced(Packet packet, net::Ipv4Address own, net::Ipv4Address mark) {
  packet.replaced = own;
  for (net::Ipv4Address* field : {&packet.to, &packet.header.ciaddr, &packet.header.yiaddr})
    if (*field == own) *field = mark;
  const auto dotted = [](net::Ipv4Address address, char separator) {
    std::string text(address.text().view());
    std::replace(text.begin(), text.end(), '.', separator);
    return text;
  };
  for (auto& [code, value] : packet.options) {
    replace_all(value, octets_of(own), octets_of(mark));
    for (const char separator : {'.', '-'}) replace_all(value, dotted(own, separator), dotted(mark, separator));
  }
  return packet;
}

}  // namespace rackcast::dhcpd_diff
