// Values that several tokens make up: addresses, octets, numbers, host names. Each takes the tokens when they are that
// value and takes none otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/policy/lexer.h"
#include "proto/net/address.h"

namespace rackcast {

inline constexpr std::size_t kHostNameBytesMax = 255;

[[nodiscard]] std::optional<std::int64_t> as_number(std::string_view word);  // decimal, 0x1f, 017, with a '-' in front

std::optional<std::int64_t> take_number(TokenStream& tokens);       // '-' may be a token of its own
std::optional<net::Ipv4Address> take_address(TokenStream& tokens);  // 10.0.0.1
std::optional<std::vector<std::byte>> take_octets(
    TokenStream& tokens);                                        // 00:07:ff, one or two digits each; "7" alone too
std::optional<net::MacAddress> take_mac(TokenStream& tokens);    // six octets
std::optional<std::string> take_host_name(TokenStream& tokens);  // www.example.org, in lower case as spelled

}  // namespace rackcast
