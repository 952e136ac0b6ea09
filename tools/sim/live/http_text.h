// The text of HTTP requests, and the two header fields a client has to read itself. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proto/net/address.h"

namespace rackcast::sim {

enum class HttpMethod : std::uint8_t { kHead, kGet };

struct HttpTarget {
  net::Endpoint server;
  std::string path;  // percent-encoding undone
};

// A whole request head (RFC 9112), "GET /ks.cfg HTTP/1.1" and what curl and the loaders send.
[[nodiscard]] std::string http_request_text(HttpMethod method, const HttpTarget& target, std::string_view user_agent,
                                            bool keep_alive);

// Where a redirect leads: an absolute http URL with an IPv4 address for its host, or an absolute path on `from.server`.
// Nothing for the rest: there is no resolver in a rack that boots.
[[nodiscard]] std::optional<HttpTarget> parse_location(std::string_view location, const HttpTarget& from);

}  // namespace rackcast::sim
