#include "core/images/spelling.h"

#include <gtest/gtest.h>

#include "tests/support/temporary_tree.h"

namespace rackcast {
namespace {

constexpr std::size_t kFew = 32;

class SpellingTest : public ::testing::Test {
 protected:
  SpellingTest() {
    tree.write("root/Boot/BCD", "store");
    tree.write("root/Boot/Fonts/wgl4.ttf", "font");
    tree.write("root/both/readme", "lower");
    tree.write("root/both/README", "upper");
    tree.write("outside/File", "secret");
    tree.link("../outside", "root/Way");
    root = *open_root(tree.path("root"));
  }
  [[nodiscard]] std::string of(std::string_view path) const { return spelling_on_disk(root, path).path; }

  testing::TemporaryTree tree;
  RootDirectory root;
};

TEST_F(SpellingTest, FindsFoldersAndFilesInAnyCase) {
  EXPECT_EQ(of("boot/bcd"), "Boot/BCD");
  EXPECT_EQ(of("BOOT/FONTS/WGL4.TTF"), "Boot/Fonts/wgl4.ttf");
  EXPECT_EQ(of("Boot/BCD"), "Boot/BCD");
}

TEST_F(SpellingTest, TheExactNameWinsElseTheFirstByByteOrder) {
  EXPECT_EQ(of("both/readme"), "both/readme");
  EXPECT_EQ(of("both/README"), "both/README");
  EXPECT_EQ(of("both/ReadMe"), "both/README");
}

TEST_F(SpellingTest, WhatIsMissingStaysAsAsked) {
  EXPECT_EQ(of("BOOT/Nothing/x"), "Boot/Nothing/x");
  EXPECT_EQ(of("boot/bcd/x"), "Boot/BCD/x");
  EXPECT_EQ(of(""), "");
}

TEST_F(SpellingTest, ReadsNoFolderForNamesThatAreThereAsAsked) {
  EXPECT_EQ(spelling_on_disk(root, "Boot/Fonts/wgl4.ttf").entries, 0U);
  EXPECT_GT(spelling_on_disk(root, "boot/BCD").entries, 0U);
}

TEST_F(SpellingTest, LooksAtSoManyEntriesAndNoMore) {
  for (std::size_t i = 0; i < kFew; ++i) tree.write("root/many/f" + std::to_string(i), "");
  tree.write("root/many/Asked", "");
  const Spelling missing = spelling_on_disk(root, "many/none", kFew);
  EXPECT_EQ(missing.entries, kFew);
  EXPECT_TRUE(missing.cut);
  EXPECT_EQ(missing.path, "many/none");
  const Spelling there = spelling_on_disk(root, "many/Asked", kFew);
  EXPECT_EQ(there.path, "many/Asked") << "however many there are";
  EXPECT_FALSE(there.cut);
  EXPECT_FALSE(spelling_on_disk(root, "boot/none", kFew).cut);
}

TEST_F(SpellingTest, HasOneLimitForAllFoldersOfAPath) {
  for (std::size_t i = 0; i < kFew * 5 / 8; ++i)
    for (const char* const folder : {"root/a/", "root/a/Sub/"}) tree.write(folder + std::to_string(i), "");
  EXPECT_FALSE(spelling_on_disk(root, "a/Sub/none", kFew).cut);
  const Spelling both = spelling_on_disk(root, "a/sub/none", kFew);
  EXPECT_EQ(both.path, "a/Sub/none");
  EXPECT_EQ(both.entries, kFew);
  EXPECT_TRUE(both.cut);
}

TEST_F(SpellingTest, DoesNotLookOutsideTheRoot) {
  EXPECT_EQ(of("way/file"), "Way/file");
}

}  // namespace
}  // namespace rackcast
