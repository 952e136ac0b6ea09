// Addresses as value types: MAC, IPv4, IPv6, either, UDP/TCP port, endpoint. All hold wire-order bytes inside and
// compare by value; no sockets API types here. Parsing is total (nullopt for anything else), formatting writes into the
// caller's buffer or, off the data path, returns a std::string.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "proto/bytes/fixed_text.h"
#include "proto/bytes/strong_id.h"

namespace rackcast::net {

using UdpPort = StrongId<struct UdpPortTag, std::uint16_t>;  // host order
using AddressText = FixedText<64>;                           // any address or endpoint, printed

struct MacAddress {
  std::array<std::uint8_t, 6> octets{};

  // "12:34:56:78:ab:cd": six hex pairs, either case, separated by ':' or '-'.
  static std::optional<MacAddress> parse(std::string_view text);
  [[nodiscard]] AddressText text() const;  // lower case, ':' between octets
  [[nodiscard]] constexpr bool is_zero() const { return octets == std::array<std::uint8_t, 6>{}; }
  static constexpr MacAddress broadcast() { return {{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}}; }
  friend constexpr auto operator<=>(const MacAddress&, const MacAddress&) = default;
};

class Ipv4Address {
 public:
  constexpr Ipv4Address() = default;
  constexpr explicit Ipv4Address(std::uint32_t host_order) : value_(host_order) {}
  constexpr Ipv4Address(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d)
      : value_((std::uint32_t{a} << 24U) | (std::uint32_t{b} << 16U) | (std::uint32_t{c} << 8U) | d) {}

  static std::optional<Ipv4Address> parse(std::string_view text);  // dotted quad only, no leading zeros beyond "0"
  [[nodiscard]] AddressText text() const;
  [[nodiscard]] constexpr std::uint32_t value() const { return value_; }  // host order
  [[nodiscard]] constexpr std::uint8_t octet(unsigned index) const {      // 0 = leftmost
    return static_cast<std::uint8_t>(value_ >> (8U * (3U - index)));
  }
  [[nodiscard]] constexpr bool is_any() const { return value_ == 0; }
  [[nodiscard]] constexpr bool is_broadcast() const { return value_ == 0xFFFF'FFFFU; }
  [[nodiscard]] constexpr bool is_multicast() const { return (value_ >> 28U) == 0xEU; }
  static constexpr Ipv4Address broadcast() { return Ipv4Address(0xFFFF'FFFFU); }
  friend constexpr auto operator<=>(Ipv4Address, Ipv4Address) = default;

 private:
  std::uint32_t value_ = 0;
};

// A prefix, "192.168.1.0/24". `base` has its host bits clear.
struct Ipv4Prefix {
  Ipv4Address base;
  std::uint8_t length = 0;  // bits, 0..32

  static std::optional<Ipv4Prefix> parse(std::string_view text);  // refuses set host bits
  [[nodiscard]] constexpr std::uint32_t mask() const { return length == 0 ? 0 : ~std::uint32_t{0} << (32U - length); }
  [[nodiscard]] constexpr bool contains(Ipv4Address a) const { return (a.value() & mask()) == base.value(); }
  [[nodiscard]] constexpr Ipv4Address broadcast() const { return Ipv4Address(base.value() | ~mask()); }
  [[nodiscard]] AddressText text() const;
  friend constexpr bool operator==(const Ipv4Prefix&, const Ipv4Prefix&) = default;
};

struct Ipv6Address {
  std::array<std::uint8_t, 16> octets{};

  static std::optional<Ipv6Address> parse(std::string_view text);  // RFC 4291 §2.2 forms, no scope suffix
  [[nodiscard]] AddressText text() const;                          // RFC 5952
  [[nodiscard]] constexpr bool is_any() const { return octets == std::array<std::uint8_t, 16>{}; }
  [[nodiscard]] constexpr bool is_multicast() const { return octets[0] == 0xFF; }
  [[nodiscard]] constexpr bool is_link_local() const { return octets[0] == 0xFE && (octets[1] & 0xC0U) == 0x80; }
  friend constexpr auto operator<=>(const Ipv6Address&, const Ipv6Address&) = default;
};

// An IPv4 or IPv6 address. Default: IPv4 0.0.0.0.
class IpAddress {
 public:
  constexpr IpAddress() = default;
  // Implicit on purpose: every IPv4 address, and every IPv6 address, is an address.
  // NOLINTNEXTLINE(google-explicit-constructor)
  constexpr IpAddress(Ipv4Address v4) : octets_{v4.octet(0), v4.octet(1), v4.octet(2), v4.octet(3)} {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  constexpr IpAddress(const Ipv6Address& v6) : octets_(v6.octets), is_v6_(true) {}

  static std::optional<IpAddress> parse(std::string_view text);
  [[nodiscard]] AddressText text() const;
  [[nodiscard]] constexpr bool is_v4() const { return !is_v6_; }
  [[nodiscard]] constexpr bool is_v6() const { return is_v6_; }
  // Precondition: is_v4() / is_v6().
  [[nodiscard]] constexpr Ipv4Address v4() const { return {octets_[0], octets_[1], octets_[2], octets_[3]}; }
  [[nodiscard]] constexpr Ipv6Address v6() const { return {octets_}; }
  [[nodiscard]] constexpr std::span<const std::uint8_t> octets() const {
    return std::span(octets_).first(is_v6_ ? 16 : 4);
  }
  [[nodiscard]] constexpr bool is_any() const { return is_v6_ ? v6().is_any() : v4().is_any(); }
  [[nodiscard]] constexpr bool is_multicast() const { return is_v6_ ? v6().is_multicast() : v4().is_multicast(); }
  friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<std::uint8_t, 16> octets_{};
  bool is_v6_ = false;
};

struct Endpoint {
  IpAddress address;
  UdpPort port;

  static std::optional<Endpoint> parse(std::string_view text);  // "0.0.0.0:69", "[::]:69"
  [[nodiscard]] AddressText text() const;
  friend constexpr auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

// A fast mix of an address (and port) for lane-local tables; not stable across releases, not for hostile-input maps
// without a seed: pass the table's random seed.
std::uint64_t hash(const IpAddress& address, std::uint64_t seed);
std::uint64_t hash(const Endpoint& endpoint, std::uint64_t seed);
std::uint64_t hash(const MacAddress& mac, std::uint64_t seed);

}  // namespace rackcast::net
