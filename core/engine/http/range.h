// The Range field (RFC 9110 §14): which bytes of a representation were asked for. Pure and total.
//
// Syntactically wrong, another unit than "bytes", or more than kRangesMax ranges: ignored, the whole is sent (§14.2,
// §17.15). Overlapping ranges are merged. Nothing satisfiable, any range of an empty file included: 416.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace rackcast::engine {

// dnf's librepo asks for up to 256 ranges of zchunk metadata at once.
inline constexpr std::size_t kRangesMax = 256;

struct ByteRange {
  std::uint64_t from = 0;
  std::uint64_t to = 0;  // exclusive
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

struct RangeResult {
  enum class State : std::uint8_t { kWhole, kPartial, kUnsatisfiable };
  State state = State::kWhole;
  std::vector<ByteRange> ranges;  // kPartial: at least one, non-empty, within the size, disjoint
};

[[nodiscard]] RangeResult parse_range(std::string_view value, std::uint64_t size_bytes);

}  // namespace rackcast::engine
