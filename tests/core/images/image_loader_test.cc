#include "core/images/image_loader.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string>

#include "tests/support/temporary_tree.h"

namespace rackcast {
namespace {

std::string text_of(const Image& image) {
  return {reinterpret_cast<const char*>(image.bytes.data()), image.bytes.size()};
}

LiveBytes gauge() {
  return std::make_shared<std::atomic<std::uint64_t>>(0);
}

// A file in memory whose identity or content moves while it is read.
class ScriptedSource final : public FileSource {
 public:
  std::string content;
  FileIdentity present;
  std::size_t end = std::string::npos;  // reads stop here: the file was cut
  bool fails = false;

  [[nodiscard]] std::optional<FileIdentity> identity() override {
    if (fails) return std::nullopt;
    return present;
  }
  [[nodiscard]] std::optional<std::size_t> read_at(std::span<std::byte> out, std::uint64_t offset) override {
    if (fails) return std::nullopt;
    const std::size_t stop = std::min(end, content.size());
    if (offset >= stop) return 0;
    const std::size_t count = std::min<std::size_t>({out.size(), stop - offset, 100});  // short reads on purpose
    std::memcpy(out.data(), content.data() + offset, count);
    return count;
  }
};

ScriptedSource source_of(std::string content) {
  ScriptedSource source;
  source.content = std::move(content);
  source.present.size_bytes = source.content.size();
  source.present.inode = 7;
  source.present.mtime_ns = 1;
  return source;
}

TEST(LoadResident, CopiesHashesSealsAndMaps) {
  ScriptedSource source = source_of(std::string(1'000, 'x') + "abc");
  const LiveBytes live = gauge();
  LoadOutcome outcome = load_resident(source, source.present, live);
  ASSERT_EQ(outcome.status, LoadStatus::kLoaded);
  EXPECT_TRUE(outcome.settled);
  EXPECT_TRUE(outcome.image->resident());
  EXPECT_EQ(text_of(*outcome.image), source.content);
  EXPECT_EQ(outcome.image->identity, source.present);
  EXPECT_EQ(live->load(), source.content.size());
  // Nobody can change it any more, not even through the descriptor.
  EXPECT_NE(::ftruncate(outcome.image->descriptor, 0), 0);
  EXPECT_NE(::pwrite(outcome.image->descriptor, "y", 1, 0), 1);
  outcome.image.reset();
  EXPECT_EQ(live->load(), 0U);
}

TEST(LoadResident, Sha256IsThatOfTheBytes) {
  ScriptedSource source = source_of("abc");  // FIPS 180-2, appendix B.1
  const LoadOutcome outcome = load_resident(source, source.present, gauge());
  ASSERT_EQ(outcome.status, LoadStatus::kLoaded);
  EXPECT_EQ(outcome.image->sha256[0], std::byte{0xBA});
  EXPECT_EQ(outcome.image->sha256[1], std::byte{0x78});
  EXPECT_EQ(outcome.image->sha256[31], std::byte{0xAD});
}

TEST(LoadResident, EmptyFileIsAnImageOfNoBytes) {
  ScriptedSource source = source_of("");
  const LoadOutcome outcome = load_resident(source, source.present, gauge());
  ASSERT_EQ(outcome.status, LoadStatus::kLoaded);
  EXPECT_TRUE(outcome.image->resident());
  EXPECT_EQ(outcome.image->size_bytes, 0U);
}

TEST(LoadResident, AnyIdentityThatMovedMeansChanged) {
  const auto status_after = [](auto&& change) {
    ScriptedSource source = source_of(std::string(5'000, 'x'));
    const FileIdentity before = source.present;
    change(source);
    return load_resident(source, before, gauge()).status;
  };
  EXPECT_EQ(status_after([](auto&) {}), LoadStatus::kLoaded);
  EXPECT_EQ(status_after([](auto& s) { s.present.mtime_ns = 2; }), LoadStatus::kChanged);
  EXPECT_EQ(status_after([](auto& s) { s.present.ctime_ns = 2; }), LoadStatus::kChanged);
  EXPECT_EQ(status_after([](auto& s) { s.present.inode = 8; }), LoadStatus::kChanged);
  EXPECT_EQ(status_after([](auto& s) { s.present.size_bytes = 5'001; }), LoadStatus::kChanged);
  EXPECT_EQ(status_after([](auto& s) { s.end = 3'000; }), LoadStatus::kChanged);
  EXPECT_EQ(status_after([](auto& s) { s.fails = true; }), LoadStatus::kReadFailed);
}

TEST(LoadResident, AFileWrittenJustNowIsNotSettled) {
  testing::TemporaryTree tree;
  tree.write("file", "fresh");
  const RootDirectory root = *open_root(tree.path(""));
  const OpenedFile file = open_beneath(root, "file");
  DescriptorSource source(file.descriptor.get());
  FileIdentity long_ago = file.identity;
  long_ago.mtime_ns -= 1;
  EXPECT_EQ(load_resident(source, long_ago, gauge()).status, LoadStatus::kChanged);

  ScriptedSource old = source_of("x");
  old.present.mtime_ns = old.present.ctime_ns = file.identity.ctime_ns + 3'600'000'000'000;  // a skewed file server's
  EXPECT_TRUE(load_resident(old, old.present, gauge()).settled);
  ScriptedSource young = source_of("x");
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  young.present.ctime_ns = now.tv_sec * 1'000'000'000 + now.tv_nsec;
  EXPECT_FALSE(load_resident(young, young.present, gauge()).settled);
}

class Pieces : public ::testing::Test {
 protected:
  Pieces() {
    content.resize(2 * kPieceBytes + 12'345);
    for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>((i * 2'654'435'761U) >> 13U);
    tree.write("big", content);
    root = *open_root(tree.path(""));
    whole = hold_open(open_beneath(root, "big"));
    whole->generation = 3;
  }
  testing::TemporaryTree tree;
  std::string content;
  RootDirectory root;
  std::shared_ptr<Image> whole;
};

TEST_F(Pieces, CoverTheFileWithAnOverlap) {
  EXPECT_FALSE(whole->resident());
  for (const std::uint64_t offset : {std::uint64_t{0}, kPieceBytes - 1, kPieceBytes, content.size() - 1}) {
    const LoadOutcome piece = read_piece(*whole, offset, gauge());
    ASSERT_EQ(piece.status, LoadStatus::kLoaded) << offset;
    EXPECT_EQ(piece.image->offset, piece_start(offset));
    EXPECT_EQ(piece.image->size_bytes, content.size());
    EXPECT_EQ(piece.image->generation, 3U);
    EXPECT_TRUE(piece.image->covers(offset, std::min<std::uint64_t>(65'464, content.size() - offset)));
    EXPECT_EQ(text_of(*piece.image), content.substr(piece.image->offset, piece.image->bytes.size()));
  }
  EXPECT_EQ(read_piece(*whole, content.size(), gauge()).status, LoadStatus::kReadFailed);
}

TEST_F(Pieces, RenamedAwayLinkedOrChmoddedKeepTheOldBytes) {
  const auto expect_old_bytes = [&](const char* after) {
    const LoadOutcome piece = read_piece(*whole, kPieceBytes, gauge());
    ASSERT_EQ(piece.status, LoadStatus::kLoaded) << after;
    EXPECT_EQ(text_of(*piece.image), content.substr(kPieceBytes, piece.image->bytes.size())) << after;
  };
  tree.write("new", std::string(content.size(), 'n'));
  std::filesystem::create_hard_link(tree.path("big"), tree.path("twin"));
  expect_old_bytes("a link");
  ASSERT_EQ(::chmod(tree.path("big").c_str(), 0640), 0);
  expect_old_bytes("chmod");
  tree.rename("big", "big.old");
  expect_old_bytes("renamed away");
  tree.rename("new", "twin");
  expect_old_bytes("one of its names replaced");
  tree.remove("big.old");
  expect_old_bytes("removed");
}

TEST_F(Pieces, ReplacedByRenameKeepsTheOldBytes) {
  tree.write("new", std::string(content.size(), 'n'));
  tree.rename("new", "big");
  const LoadOutcome piece = read_piece(*whole, kPieceBytes, gauge());
  ASSERT_EQ(piece.status, LoadStatus::kLoaded);
  EXPECT_EQ(text_of(*piece.image), content.substr(kPieceBytes, piece.image->bytes.size()));
}

TEST_F(Pieces, AFileThatChangedBeforeItIsHeldIsNotHeld) {
  OpenedFile opened = open_beneath(root, "big");
  tree.truncate("big", 1);
  EXPECT_EQ(hold_open(std::move(opened)), nullptr);
}

TEST_F(Pieces, OfAnImageThatIsNotHeldOpenAreNone) {
  const Image other;
  EXPECT_EQ(read_piece(other, 0, gauge()).status, LoadStatus::kReadFailed);
}

TEST_F(Pieces, RewrittenOrCutInPlaceIsRefused) {
  tree.truncate("big", content.size() - 1);
  EXPECT_EQ(read_piece(*whole, 0, gauge()).status, LoadStatus::kChanged);
  EXPECT_EQ(read_piece(*whole, 2 * kPieceBytes, gauge()).status, LoadStatus::kChanged);
}

}  // namespace
}  // namespace rackcast
