// The words of dhcpd.conf's language, for the statement parser (rule_parser.h) and the reader of declarations alike:
// one stream of tokens over a file and the files it includes. Total: any bytes give tokens; what is none is a kBad
// token with a sentence. Configuration time only; allocates. One thread.
//
//   word     letters, digits, '-' and '_': keywords, names, numbers ("43200", "0x1f"), a host name's labels
//   string   "…" with \n \r \t \b \" \\ \ooo \xhh; may run over lines
//   symbol   ; { } ( ) , . : = != ~= ~~ ! and every other printable character by itself
//   comment  # to the end of the line: no token
//
// "10.0.0.1" and "00:07:ff" are several tokens, as in dhcpd: take_address and its kin (token_values.h) join them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace rackcast {

enum class TokenKind : std::uint8_t {
  kEnd,  // of the outermost file, from then on for ever
  kWord,
  kString,
  kSymbol,
  kBad,  // text: what is wrong here
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::uint16_t file = 0;    // TokenStream::file_name
  std::uint32_t line = 1;    // of its first character
  std::uint32_t column = 1;  // in bytes
  std::string_view text;     // a word as spelled, a string decoded; lives as long as the stream

  [[nodiscard]] bool is_end() const { return kind == TokenKind::kEnd; }
  [[nodiscard]] bool is_word(std::string_view keyword) const;  // without case
  [[nodiscard]] bool is_symbol(std::string_view symbol) const { return kind == TokenKind::kSymbol && text == symbol; }
};

class TokenStream {
 public:
  static constexpr std::size_t kLookAheadMax = 32;
  static constexpr std::size_t kIncludeDepthMax = 16;
  static constexpr std::size_t kFilesMax = 4'096;

  TokenStream() = default;
  // One text without a name.
  explicit TokenStream(std::string_view text) { static_cast<void>(open("", std::string(text))); }
  TokenStream(const TokenStream&) = delete;
  TokenStream& operator=(const TokenStream&) = delete;

  // The next tokens are those of `text`, which the stream keeps; then it goes on where it was: `include "…";`, once
  // that statement has been taken. False: files include one another too deeply, or there are too many.
  [[nodiscard]] bool open(std::string name, std::string text);
  [[nodiscard]] std::string_view file_name(std::uint16_t file) const { return sources_[file].name; }

  // The token `ahead` places on (0: the next), at most kLookAheadMax; the reference is good until the next call.
  [[nodiscard]] const Token& peek(std::size_t ahead = 0);
  Token next();
  // Takes the next token where it is this one.
  bool take_word(std::string_view keyword);
  bool take_symbol(std::string_view symbol);

  // To the end of a statement that is wrong: behind its ';', behind the '}' that closes the block it opened, or in
  // front of a '}' that it did not open.
  void skip_statement();

 private:
  struct Source {
    std::string name;
    std::string text;
  };
  // A file being read.
  struct Frame {
    std::uint16_t file = 0;
    std::size_t at = 0;
    std::uint32_t line = 1;
    std::size_t line_start = 0;
    std::deque<Token> resume;  // tokens of the file that included it, read ahead
  };

  void fill(std::size_t count);
  Token scan(Frame& frame);
  void skip_blanks(Frame& frame) const;
  void scan_string(Frame& frame, Token& token);
  [[nodiscard]] static std::string decode(std::string_view quoted);

  std::deque<Source> sources_;
  std::deque<std::string> decoded_;  // strings with escapes in them
  std::vector<Frame> frames_;
  std::deque<Token> ahead_;
};

// Without case, in ASCII: how keywords, option names and spaces are compared.
[[nodiscard]] bool same_word(std::string_view a, std::string_view b);

}  // namespace rackcast
