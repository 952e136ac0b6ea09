#include "proto/ftp/line_splitter.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/proto/wire_bytes.h"

namespace rackcast::ftp {
namespace {

using namespace std::string_literals;
using Lines = std::vector<std::string>;

const std::string kDropped = "(too long)";

// Feeds `stream` in pieces of `piece_bytes` and collects the lines.
Lines lines_of(const std::string& stream, std::size_t piece_bytes) {
  const auto splitter = std::make_unique<LineSplitter>();
  Lines lines;
  for (std::size_t start = 0; start < stream.size(); start += piece_bytes) {
    const auto piece = test::bytes_of(stream.substr(start, piece_bytes));
    std::span<const std::byte> input(piece);
    while (!input.empty()) {
      const LineSplitter::Step step = splitter->next(input);
      EXPECT_GT(step.consumed_bytes, 0U);
      input = input.subspan(step.consumed_bytes);
      if (step.outcome == LineSplitter::Outcome::kLine) lines.emplace_back(step.line);
      if (step.outcome == LineSplitter::Outcome::kTooLong) lines.push_back(kDropped);
      EXPECT_TRUE(step.outcome != LineSplitter::Outcome::kNeedMore || input.empty());
    }
  }
  return lines;
}

void expect_lines(const std::string& stream, const Lines& expected) {
  for (std::size_t piece_bytes = 1; piece_bytes <= stream.size(); ++piece_bytes)
    ASSERT_EQ(lines_of(stream, piece_bytes), expected) << "in pieces of " << piece_bytes;
}

TEST(FtpLineSplitter, LinesEndInCrLfOrBareLf) {
  expect_lines("USER a\r\nPASS b\nQUIT\r\n", {"USER a", "PASS b", "QUIT"});
  expect_lines("\r\n\n", {"", ""});
  expect_lines("unfinished", {});
}

TEST(FtpLineSplitter, OnlyTheLastCrIsPartOfTheEnd) {
  expect_lines("a\rb\r\n", {"a\rb"});
  expect_lines("a\r\r\n", {"a\r"});
}

TEST(FtpLineSplitter, NulIsAByteOfTheLine) {
  expect_lines("RETR a\0b\r\n"s, {"RETR a\0b"s});
}

TEST(FtpLineSplitter, TelnetSynchBeforeAborIsSkipped) {
  expect_lines("\xFF\xF4\xFF\xF2"s + "ABOR\r\n", {"ABOR"});
  expect_lines("\xFF\xF4\xF2"s + "ABOR\r\n", {"\xF2"s + "ABOR"});  // a mark without its IAC is text
}

// The DM travelled as urgent data and is not in the stream: IAC IP IAC ABOR.
TEST(FtpLineSplitter, SynchWhoseMarkWasUrgentDataIsSkipped) {
  expect_lines("\xFF\xF4\xFF"s + "ABOR\r\n", {"ABOR"});
}

TEST(FtpLineSplitter, TelnetNegotiationIsSkippedAnywhere) {
  expect_lines("US\xFF\xFB\x01"s + "ER\xFF\xFE\x0A a\r\n", {"USER a"});  // an option numbered like LF ends no line
  expect_lines("A\xFF\xFA\x18\n\xFF\xFF\n\xFF\xF0"s + "B\r\n", {"AB"});  // a subnegotiation with LFs inside
  expect_lines("NOOP\xFF\xF1\r\n", {"NOOP"});
}

TEST(FtpLineSplitter, DoubledOrStray255IsAByteOfAName) {
  expect_lines("RETR a\xFF\xFF"s + "b\r\n", {"RETR a\xFF"s + "b"});
  expect_lines("RETR a\xFF"s + "b\r\n", {"RETR a\xFF"s + "b"});
  expect_lines("RETR a\xFF\r\n", {"RETR a\xFF"});
}

TEST(FtpLineSplitter, LongestLineFitsAndOneMoreIsDroppedWhole) {
  const std::string longest(LineSplitter::kLineBytesMax, 'x');
  for (const std::string& end : {"\r\n"s, "\n"s}) {
    for (const std::size_t piece_bytes : {std::size_t{1}, std::size_t{1'000}, std::size_t{100'000}}) {
      EXPECT_EQ(lines_of(longest + end + "NOOP\r\n", piece_bytes), (Lines{longest, "NOOP"}));
      EXPECT_EQ(lines_of(longest + "x" + end + "NOOP\r\n", piece_bytes), (Lines{kDropped, "NOOP"}));
      EXPECT_EQ(lines_of(longest + longest + longest + end + "NOOP\r\n", piece_bytes), (Lines{kDropped, "NOOP"}));
    }
  }
}

TEST(FtpLineSplitter, EmptyInputNeedsMore) {
  LineSplitter splitter;
  const auto step = splitter.next({});
  EXPECT_EQ(step.outcome, LineSplitter::Outcome::kNeedMore);
  EXPECT_EQ(step.consumed_bytes, 0U);
}

// Whatever the bytes, where the stream is cut does not matter.
TEST(FtpLineSplitter, RandomStreamsGiveTheSameLinesHoweverTheyAreCut) {
  constexpr std::uint32_t kSeed = 854;
  std::mt19937 random(kSeed);
  const std::string alphabet = "AB \r\n\0\xFF\xFF\xFA\xF0\xF4\xFB"s;
  for (int round = 0; round < 2'000; ++round) {
    std::string stream(random() % 60, ' ');
    for (char& c : stream) c = alphabet[random() % alphabet.size()];
    const Lines whole = lines_of(stream, stream.size() + 1);
    for (const std::size_t piece_bytes : {1U, 2U, 3U, 7U})
      ASSERT_EQ(lines_of(stream, piece_bytes), whole) << "seed " << kSeed << " round " << round;
  }
}

}  // namespace
}  // namespace rackcast::ftp
