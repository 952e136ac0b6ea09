#include "core/images/spelling.h"

#include <gtest/gtest.h>

#include "tests/support/temporary_tree.h"

namespace rackcast {
namespace {

class Spelling : public ::testing::Test {
 protected:
  Spelling() {
    tree.write("root/Boot/BCD", "store");
    tree.write("root/Boot/Fonts/wgl4.ttf", "font");
    tree.write("root/both/readme", "lower");
    tree.write("root/both/README", "upper");
    tree.write("outside/File", "secret");
    tree.link("../outside", "root/Way");
    root = *open_root(tree.path("root"));
  }
  [[nodiscard]] std::string of(std::string_view path) const { return spelling_on_disk(root, path); }

  testing::TemporaryTree tree;
  RootDirectory root;
};

TEST_F(Spelling, FindsFoldersAndFilesInAnyCase) {
  EXPECT_EQ(of("boot/bcd"), "Boot/BCD");
  EXPECT_EQ(of("BOOT/FONTS/WGL4.TTF"), "Boot/Fonts/wgl4.ttf");
  EXPECT_EQ(of("Boot/BCD"), "Boot/BCD");
}

TEST_F(Spelling, TheExactNameWinsElseTheFirstByByteOrder) {
  EXPECT_EQ(of("both/readme"), "both/readme");
  EXPECT_EQ(of("both/README"), "both/README");
  EXPECT_EQ(of("both/ReadMe"), "both/README");
}

TEST_F(Spelling, WhatIsMissingStaysAsAsked) {
  EXPECT_EQ(of("BOOT/Nothing/x"), "Boot/Nothing/x");
  EXPECT_EQ(of("boot/bcd/x"), "Boot/BCD/x");
  EXPECT_EQ(of(""), "");
}

TEST_F(Spelling, DoesNotLookOutsideTheRoot) {
  EXPECT_EQ(of("way/file"), "Way/file");
}

}  // namespace
}  // namespace rackcast
