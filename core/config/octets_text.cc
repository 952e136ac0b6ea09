// Octets as an operator writes them.
#include <algorithm>
#include <charconv>

#include "core/config/read_policy.h"

namespace rackcast::config_detail {
namespace {

std::optional<std::byte> octet(std::string_view text) {
  std::uint8_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return std::byte{value};
}

// Each octet `stride` characters behind the last: 2, or 3 with a colon between.
std::optional<std::vector<std::byte>> pairs(std::string_view text, std::size_t stride) {
  std::vector<std::byte> octets;
  for (std::size_t at = 0; at < text.size(); at += stride) {
    if (at > 0 && stride == 3 && text[at - 1] != ':') return std::nullopt;
    const auto value = text.size() - at < 2 ? std::nullopt : octet(text.substr(at, 2));
    if (!value) return std::nullopt;
    octets.push_back(*value);
  }
  return octets;
}

std::vector<std::byte> itself(std::string_view text) {
  std::vector<std::byte> octets(text.size());
  std::transform(text.begin(), text.end(), octets.begin(), [](char c) { return static_cast<std::byte>(c); });
  return octets;
}

}  // namespace

std::vector<std::byte> octets_of(std::string_view text) {
  if (text.size() > 2 && text.substr(0, 2) == "0x")
    if (auto octets = pairs(text.substr(2), 2)) return std::move(*octets);
  if (text.size() >= 5 && text.size() % 3 == 2)
    if (auto octets = pairs(text, 3)) return std::move(*octets);
  return itself(text);
}

std::string octets_text(std::span<const std::byte> octets) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::byte b : octets) text += static_cast<char>(b);
  const bool plain =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (plain && octets_of(text) == itself(text)) return text;
  text = octets.size() < 2 ? "0x" : "";
  for (const std::byte b : octets) {
    if (octets.size() >= 2 && !text.empty()) text += ':';
    text += kDigits[std::to_integer<unsigned>(b) >> 4U];
    text += kDigits[std::to_integer<unsigned>(b) & 0xFU];
  }
  return text;
}

}  // namespace rackcast::config_detail
