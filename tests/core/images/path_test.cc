#include "core/images/path.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace rackcast {
namespace {

constexpr std::string_view kRoot = "/tftpboot";

std::string path_of(std::string_view requested, std::string_view root = kRoot) {
  const NormalizedPath result = normalize_path(requested, root);
  return result.reject ? "rejected" : std::string(result.path.view());
}

std::optional<PathReject> reject_of(std::string_view requested, std::string_view root = kRoot) {
  return normalize_path(requested, root).reject;
}

TEST(NormalizePath, LeadingSeparatorOfEitherKindIsTheRoot) {
  EXPECT_EQ(path_of("pxelinux.0"), "pxelinux.0");
  EXPECT_EQ(path_of("/pxelinux.0"), "pxelinux.0");
  EXPECT_EQ(path_of("\\pxelinux.0"), "pxelinux.0");
}

TEST(NormalizePath, RepeatedSeparatorsAndDotsCollapse) {
  EXPECT_EQ(path_of("//a"), "a");
  EXPECT_EQ(path_of("./a"), "a");
  EXPECT_EQ(path_of("a//b\\\\c/./d"), "a/b/c/d");
  EXPECT_EQ(path_of("\\Boot\\BCD"), "Boot/BCD");
  EXPECT_EQ(path_of("...a/.b/..c"), "...a/.b/..c");
}

TEST(NormalizePath, RootsOwnPathIsStripped) {
  EXPECT_EQ(path_of("/tftpboot/pxelinux.0"), "pxelinux.0");
  EXPECT_EQ(path_of("\\tftpboot\\pxelinux.0"), "pxelinux.0");
  EXPECT_EQ(path_of("//tftpboot//x/y"), "x/y");
  EXPECT_EQ(path_of("/srv/tftp/x", "/srv/tftp/"), "x");
  EXPECT_EQ(path_of("/srv/x", "/srv/tftp"), "srv/x");
  EXPECT_EQ(path_of("/tftpboot"), "");
}

TEST(NormalizePath, PrefixCountsOnlyAsWholeComponentsOfAnAbsoluteName) {
  EXPECT_EQ(path_of("/tftpboot-private/x"), "tftpboot-private/x");
  EXPECT_EQ(path_of("tftpboot/x"), "tftpboot/x");
  EXPECT_EQ(path_of("/a", ""), "a");
  EXPECT_EQ(path_of("/a", "/"), "a");
}

TEST(NormalizePath, DotDotPopsButMayNotLeaveTheRoot) {
  EXPECT_EQ(path_of("a/../b"), "b");
  EXPECT_EQ(path_of("a/b/../../c"), "c");
  EXPECT_EQ(reject_of("../x"), PathReject::kLeavesRoot);
  EXPECT_EQ(reject_of("a/../../x"), PathReject::kLeavesRoot);
  EXPECT_EQ(reject_of("..\\x"), PathReject::kLeavesRoot);
  EXPECT_EQ(reject_of("/.."), PathReject::kLeavesRoot);
}

TEST(NormalizePath, EmptyNulAndOverLongAreRejected) {
  EXPECT_EQ(reject_of(""), PathReject::kEmpty);
  EXPECT_EQ(reject_of(std::string_view("a\0b", 3)), PathReject::kNul);
  EXPECT_EQ(reject_of(std::string(kPathBytesMax, 'a')), std::nullopt);
  EXPECT_EQ(reject_of(std::string(kPathBytesMax + 1, 'a')), PathReject::kTooLong);
  EXPECT_EQ(reject_of(std::string(100'000, 'a')), PathReject::kTooLong);
  // Too long only before the root is stripped.
  EXPECT_EQ(path_of("/tftpboot/" + std::string(kPathBytesMax, 'a')), std::string(kPathBytesMax, 'a'));
}

TEST(NormalizePath, TellsWhetherADirectoryWasMeant) {
  EXPECT_TRUE(normalize_path("a/", kRoot).trailing_separator);
  EXPECT_TRUE(normalize_path("a\\", kRoot).trailing_separator);
  EXPECT_TRUE(normalize_path("a/.", kRoot).trailing_separator);
  EXPECT_TRUE(normalize_path("a/b/..", kRoot).trailing_separator);
  EXPECT_FALSE(normalize_path("a", kRoot).trailing_separator);
  EXPECT_FALSE(normalize_path("a/b", kRoot).trailing_separator);
  EXPECT_EQ(path_of("/"), "");
}

TEST(NormalizePath, BytesAreKeptAsTheyAre) {
  EXPECT_EQ(path_of("a\xFF"), "a\xFF");
  EXPECT_EQ(path_of("loader/?USB"), "loader/?USB");
}

// Whatever is asked, the answer is a reject or a relative path of plain components.
TEST(NormalizePath, AnyTextGivesARelativePathOfPlainComponentsOrAReject) {
  std::mt19937 random(20261124);
  constexpr std::string_view kAlphabet = "/\\..ab\xFF";
  for (int round = 0; round < 20'000; ++round) {
    std::string text(random() % 24, ' ');
    for (char& c : text) c = kAlphabet[random() % kAlphabet.size()];
    const NormalizedPath result = normalize_path(text, "/a/b");
    if (result.reject) continue;
    const std::string framed = "/" + std::string(result.path.view()) + (result.path.empty() ? "" : "/");
    EXPECT_EQ(framed.find("/../"), std::string::npos) << text;
    EXPECT_EQ(framed.find("/./"), std::string::npos) << text;
    EXPECT_EQ(framed.find("//"), std::string::npos) << text;
    EXPECT_EQ(framed.find('\\'), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace rackcast
