#include "core/images/open_beneath.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/temporary_tree.h"

namespace rackcast {
namespace {

class OpenBeneath : public ::testing::Test {
 protected:
  OpenBeneath() {
    tree.write("root/file", "inside");
    tree.write("root/folder/deep", "deep");
    tree.write("outside", "secret");
    root = *open_root(tree.path("root"));
  }
  [[nodiscard]] OpenStatus status(std::string_view path) const { return open_beneath(root, path).status; }

  testing::TemporaryTree tree;
  RootDirectory root;
};

TEST_F(OpenBeneath, OpensFilesAndFoldersAndTellsWhatTheyAre) {
  const OpenedFile file = open_beneath(root, "folder/deep");
  ASSERT_EQ(file.status, OpenStatus::kOpened);
  EXPECT_TRUE(file.regular());
  EXPECT_EQ(file.identity.size_bytes, 4U);
  EXPECT_TRUE(open_beneath(root, "folder").directory());
  EXPECT_TRUE(open_beneath(root, "").directory());
}

TEST_F(OpenBeneath, MissingIsNotFound) {
  EXPECT_EQ(status("nothing"), OpenStatus::kNotFound);
  EXPECT_EQ(status("file/below"), OpenStatus::kNotFound);
  EXPECT_EQ(status(std::string(300, 'a')), OpenStatus::kNotFound);
}

TEST_F(OpenBeneath, LinksInsideTheRootWork) {
  tree.link("folder/deep", "root/relative");
  tree.link("../file", "root/folder/up");
  tree.link("folder", "root/shortcut");
  tree.link(tree.path("root/file"), "root/absolute");
  for (const char* path : {"relative", "folder/up", "shortcut/deep", "absolute"})
    EXPECT_EQ(status(path), OpenStatus::kOpened) << path;
}

TEST_F(OpenBeneath, LinksOutOfTheRootDoNot) {
  tree.link("../outside", "root/relative");
  tree.link(tree.path("outside"), "root/absolute");
  tree.link("..", "root/parent");
  tree.link("/proc/self/root", "root/magic");
  for (const char* path : {"relative", "absolute", "parent/outside", "magic/etc/passwd"})
    EXPECT_EQ(status(path), OpenStatus::kLeavesRoot) << path;
}

TEST_F(OpenBeneath, DotDotDoesNotLeaveEither) {
  EXPECT_EQ(status("../outside"), OpenStatus::kLeavesRoot);
  EXPECT_EQ(status("folder/../../outside"), OpenStatus::kLeavesRoot);
}

TEST_F(OpenBeneath, ASiblingWhoseNameBeginsLikeTheRootIsOutside) {
  tree.write("root-private/file", "secret");
  tree.link(tree.path("root-private/file"), "root/sibling");
  EXPECT_EQ(status("sibling"), OpenStatus::kLeavesRoot);
}

TEST_F(OpenBeneath, LoopOfLinksEnds) {
  tree.link("loop", "root/loop");
  EXPECT_NE(status("loop"), OpenStatus::kOpened);
}

TEST_F(OpenBeneath, FifosAndSocketsDoNotBlockAndAreNotRegular) {
  ASSERT_EQ(::mkfifo(tree.path("root/fifo").c_str(), 0600), 0);
  EXPECT_FALSE(open_beneath(root, "fifo").regular());
}

TEST_F(OpenBeneath, WhatMayNotBeReadIsToldApartFromWhatIsMissing) {
  ASSERT_EQ(::chmod(tree.path("root/file").c_str(), 0), 0);
  constexpr uid_t kNobody = 65'534;
  const bool privileged = ::geteuid() == 0;
  if (privileged) ::setfsuid(kNobody);  // of this thread only; takes the right to read everything with it
  const OpenStatus unreadable = status("file");
  const OpenStatus missing = status("nothing");
  if (privileged) ::setfsuid(0);
  EXPECT_EQ(unreadable, OpenStatus::kUnreadable);
  EXPECT_EQ(missing, OpenStatus::kNotFound);
}

TEST_F(OpenBeneath, IdentityChangesWithEveryReplacementAndWrite) {
  const FileIdentity first = open_beneath(root, "file").identity;
  EXPECT_EQ(open_beneath(root, "file").identity, first);
  tree.write("root/new", "other!");
  tree.rename("root/new", "root/file");
  EXPECT_NE(open_beneath(root, "file").identity, first);
}

TEST(OpenRoot, MissingFolderOrPlainFileIsOneSentence) {
  testing::TemporaryTree tree;
  tree.write("file", "");
  for (const std::string& path : {tree.path("missing"), tree.path("file")}) {
    const auto root = open_root(path);
    ASSERT_FALSE(root.has_value());
    EXPECT_NE(root.error().message.find(path), std::string::npos);
    EXPECT_EQ(root.error().message.find('\n'), std::string::npos);
  }
}

}  // namespace
}  // namespace rackcast
