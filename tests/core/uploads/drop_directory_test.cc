// The drop directory on a real file system.
#include "core/uploads/drop_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/temporary_tree.h"

namespace rackcast {
namespace {

using ::testing::HasSubstr;

class DropDirectoryTest : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kTotal = 1 << 20;

  [[nodiscard]] std::string path() const { return tree.path(""); }
  DropDirectory opened(std::uint64_t total = kTotal) {
    auto made = DropDirectory::open(path(), total);
    EXPECT_TRUE(made) << made.error().message;
    return std::move(*made);
  }
  static std::vector<std::byte> bytes(std::size_t count) { return std::vector<std::byte>(count, std::byte{'x'}); }
  static UploadStatus put(DropDirectory& drop, std::size_t size, std::string_view wanted, std::string* got = nullptr) {
    DropDirectory::Partial partial;
    UploadName name;
    UploadStatus status = drop.create(partial);
    if (status == UploadStatus::kWritten) status = drop.append(partial, bytes(size));
    if (status == UploadStatus::kWritten) status = drop.finish(partial, UploadName(wanted), name);
    if (status != UploadStatus::kWritten) drop.drop(partial);
    if (got != nullptr) *got = std::string(name.view());
    return status;
  }
  [[nodiscard]] std::vector<std::string> entries() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path()))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }

  testing::TemporaryTree tree;
};

