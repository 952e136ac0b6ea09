// Which folders are watched, and how many looks at the disk it takes to find them.
#include "core/images/change_watcher.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "tests/support/temporary_tree.h"

namespace rackcast {
namespace {

class ChangeWatcherTest : public ::testing::Test {
 protected:
  ChangeWatcherTest() {
    tree.make_folder("root");
    root = std::make_shared<const RootDirectory>(*open_root(tree.path("root")));
    watcher = std::make_unique<ChangeWatcher>(root, epoch, 64);
  }
  // The epoch moves, or patience ends.
  [[nodiscard]] bool moved_from(std::uint64_t before) const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (epoch.value() == before) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::yield();
    }
    return true;
  }
  static std::string nested(std::size_t folders) {
    std::string path;
    for (std::size_t i = 0; i < folders; ++i) path += "a/";
    return path + "file";
  }
  [[nodiscard]] std::uint64_t lookups() const { return watcher->stats().lookups; }

  testing::TemporaryTree tree;
  std::shared_ptr<const RootDirectory> root;
  ImageEpoch epoch;
  std::unique_ptr<ChangeWatcher> watcher;
};

TEST_F(ChangeWatcherTest, AMissingDeepPathCostsOneLookBelowWhatIsWatched) {
  watcher->watch_for(nested(120));
  EXPECT_EQ(lookups(), 2U);  // the root, and "a"
  EXPECT_EQ(watcher->stats().folders, 1U);
  watcher->watch_for(nested(120));
  EXPECT_EQ(lookups(), 3U);
  const std::uint64_t before = epoch.value();
  tree.make_folder("root/a");
  EXPECT_TRUE(moved_from(before));
}

TEST_F(ChangeWatcherTest, ThePathsOwnFolderIsWatchedAndFoundAgainWithoutLooking) {
  tree.write("root/x/y/z/file", "1");
  watcher->watch_for("x/y/z/file");
  EXPECT_EQ(lookups(), 4U);
  EXPECT_EQ(watcher->stats().folders, 1U);
  watcher->watch_for("x/y/z/other");
  EXPECT_EQ(lookups(), 4U);
  const std::uint64_t before = epoch.value();
  tree.write("root/x/y/z/file", "2");
  EXPECT_TRUE(moved_from(before));
}

TEST_F(ChangeWatcherTest, TheWalkIsBoundedAndTheDeepestItReachedIsWatched) {
  tree.write("root/" + nested(ChangeWatcher::kFoldersDeepMax + 8), "1");
  watcher->watch_for(nested(ChangeWatcher::kFoldersDeepMax + 8));
  EXPECT_EQ(lookups(), ChangeWatcher::kFoldersDeepMax + 1);
  EXPECT_EQ(watcher->stats().folders, 1U);
  const std::uint64_t before = epoch.value();
  tree.write("root/" + nested(ChangeWatcher::kFoldersDeepMax), "a new file in the deepest that is watched");
  EXPECT_TRUE(moved_from(before));
}

TEST_F(ChangeWatcherTest, AFileInTheMiddleOfAPathEndsTheWalk) {
  tree.write("root/x", "a file");
  watcher->watch_for("x/y/z/file");
  EXPECT_EQ(lookups(), 2U);
  EXPECT_EQ(watcher->stats().folders, 1U);
}

TEST_F(ChangeWatcherTest, TheRootsOwnRenamingIsSeenThoughNothingWasAskedFor) {
  EXPECT_EQ(watcher->stats().folders, 0U);
  std::uint64_t before = epoch.value();
  tree.rename("root", "elsewhere");
  ASSERT_TRUE(moved_from(before));
  before = epoch.value();
  tree.rename("elsewhere", "root");
  EXPECT_TRUE(moved_from(before));
}

TEST_F(ChangeWatcherTest, AnotherRootIsWatchedInsteadOfTheFirst) {
  tree.write("root/x/file", "1");
  tree.write("next/x/file", "1");
  watcher->watch_for("x/file");
  watcher->serve(std::make_shared<const RootDirectory>(*open_root(tree.path("next"))));
  EXPECT_EQ(watcher->stats().folders, 0U);
  watcher->watch_for("x/file");
  EXPECT_EQ(watcher->stats().folders, 1U);
  std::uint64_t before = epoch.value();
  tree.write("next/x/file", "2");
  ASSERT_TRUE(moved_from(before));
  before = epoch.value();
  tree.rename("next", "root.next");
  EXPECT_TRUE(moved_from(before));
}

TEST_F(ChangeWatcherTest, AFolderThatMayOnlyBePassedThroughDoesNotEndTheWalk) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads every folder";
  tree.write("root/passage/inner/file", "1");
  ASSERT_EQ(::chmod(tree.path("root/passage").c_str(), 0111), 0);
  watcher->watch_for("passage/inner/file");
  const std::uint64_t before = epoch.value();
  tree.write("root/passage/inner/file", "2");
  EXPECT_TRUE(moved_from(before));
  ASSERT_EQ(::chmod(tree.path("root/passage").c_str(), 0755), 0);
}

}  // namespace
}  // namespace rackcast
