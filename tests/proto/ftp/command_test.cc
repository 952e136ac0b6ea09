#include "proto/ftp/command.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace rackcast::ftp {
namespace {

TEST(FtpCommand, LineIsVerbAndArgument) {
  struct Case {
    std::string line;
    Verb verb;
    std::string name;
    std::string argument;
  };
  const Case cases[] = {
      {"USER anonymous", Verb::kUser, "USER", "anonymous"},
      {"user anonymous", Verb::kUser, "user", "anonymous"},
      {"QuIt", Verb::kQuit, "QuIt", ""},
      {"PASS a b", Verb::kPass, "PASS", "a b"},
      {"PASS ", Verb::kPass, "PASS", ""},
      {"RETR  leading and trailing ", Verb::kRetr, "RETR", " leading and trailing "},
      {"RETR ISO/é\xFF.img", Verb::kRetr, "RETR", "ISO/é\xFF.img"},
      {"XPWD", Verb::kPwd, "XPWD", ""},
      {"XCUP", Verb::kCdup, "XCUP", ""},
      {"", Verb::kUnknown, "", ""},
      {" ", Verb::kUnknown, "", ""},
      {" USER x", Verb::kUnknown, "", "USER x"},
      {"USERS x", Verb::kUnknown, "USERS", "x"},
      {"USE", Verb::kUnknown, "USE", ""},
      {"USER\tx", Verb::kUnknown, "USER\tx", ""},
      {"GET / HTTP/1.0", Verb::kUnknown, "GET", "/ HTTP/1.0"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.line);
    const Command command = parse_command(c.line);
    EXPECT_EQ(command.verb, c.verb);
    EXPECT_EQ(command.name, c.name);
    EXPECT_EQ(command.argument, c.argument);
  }
}

TEST(FtpCommand, EveryNameIsRecognisedInBothCases) {
  for (const VerbName& entry : verb_names()) {
    std::string lower(entry.name);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return static_cast<char>(c - 'A' + 'a'); });
    EXPECT_EQ(parse_command(entry.name).verb, entry.verb) << entry.name;
    EXPECT_EQ(parse_command(lower + " x").verb, entry.verb) << lower;
  }
}

TEST(FtpCommand, NamesAreUniqueAndEveryVerbPrintsItsFirst) {
  std::set<std::string_view> names;
  for (const VerbName& entry : verb_names()) EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
  for (int i = 1; i < static_cast<int>(Verb::kCount_); ++i) EXPECT_EQ(parse_command(name(Verb(i))).verb, Verb(i));
  EXPECT_EQ(name(Verb::kPwd), "PWD");
  EXPECT_EQ(name(Verb::kUnknown), "?");
}

TEST(FtpCommand, EveryPrefixOfACommandHasADefinedAnswer) {
  const std::string line = "MLST some/file";
  for (std::size_t size = 0; size < line.size(); ++size) {
    const Command command = parse_command(line.substr(0, size));
    EXPECT_EQ(command.verb, size < 4 ? Verb::kUnknown : Verb::kMlst) << size;
  }
}

}  // namespace
}  // namespace rackcast::ftp