TEST_F(DropDirectoryTest, AFileAppearsWholeUnderItsNameAndIsForTheDaemonAndItsGroup) {
  DropDirectory drop = opened();
  DropDirectory::Partial partial;
  ASSERT_EQ(drop.create(partial), UploadStatus::kWritten);
  ASSERT_EQ(drop.append(partial, bytes(10'000)), UploadStatus::kWritten);
  ASSERT_EQ(entries().size(), 1U);
  EXPECT_EQ(entries()[0].front(), '.');
  UploadName name;
  ASSERT_EQ(drop.finish(partial, UploadName("10.0.0.1-a"), name), UploadStatus::kWritten);
  EXPECT_THAT(entries(), ::testing::ElementsAre("10.0.0.1-a"));
  struct stat facts {};
  ASSERT_EQ(::stat((path() + "/10.0.0.1-a").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_size, 10'000);
  EXPECT_EQ(facts.st_mode & 0137U, 0U);
  EXPECT_EQ(drop.used_bytes(), 10'000U);
}

// FAT and some network file systems have no hard links, and old kernels and others no such rename.
TEST_F(DropDirectoryTest, ItIsFoundOutHowFilesAreNamed) {
  DropDirectory drop = opened();
  EXPECT_EQ(drop.naming(), DropDirectory::Naming::kRename);
  EXPECT_TRUE(entries().empty()) << "the trial leaves nothing";
  EXPECT_EQ(drop.used_bytes(), 0U);
}

class DropDirectoryNaming : public DropDirectoryTest, public ::testing::WithParamInterface<DropDirectory::Naming> {};
INSTANTIATE_TEST_SUITE_P(Ways, DropDirectoryNaming,
                         ::testing::Values(DropDirectory::Naming::kRename, DropDirectory::Naming::kLink));

TEST_P(DropDirectoryNaming, NothingIsReplacedAndNamesEnd) {
  DropDirectory drop = opened();
  drop.name_by(GetParam());
  std::string got;
  ASSERT_EQ(put(drop, 1, "a", &got), UploadStatus::kWritten);
  EXPECT_EQ(got, "a");
  for (unsigned i = 1; i <= DropDirectory::kSuffixMax; ++i) {
    ASSERT_EQ(put(drop, i, "a", &got), UploadStatus::kWritten);
    EXPECT_EQ(got, "a." + std::to_string(i));
  }
  EXPECT_EQ(put(drop, 1, "a"), UploadStatus::kNamesTaken);
  EXPECT_EQ(entries().size(), DropDirectory::kSuffixMax + 1);
  EXPECT_EQ(std::filesystem::file_size(path() + "/a"), 1U);
}

TEST_F(DropDirectoryTest, ALinkInTheWayIsNotFollowed) {
  DropDirectory drop = opened();
  std::filesystem::create_symlink("/etc/passwd", path() + "/a");
  std::string got;
  ASSERT_EQ(put(drop, 3, "a", &got), UploadStatus::kWritten);
  EXPECT_EQ(got, "a.1");
}

TEST_F(DropDirectoryTest, ALinkUnderAHiddenNameIsNeitherFollowedNorInTheWay) {
  std::ofstream(path() + "/victim") << "precious";
  DropDirectory drop = opened();
  for (const char* name : {"/.rackcast-1.partial", "/.rackcast-2.partial"})
    std::filesystem::create_symlink(path() + "/victim", path() + name);
  ASSERT_EQ(put(drop, 3, "a"), UploadStatus::kWritten);
  EXPECT_EQ(std::filesystem::file_size(path() + "/victim"), 8U);
  EXPECT_EQ(std::filesystem::file_size(path() + "/a"), 3U);
}

TEST_F(DropDirectoryTest, WhenEveryHiddenNameIsTakenItSaysSo) {
  DropDirectory drop = opened();
  for (unsigned i = 1; i <= DropDirectory::kPartialTriesMax; ++i)
    std::ofstream(path() + "/.rackcast-" + std::to_string(i) + ".partial") << "x";
  EXPECT_EQ(put(drop, 3, "a"), UploadStatus::kFailed);
  EXPECT_THAT(drop.error(), HasSubstr("File exists"));
  EXPECT_EQ(put(drop, 3, "a"), UploadStatus::kWritten);
}

TEST_F(DropDirectoryTest, TwoOfOneNameAtOnceAreTwoFiles) {
  DropDirectory drop = opened();
  DropDirectory::Partial one;
  DropDirectory::Partial two;
  ASSERT_EQ(drop.create(one), UploadStatus::kWritten);
  ASSERT_EQ(drop.create(two), UploadStatus::kWritten);
  ASSERT_EQ(drop.append(one, bytes(1)), UploadStatus::kWritten);
  ASSERT_EQ(drop.append(two, bytes(2)), UploadStatus::kWritten);
  UploadName name;
  ASSERT_EQ(drop.finish(two, UploadName("a"), name), UploadStatus::kWritten);
  ASSERT_EQ(drop.finish(one, UploadName("a"), name), UploadStatus::kWritten);
  EXPECT_THAT(entries(), ::testing::ElementsAre("a", "a.1"));
  EXPECT_EQ(std::filesystem::file_size(path() + "/a"), 2U);
}

TEST_F(DropDirectoryTest, HoldsNoMoreThanItMayAndNoticesWhenItIsCleared) {
  DropDirectory drop = opened(20'000);
  ASSERT_EQ(put(drop, 15'000, "a"), UploadStatus::kWritten);
  EXPECT_EQ(put(drop, 6'000, "b"), UploadStatus::kFull);
  EXPECT_THAT(drop.error(), HasSubstr("upload_total_bytes_max"));
  EXPECT_THAT(entries(), ::testing::ElementsAre("a"));
  EXPECT_EQ(drop.used_bytes(), 15'000U) << "what was given up costs nothing";
  ASSERT_EQ(put(drop, 5'000, "b"), UploadStatus::kWritten);
}

TEST_F(DropDirectoryTest, CountsWhatIsThereAndSmallFilesAsABlock) {
  std::ofstream(path() + "/old") << std::string(5'000, 'o');
  std::ofstream(path() + "/tiny") << "t";
  EXPECT_EQ(opened().used_bytes(), 5'000U + DropDirectory::kSmallestFileBytes);
}

TEST_F(DropDirectoryTest, IsCountedAnewBeforeItRefuses) {
  DropDirectory drop = opened(10'000);
  ASSERT_EQ(put(drop, 9'000, "a"), UploadStatus::kWritten);
  std::filesystem::remove(path() + "/a");
  EXPECT_EQ(put(drop, 9'000, "a"), UploadStatus::kWritten);
}

TEST_F(DropDirectoryTest, RemovesWhatACrashLeftAndNothingElse) {
  {
    DropDirectory drop = opened();
    DropDirectory::Partial partial;
    ASSERT_EQ(drop.create(partial), UploadStatus::kWritten);
    ASSERT_EQ(drop.append(partial, bytes(10)), UploadStatus::kWritten);
  }  // as after kill -9: neither finished nor dropped
  std::ofstream(path() + "/.mine.partial") << "not ours";
  std::filesystem::create_symlink("/etc/passwd", path() + "/.rackcast-9.partial");
  ASSERT_EQ(entries().size(), 3U);
  (void)opened();
  EXPECT_THAT(entries(), ::testing::ElementsAre(".mine.partial"));
  EXPECT_TRUE(std::filesystem::exists("/etc/passwd"));
}

// The kernel's own refusal, as of a disk that fills up in the middle of a block.
TEST_F(DropDirectoryTest, ADiskThatFillsUpLeavesNothing) {
  DropDirectory drop = opened();
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{8'000, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const UploadStatus status = put(drop, 9'000, "a");
  (void)setrlimit(RLIMIT_FSIZE, &before);
  (void)std::signal(SIGXFSZ, handler);
  EXPECT_EQ(status, UploadStatus::kFull);
  EXPECT_TRUE(entries().empty());
  EXPECT_EQ(drop.used_bytes(), 0U);
  EXPECT_EQ(put(drop, 9'000, "a"), UploadStatus::kWritten);
}

TEST_F(DropDirectoryTest, IsOneDaemonsAlone) {
  const DropDirectory drop = opened();
  const auto second = DropDirectory::open(path(), kTotal);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("in use"));
}

TEST_F(DropDirectoryTest, SaysWhatIsWrongWithIt) {
  const auto missing = DropDirectory::open(path() + "/none", kTotal);
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("upload_dir"));
  std::ofstream(path() + "/file") << "x";
  EXPECT_FALSE(DropDirectory::open(path() + "/file", kTotal));
}

}  // namespace
}  // namespace rackcast
