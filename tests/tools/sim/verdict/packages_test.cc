#include "tools/sim/verdict/packages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_tree.h"

namespace rackcast::sim {
namespace {

using rackcast::testing::TemporaryTree;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Packages, AreFoundBelowAndSorted) {
  const TemporaryTree tree;
  for (const char* name :
       {"b.rpm", "a.deb", "Packages/z/z.rpm", "Packages/a.rpm", "notes.txt", "rpm", "x.rpm.asc", ".deb"})
    tree.write(name, "x");
  tree.make_folder("folder.rpm");
  const auto packages = packages_below(tree.path(""));
  ASSERT_TRUE(packages);
  EXPECT_THAT(packages->paths, ElementsAre("Packages/a.rpm", "Packages/z/z.rpm", "a.deb", "b.rpm"));
  EXPECT_FALSE(packages->cut);
}

TEST(Packages, AreKnownByTheirNames) {
  for (const char* name : {"a.rpm", "x/b.deb", "/srv/a.b.rpm"}) EXPECT_TRUE(is_package(name)) << name;
  for (const char* name : {"", "rpm", ".rpm", "x/.deb", "a.rpm/b", "a.rpm.asc", "a.RPM"})
    EXPECT_FALSE(is_package(name)) << name;
}

TEST(Packages, LinksAreFollowedOnceAndLoopsEnd) {
  const TemporaryTree tree;
  tree.write("real/a.rpm", "x");
  tree.link("..", "real/back");
  tree.link("real", "alias");
  tree.link("nowhere", "dangling.rpm");
  const auto packages = packages_below(tree.path(""));
  ASSERT_TRUE(packages);
  EXPECT_EQ(packages->paths.size(), 1U);
}

TEST(Packages, DepthIsBounded) {
  const TemporaryTree tree;
  std::string folder;
  for (int depth = 0; depth <= kPackageDepthMax; ++depth) {
    tree.write(folder + "p.rpm", "x");
    folder += "d/";
  }
  tree.write(folder + "too_deep.rpm", "x");
  const auto packages = packages_below(tree.path(""));
  ASSERT_TRUE(packages);
  EXPECT_EQ(packages->paths.size(), static_cast<std::size_t>(kPackageDepthMax) + 1);
  EXPECT_TRUE(packages->cut);
}

TEST(Packages, AnEmptyFolderHasNoneAndAMissingOneIsAnError) {
  const TemporaryTree tree;
  const auto none = packages_below(tree.path(""));
  ASSERT_TRUE(none);
  EXPECT_THAT(none->paths, IsEmpty());
  const auto missing = packages_below(tree.path("missing"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "cannot list packages in " + tree.path("missing") + ": No such file or directory");
}

}  // namespace
}  // namespace rackcast::sim
