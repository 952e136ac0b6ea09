#include "core/engine/http/decide.h"

#include "core/engine/http/date.h"

#include <gtest/gtest.h>

#include <string>

namespace rackcast::engine {
namespace {

using Fields = std::vector<HeaderField>;

constexpr UnixSeconds kModified = 784'111'777;  // Sun, 06 Nov 1994 08:49:37 GMT
const WallTime kNow{std::chrono::seconds{1'795'500'000}};
constexpr std::uint64_t kSize = 1'000;

FileFacts file_facts() {
  FileFacts facts;
  facts.kind = FileFacts::Kind::kFile;
  facts.identity = {1, 2, kSize, kModified * 1'000'000'000 + 5, 7};
  return facts;
}

const std::string kEtag = make_etag(file_facts().identity);

struct Asked {
  std::string method = "GET";
  std::string target = "/a.iso";
  unsigned version = 11;
  Fields fields = {};
  bool host = true;
  FileFacts facts = file_facts();
};

HttpResponse answer(const Asked& asked) {
  Fields fields = asked.fields;
  if (asked.host) fields.push_back({"Host", "server"});
  HttpRequest request;
  request.method = asked.method;
  request.target = asked.target;
  request.version = asked.version;
  request.headers = fields;
  const RequestCheck check = check_request(request);
  return decide(request, check, parse_target(request.target, ""), asked.facts, kNow);
}

std::string field(const HttpResponse& response, std::string_view name) {
  for (const ResponseField& f : response.fields)
    if (f.name == name) return f.value;
  return "";
}

TEST(HttpDecide, WholeFile) {
  const HttpResponse response = answer({});
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.body, BodyKind::kFile);
  ASSERT_EQ(response.parts.size(), 1U);
  EXPECT_EQ(response.parts[0].from, 0U);
  EXPECT_EQ(response.parts[0].to, kSize);
  EXPECT_EQ(response.content_length(), kSize);
  EXPECT_EQ(field(response, "Content-Type"), "application/vnd.efi-iso");
  EXPECT_EQ(field(response, "Last-Modified"), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(field(response, "ETag"), kEtag);
  EXPECT_EQ(field(response, "Accept-Ranges"), "bytes");
  EXPECT_EQ(field(response, "Content-Encoding"), "");
  EXPECT_FALSE(response.close);
  EXPECT_FALSE(response.head_only);
}

TEST(HttpDecide, LastModifiedIsNeverLaterThanDate) {
  const UnixSeconds now = to_seconds(kNow);
  const std::string date(format_http_date(now).view());
  FileFacts facts = file_facts();
  for (const UnixSeconds ahead : {UnixSeconds{0}, UnixSeconds{1}, UnixSeconds{86'400 * 400}}) {
    facts.identity.mtime_ns = (now + ahead) * 1'000'000'000 + 999'999'999;
    const HttpResponse response = answer({.facts = facts});
    EXPECT_EQ(field(response, "Last-Modified"), date) << ahead;
    EXPECT_NE(encode_head(response, kNow).find("Date: " + date + "\r\n"), std::string::npos);
  }
  // The date that was said for a file from the future never proves it unchanged.
  EXPECT_EQ(answer({.fields = {{"If-Modified-Since", date}}, .facts = facts}).status, 200U);
  EXPECT_EQ(answer({.fields = {{"Range", "bytes=0-1"}, {"If-Range", date}}, .facts = facts}).status, 200U);
  facts.identity.mtime_ns = (now - 1) * 1'000'000'000;
  EXPECT_EQ(field(answer({.facts = facts}), "Last-Modified"), std::string(format_http_date(now - 1).view()));
}

TEST(HttpDecide, HeadHasTheFieldsOfGetAndIgnoresRange) {
  const HttpResponse get = answer({});
  const HttpResponse head = answer({.method = "HEAD", .fields = {{"Range", "bytes=0-1"}}});
  EXPECT_TRUE(head.head_only);
  EXPECT_EQ(encode_head(get, kNow), encode_head(head, kNow));
}

TEST(HttpDecide, SingleRange) {
  const HttpResponse response = answer({.fields = {{"Range", "bytes=10-19"}}});
  EXPECT_EQ(response.status, 206U);
  EXPECT_EQ(field(response, "Content-Range"), "bytes 10-19/1000");
  EXPECT_EQ(field(response, "Content-Type"), "application/vnd.efi-iso");
  EXPECT_EQ(response.content_length(), 10U);
}

TEST(HttpDecide, SeveralRangesAreMultipart) {
  const HttpResponse response = answer({.fields = {{"Range", "bytes=0-1,10-19"}}});
  EXPECT_EQ(response.status, 206U);
  EXPECT_EQ(field(response, "Content-Range"), "");
  const std::string type = field(response, "Content-Type");
  ASSERT_TRUE(type.starts_with("multipart/byteranges; boundary="));
  const std::string boundary = type.substr(type.find('=') + 1);
  ASSERT_EQ(response.parts.size(), 2U);
  EXPECT_EQ(response.parts[0].prefix, "--" + boundary +
                                          "\r\nContent-Type: application/vnd.efi-iso\r\n"
                                          "Content-Range: bytes 0-1/1000\r\n\r\n");
  EXPECT_EQ(response.parts[1].prefix, "\r\n--" + boundary +
                                          "\r\nContent-Type: application/vnd.efi-iso\r\n"
                                          "Content-Range: bytes 10-19/1000\r\n\r\n");
  EXPECT_EQ(response.text, "\r\n--" + boundary + "--\r\n");
  EXPECT_EQ(response.content_length(),
            2U + 10U + response.parts[0].prefix.size() + response.parts[1].prefix.size() + response.text.size());
}

TEST(HttpDecide, UnsatisfiableRangeNamesTheSize) {
  const HttpResponse response = answer({.fields = {{"Range", "bytes=1000-"}}});
  EXPECT_EQ(response.status, 416U);
  EXPECT_EQ(field(response, "Content-Range"), "bytes */1000");
  EXPECT_FALSE(response.close);
}

TEST(HttpDecide, EmptyFileIsWholeAndHasNoRange) {
  FileFacts facts = file_facts();
  facts.identity.size_bytes = 0;
  EXPECT_EQ(answer({.facts = facts}).content_length(), 0U);
  EXPECT_EQ(answer({.fields = {{"Range", "bytes=0-"}}, .facts = facts}).status, 416U);
}

struct ConditionCase {
  const char* why;
  Fields fields;
  unsigned status;
};

TEST(HttpDecide, ConditionsInTheOrderOfRfc9110) {
  const std::string older = "Sun, 06 Nov 1994 08:49:36 GMT";
  const std::string same = "Sun, 06 Nov 1994 08:49:37 GMT";
  const std::string weak = "W/" + kEtag;
  const std::string list = "\"x\", " + kEtag;
  const ConditionCase cases[] = {
      {"If-Match equal", {{"If-Match", kEtag}}, 200},
      {"If-Match *", {{"If-Match", "*"}}, 200},
      {"If-Match in a list", {{"If-Match", list}}, 200},
      {"If-Match over two fields", {{"If-Match", "\"x\""}, {"If-Match", kEtag}}, 200},
      {"If-Match is strong", {{"If-Match", weak}}, 412},
      {"If-Match other", {{"If-Match", "\"x\""}}, 412},
      {"If-Match garbage", {{"If-Match", "x"}}, 412},
      {"If-Match hides If-Unmodified-Since", {{"If-Match", kEtag}, {"If-Unmodified-Since", older}}, 200},
      {"If-Unmodified-Since same", {{"If-Unmodified-Since", same}}, 200},
      {"If-Unmodified-Since older", {{"If-Unmodified-Since", older}}, 412},
      {"If-Unmodified-Since garbage", {{"If-Unmodified-Since", "yesterday"}}, 200},
      {"If-None-Match equal", {{"If-None-Match", kEtag}}, 304},
      {"If-None-Match is weak", {{"If-None-Match", weak}}, 304},
      {"If-None-Match *", {{"If-None-Match", "*"}}, 304},
      {"If-None-Match other", {{"If-None-Match", "\"x\""}}, 200},
      {"If-None-Match hides If-Modified-Since", {{"If-None-Match", "\"x\""}, {"If-Modified-Since", same}}, 200},
      {"If-Modified-Since same", {{"If-Modified-Since", same}}, 304},
      {"If-Modified-Since older", {{"If-Modified-Since", older}}, 200},
      {"If-Modified-Since garbage", {{"If-Modified-Since", "0"}}, 200},
      {"412 before 304", {{"If-Match", "\"x\""}, {"If-None-Match", kEtag}}, 412},
      {"304 before 206", {{"If-None-Match", kEtag}, {"Range", "bytes=0-1"}}, 304},
      {"304 before 416", {{"If-None-Match", kEtag}, {"Range", "bytes=5000-"}}, 304},
      {"EDK2 resumes by ETag", {{"If-Match", kEtag}, {"Range", "bytes=500-999"}}, 206},
      {"EDK2 resumes by date", {{"If-Unmodified-Since", same}, {"Range", "bytes=500-999"}}, 206},
      {"If-Range equal", {{"If-Range", kEtag}, {"Range", "bytes=0-1"}}, 206},
      {"If-Range weak", {{"If-Range", weak}, {"Range", "bytes=0-1"}}, 200},
      {"If-Range other", {{"If-Range", "\"x\""}, {"Range", "bytes=0-1"}}, 200},
      {"If-Range exact date", {{"If-Range", same}, {"Range", "bytes=0-1"}}, 206},
      {"If-Range older date", {{"If-Range", older}, {"Range", "bytes=0-1"}}, 200},
      {"If-Range other, beyond the end", {{"If-Range", "\"x\""}, {"Range", "bytes=5000-"}}, 200},
      {"two Range fields", {{"Range", "bytes=0-1"}, {"Range", "bytes=5-6"}}, 200},
  };
  for (const ConditionCase& c : cases) EXPECT_EQ(answer({.fields = c.fields}).status, c.status) << c.why;
}

TEST(HttpDecide, DateOfThisSecondDoesNotPinContentForIfRange) {
  FileFacts facts = file_facts();
  facts.identity.mtime_ns = kNow.time_since_epoch().count();
  const std::string modified(format_http_date(to_seconds(kNow)).view());
  EXPECT_EQ(answer({.fields = {{"If-Range", modified}, {"Range", "bytes=0-1"}}, .facts = facts}).status, 200U);
}

TEST(HttpDecide, NotModifiedCarriesValidatorsAndNoBody) {
  const HttpResponse response = answer({.fields = {{"If-None-Match", kEtag}}});
  EXPECT_EQ(response.body, BodyKind::kNone);
  EXPECT_EQ(response.content_length(), 0U);
  EXPECT_EQ(field(response, "ETag"), kEtag);
  EXPECT_EQ(field(response, "Last-Modified"), "Sun, 06 Nov 1994 08:49:37 GMT");
}

struct RefusalCase {
  const char* why;
  Asked asked;
  unsigned status;
  bool close;
};

TEST(HttpDecide, RefusesWhatIsAmbiguousOrNotForATree) {
  const RefusalCase cases[] = {
      {"no Host in 1.1", {.host = false}, 400, true},
      {"no Host in 1.0", {.version = 10, .host = false}, 200, true},
      {"two Hosts", {.fields = {{"Host", "other"}}}, 400, true},
      {"two Hosts in 1.0", {.version = 10, .fields = {{"Host", "other"}}}, 400, true},
      {"Host with a path", {.fields = {{"host", "a/b"}}, .host = false}, 400, true},
      {"empty Host", {.fields = {{"Host", ""}}, .host = false}, 200, false},
      {"TE", {.fields = {{"Transfer-Encoding", "chunked"}}}, 501, true},
      {"TE and CL", {.fields = {{"Transfer-Encoding", "chunked"}, {"Content-Length", "5"}}}, 400, true},
      {"TE in 1.0", {.version = 10, .fields = {{"Transfer-Encoding", "chunked"}}}, 400, true},
      {"two CLs", {.fields = {{"Content-Length", "5"}, {"Content-Length", "5"}}}, 400, true},
      {"CL list", {.fields = {{"Content-Length", "5, 5"}}}, 400, true},
      {"CL sign", {.fields = {{"Content-Length", "+5"}}}, 400, true},
      {"CL empty", {.fields = {{"Content-Length", ""}}}, 400, true},
      {"CL overflow", {.fields = {{"Content-Length", "99999999999999999999"}}}, 400, true},
      {"CL too big", {.fields = {{"Content-Length", "1000000"}}}, 413, true},
      {"small body", {.fields = {{"Content-Length", "5"}}}, 200, false},
      {"POST", {.method = "POST", .fields = {{"Content-Length", "5"}}}, 405, false},
      {"OPTIONS *", {.method = "OPTIONS", .target = "*"}, 405, false},
      {"CONNECT", {.method = "CONNECT", .target = "h:80"}, 405, true},
      {"unknown method", {.method = "BREW"}, 501, true},
      {"methods are case-sensitive", {.method = "get"}, 501, true},
      {"unknown expectation", {.fields = {{"Expect", "x"}}}, 417, true},
      {"100-continue without a body", {.fields = {{"Expect", "100-continue"}}}, 200, false},
      {"100-continue with a body", {.fields = {{"Expect", "100-Continue"}, {"Content-Length", "5"}}}, 200, true},
      {"bad target", {.target = "/%zz"}, 400, false},
      {"leaves the root", {.target = "/../a"}, 404, false},
      {"file with a slash", {.target = "/a.iso/"}, 404, false},
      {"missing", {.facts = {}}, 404, false},
      {"forbidden", {.facts = {.kind = FileFacts::Kind::kForbidden}}, 403, false},
      {"unavailable", {.facts = {.kind = FileFacts::Kind::kUnavailable}}, 503, false},
      {"1.0 closes", {.version = 10}, 200, true},
      {"1.0 keeps alive when asked", {.version = 10, .fields = {{"Connection", "Keep-Alive"}}}, 200, false},
      {"1.1 closes when asked", {.fields = {{"Connection", "TE, close"}}}, 200, true},
      {"close wins in 1.0", {.version = 10, .fields = {{"Connection", "keep-alive, close"}}}, 200, true},
  };
  for (const RefusalCase& c : cases) {
    const HttpResponse response = answer(c.asked);
    EXPECT_EQ(response.status, c.status) << c.why;
    EXPECT_EQ(response.close, c.close) << c.why;
  }
}

TEST(HttpDecide, NotAllowedSaysWhatIs) {
  EXPECT_EQ(field(answer({.method = "PUT"}), "Allow"), "GET, HEAD");
}

TEST(HttpDecide, UnavailableSaysWhenToComeBack) {
  EXPECT_EQ(field(answer({.facts = {.kind = FileFacts::Kind::kUnavailable}}), "Retry-After"), "2");
}

TEST(HttpDecide, KeepAliveIsConfirmedToHttp10) {
  const HttpResponse response = answer({.version = 10, .fields = {{"Connection", "keep-alive"}}});
  EXPECT_TRUE(response.keep_alive_1_0);
}

TEST(HttpDecide, DirectoryWithoutSlashIsRedirectedUnderThisHost) {
  const FileFacts directory{.kind = FileFacts::Kind::kDirectory};
  EXPECT_EQ(field(answer({.target = "/a%20b", .facts = directory}), "Location"), "/a%20b/");
  EXPECT_EQ(field(answer({.target = "//evil.example/x?q=1", .facts = directory}), "Location"), "/evil.example/x/?q=1");
  EXPECT_EQ(answer({.target = "/a", .facts = directory}).status, 301U);
}

TEST(HttpDecide, DirectoryIsListed) {
  const HttpResponse response = answer({.target = "/a/", .facts = {.kind = FileFacts::Kind::kDirectory}});
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.body, BodyKind::kIndex);
}

TEST(HttpDecide, TextEndpointsObeyMethodAndPersistence) {
  const HttpDecider decider = [](const HttpRequest& request) {
    return text_response(request.target == "/healthz" ? 200 : 404, "body");
  };
  const Fields fields = {{"Host", "h"}, {"Connection", "close"}};
  HttpRequest request;
  request.method = "HEAD";
  request.target = "/healthz";
  request.headers = fields;
  const HttpResponse head = decide_text(request, decider);
  EXPECT_EQ(head.status, 200U);
  EXPECT_TRUE(head.head_only);
  EXPECT_TRUE(head.close);
  EXPECT_EQ(head.content_length(), 4U);
  request.method = "DELETE";
  EXPECT_EQ(decide_text(request, decider).status, 405U);
}

TEST(HttpDecide, BusyMeansComeBackLater) {
  const HttpResponse response = busy(false);
  EXPECT_EQ(response.status, 503U);
  EXPECT_FALSE(response.close);
  ASSERT_EQ(response.fields.back().name, "Retry-After");
  EXPECT_TRUE(busy(true).close);
}

TEST(HttpDecide, EtagChangesWithEveryPartOfTheIdentity) {
  const FileIdentity base{1, 2, 3, 4, 5};
  FileIdentity other = base;
  other.mtime_ns = 5;
  EXPECT_NE(make_etag(base), make_etag(other));
  other = base;
  other.size_bytes = 4;
  EXPECT_NE(make_etag(base), make_etag(other));
  other = base;
  other.inode = 3;
  EXPECT_NE(make_etag(base), make_etag(other));
  EXPECT_EQ(make_etag(base).front(), '"');
}

}  // namespace
}  // namespace rackcast::engine
