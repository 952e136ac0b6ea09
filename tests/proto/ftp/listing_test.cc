#include "proto/ftp/listing.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "tests/proto/ftp/written.h"

namespace rackcast::ftp {
namespace {

using namespace std::string_literals;

constexpr UnixSeconds kNow{1'795'496'663};     // 2026-11-24 05:04:23
constexpr UnixSeconds kAutumn{1'790'858'096};  // 2026-10-01 12:34:56

std::string list_line(const DirectoryEntry& entry, const OwnerNames& owners = {}) {
  return written([&](auto& out) { put_list_line(out, entry, kNow, owners); });
}

std::string fact_line(const DirectoryEntry& entry, FactSet facts = {}) {
  return written([&](auto& out) { put_fact_line(out, entry, facts); });
}

TEST(FtpListLine, ColumnsAreWhatClientsScan) {
  EXPECT_EQ(list_line({.name = "vmlinuz", .size_bytes = 1'234, .modified = kAutumn}),
            "-rw-r--r--    1 0        0            1234 Oct 01 12:34 vmlinuz\r\n");
  EXPECT_EQ(
      list_line({.name = "Packages", .kind = EntryKind::kDirectory, .size_bytes = 4'096, .modified = UnixSeconds(0)}),
      "drwxr-xr-x    1 0        0            4096 Jan 01  1970 Packages\r\n");
}

TEST(FtpListLine, WideSizesAndOwnersPushTheColumnsInsteadOfBeingCut) {
  EXPECT_EQ(list_line({.name = "a", .size_bytes = 123'456'789'012, .modified = kAutumn},
                      {.owner = "ftp", .group = "ftpadmins1"}),
            "-rw-r--r--    1 ftp      ftpadmins1 123456789012 Oct 01 12:34 a\r\n");
}

TEST(FtpListLine, NameCannotBreakTheLine) {
  EXPECT_EQ(list_line({.name = "a\r\nb", .size_bytes = 7, .modified = kAutumn}),
            "-rw-r--r--    1 0        0               7 Oct 01 12:34 a??b\r\n");
  EXPECT_EQ(written([](auto& out) { put_name_line(out, "x\ny\0z"s); }), "x?y?z\r\n");
  EXPECT_EQ(fact_line({.name = "\n"}, FactSet::parse("")), " ?\r\n");
}

TEST(FtpFactLine, FilesAndDirectoriesHaveTheirFacts) {
  EXPECT_EQ(fact_line({.name = "two words.img", .size_bytes = 1'234, .modified = kAutumn}),
            "type=file;size=1234;modify=20261001123456;perm=r; two words.img\r\n");
  EXPECT_EQ(fact_line({.name = "Packages", .kind = EntryKind::kDirectory, .size_bytes = 4'096, .modified = kAutumn}),
            "type=dir;modify=20261001123456;perm=el; Packages\r\n");
  EXPECT_EQ(fact_line({.name = ".", .kind = EntryKind::kCurrent}, FactSet::parse("type;")), "type=cdir; .\r\n");
  EXPECT_EQ(fact_line({.name = "..", .kind = EntryKind::kParent}, FactSet::parse("type;")), "type=pdir; ..\r\n");
}

TEST(FtpFactLine, MlstLineHasNoEndOfItsOwn) {
  EXPECT_EQ(written([](auto& out) { put_facts(out, {.name = "f", .size_bytes = 1}, FactSet::parse("size;")); }),
            "size=1; f");
}

TEST(FtpFactSet, AnyArgumentIsAnAnswer) {
  struct Case {
    const char* argument;
    const char* names;
    const char* feature;
  };
  for (const Case& c : {Case{"type;size;modify;perm;", "type;size;modify;perm;", "MLST type*;size*;modify*;perm*;"},
                        Case{"MODIFY;Type", "type;modify;", "MLST type*;size;modify*;perm;"},
                        Case{"unique;size;;x", "size;", "MLST type;size*;modify;perm;"},
                        Case{"", "", "MLST type;size;modify;perm;"}, Case{";;;", "", "MLST type;size;modify;perm;"}}) {
    const FactSet facts = FactSet::parse(c.argument);
    EXPECT_EQ(written([&](auto& out) { put_fact_names(out, facts); }), c.names);
    EXPECT_EQ(written([&](auto& out) { put_mlst_feature(out, facts); }), c.feature);
    EXPECT_LE(std::string(c.feature).size(), kFeatureBytesMax);
  }
  EXPECT_EQ(FactSet{}, FactSet::parse("perm;modify;size;type"));
}

TEST(FtpListing, BoundsHoldForTheWidestLine) {
  const std::string name(300, 'n');
  const std::string owner(100, 'o');
  const DirectoryEntry widest{
      .name = name, .size_bytes = std::numeric_limits<std::uint64_t>::max(), .modified = kAutumn};
  EXPECT_LE(list_line(widest, {.owner = owner, .group = owner}).size(), list_line_bytes_max(name.size()));
  EXPECT_LE(fact_line(widest).size(), fact_line_bytes_max(name.size()));
}

TEST(FtpListing, EveryRoomBelowTheNeedFailsTheWriter) {
  const DirectoryEntry entry{.name = "a\nb", .size_bytes = 5, .modified = kAutumn};
  expect_fails_in_every_smaller_room([&](auto& out) { put_list_line(out, entry, kNow); });
  expect_fails_in_every_smaller_room([&](auto& out) { put_fact_line(out, entry, FactSet{}); });
  expect_fails_in_every_smaller_room([](auto& out) { put_mlst_feature(out, FactSet{}); });
}

}  // namespace
}  // namespace rackcast::ftp
