#include "core/engine/http/index_page.h"

#include <gtest/gtest.h>

namespace rackcast::engine {
namespace {

DirectoryEntry entry(std::string name, bool directory = false, std::uint64_t size = 12) {
  return {std::move(name), directory, size, 784'111'777};
}

TEST(HttpIndexPage, ListsInTheShapeScrapersRead) {
  const std::string page = index_page("dists", {{entry("b.rpm", false, 1'234), entry("a", true)}, false});
  const std::string expected =
      "<pre><a href=\"../\">../</a>\n"
      "<a href=\"a/\">a/</a>" +
      std::string(54, ' ') + "06-Nov-1994 08:49" + std::string(15, ' ') +
      "-\n"
      "<a href=\"b.rpm\">b.rpm</a>" +
      std::string(51, ' ') + "06-Nov-1994 08:49" + std::string(12, ' ') + "1234\n</pre>";
  EXPECT_NE(page.find(expected), std::string::npos) << page;
  EXPECT_NE(page.find("<title>Index of /dists/</title>"), std::string::npos);
}

TEST(HttpIndexPage, RootHasNoParentLink) {
  const std::string page = index_page("", {{entry("a")}, false});
  EXPECT_EQ(page.find("../"), std::string::npos);
  EXPECT_NE(page.find("<title>Index of /</title>"), std::string::npos);
}

TEST(HttpIndexPage, NamesAreEncodedInLinksAndEscapedInText) {
  const std::string page = index_page("<d>", {{entry("a b&\"<c>:x")}, false});
  EXPECT_NE(page.find("<a href=\"a%20b&amp;%22%3Cc%3E%3Ax\">a b&amp;&quot;&lt;c&gt;:x</a>"), std::string::npos) << page;
  EXPECT_EQ(page.find("<d>"), std::string::npos);
}

TEST(HttpIndexPage, ControlBytesInNamesCannotForgeLines) {
  const std::string page = index_page("", {{entry("x\n<a>y")}, false});
  EXPECT_NE(page.find("href=\"x%0A%3Ca%3Ey\">x?&lt;a&gt;y</a>"), std::string::npos) << page;
}

TEST(HttpIndexPage, LongNamesKeepOneBlankBeforeTheDate) {
  const std::string name(100, 'n');
  EXPECT_NE(index_page("", {{entry(name)}, false}).find(name + "</a> 06-Nov-1994"), std::string::npos);
}

TEST(HttpIndexPage, CutListingsSaySo) {
  EXPECT_EQ(index_page("", {{entry("a")}, false}).find("Only the first"), std::string::npos);
  EXPECT_NE(index_page("", {{entry("a")}, true}).find("Only the first 1 names"), std::string::npos);
}

TEST(HttpIndexPage, FinishesAnIndexResponse) {
  HttpResponse response;
  response.body = BodyKind::kIndex;
  finish_index(response, "x", {{entry("a")}, false});
  EXPECT_EQ(response.body, BodyKind::kText);
  EXPECT_EQ(response.content_length(), response.text.size());
}

}  // namespace
}  // namespace rackcast::engine
