// One GET of a small HTTP resource, for the control tool: no redirects, no TLS, no keep-alive. Blocks at most about
// `timeout`. Errors are sentences.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "core/result.h"

namespace rackcast {

struct HttpUrl {
  std::string host;  // a name or address, IPv6 without brackets
  std::string port;
};

// "http://127.0.0.1:8077", "http://[::1]:8077/": what follows the authority is ignored. Port 80 when absent.
[[nodiscard]] Result<HttpUrl> parse_http_url(std::string_view url);

// 100 000 machines at about 700 bytes, with room.
inline constexpr std::size_t kHttpBodyBytesMax = std::size_t{256} << 20U;

// The body of a 200 answer.
[[nodiscard]] Result<std::string> http_get(const HttpUrl& url, std::string_view target,
                                           std::chrono::milliseconds timeout,
                                           std::size_t body_bytes_max = kHttpBodyBytesMax);

}  // namespace rackcast
