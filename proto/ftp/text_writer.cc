#include "proto/ftp/text_writer.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace rackcast::ftp {

std::optional<std::uint64_t> parse_number(std::string_view text) {
  if (text.empty() || text.size() > kNumberDigitsMax) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void put_number(bytes::Writer& out, std::uint64_t value, std::size_t width_min, char fill) {
  std::array<char, kNumberDigitsMax> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  const auto size = static_cast<std::size_t>(end - digits.data());
  for (std::size_t i = size; i < width_min; ++i) out.u8(static_cast<std::uint8_t>(fill));
  out.text({digits.data(), size});
}

void put_on_one_line(bytes::Writer& out, std::string_view text) {
  constexpr std::string_view kLineBreakers("\r\n\0", 3);
  while (!text.empty()) {
    const std::size_t harmless = std::min(text.find_first_of(kLineBreakers), text.size());
    out.text(text.substr(0, harmless));
    text.remove_prefix(harmless);
    if (text.empty()) return;
    out.u8('?');
    text.remove_prefix(1);
  }
}

}  // namespace rackcast::ftp
