#include "core/quirks/name_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace rackcast {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<NameMap> map_of(std::string_view text) {
  NameMap::Parsed parsed = NameMap::parse(text);
  for (const Problem& problem : parsed.problems)
    EXPECT_EQ(problem.severity, Severity::kWarning) << problem.line << ": " << problem.message;
  EXPECT_NE(parsed.map, nullptr) << text;
  return std::move(parsed.map);
}

const NameMapPeer kReader{*net::IpAddress::parse("192.0.2.169"), false};
const NameMapPeer kWriter{*net::IpAddress::parse("192.0.2.169"), true};
const NameMapPeer kReader6{*net::IpAddress::parse("2001:db8::1"), false};

struct Mapped {
  MapOutcome outcome;
  std::string name;
  friend bool operator==(const Mapped&, const Mapped&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Mapped& mapped) {
    return out << static_cast<int>(mapped.outcome) << " \"" << mapped.name << "\"";
  }
};

Mapped mapped(std::string_view rules, std::string_view name, const NameMapPeer& peer = kReader, unsigned missing = 0) {
  const auto map = map_of(rules);
  if (map == nullptr) return {MapOutcome::kLoops, "no map"};
  PathText out;
  const MapOutcome outcome = map->apply(name, peer, out, missing);
  return {outcome, std::string(out.view())};
}

std::string name_of(std::string_view rules, std::string_view name, const NameMapPeer& peer = kReader) {
  return mapped(rules, name, peer).name;
}

std::string problem_of(std::string_view text) {
  const NameMap::Parsed parsed = NameMap::parse(text);
  EXPECT_EQ(parsed.map, nullptr) << text;
  if (parsed.problems.empty()) return "";
  const Problem& first = parsed.problems.front();
  return std::to_string(first.line) + ":" + std::to_string(first.column) + " " + first.message;
}

TEST(NameMap, LeavesANameThatNoRuleTouches) {
  EXPECT_EQ(mapped("", "pxelinux.0"), (Mapped{MapOutcome::kUnchanged, "pxelinux.0"}));
  EXPECT_EQ(mapped("# only a comment\n\n  \t\n", "a"), (Mapped{MapOutcome::kUnchanged, "a"}));
  EXPECT_EQ(mapped("r x y", "a"), (Mapped{MapOutcome::kUnchanged, "a"}));
  EXPECT_EQ(mapped("r a a", "a"), (Mapped{MapOutcome::kUnchanged, "a"}));
}

TEST(NameMap, EveryRuleSeesWhatTheOneBeforeMade) {
  EXPECT_EQ(mapped("r a b\nr b c\n", "a"), (Mapped{MapOutcome::kMapped, "c"}));
  EXPECT_EQ(name_of("re a b\nr b c\n", "a"), "b");
  EXPECT_EQ(name_of("re z b\nr a c\n", "a"), "c");
}

TEST(NameMap, RepeatsFromTheStartOrBehindTheMatch) {
  EXPECT_EQ(name_of("r \\\\ /", "a\\b\\c"), "a/b\\c");
  EXPECT_EQ(name_of("rg \\\\ /", "a\\b\\c"), "a/b/c");
  EXPECT_EQ(name_of("rg // /", "a////b"), "a/b");
  EXPECT_EQ(name_of("rgg // /", "a////b"), "a//b");
  EXPECT_EQ(name_of("rgg ^a b", "aaa"), "baa");  // the rest does not begin the name
  EXPECT_EQ(name_of("rgg a aa", "aba"), "aabaa");
  EXPECT_EQ(mapped("rg a aa", "a").outcome, MapOutcome::kTooLong);
  EXPECT_EQ(mapped("rg a a", "a").outcome, MapOutcome::kLoops);
}

TEST(NameMap, WritesWhatMatched) {
  EXPECT_EQ(name_of("r ^(.*)/(.*)$ \\2-\\1-\\0", "x/y"), "y-x-x/y");
  EXPECT_EQ(name_of("r (a)|(b) <\\1\\2>", "b"), "<b>");  // a group that took no part is nothing
  EXPECT_EQ(name_of("r ^ net/", "k"), "net/k");
  EXPECT_EQ(name_of("r $ .img", "k"), "k.img");
  EXPECT_EQ(name_of("r x", "axb"), "ab");
  EXPECT_EQ(name_of("r ^ \\i/", "k"), "192.0.2.169/k");
  EXPECT_EQ(name_of("r ^ \\x/", "k"), "C00002A9/k");
  EXPECT_EQ(name_of("r ^ \\i/", "k", kReader6), "2001:db8::1/k");
  EXPECT_EQ(name_of("r ^ \\x/", "k", kReader6), "20010DB8000000000000000000000001/k");
}

