#include "core/engine/http/range.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "core/engine/http/message.h"
#include "proto/bytes/ascii.h"

namespace rackcast::engine {

namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

// Digits only; saturates, since a last position past the end is clipped anyway.
std::optional<std::uint64_t> parse_position(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    value = value > (kMax - digit) / 10 ? kMax : value * 10 + digit;
  }
  return value;
}

struct Spec {
  bool valid = false;
  std::optional<ByteRange> range;  // nullopt: valid but not satisfiable
};

Spec parse_spec(std::string_view text, std::uint64_t size) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return {};
  const std::string_view first_text = text.substr(0, dash);
  const std::string_view last_text = text.substr(dash + 1);
  if (first_text.empty()) {  // suffix: the last n bytes
    const auto count = parse_position(last_text);
    if (!count) return {};
    if (*count == 0 || size == 0) return {true, std::nullopt};
    return {true, ByteRange{size - std::min(size, *count), size}};
  }
  const auto first = parse_position(first_text);
  const auto last = last_text.empty() ? std::optional(kMax) : parse_position(last_text);
  if (!first || !last || *first > *last) return {};
  if (*first >= size) return {true, std::nullopt};
  return {true, ByteRange{*first, *last >= size ? size : *last + 1}};
}

bool overlaps(const std::vector<ByteRange>& ranges) {
  std::vector<ByteRange> sorted = ranges;
  std::sort(sorted.begin(), sorted.end(), [](const ByteRange& a, const ByteRange& b) { return a.from < b.from; });
  for (std::size_t i = 1; i < sorted.size(); ++i)
    if (sorted[i].from < sorted[i - 1].to) return true;
  return false;
}

std::vector<ByteRange> merged(std::vector<ByteRange> ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const ByteRange& a, const ByteRange& b) { return a.from < b.from; });
  std::vector<ByteRange> out;
  for (const ByteRange& range : ranges) {
    if (!out.empty() && range.from <= out.back().to)
      out.back().to = std::max(out.back().to, range.to);
    else
      out.push_back(range);
  }
  return out;
}

}  // namespace

RangeResult parse_range(std::string_view value, std::uint64_t size_bytes) {
  RangeResult result;
  const auto equals = value.find('=');
  if (equals == std::string_view::npos || !bytes::equal_any_case(value.substr(0, equals), "bytes")) return result;
  std::string_view rest = value.substr(equals + 1);
  std::size_t specs = 0;
  while (true) {
    const auto comma = rest.find(',');
    const std::string_view item = trim_blanks(rest.substr(0, comma));
    if (!item.empty()) {  // empty list elements are ignored (RFC 9110 §5.6.1)
      const Spec spec = parse_spec(item, size_bytes);
      if (!spec.valid || ++specs > kRangesMax) return {};
      if (spec.range) result.ranges.push_back(*spec.range);
    }
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  if (specs == 0) return {};
  result.state = result.ranges.empty() ? RangeResult::State::kUnsatisfiable : RangeResult::State::kPartial;
  // The order asked for is kept (a client may have reasons), unless bytes would be sent twice.
  if (overlaps(result.ranges)) result.ranges = merged(std::move(result.ranges));
  return result;
}

}  // namespace rackcast::engine
