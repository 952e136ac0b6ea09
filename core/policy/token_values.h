// Values that several tokens make up: addresses, octets, numbers, host names. Each takes the tokens when they are that
// value, and none otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/policy/lexer.h"
#include "proto/net/address.h"

namespace rackcast {

inline constexpr std::size_t kDnsNameBytesMax = 255;

// Decimal, 0x1f, or octal with a 0 in front; '-' in front of any. Nullopt: no number, or beyond 32 bits.
[[nodiscard]] std::optional<std::int64_t> as_number(std::string_view word);
[[nodiscard]] std::optional<std::byte> as_octet(std::string_view word);  // one or two hexadecimal digits

std::optional<std::int64_t> take_number(TokenStream& tokens);            // the '-' may be a token of its own
std::optional<net::Ipv4Address> take_address(TokenStream& tokens);       // 10.0.0.1
std::optional<std::vector<std::byte>> take_octets(TokenStream& tokens);  // 00:07:ff; one octet alone too
std::optional<net::MacAddress> take_mac(TokenStream& tokens);            // six octets
std::optional<std::string> take_host_name(TokenStream& tokens);          // www.example.org, as spelled

}  // namespace rackcast
