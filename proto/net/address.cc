#include "proto/net/address.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace rackcast::net {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

std::optional<std::uint8_t> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

// The whole of `text` as a decimal number of at most `max`, without sign, and without a leading zero unless it is "0".
std::optional<std::uint32_t> decimal(std::string_view text, std::uint32_t max) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 10);
  if (error != std::errc{} || end != text.data() + text.size() || value > max) return std::nullopt;
  return value;
}

// One group of an IPv6 address: one to four hex digits.
std::optional<std::uint16_t> hex_group(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text) {
    const auto digit = hex_digit(c);
    if (!digit) return std::nullopt;
    value = (value << 4U) | *digit;
  }
  return static_cast<std::uint16_t>(value);
}

void append_number(AddressText& out, std::uint32_t value, int base) {
  std::array<char, 10> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value, base);
  out.append({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

struct Groups {
  std::array<std::uint16_t, 8> values{};
  std::size_t count = 0;

  bool add(std::uint32_t value) {
    if (count == values.size()) return false;
    values[count++] = static_cast<std::uint16_t>(value);
    return true;
  }
};

// "1:2:3" or nothing, without "::". The last piece may be a dotted quad (two groups) where `quad_allowed`.
std::optional<Groups> parse_groups(std::string_view text, bool quad_allowed) {
  Groups groups;
  if (text.empty()) return groups;
  for (;;) {
    const std::size_t colon = text.find(':');
    const std::string_view piece = text.substr(0, colon);
    const bool last = colon == std::string_view::npos;
    if (last && quad_allowed && piece.find('.') != std::string_view::npos) {
      const auto quad = Ipv4Address::parse(piece);
      if (!quad || !groups.add(quad->value() >> 16U) || !groups.add(quad->value() & 0xFFFFU)) return std::nullopt;
      return groups;
    }
    const auto group = hex_group(piece);
    if (!group || !groups.add(*group)) return std::nullopt;
    if (last) return groups;
    text.remove_prefix(colon + 1);
  }
}

struct ZeroRun {
  std::size_t first = 0;
  std::size_t length = 0;
};

// RFC 5952 §4.2: the longest run of zero groups, the first of equals; a single zero group is not a run.
ZeroRun longest_zero_run(const std::array<std::uint16_t, 8>& groups) {
  ZeroRun best;
  for (std::size_t first = 0; first < groups.size();) {
    std::size_t end = first;
    while (end < groups.size() && groups[end] == 0) ++end;
    if (end - first >= 2 && end - first > best.length) best = {first, end - first};
    first = std::max(end, first + 1);
  }
  return best;
}

// RFC 4291 §2.5.5.2, ::ffff:0:0/96, which RFC 5952 §5 prints with a dotted quad.
bool is_v4_mapped(const Ipv6Address& address) {
  const auto& octets = address.octets;
  return std::all_of(octets.begin(), octets.begin() + 10, [](std::uint8_t octet) { return octet == 0; }) &&
         octets[10] == 0xFF && octets[11] == 0xFF;
}

// The splitmix64 finaliser: every input bit reaches every output bit.
constexpr std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 30U;
  x *= 0xBF58'476D'1CE4'E5B9U;
  x ^= x >> 27U;
  x *= 0x94D0'49BB'1331'11EBU;
  x ^= x >> 31U;
  return x;
}

constexpr std::uint64_t kGolden = 0x9E37'79B9'7F4A'7C15U;

constexpr std::uint64_t combine(std::uint64_t state, std::uint64_t word) {
  return mix((state + kGolden) ^ word);
}

std::uint64_t load_big_endian(std::span<const std::uint8_t> octets) {
  std::uint64_t value = 0;
  for (const std::uint8_t octet : octets) value = (value << 8U) | octet;
  return value;
}

}  // namespace

std::optional<MacAddress> MacAddress::parse(std::string_view text) {
  MacAddress mac;
  if (text.size() != mac.octets.size() * 3 - 1) return std::nullopt;
  const char separator = text[2];
  if (separator != ':' && separator != '-') return std::nullopt;
  for (std::size_t i = 0; i < mac.octets.size(); ++i) {
    const auto high = hex_digit(text[3 * i]);
    const auto low = hex_digit(text[3 * i + 1]);
    if (!high || !low) return std::nullopt;
    if (i + 1 < mac.octets.size() && text[3 * i + 2] != separator) return std::nullopt;
    mac.octets[i] = static_cast<std::uint8_t>((*high << 4U) | *low);
  }
  return mac;
}

AddressText MacAddress::text() const {
  AddressText out;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const std::array<char, 3> piece{':', kHexDigits[octets[i] >> 4U], kHexDigits[octets[i] & 0xFU]};
    const std::string_view view(piece.data(), piece.size());
    out.append(i == 0 ? view.substr(1) : view);
  }
  return out;
}

