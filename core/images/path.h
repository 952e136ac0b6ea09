// The one path rule of TFTP, HTTP and FTP (design §4): what a client's name means under a root.
//
//   "/pxelinux.0"  "\pxelinux.0"  "//a"  "./a"  "/tftpboot/pxelinux.0" (root "/tftpboot")   -> "pxelinux.0", "a", …
//   "a/../b" -> "b"     "../x", "a/../../x", a NUL, an over-long name                        -> not found
//
// `\` separates like `/`; repeated separators and `.` collapse; `..` pops and must not leave the root; a prefix equal
// to the root's own path is stripped. Pure text: links are the opener's matter (openat2 RESOLVE_BENEATH). Never
// allocates.
#pragma once

#include <optional>
#include <string_view>

#include "proto/bytes/fixed_text.h"

namespace rackcast {

// A TFTP request is at most 512 bytes (RFC 2347), PATH_MAX is 4096; boot paths are short.
inline constexpr std::size_t kPathBytesMax = 500;
using PathText = FixedText<kPathBytesMax>;

enum class PathReject : std::uint8_t { kEmpty, kLeavesRoot, kNul, kTooLong };

struct NormalizedPath {
  PathText path;  // relative to the root, '/' between components, no leading or trailing '/'; empty = the root itself
  bool trailing_separator = false;
  std::optional<PathReject> reject;
};

// `root`: the configured root's own absolute path, "" to strip no prefix.
[[nodiscard]] NormalizedPath normalize_path(std::string_view requested, std::string_view root);

// A path that asks the image store for the file of that name in any case, for clients that know no other file systems:
// marked by a backslash in front, which no normalised path holds. nullopt: too long for the mark.
[[nodiscard]] std::optional<PathText> in_any_case(std::string_view normalized);
// The path behind the mark; nullopt when there is none.
[[nodiscard]] std::optional<std::string_view> asked_in_any_case(std::string_view path);

}  // namespace rackcast
