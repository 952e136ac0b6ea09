#include "core/policy/lexer.h"

#include <gtest/gtest.h>

#include <string>

namespace rackcast {
namespace {

// Words as they are, strings in <>, symbols in '', bad tokens as ?.
std::string tokens_of(TokenStream& tokens) {
  std::string text;
  for (Token token = tokens.next(); !token.is_end(); token = tokens.next()) {
    if (!text.empty()) text += ' ';
    if (token.kind == TokenKind::kString)
      text += '<' + std::string(token.text) + '>';
    else if (token.kind == TokenKind::kSymbol)
      text += '\'' + std::string(token.text) + '\'';
    else
      text += token.kind == TokenKind::kBad ? "?" : std::string(token.text);
  }
  return text;
}
std::string tokens_of(std::string_view text) {
  TokenStream tokens(text);
  return tokens_of(tokens);
}

TEST(Lexer, WordsNumbersAndSymbols) {
  EXPECT_EQ(tokens_of("range dynamic-bootp 10.0.0.1 0x1f;"), "range dynamic-bootp 10 '.' 0 '.' 0 '.' 1 0x1f ';'");
  EXPECT_EQ(tokens_of("hardware ethernet 52:54:00:ab:CD:ef;"),
            "hardware ethernet 52 ':' 54 ':' 00 ':' ab ':' CD ':' ef ';'");
  EXPECT_EQ(tokens_of("{a=b!=c~=d~~e!f}"), "'{' a '=' b '!=' c '~=' d '~~' e '!' f '}'");
  EXPECT_EQ(tokens_of("_x a_b -5"), "_x a_b '-' 5");
}

TEST(Lexer, Comments) {
  EXPECT_EQ(tokens_of("# all of it; {\na # to here\n#\nb#"), "a b");
}

TEST(Lexer, Strings) {
  EXPECT_EQ(tokens_of(R"("plain" "a\"b\\c" "\n\r\t\b" "\101\x41\x4g" "\q")"),
            "<plain> <a\"b\\c> <\n\r\t\b> <AA\4g> <q>");
  EXPECT_EQ(tokens_of("\"a # no comment\nsecond line\""), "<a # no comment\nsecond line>");
  EXPECT_EQ(tokens_of("\"\""), "<>");
}

TEST(Lexer, WhatIsNoToken) {
  EXPECT_EQ(tokens_of("a \"never closed"), "a ?");
  EXPECT_EQ(tokens_of("a \"ends in a backslash\\"), "a ?");
  EXPECT_EQ(tokens_of("a \x01 \xc3\xa4 b"), "a ? ? ? b");
}

TEST(Lexer, Places) {
  TokenStream tokens("a\n  bb \"x\ny\" c");
  EXPECT_EQ(tokens.next().line, 1U);
  const Token second = tokens.next();
  EXPECT_EQ(second.line, 2U);
  EXPECT_EQ(second.column, 3U);
  const Token text = tokens.next();
  EXPECT_EQ(text.line, 2U);
  EXPECT_EQ(text.column, 6U);
  const Token last = tokens.next();
  EXPECT_EQ(last.line, 3U);
  EXPECT_EQ(last.column, 4U);
  EXPECT_TRUE(tokens.next().is_end());
  EXPECT_TRUE(tokens.next().is_end());
}

TEST(Lexer, KeywordsWithoutCase) {
  TokenStream tokens("SubNet ;");
  EXPECT_TRUE(tokens.peek().is_word("subnet"));
  EXPECT_FALSE(tokens.peek().is_word("subne"));
  EXPECT_FALSE(tokens.take_symbol(";"));
  EXPECT_TRUE(tokens.take_word("SUBNET"));
  EXPECT_TRUE(tokens.take_symbol(";"));
}

TEST(Lexer, LooksAhead) {
  TokenStream tokens("a b c");
  EXPECT_EQ(tokens.peek(2).text, "c");
  EXPECT_TRUE(tokens.peek(3).is_end());
  EXPECT_EQ(tokens.peek(0).text, "a");
  EXPECT_EQ(tokens_of(tokens), "a b c");
}

TEST(Lexer, AnIncludedFileStandsWhereItIsIncluded) {
  TokenStream tokens;
  ASSERT_TRUE(tokens.open("outer.conf", "one include two three"));
  EXPECT_EQ(tokens.next().text, "one");
  EXPECT_EQ(tokens.next().text, "include");
  EXPECT_EQ(tokens.peek(1).text, "three");  // read ahead
  ASSERT_TRUE(tokens.open("inner.conf", "x\ny"));
  EXPECT_EQ(tokens.next().text, "x");
  const Token y = tokens.next();
  EXPECT_EQ(tokens.file_name(y.file), "inner.conf");
  EXPECT_EQ(y.line, 2U);
  const Token two = tokens.next();
  EXPECT_EQ(two.text, "two");
  EXPECT_EQ(tokens.file_name(two.file), "outer.conf");
  EXPECT_EQ(tokens.next().text, "three");
  EXPECT_TRUE(tokens.peek().is_end());
}

TEST(Lexer, LooksAheadBeyondAnIncludedFile) {
  TokenStream tokens;
  ASSERT_TRUE(tokens.open("outer", "a b"));
  ASSERT_TRUE(tokens.open("inner", "x"));
  EXPECT_EQ(tokens.peek(2).text, "b");
  EXPECT_EQ(tokens_of(tokens), "x a b");
}

TEST(Lexer, FilesThatIncludeThemselvesEnd) {
  TokenStream tokens;
  std::size_t depth = 0;
  while (depth < 1'000 && tokens.open("self", "a")) ++depth;
  EXPECT_EQ(depth, TokenStream::kIncludeDepthMax);
}

TEST(Lexer, SkipsAStatement) {
  TokenStream tokens("a b; c { d; { e } f; } g } h");
  tokens.skip_statement();
  EXPECT_EQ(tokens.peek().text, "c");
  tokens.skip_statement();
  EXPECT_EQ(tokens.peek().text, "g");
  tokens.skip_statement();
  EXPECT_TRUE(tokens.peek().is_symbol("}"));
  tokens.skip_statement();
  EXPECT_TRUE(tokens.peek().is_symbol("}"));
}

}  // namespace
}  // namespace rackcast