std::optional<Ipv4Address> Ipv4Address::parse(std::string_view text) {
  std::uint32_t value = 0;
  for (int part = 0; part < 4; ++part) {
    const std::size_t dot = part == 3 ? text.size() : text.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const auto octet = decimal(text.substr(0, dot), 255);
    if (!octet) return std::nullopt;
    value = (value << 8U) | *octet;
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  return Ipv4Address(value);
}

AddressText Ipv4Address::text() const {
  AddressText out;
  for (unsigned i = 0; i < 4; ++i) {
    if (i != 0) out.append(".");
    append_number(out, octet(i), 10);
  }
  return out;
}

std::optional<Ipv4Prefix> Ipv4Prefix::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto base = Ipv4Address::parse(text.substr(0, slash));
  const auto length = decimal(text.substr(slash + 1), 32);
  if (!base || !length) return std::nullopt;
  const Ipv4Prefix prefix{*base, static_cast<std::uint8_t>(*length)};
  if ((base->value() & ~prefix.mask()) != 0) return std::nullopt;
  return prefix;
}

AddressText Ipv4Prefix::text() const {
  AddressText out = base.text();
  out.append("/");
  append_number(out, length, 10);
  return out;
}

std::optional<Ipv6Address> Ipv6Address::parse(std::string_view text) {
  const std::size_t gap = text.find("::");
  const bool has_gap = gap != std::string_view::npos;
  const auto head = parse_groups(has_gap ? text.substr(0, gap) : text, !has_gap);
  const auto tail = parse_groups(has_gap ? text.substr(gap + 2) : std::string_view{}, true);
  if (!head || !tail) return std::nullopt;
  const std::size_t given = head->count + tail->count;
  if (has_gap ? given > 7 : given != 8) return std::nullopt;

  std::array<std::uint16_t, 8> groups{};
  std::copy_n(head->values.begin(), head->count, groups.begin());
  std::copy_n(tail->values.begin(), tail->count, groups.end() - static_cast<std::ptrdiff_t>(tail->count));
  Ipv6Address address;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    address.octets[2 * i] = static_cast<std::uint8_t>(groups[i] >> 8U);
    address.octets[2 * i + 1] = static_cast<std::uint8_t>(groups[i] & 0xFFU);
  }
  return address;
}

AddressText Ipv6Address::text() const {
  AddressText out;
  if (is_v4_mapped(*this)) {
    out.append("::ffff:");
    out.append(Ipv4Address(octets[12], octets[13], octets[14], octets[15]).text());
    return out;
  }
  std::array<std::uint16_t, 8> groups{};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    groups[i] = static_cast<std::uint16_t>((octets[2 * i] << 8U) | octets[2 * i + 1]);
  }
  const ZeroRun run = longest_zero_run(groups);
  for (std::size_t i = 0; i < groups.size();) {
    if (run.length != 0 && i == run.first) {
      out.append("::");
      i += run.length;
      continue;
    }
    if (i != 0 && (run.length == 0 || i != run.first + run.length)) out.append(":");
    append_number(out, groups[i], 16);
    ++i;
  }
  return out;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (const auto v4_form = Ipv4Address::parse(text)) return IpAddress(*v4_form);
  if (const auto v6_form = Ipv6Address::parse(text)) return IpAddress(*v6_form);
  return std::nullopt;
}

AddressText IpAddress::text() const {
  return is_v6_ ? v6().text() : v4().text();
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view host = text.substr(0, colon);
  const auto port = decimal(text.substr(colon + 1), 65'535);
  if (!port || host.empty()) return std::nullopt;
  const UdpPort udp_port(static_cast<std::uint16_t>(*port));
  if (host.front() == '[') {
    if (host.back() != ']') return std::nullopt;
    const auto v6 = Ipv6Address::parse(host.substr(1, host.size() - 2));
    return v6 ? std::optional(Endpoint{IpAddress(*v6), udp_port}) : std::nullopt;
  }
  const auto v4 = Ipv4Address::parse(host);
  return v4 ? std::optional(Endpoint{IpAddress(*v4), udp_port}) : std::nullopt;
}

AddressText Endpoint::text() const {
  AddressText out;
  if (address.is_v6()) out.append("[");
  out.append(address.text());
  out.append(address.is_v6() ? "]:" : ":");
  append_number(out, port.value(), 10);
  return out;
}

std::uint64_t hash(const IpAddress& address, std::uint64_t seed) {
  const auto octets = address.octets();
  if (address.is_v4()) return combine(seed, load_big_endian(octets));
  // The extra step keeps ::a.b.c.d apart from a.b.c.d.
  return combine(combine(seed, load_big_endian(octets.first(8))), load_big_endian(octets.last(8)));
}

std::uint64_t hash(const Endpoint& endpoint, std::uint64_t seed) {
  if (endpoint.address.is_v4()) {
    const std::uint64_t both =
        load_big_endian(endpoint.address.octets()) | (std::uint64_t{endpoint.port.value()} << 32U);
    return combine(seed, both);
  }
  return combine(hash(endpoint.address, seed), endpoint.port.value());
}

std::uint64_t hash(const MacAddress& mac, std::uint64_t seed) {
  return combine(seed, load_big_endian(mac.octets));
}

}  // namespace rackcast::net
