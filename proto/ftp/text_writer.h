// Text and numbers through the byte writer. Private to proto/ftp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "proto/bytes/writer.h"

namespace rackcast::ftp {

inline constexpr std::size_t kNumberDigitsMax = 20;  // of 2^64 - 1

// 1 to kNumberDigitsMax ASCII digits whose value fits; nothing else.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text);

// Decimal; `width_min` digits or columns are filled from the left.
void put_number(bytes::Writer& out, std::uint64_t value, std::size_t width_min = 0, char fill = ' ');

// A name or text on a line of its own: bytes that would end the line or the string (CR, LF, NUL) become '?'.
void put_on_one_line(bytes::Writer& out, std::string_view text);

}  // namespace rackcast::ftp
