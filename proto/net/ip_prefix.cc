#include "proto/net/ip_prefix.h"

#include <algorithm>
#include <charconv>

namespace rackcast::net {
namespace {

constexpr std::uint8_t kOctetBits = 8;

// Whether the first `length` bits of both are equal.
bool starts_alike(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b, std::uint8_t length) {
  const std::size_t whole = length / kOctetBits;
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) return false;
  const unsigned rest = length % kOctetBits;
  if (rest == 0) return true;
  const unsigned mask = 0xFF00U >> rest & 0xFFU;
  return ((a[whole] ^ b[whole]) & mask) == 0;
}

bool host_bits_set(std::span<const std::uint8_t> octets, std::uint8_t length) {
  for (std::size_t bit = length; bit < octets.size() * kOctetBits; ++bit)
    if ((octets[bit / kOctetBits] & (0x80U >> (bit % kOctetBits))) != 0) return true;
  return false;
}

}  // namespace

std::optional<IpPrefix> IpPrefix::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  IpPrefix prefix{*address, static_cast<std::uint8_t>(address->octets().size() * kOctetBits)};
  if (slash == std::string_view::npos) return prefix;
  const std::string_view digits = text.substr(slash + 1);
  unsigned length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc{} || end != digits.data() + digits.size() || length > prefix.length) return std::nullopt;
  prefix.length = static_cast<std::uint8_t>(length);
  if (host_bits_set(prefix.base.octets(), prefix.length)) return std::nullopt;
  return prefix;
}

bool IpPrefix::contains(const IpAddress& address) const {
  return address.is_v6() == base.is_v6() && starts_alike(address.octets(), base.octets(), length);
}

}  // namespace rackcast::net