TEST(NameMap, KnowsItsEscapes) {
  EXPECT_EQ(name_of("r a \\\\", "a"), "\\");
  EXPECT_EQ(name_of("r a \\#", "a"), "#");
  EXPECT_EQ(name_of("r a x\\ y", "a"), "x y");
  EXPECT_EQ(name_of("r a\\#b c", "a#b"), "c");
  EXPECT_EQ(name_of("r a b\\", "a"), "b\\");
  EXPECT_EQ(name_of("r a b#comment", "a"), "b");
  EXPECT_EQ(name_of("r a b # comment", "a"), "b");
  EXPECT_EQ(name_of("r a \\qx", "a"), "qx");
}

TEST(NameMap, ChangesCase) {
  EXPECT_EQ(name_of("r .* \\L\\0", "BOOT/X64.EFI"), "boot/x64.efi");
  EXPECT_EQ(name_of("r ([a-z]*)/(.*) \\U\\1x\\E/\\2", "ab/cd"), "ABX/cd");
  EXPECT_EQ(name_of("r a \\L\\x", "a"), "c00002a9");
  EXPECT_EQ(name_of("ri BOOT b", "xboOty"), "xby");
  EXPECT_EQ(name_of("r BOOT b", "boot"), "boot");
  EXPECT_EQ(name_of("r .* \\U\\0", "\xC3\xA4z"), "\xC3\xA4Z");  // ASCII only
}

TEST(NameMap, RestartsAndJumps) {
  EXPECT_EQ(name_of("r z y\nrs a z\n", "aa"), "yy");
  EXPECT_EQ(mapped("rs a a\n", "a").outcome, MapOutcome::kLoops);
  EXPECT_EQ(mapped("s a\n", "a").outcome, MapOutcome::kLoops);
  EXPECT_EQ(name_of("j ^k end\nr ^ x\n:end\nr $ y\n", "k"), "ky");
  EXPECT_EQ(name_of("j ^k end\nr ^ x\n:end\nr $ y\n", "l"), "xly");
  EXPECT_EQ(name_of("j ^(.) to\\1\nr .* none\n:toa\nre $ 1\n:tob\nre $ 2\n", "b"), "b2");
  EXPECT_EQ(mapped("j ^(.) to\\1\n:toa\n", "b").outcome, MapOutcome::kRefused);
  EXPECT_EQ(mapped(":top\nj a top\n", "a").outcome, MapOutcome::kLoops);
}

TEST(NameMap, RefusesWithOrWithoutAText) {
  EXPECT_EQ(mapped("a ^secret", "secret/x"), (Mapped{MapOutcome::kRefused, ""}));
  EXPECT_EQ(mapped("a ^(secret) no\\ \\1", "secret/x"), (Mapped{MapOutcome::kRefused, "no secret"}));
  EXPECT_EQ(mapped("a~ ^public", "secret/x").outcome, MapOutcome::kRefused);
  EXPECT_EQ(mapped("a~ ^public", "public/x").outcome, MapOutcome::kUnchanged);
}

TEST(NameMap, AsksForTheDirectionAndTheFamily) {
  EXPECT_EQ(name_of("rG a b", "a"), "b");
  EXPECT_EQ(name_of("rG a b", "a", kWriter), "a");
  EXPECT_EQ(name_of("rP a b", "a", kWriter), "b");
  EXPECT_EQ(name_of("rP a b", "a"), "a");
  EXPECT_EQ(name_of("r4 a b", "a"), "b");
  EXPECT_EQ(name_of("r4 a b", "a", kReader6), "a");
  EXPECT_EQ(name_of("r6 a b", "a", kReader6), "b");
  EXPECT_EQ(name_of("r6 a b", "a"), "a");
  EXPECT_EQ(name_of("rGP a b", "a"), "a");
}

TEST(NameMap, OffersCandidatesThatMayNotBeFiles) {
  constexpr std::string_view kRules = "rE ^ first/\nrE ^ second/\nr $ .last\n";
  EXPECT_EQ(mapped(kRules, "k", kReader, 0), (Mapped{MapOutcome::kCandidate, "first/k"}));
  EXPECT_EQ(mapped(kRules, "k", kReader, 1), (Mapped{MapOutcome::kCandidate, "second/k"}));
  EXPECT_EQ(mapped(kRules, "k", kReader, 2), (Mapped{MapOutcome::kMapped, "k.last"}));
  EXPECT_EQ(mapped(kRules, "k", kReader, 3).outcome, MapOutcome::kNoSuchCandidate);
  EXPECT_EQ(mapped("r a b\n", "k", kReader, 1).outcome, MapOutcome::kNoSuchCandidate);
  EXPECT_EQ(mapped("rE ^ x/\na x\n", "x", kReader, 1).outcome, MapOutcome::kRefused);
  EXPECT_EQ(mapped("E ^k\n", "k"), (Mapped{MapOutcome::kCandidate, "k"}));
}

