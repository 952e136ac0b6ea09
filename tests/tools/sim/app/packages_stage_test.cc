// Which packages machines install, from what the operator named.
#include "tools/sim/packages_stage.h"

#include <gmock/gmock.h>

#include "tests/support/temporary_tree.h"

namespace rackcast::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class PackagesStageTest : public ::testing::Test {
 protected:
  PackagesStageTest() {
    tree_.write("tree/packages/a.rpm", "a");
    tree_.write("tree/updates/b.deb", "b");
    tree_.write("tree/ks.cfg", "");
    options_.tree = tree_.path("");
  }
  rackcast::testing::TemporaryTree tree_;
  SimOptions options_;
};

TEST_F(PackagesStageTest, AllOfTheTreesByDefault) {
  const auto stage = packages_stage(options_);
  ASSERT_TRUE(stage);
  EXPECT_THAT(stage->paths, ElementsAre("packages/a.rpm", "updates/b.deb"));
  EXPECT_THAT(stage->notes, IsEmpty());
}

TEST_F(PackagesStageTest, AFolderInsideTheTreeIsNamedAsTheServerShowsIt) {
  options_.packages = tree_.path("tree/updates");
  EXPECT_THAT(packages_stage(options_)->paths, ElementsAre("updates/b.deb"));
  options_.packages_base = "http://10.0.0.1/updates/";
  EXPECT_THAT(packages_stage(options_)->paths, ElementsAre("b.deb"));
}

TEST_F(PackagesStageTest, AFolderElsewhereStandsForItself) {
  const rackcast::testing::TemporaryTree other;
  other.write("x/c.rpm", "c");
  options_.packages = other.path("");
  EXPECT_THAT(packages_stage(options_)->paths, ElementsAre("x/c.rpm"));
}

TEST_F(PackagesStageTest, WithoutAnyItIsSaid) {
  options_.packages = tree_.path("tree/none");
  tree_.make_folder("tree/none");
  const auto empty = packages_stage(options_);
  ASSERT_TRUE(empty);
  EXPECT_THAT(empty->notes, ElementsAre(HasSubstr("left out")));
  SimOptions nothing;
  EXPECT_THAT(packages_stage(nothing)->notes, ElementsAre(HasSubstr("--tree")));
  nothing.skipped_stages = 1U << static_cast<unsigned>(Stage::kPackages);
  EXPECT_THAT(packages_stage(nothing)->notes, IsEmpty());
}

}  // namespace
}  // namespace rackcast::sim
