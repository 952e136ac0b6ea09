#include "proto/dhcp/option_values.h"

#include <algorithm>

#include "proto/bytes/cursor.h"
#include "proto/bytes/writer.h"
#include "proto/dhcp/options.h"

namespace rackcast::dhcp4 {
namespace {

constexpr std::size_t kLabelSizeMax = 63;  // RFC 1035 §2.3.4
constexpr std::size_t kNameSizeMax = 255;  // on the wire, lengths and root included

std::span<const std::byte> whole_items(std::span<const std::byte> value, std::size_t item_size) {
  return value.size() % item_size == 0 ? value : std::span<const std::byte>{};
}

std::string_view as_text(std::span<const std::byte> data) {
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

// Whether the value is {length, text}... with no byte left over and no empty text.
bool is_length_prefixed(std::span<const std::byte> value) {
  bytes::Cursor cursor(value);
  while (cursor.ok() && !cursor.at_end()) {
    const std::size_t length = cursor.u8();
    if (length == 0) return false;
    cursor.skip(length);
  }
  return cursor.ok();
}

void write_name(bytes::Writer& writer, std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() + 2 > kNameSizeMax) return writer.fail();
  for (;;) {
    const std::size_t dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    if (label.empty() || label.size() > kLabelSizeMax) return writer.fail();
    writer.u8(static_cast<std::uint8_t>(label.size()));
    writer.text(label);
    if (dot == std::string_view::npos) break;
    name.remove_prefix(dot + 1);
  }
  writer.u8(0);
}

std::optional<std::span<const std::byte>> result(const bytes::Writer& writer) {
  if (!writer.ok()) return std::nullopt;
  return writer.written();
}

}  // namespace

AddressListView::AddressListView(std::span<const std::byte> value) : value_(whole_items(value, 4)) {}

net::Ipv4Address AddressListView::operator[](std::size_t index) const {
  if (index >= size()) return {};
  return net::Ipv4Address(bytes::Cursor(value_.subspan(index * 4, 4)).be32());
}

ArchList::ArchList(std::span<const std::byte> value) : value_(whole_items(value, 2)) {}

std::optional<ClientArch> ArchList::operator[](std::size_t index) const {
  if (index >= size()) return std::nullopt;
  return static_cast<ClientArch>(bytes::Cursor(value_.subspan(index * 2, 2)).be16());
}

bool ArchList::contains(ClientArch arch) const {
  for (std::size_t i = 0; i < size(); ++i)
    if ((*this)[i] == arch) return true;
  return false;
}

std::optional<MachineId> MachineId::parse(std::span<const std::byte> option_97) {
  MachineId id;
  if (option_97.size() != 1 + id.octets.size() || option_97[0] != std::byte{0}) return std::nullopt;
  std::transform(option_97.begin() + 1, option_97.end(), id.octets.begin(),
                 [](std::byte octet) { return std::to_integer<std::uint8_t>(octet); });
  return id;
}

GuidText MachineId::text() const {
  constexpr std::array<std::size_t, 16> kOrder{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  constexpr std::string_view kDigits = "0123456789abcdef";
  GuidText out;
  for (std::size_t i = 0; i < kOrder.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out.append("-");
    const std::uint8_t octet = octets[kOrder[i]];
    const std::array<char, 2> pair{kDigits[octet >> 4U], kDigits[octet & 0xFU]};
    out.append({pair.data(), pair.size()});
  }
  return out;
}

bool MachineId::is_unset() const {
  const auto all = [this](std::uint8_t value) {
    return std::all_of(octets.begin(), octets.end(), [value](std::uint8_t octet) { return octet == value; });
  };
  return all(0x00) || all(0xFF);
}

UserClasses::UserClasses(std::span<const std::byte> value) : rest_(value), plain_(!is_length_prefixed(value)) {}

std::optional<std::string_view> UserClasses::next() {
  if (rest_.empty()) return std::nullopt;
  if (plain_) {
    std::string_view text = as_text(rest_);
    while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
    rest_ = {};
    return text;
  }
  bytes::Cursor cursor(rest_);
  const auto text = cursor.bytes(cursor.u8());
  rest_ = cursor.rest();
  return as_text(text);
}

bool UserClasses::contains(std::string_view name) const {
  UserClasses walk = *this;
  while (const auto item = walk.next())
    if (*item == name) return true;
  return false;
}

std::optional<std::span<const std::byte>> RelayAgentInfo::get(RelaySubOption code) const {
  return find_item(raw, static_cast<std::uint8_t>(code), Framing::kSubOptions);
}

std::optional<net::Ipv4Address> RelayAgentInfo::address(RelaySubOption code) const {
  const auto value = get(code);
  return value ? as_address(*value) : std::nullopt;
}

std::optional<std::span<const std::byte>> IpxeOptions::get(IpxeOption code) const {
  return find_item(raw, static_cast<std::uint8_t>(code), Framing::kOptions);
}

bool IpxeOptions::has(IpxeFeature feature) const {
  const auto value = find_item(raw, static_cast<std::uint8_t>(feature), Framing::kOptions);
  return value && std::any_of(value->begin(), value->end(), [](std::byte b) { return b != std::byte{0}; });
}

std::optional<IpxeVersion> IpxeOptions::version() const {
  const auto value = get(IpxeOption::kVersion);
  if (!value || value->size() != 3) return std::nullopt;
  bytes::Cursor cursor(*value);
  IpxeVersion version;
  version.major = cursor.u8();
  version.minor = cursor.u8();
  version.patch = cursor.u8();
  return version;
}

std::optional<net::Ipv4Address> as_address(std::span<const std::byte> value) {
  if (value.size() != 4) return std::nullopt;
  return net::Ipv4Address(bytes::Cursor(value).be32());
}

std::optional<std::span<const std::byte>> encode_classless_routes(std::span<const ClasslessRoute> routes,
                                                                  std::span<std::byte> out) {
  bytes::Writer writer(out);
  for (const ClasslessRoute& route : routes) {
    if (route.destination.length > 32) return std::nullopt;
    writer.u8(route.destination.length);
    const unsigned significant = (route.destination.length + 7U) / 8U;
    for (unsigned i = 0; i < significant; ++i) writer.u8(route.destination.base.octet(i));
    writer.be32(route.gateway.value());
  }
  return result(writer);
}

std::optional<std::span<const std::byte>> encode_domain_search(std::span<const std::string_view> names,
                                                               std::span<std::byte> out) {
  bytes::Writer writer(out);
  for (const std::string_view name : names) write_name(writer, name);
  return result(writer);
}

}  // namespace rackcast::dhcp4
