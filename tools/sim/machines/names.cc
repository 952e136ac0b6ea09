#include "tools/sim/machines/names.h"

#include <algorithm>

namespace rackcast::sim {
namespace {

constexpr std::string_view kLower = "0123456789abcdef";
constexpr std::string_view kUpper = "0123456789ABCDEF";

void append_hex(std::string& text, std::uint8_t octet, std::string_view digits) {
  text += digits[octet >> 4U];
  text += digits[octet & 0x0FU];
}

std::string ip_hex(net::Ipv4Address address) {
  std::string text;
  for (unsigned i = 0; i < 4; ++i) append_hex(text, address.octet(i), kUpper);
  return text;
}

bool has_uuid(const MachineIdentity& identity) {
  return std::any_of(identity.uuid.begin(), identity.uuid.end(), [](std::uint8_t octet) { return octet != 0; });
}

std::string serial_text(const net::MacAddress& mac) {
  std::string text;
  for (std::size_t i = 2; i < mac.octets.size(); ++i) append_hex(text, mac.octets[i], kLower);
  return text;
}

std::optional<std::string> value_of(std::string_view placeholder, const NameFacts& facts, std::uint8_t ip_digits) {
  if (placeholder == "uuid" || (placeholder == "echoed-uuid" && facts.uuid_echoed))
    return has_uuid(facts.identity) ? std::optional(uuid_text(facts.identity)) : std::nullopt;
  if (placeholder == "mac-dashes") return mac_text(facts.identity.mac, '-');
  if (placeholder == "ip-hex") return ip_hex(facts.address).substr(0, ip_digits);
  if (placeholder == "serial") return serial_text(facts.identity.mac);
  if (placeholder == "server") return std::string(facts.server.text().view());
  return std::nullopt;
}

}  // namespace

std::string mac_text(const net::MacAddress& mac, char separator) {
  std::string text;
  for (const std::uint8_t octet : mac.octets) {
    if (!text.empty()) text += separator;
    append_hex(text, octet, kLower);
  }
  return text;
}

std::string uuid_text(const MachineIdentity& identity) {
  std::string text;
  for (std::size_t i = 0; i < identity.uuid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    append_hex(text, identity.uuid[i], kLower);
  }
  return text;
}

std::optional<std::string> filled_in(std::string_view name, const NameFacts& facts, std::uint8_t ip_digits) {
  std::string text;
  while (!name.empty()) {
    const auto open = std::min(name.find('{'), name.size());
    text += name.substr(0, open);
    name.remove_prefix(open);
    if (name.empty()) break;
    const auto close = name.find('}');
    if (close == std::string_view::npos) return std::nullopt;
    const auto value = value_of(name.substr(1, close - 1), facts, ip_digits);
    if (!value) return std::nullopt;
    text += *value;
    name.remove_prefix(close + 1);
  }
  return text;
}

}  // namespace rackcast::sim
