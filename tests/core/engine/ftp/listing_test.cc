#include "core/engine/ftp/listing.h"

#include <gtest/gtest.h>

#include <vector>

namespace rackcast::engine {
namespace {

constexpr std::int64_t kNow = 784'111'777 + 86'400;

std::vector<FtpListEntry> entries() {
  return {{"b.rpm", false, 1'234, 784'111'777}, {"sub", true, 4'096, 784'000'000}, {".treeinfo", false, 5, 1}};
}

std::string list(const FtpListingRequest& request) {
  std::vector<FtpListEntry> all = entries();
  return format_listing(request, all, kNow);
}

TEST(FtpSessionListing, LongLinesAreSortedByName) {
  EXPECT_EQ(list({}),
            "-rw-r--r--    1 0        0               5 Jan 01  1970 .treeinfo\r\n"
            "-rw-r--r--    1 0        0            1234 Nov 06 08:49 b.rpm\r\n"
            "drwxr-xr-x    1 0        0            4096 Nov 05 01:46 sub\r\n");
}

TEST(FtpSessionListing, NamesCarryTheDirectoryAsWritten) {
  EXPECT_EQ(list({.format = FtpListFormat::kNames, .name_prefix = "d/"}), "d/.treeinfo\r\nd/b.rpm\r\nd/sub\r\n");
}

TEST(FtpSessionListing, FactsAreThoseAskedFor) {
  EXPECT_EQ(list({.format = FtpListFormat::kFacts, .facts = ftp::FactSet::parse("type;size;")}),
            "type=file;size=5; .treeinfo\r\ntype=file;size=1234; b.rpm\r\ntype=dir; sub\r\n");
}

TEST(FtpSessionListing, ByTimeIsNewestFirstAndReversible) {
  EXPECT_EQ(list({.format = FtpListFormat::kNames, .by_time = true}), "b.rpm\r\nsub\r\n.treeinfo\r\n");
  EXPECT_EQ(list({.format = FtpListFormat::kNames, .by_time = true, .reversed = true}),
            ".treeinfo\r\nsub\r\nb.rpm\r\n");
}

TEST(FtpSessionListing, Globs) {
  const struct {
    const char* pattern;
    const char* name;
    bool matches;
  } cases[] = {
      {"*", "", true},          {"*", "abc", true},        {"*.rpm", "a.rpm", true}, {"*.rpm", "a.rpmx", false},
      {"a*b*c", "aXbYc", true}, {"a*b*c", "aXcYb", false}, {"?", "a", true},         {"?", "", false},
      {"??", "a", false},       {"a**", "a", true},        {"", "", true},           {"", "a", false},
      {"*a", "aaab", false},    {"*aab", "aaaaab", true},  {"[a]", "a", false},      {"[a]", "[a]", true},
  };
  for (const auto& c : cases) EXPECT_EQ(glob_matches(c.pattern, c.name), c.matches) << c.pattern << " " << c.name;
}

TEST(FtpSessionListing, HostileGlobsEndSoon) {
  const std::string pattern(400, '*');
  EXPECT_FALSE(glob_matches(pattern + "b", std::string(255, 'a')));
  std::string stars;
  for (int i = 0; i < 200; ++i) stars += "*a";
  EXPECT_FALSE(glob_matches(stars + "b", std::string(255, 'a')));
}

}  // namespace
}  // namespace rackcast::engine
