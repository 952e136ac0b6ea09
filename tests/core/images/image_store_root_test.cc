// What lies behind the root's path, when that changes.
#include <sched.h>
#include <sys/mount.h>

#include "tests/core/images/image_store_fixture.h"

namespace rackcast {
namespace {

// What lies behind the root's path, `options.root_look_after` of hours leaving the look to whatever the test is about.
class ImageStoreRoot : public ImageStoreTest {
 protected:
  ImageStoreRoot() {
    tree.write("root/file", "old");
    tree.write("root.new/file", "new");
    options.root_look_after = std::chrono::hours(1);
  }
  [[nodiscard]] std::string served() {
    const ImageLoaded answer = load("file");
    return answer.status == ImageStatus::kLoaded ? text_of(*answer.image) : "";
  }
  void epoch_moves_after(const std::function<void()>& change) {
    const std::uint64_t before = store->epoch().value();
    change();
    ASSERT_TRUE(eventually([&] { return store->epoch().value() > before; }));
  }
};

TEST_F(ImageStoreRoot, AnotherFolderRenamedToItsPlaceIsSeenByTheWatcher) {
  start();
  const auto old = load("file").image;
  epoch_moves_after([&] {
    tree.rename("root", "root.old");
    tree.rename("root.new", "root");
  });
  EXPECT_EQ(served(), "new");
  EXPECT_EQ(text_of(*old), "old");
  EXPECT_EQ(store->stats().roots_changed, 1U);
  epoch_moves_after([&] { tree.write("root/file", "newer"); });
  EXPECT_EQ(served(), "newer");
}

TEST_F(ImageStoreRoot, WhileNothingIsThereTheOldOneIsServedAndTheNewOneAsSoonAsItComes) {
  start();
  EXPECT_EQ(served(), "old");
  epoch_moves_after([&] { tree.rename("root", "root.old"); });
  EXPECT_EQ(served(), "old");
  EXPECT_GE(store->stats().roots_missing, 1U);
  const auto reopened = store->reopen_root();
  ASSERT_FALSE(reopened.has_value());
  EXPECT_NE(reopened.error().message.find(tree.path("root")), std::string::npos);
  tree.rename("root.new", "root");
  EXPECT_EQ(served(), "new");
}

TEST_F(ImageStoreRoot, AReloadLooksAtOnce) {
  tree.link("root", "link");
  start_at("link");
  EXPECT_EQ(served(), "old");
  tree.remove("link");
  tree.link("root.new", "link");  // no event of any folder that is watched
  EXPECT_EQ(served(), "old");
  EXPECT_TRUE(store->reopen_root().has_value());
  EXPECT_EQ(served(), "new");
  EXPECT_TRUE(store->reopen_root().has_value());
  EXPECT_EQ(store->stats().roots_changed, 1U);
}

TEST_F(ImageStoreRoot, TheSlowLookSeesWhatNoEventTells) {
  options.root_look_after = Duration::zero();
  tree.link("root", "link");
  start_at("link");
  EXPECT_EQ(served(), "old");
  tree.remove("link");
  tree.link("root.new", "link");
  EXPECT_EQ(served(), "new");
}

TEST_F(ImageStoreRoot, RemovedAndMadeAgain) {
  options.root_look_after = Duration::zero();
  start();
  EXPECT_EQ(served(), "old");
  tree.remove("root");
  EXPECT_EQ(served(), "");
  tree.write("root/file", "made again");
  EXPECT_EQ(served(), "made again");
}

TEST_F(ImageStoreRoot, AMediumMountedOverIt) {
  // In a mount namespace of this thread, and so of those the store starts.
  if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    GTEST_SKIP() << "may not mount";
  options.root_look_after = Duration::zero();
  start();
  EXPECT_EQ(served(), "old");
  const std::string root = tree.path("root");
  ASSERT_EQ(::mount(tree.path("root.new").c_str(), root.c_str(), nullptr, MS_BIND, nullptr), 0);
  EXPECT_EQ(served(), "new");
  ASSERT_EQ(::umount2(root.c_str(), MNT_DETACH), 0);
  EXPECT_EQ(served(), "old");
}

}  // namespace
}  // namespace rackcast
