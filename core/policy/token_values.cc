#include "core/policy/token_values.h"

#include <charconv>

namespace rackcast {
namespace {

template <typename Number>
std::optional<Number> whole(std::string_view digits, int base) {
  Number value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
  if (digits.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

std::optional<std::uint8_t> decimal_octet(const Token& token) {
  if (token.kind != TokenKind::kWord) return std::nullopt;
  return whole<std::uint8_t>(token.text, 10);
}

std::optional<std::byte> octet_of(const Token& token) {
  if (token.kind != TokenKind::kWord) return std::nullopt;
  return as_octet(token.text);
}

void take(TokenStream& tokens, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) tokens.next();
}

}  // namespace

std::optional<std::int64_t> as_number(std::string_view word) {
  const bool negative = word.starts_with('-');
  if (negative) word.remove_prefix(1);
  int base = 10;
  if (word.starts_with("0x") || word.starts_with("0X")) {
    base = 16;
    word.remove_prefix(2);
  } else if (word.size() > 1 && word.starts_with('0')) {
    base = 8;
  }
  const auto value = whole<std::uint32_t>(word, base);
  if (!value) return std::nullopt;
  return negative ? -std::int64_t{*value} : std::int64_t{*value};
}

std::optional<std::byte> as_octet(std::string_view word) {
  if (word.size() > 2) return std::nullopt;
  const auto value = whole<std::uint8_t>(word, 16);
  if (!value) return std::nullopt;
  return std::byte{*value};
}

std::optional<std::int64_t> take_number(TokenStream& tokens) {
  const bool negative = tokens.peek().is_symbol("-");
  const Token& word = tokens.peek(negative ? 1 : 0);
  if (word.kind != TokenKind::kWord) return std::nullopt;
  const auto value = as_number(word.text);
  if (!value || (negative && *value < 0)) return std::nullopt;
  take(tokens, negative ? 2 : 1);
  return negative ? -*value : *value;
}

std::optional<net::Ipv4Address> take_address(TokenStream& tokens) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto octet = decimal_octet(tokens.peek(2 * i));
    if (!octet || (i < 3 && !tokens.peek(2 * i + 1).is_symbol("."))) return std::nullopt;
    value = value << 8U | *octet;
  }
  take(tokens, 7);
  return net::Ipv4Address(value);
}

std::optional<std::vector<std::byte>> take_octets(TokenStream& tokens) {
  const auto first = octet_of(tokens.peek());
  if (!first) return std::nullopt;
  tokens.next();
  std::vector<std::byte> octets{*first};
  while (tokens.peek().is_symbol(":")) {
    const auto octet = octet_of(tokens.peek(1));
    if (!octet) break;
    take(tokens, 2);
    octets.push_back(*octet);
  }
  return octets;
}

std::optional<net::MacAddress> take_mac(TokenStream& tokens) {
  net::MacAddress mac;
  for (std::size_t i = 0; i < mac.octets.size(); ++i) {
    const auto octet = octet_of(tokens.peek(2 * i));
    if (!octet || (i + 1 < mac.octets.size() && !tokens.peek(2 * i + 1).is_symbol(":"))) return std::nullopt;
    mac.octets[i] = std::to_integer<std::uint8_t>(*octet);
  }
  take(tokens, 2 * mac.octets.size() - 1);
  return mac;
}

std::optional<std::string> take_host_name(TokenStream& tokens) {
  if (tokens.peek().kind != TokenKind::kWord || tokens.peek().text.size() > kDnsNameBytesMax) return std::nullopt;
  std::string name(tokens.next().text);
  while (tokens.peek().is_symbol(".") && tokens.peek(1).kind == TokenKind::kWord &&
         name.size() + 1 + tokens.peek(1).text.size() <= kDnsNameBytesMax) {
    tokens.next();
    name += '.';
    name += tokens.next().text;
  }
  return name;
}

}  // namespace rackcast