TEST(NameMap, BoundsNamesAndSteps) {
  const std::string longest(kNameMapNameBytesMax, 'a');
  EXPECT_EQ(mapped("r x y", longest).outcome, MapOutcome::kUnchanged);
  EXPECT_EQ(mapped("r x y", longest + "a").outcome, MapOutcome::kTooLong);
  EXPECT_EQ(mapped("rg ^ xxx", longest).outcome, MapOutcome::kTooLong);
  EXPECT_EQ(mapped("rg a b", longest).outcome, MapOutcome::kMapped);
  std::string twice;  // one restart: two runs of 1024 rules
  for (unsigned i = 0; i < kNameMapRulesMax - 1; ++i) twice += "r x y\n";
  EXPECT_EQ(mapped(twice + "rs ^(a*)a$ \\1\n", "a"), (Mapped{MapOutcome::kMapped, ""}));
  EXPECT_EQ(mapped(twice + "rs ^(a*)a$ \\1\n", "aa").outcome, MapOutcome::kLoops);
}

TEST(NameMap, TellsWhereAFileIsWrong) {
  EXPECT_THAT(problem_of("r a b\nq a b\n"), HasSubstr("2:1 there is no operation \"q\""));
  EXPECT_THAT(problem_of("r\n"), HasSubstr("1:1 the rule has no regular expression"));
  EXPECT_THAT(problem_of("r ( b\n"), HasSubstr("1:3 not a regular expression"));
  EXPECT_THAT(problem_of("r~ a b\n"), HasSubstr("exclude each other"));
  EXPECT_THAT(problem_of("rj a b\n:b\n"), HasSubstr("exclude each other"));
  EXPECT_THAT(problem_of("j a nowhere\n"), HasSubstr("1:1 there is no label :nowhere"));
  EXPECT_THAT(problem_of("j a\n"), HasSubstr("needs the label"));
  EXPECT_THAT(problem_of(":a\n:a\n"), HasSubstr("2:1 the label :a is there twice"));
  EXPECT_THAT(problem_of(": a\n"), HasSubstr("a label needs a name"));
  EXPECT_THAT(problem_of(std::string("r a\0b c", 7)), HasSubstr("NUL"));
  EXPECT_THAT(problem_of(std::string(kNameMapBytesMax + 1, '#')), HasSubstr("larger than"));
  std::string many;
  for (unsigned i = 0; i <= kNameMapRulesMax; ++i) many += "r x y\n";
  EXPECT_THAT(problem_of(many), HasSubstr("1025:1 more than 1024 rules"));
}

TEST(NameMap, RefusesWhatCouldTakeForEver) {
  EXPECT_THAT(problem_of("r (a*)\\1 b"), HasSubstr("back-references"));
  EXPECT_THAT(problem_of("r (a{100}){100} b"), HasSubstr("repetitions"));
  EXPECT_THAT(problem_of("r a{60}{60}{60} b"), HasSubstr("repetitions"));
  EXPECT_THAT(problem_of("r a{99999999999999999999} b"), HasSubstr("repetitions"));
  EXPECT_THAT(problem_of("r a+++++++++++++ b"), HasSubstr("repetitions"));
  EXPECT_THAT(problem_of("r ((((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)+)+) b"), HasSubstr("repetitions"));
  EXPECT_EQ(name_of("r a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+ b", "abcdefghijklmnop"), "b");
  EXPECT_EQ(name_of("r ([0-9]{1,3}[.]){3}[0-9]{1,3} ip", "10.0.12.255"), "ip");
  EXPECT_THAT(problem_of("r " + std::string(kNameMapRegexBytesMax + 1, 'a') + " b"), HasSubstr("at most 512"));
  EXPECT_EQ(name_of("r [\\1]x b", "1x"), "b");  // in brackets a backslash is one
  EXPECT_EQ(name_of("r []{9999]x b", "{x"), "b");
  EXPECT_EQ(name_of("r [[:digit:]]{2} b", "12"), "b");
}

TEST(NameMap, OldContradictionsAreWarnings) {
  for (const char* text : {"ra x y", "ae x", "as x", "es x"}) {
    const NameMap::Parsed parsed = NameMap::parse(text);
    EXPECT_NE(parsed.map, nullptr) << text;
    EXPECT_EQ(parsed.problems.size(), 1U) << text;
  }
  EXPECT_EQ(mapped("ra x y", "x"), (Mapped{MapOutcome::kRefused, "y"}));
}

TEST(NameMap, TakesEveryPrefixOfAFile) {
  const std::string text = "# map\r\nrg \\\\ /\r\nri ^/?boot/(.*) \\L\\1\r\n:x\r\nj ^a x\r\na \\.\\./\r\nrE ^ \\x/\r\n";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const NameMap::Parsed parsed = NameMap::parse(std::string_view(text).substr(0, size));
    PathText out;
    if (parsed.map != nullptr) (void)parsed.map->apply("Boot\\X", kReader, out);
    EXPECT_EQ(parsed.map == nullptr, !parsed.problems.empty()) << size;
  }
  EXPECT_EQ(name_of(text, "\\Boot\\PXE.0"), "C00002A9/pxe.0");
}

}  // namespace
}  // namespace rackcast
