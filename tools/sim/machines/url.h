// URLs of network boot: tftp, http and ftp ones, parsed into what a fetch needs. Total: anything else is nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rackcast::sim {

enum class UrlScheme : std::uint8_t { kTftp, kHttp, kFtp };

struct Url {
  UrlScheme scheme = UrlScheme::kHttp;
  std::string host;        // name or dotted quad, as written, not empty
  std::uint16_t port = 0;  // 0: the scheme's own
  std::string path;        // begins with '/', percent-encoding undone once; a query stays part of it
};

inline constexpr std::size_t kUrlBytesMax = 2'048;

// "http://10.0.0.1:8080/a%20b"; the scheme in any case. Credentials ("user:password@") and a fragment are dropped.
// Nothing: no such scheme, no host, IPv6, a bad port or percent code, a NUL or control byte, longer than kUrlBytesMax.
[[nodiscard]] std::optional<Url> parse_url(std::string_view text);
// Does it begin like one, whatever the scheme? "nfs://..." does, "linux/vmlinuz" does not.
[[nodiscard]] bool looks_like_url(std::string_view text);

}  // namespace rackcast::sim
