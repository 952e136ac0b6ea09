// Which changes of a file leave its content alone, as far as fstat and the name behind the descriptor can tell.
#include "core/images/held_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "core/file_descriptor.h"
#include "core/images/open_beneath.h"
#include "tests/support/temporary_tree.h"

namespace rackcast {
namespace {

class HeldFile : public ::testing::Test {
 protected:
  HeldFile() {
    tree.write("file", "old content");
    tree.write("new", "new content");
    tree.make_folder("other");
  }
  void hold() {
    descriptor = FileDescriptor(::open(tree.path("file").c_str(), O_RDONLY | O_CLOEXEC));
    std::string name = real_path_of(descriptor.get()).value_or("");
    known = standing_of(facts(), std::move(name));
    wait_for_a_tick();
  }
  // File times have the resolution of a clock tick: what happens next shall show in them.
  void wait_for_a_tick() const {
    const std::int64_t last = identity_of(facts()).ctime_ns;
    timespec now{};
    do {
      ASSERT_EQ(::clock_gettime(CLOCK_REALTIME_COARSE, &now), 0);
    } while (now.tv_sec * 1'000'000'000 + now.tv_nsec <= last);
  }
  [[nodiscard]] struct stat facts() const {
    struct stat now {};
    EXPECT_EQ(::fstat(descriptor.get(), &now), 0);
    return now;
  }
  // In place, with the modification time put back.
  void rewrite_secretly() {
    const struct stat before = facts();
    tree.write("file", "bad content");
    const timespec times[] = {before.st_atim, before.st_mtim};
    ASSERT_EQ(::utimensat(AT_FDCWD, tree.path("file").c_str(), times, 0), 0);
  }
  [[nodiscard]] bool stands() { return content_stands(descriptor.get(), known); }
  // Though the change time moved. Twice, since what is accepted becomes what the next look compares with.
  void expect_stands() {
    EXPECT_NE(known.identity, identity_of(facts()));
    EXPECT_TRUE(stands());
    EXPECT_EQ(known.identity, identity_of(facts()));
    EXPECT_TRUE(stands());
    wait_for_a_tick();
  }

  testing::TemporaryTree tree;
  FileDescriptor descriptor;
  FileStanding known;
};

TEST_F(HeldFile, LeftAlone) {
  hold();
  EXPECT_TRUE(stands());
}

TEST_F(HeldFile, RenamedAwayBeforeTheNewOneComes) {
  hold();
  tree.rename("file", "file.old");
  expect_stands();
  tree.rename("new", "file");
  EXPECT_TRUE(stands());
  tree.remove("file.old");
  expect_stands();
}

TEST_F(HeldFile, RenamedIntoAnotherFolderUnderItsOwnName) {
  hold();
  tree.rename("file", "other/file");
  expect_stands();
}

TEST_F(HeldFile, AnotherRenamedOverIt) {
  hold();
  tree.rename("new", "file");
  expect_stands();
}

TEST_F(HeldFile, HardLinksMadeRemovedAndReplaced) {
  hold();
  std::filesystem::create_hard_link(tree.path("file"), tree.path("twin"));
  expect_stands();
  tree.rename("new", "twin");
  expect_stands();
  std::filesystem::create_hard_link(tree.path("file"), tree.path("backup"));
  expect_stands();
  tree.remove("file");
  expect_stands();
}

TEST_F(HeldFile, ModeAndOwner) {
  hold();
  ASSERT_EQ(::chmod(tree.path("file").c_str(), 0640), 0);
  expect_stands();
  if (::geteuid() != 0) return;
  ASSERT_EQ(::chown(tree.path("file").c_str(), 12, 34), 0);
  expect_stands();
}

TEST_F(HeldFile, RewrittenOrCutInPlaceIsNewContent) {
  hold();
  tree.write("file", "bad content");
  EXPECT_FALSE(stands());
  hold();
  tree.truncate("file", 3);
  EXPECT_FALSE(stands());
  hold();
  tree.write("file", "longer than it was");
  EXPECT_FALSE(stands());
}

TEST_F(HeldFile, RewrittenInPlaceWithItsTimePutBackIsNewContent) {
  hold();
  rewrite_secretly();
  EXPECT_EQ(identity_of(facts()).mtime_ns, known.identity.mtime_ns);
  EXPECT_FALSE(stands());
}

TEST_F(HeldFile, ARenameThatWasSeenExplainsNoLaterRewrite) {
  hold();
  tree.rename("file", "file.old");
  ASSERT_EQ(::chmod(tree.path("file.old").c_str(), 0640), 0);
  expect_stands();
  tree.rename("file.old", "file");
  expect_stands();
  rewrite_secretly();
  EXPECT_FALSE(stands());
}

TEST_F(HeldFile, WhatCannotBeLookedAtDoesNotStand) {
  hold();
  EXPECT_FALSE(content_stands(-1, known));
}

// A rename under way moves the change time before the name: never taken for a rewrite.
TEST_F(HeldFile, RenamedAgainAndAgainWhileItIsLookedAt) {
  hold();
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
  std::atomic<bool> stop{false};
  std::thread mover([&] {
    std::string at = "file";
    for (int i = 0; !stop; ++i) {  // never back to a name it had: between two looks that would be no rename at all
      std::string next = "file." + std::to_string(i);
      tree.rename(at, next);
      at = std::move(next);
    }
  });
  int refused = 0;
  while (std::chrono::steady_clock::now() < until) refused += stands() ? 0 : 1;
  stop = true;
  mover.join();
  EXPECT_EQ(refused, 0);
}

}  // namespace
}  // namespace rackcast
