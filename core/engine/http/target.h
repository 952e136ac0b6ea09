// What a request target means: RFC 9112 §3.2 forms, RFC 3986 decoding, then the one path rule of rackcast
// (core/images/path.h). Pure and total; allocates nothing.
//
//   "/a%20b/./c//d?x=1"  -> path "a b/c/d"          "http://h/a" -> "a"         "*", "h:80" -> 400
//   "/a/../../b"         -> 404 (leaves the root)    "%2F" in a segment -> 404    "%zz", "%00", "#" -> 400
//
// Decoded exactly once, dot segments removed after decoding, so that "%2e%2e" is ".." and "%252e" is a name.
#pragma once

#include <string>
#include <string_view>

#include "core/images/path.h"

namespace rackcast::engine {

struct HttpTarget {
  unsigned refused = 0;  // 0, or the status to answer: 400, 404, 414
  PathText path;         // under the root; empty = the root itself
  bool trailing_slash = false;
  std::string_view query;  // borrowed from the target: after '?', not decoded
};

// `root`: the served root's own path, whose prefix is stripped (core/images/path.h).
[[nodiscard]] HttpTarget parse_target(std::string_view target, std::string_view root);

// Percent-encodes what may not stand in a path segment (RFC 3986 §3.3), ':' included so that a relative reference
// never reads as a scheme. '/' is kept.
[[nodiscard]] std::string encode_path(std::string_view path);

}  // namespace rackcast::engine
