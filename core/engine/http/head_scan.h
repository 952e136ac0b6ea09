// Finds the end of a request head in received bytes and refuses what a lenient parser would let through, before any
// parser sees it (RFC 9112 §2.2, §3, §5): bare CR, bare LF, NUL, folded header lines, over-long parts. Incremental:
// call it again with the same, longer buffer. Total, allocates nothing, O(bytes) per call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rackcast::engine {

inline constexpr std::size_t kRequestLineBytesMax = 8'192;
inline constexpr std::size_t kRequestHeadBytesMax = 32'768;
inline constexpr std::size_t kRequestFieldsMax = 128;

struct HeadScan {
  enum class State : std::uint8_t { kIncomplete, kComplete, kRefused };
  State state = State::kIncomplete;
  std::size_t skip = 0;  // leading empty line to drop (one is ignored, RFC 9112 §2.2)
  std::size_t size = 0;  // kComplete: bytes of the head after `skip`, its empty line included
  unsigned status = 0;   // kRefused: 400, 414 or 431; the connection ends after it
};

[[nodiscard]] HeadScan scan_head(std::string_view received);

}  // namespace rackcast::engine
