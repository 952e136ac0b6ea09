#include "core/engine/http/target.h"

#include <gtest/gtest.h>

#include <string>

namespace rackcast::engine {
namespace {

struct TargetCase {
  std::string target;
  unsigned refused;
  std::string path;
  bool trailing_slash;
};

TEST(HttpTarget, MeansOnePathOrOneRefusal) {
  const TargetCase cases[] = {
      {"/", 0, "", true},
      {"/a", 0, "a", false},
      {"/a/b.iso", 0, "a/b.iso", false},
      {"/a/", 0, "a", true},
      {"//a", 0, "a", false},
      {"/a//b///c", 0, "a/b/c", false},
      {"/d-i/./preseed.cfg", 0, "d-i/preseed.cfg", false},
      {"/a/../b", 0, "b", false},
      {"/a/%2e%2e/b", 0, "b", false},
      {"/a%20b/%C3%A9", 0, "a b/\xC3\xA9", false},
      {"/%2541", 0, "%41", false},  // decoded once
      {"/a+b", 0, "a+b", false},
      {"/a?x=%zz", 0, "a", false},  // a query is not decoded
      {"/a?b?c", 0, "a", false},
      {"\\EFI\\boot.efi", 0, "EFI/boot.efi", false},
      {"/EFI%5Cboot.efi", 0, "EFI/boot.efi", false},
      {"http://h/a", 0, "a", false},
      {"HTTP://h:8080/a/", 0, "a", true},
      {"http://h", 0, "", true},
      {"http://h?x", 0, "", true},
      {"/var/ftp/a", 0, "a", false},  // the root's own path is stripped
      {"/..", 404, "", false},
      {"/a/../../b", 404, "", false},
      {"/%2e%2e/etc/passwd", 404, "", false},
      {"/..%5c..%5cetc", 404, "", false},
      {"/a%2Fb", 404, "", false},
      {"/a%2fb", 404, "", false},
      {"/a%00", 400, "", false},
      {"/a%", 400, "", false},
      {"/a%4", 400, "", false},
      {"/a%4g", 400, "", false},
      {"/a#b", 400, "", false},
      {"", 400, "", false},
      {"*", 400, "", false},
      {"a", 400, "", false},
      {"h:80", 400, "", false},
      {"http:///a", 400, "", false},
      {"http://", 400, "", false},
      {"https://h/a", 400, "", false},
      {"/" + std::string(kPathBytesMax, 'a'), 0, std::string(kPathBytesMax, 'a'), false},
      {"/" + std::string(kPathBytesMax + 1, 'a'), 414, "", false},
      {"/" + std::string(8'000, 'a'), 414, "", false},
  };
  for (const TargetCase& c : cases) {
    const HttpTarget target = parse_target(c.target, "/var/ftp");
    EXPECT_EQ(target.refused, c.refused) << c.target;
    if (c.refused != 0 || target.refused != 0) continue;
    EXPECT_EQ(target.path.view(), c.path) << c.target;
    EXPECT_EQ(target.trailing_slash, c.trailing_slash) << c.target;
  }
}

TEST(HttpTarget, QueryIsKeptAsReceived) {
  EXPECT_EQ(parse_target("/a?b=c&d", "").query, "b=c&d");
  EXPECT_EQ(parse_target("/a", "").query, "");
}

TEST(HttpTarget, EncodedPathsDecodeToThemselves) {
  EXPECT_EQ(encode_path("a b/c:d?e#f%g\"<"), "a%20b/c%3Ad%3Fe%23f%25g%22%3C");
  std::string every;
  for (int c = 1; c < 256; ++c)
    if (c != '/' && c != '\\' && c != '.') every.push_back(static_cast<char>(c));
  const std::string target = "/" + encode_path(every);
  const HttpTarget parsed = parse_target(target, "");
  EXPECT_EQ(parsed.refused, 0U);
  EXPECT_EQ(parsed.path.view(), every);
}

}  // namespace
}  // namespace rackcast::engine
