#include "core/policy/lexer.h"

#include <algorithm>

namespace rackcast {
namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_word_start(char c) {
  return is_letter(c) || is_digit(c) || c == '_';
}
constexpr bool is_word_part(char c) {
  return is_word_start(c) || c == '-';
}
constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr bool is_printable(char c) {
  return c > ' ' && c <= '~';
}
constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

// The number that follows at `at`, of at most `digits_max` digits; leaves `at` on its last character.
char number_escape(std::string_view text, std::size_t& at, int base, std::size_t digits_max) {
  int value = 0;
  std::size_t digits = 0;
  while (at < text.size() && digits < digits_max) {
    const int digit = hex_value(text[at]);
    if (digit < 0 || digit >= base) break;
    value = value * base + digit;
    ++at;
    ++digits;
  }
  --at;
  return static_cast<char>(value & 0xFF);
}

}  // namespace

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

bool Token::is_word(std::string_view keyword) const {
  return kind == TokenKind::kWord && same_word(text, keyword);
}

bool TokenStream::open(std::string name, std::string text) {
  if (frames_.size() >= kIncludeDepthMax || sources_.size() >= kFilesMax) return false;
  Frame frame;
  frame.file = static_cast<std::uint16_t>(sources_.size());
  frame.resume.swap(ahead_);
  sources_.push_back({std::move(name), std::move(text)});
  frames_.push_back(std::move(frame));
  return true;
}

const Token& TokenStream::peek(std::size_t ahead) {
  ahead = std::min(ahead, kLookAheadMax);
  fill(ahead + 1);
  return ahead_[ahead];
}

Token TokenStream::next() {
  fill(1);
  const Token token = ahead_.front();
  if (!token.is_end()) ahead_.pop_front();
  return token;
}

bool TokenStream::take_word(std::string_view keyword) {
  if (!peek().is_word(keyword)) return false;
  next();
  return true;
}

bool TokenStream::take_symbol(std::string_view symbol) {
  if (!peek().is_symbol(symbol)) return false;
  next();
  return true;
}

void TokenStream::skip_statement() {
  std::size_t depth = 0;
  while (!peek().is_end()) {
    if (depth == 0 && peek().is_symbol("}")) return;
    const Token token = next();
    if (token.is_symbol("{")) ++depth;
    if (token.is_symbol("}") && --depth == 0) return;
    if (token.is_symbol(";") && depth == 0) return;
  }
}

void TokenStream::fill(std::size_t count) {
  while (ahead_.size() < count) {
    if (frames_.empty()) {
      ahead_.emplace_back();
      continue;
    }
    const Token token = scan(frames_.back());
    if (!token.is_end() || frames_.size() == 1) {
      ahead_.push_back(token);
      continue;
    }
    std::deque<Token> resume = std::move(frames_.back().resume);
    frames_.pop_back();
    ahead_.insert(ahead_.end(), resume.begin(), resume.end());
  }
}

void TokenStream::skip_blanks(Frame& frame) const {
  const std::string_view text = sources_[frame.file].text;
  for (; frame.at < text.size(); ++frame.at) {
    const char c = text[frame.at];
    if (c == '#') {
      frame.at = std::min(text.find('\n', frame.at), text.size());
      if (frame.at == text.size()) return;
    } else if (c != ' ' && c != '\t' && c != '\r' && c != '\n' && c != '\f' && c != '\v') {
      return;
    }
    if (text[frame.at] != '\n') continue;
    ++frame.line;
    frame.line_start = frame.at + 1;
  }
}

Token TokenStream::scan(Frame& frame) {
  skip_blanks(frame);
  const std::string_view text = sources_[frame.file].text;
  Token token;
  token.file = frame.file;
  token.line = frame.line;
  token.column = static_cast<std::uint32_t>(frame.at - frame.line_start + 1);
  if (frame.at >= text.size()) return token;
  const std::size_t start = frame.at;
  const char c = text[start];
  if (c == '"') {
    scan_string(frame, token);
    return token;
  }
  ++frame.at;
  if (is_word_start(c)) {
    token.kind = TokenKind::kWord;
    while (frame.at < text.size() && is_word_part(text[frame.at])) ++frame.at;
  } else if (is_printable(c)) {
    token.kind = TokenKind::kSymbol;
    const char second = frame.at < text.size() ? text[frame.at] : '\0';
    if ((c == '!' && second == '=') || (c == '~' && (second == '=' || second == '~'))) ++frame.at;
  } else {
    token.kind = TokenKind::kBad;
    token.text = "this character has no meaning outside quotes";
    return token;
  }
  token.text = text.substr(start, frame.at - start);
  return token;
}

void TokenStream::scan_string(Frame& frame, Token& token) {
  const std::string_view text = sources_[frame.file].text;
  const std::size_t start = ++frame.at;
  bool escapes = false;
  for (; frame.at < text.size() && text[frame.at] != '"'; ++frame.at) {
    if (text[frame.at] == '\\' && frame.at + 1 < text.size()) {
      escapes = true;
      ++frame.at;
    }
    if (text[frame.at] != '\n') continue;
    ++frame.line;
    frame.line_start = frame.at + 1;
  }
  if (frame.at >= text.size()) {
    token.kind = TokenKind::kBad;
    token.text = "this text has no closing quote";
    return;
  }
  token.kind = TokenKind::kString;
  token.text = text.substr(start, frame.at - start);
  ++frame.at;
  if (escapes) token.text = decoded_.emplace_back(decode(token.text));
}

std::string TokenStream::decode(std::string_view quoted) {
  std::string out;
  out.reserve(quoted.size());
  for (std::size_t at = 0; at < quoted.size(); ++at) {
    char c = quoted[at];
    if (c == '\\' && ++at < quoted.size()) {
      c = quoted[at];
      switch (c) {
        case 'n':
          c = '\n';
          break;
        case 'r':
          c = '\r';
          break;
        case 't':
          c = '\t';
          break;
        case 'b':
          c = '\b';
          break;
        case 'x':
          c = number_escape(quoted, ++at, 16, 2);
          break;
        case '0':
        case '1':
        case '2':
        case '3':
          c = number_escape(quoted, at, 8, 3);
          break;
        default:
          break;
      }
    }
    out.push_back(c);
  }
  return out;
}

}  // namespace rackcast
