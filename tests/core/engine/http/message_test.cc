#include "core/engine/http/message.h"

#include <gtest/gtest.h>

#include <string>

#include "core/engine/http/content_type.h"
#include "core/engine/http/head_scan.h"

namespace rackcast::engine {
namespace {

using State = HeadScan::State;

const WallTime kNow{std::chrono::seconds{784'111'777}};

TEST(HttpMessage, HeadHasCanonicalCaseDateAndLength) {
  HttpResponse response = text_response(404, "no\n");
  EXPECT_EQ(encode_head(response, kNow),
            "HTTP/1.1 404 Not Found\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\n\r\n");
}

TEST(HttpMessage, PersistenceIsSaidOnlyWhereItIsNotTheDefault) {
  HttpResponse response = text_response(200, "");
  EXPECT_EQ(encode_head(response, kNow).find("Connection"), std::string::npos);
  response.close = true;
  EXPECT_NE(encode_head(response, kNow).find("Connection: close\r\n"), std::string::npos);
  response.close = false;
  response.keep_alive_1_0 = true;
  EXPECT_NE(encode_head(response, kNow).find("Connection: keep-alive\r\n"), std::string::npos);
}

TEST(HttpMessage, NotModifiedHasNoLength) {
  HttpResponse response;
  response.status = 304;
  EXPECT_EQ(encode_head(response, kNow), "HTTP/1.1 304 Not Modified\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
}

TEST(HttpMessage, LengthCountsPartsPrefixesAndText) {
  HttpResponse response;
  response.parts = {{"abc", 10, 20}, {"", 0, 5}};
  response.text = "xy";
  EXPECT_EQ(response.content_length(), 3U + 10U + 5U + 2U);
}

TEST(HttpMessage, FieldsAreFoundInAnyCase) {
  const HeaderField fields[] = {{"hOsT", "a"}, {"Range", "x"}, {"HOST", "b"}};
  HttpRequest request;
  request.headers = fields;
  EXPECT_EQ(request.find("Host"), "a");
  EXPECT_EQ(request.count("host"), 2U);
  EXPECT_FALSE(request.find("Hos"));
}

TEST(HttpContentType, FirmwareTypesAndUnknownOnes) {
  EXPECT_EQ(content_type_of("a/BOOTX64.EFI"), "application/efi");
  EXPECT_EQ(content_type_of("x.iso"), "application/vnd.efi-iso");
  EXPECT_EQ(content_type_of("images/pxeboot/initrd.img"), "application/vnd.efi-img");
  EXPECT_EQ(content_type_of("p.rpm"), "application/x-rpm");
  EXPECT_EQ(content_type_of("repodata/primary.xml.gz"), "application/gzip");
  EXPECT_EQ(content_type_of(".treeinfo"), "text/plain; charset=utf-8");
  EXPECT_EQ(content_type_of("vmlinuz"), "application/octet-stream");
  EXPECT_EQ(content_type_of("dir.iso/vmlinuz"), "application/octet-stream");
  EXPECT_EQ(content_type_of(""), "application/octet-stream");
}

TEST(HttpHeadScan, FindsTheEndHoweverTheBytesArrive) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  for (std::size_t size = 0; size < head.size(); ++size)
    EXPECT_EQ(scan_head(head.substr(0, size)).state, State::kIncomplete) << size;
  const HeadScan scan = scan_head(head + "GET /pipelined");
  EXPECT_EQ(scan.state, State::kComplete);
  EXPECT_EQ(scan.size, head.size());
  EXPECT_EQ(scan.skip, 0U);
}

TEST(HttpHeadScan, OneLeadingEmptyLineIsSkipped) {
  const HeadScan scan = scan_head("\r\nGET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(scan.state, State::kComplete);
  EXPECT_EQ(scan.skip, 2U);
  EXPECT_EQ(scan.size, 18U);
  EXPECT_EQ(scan_head("\r\n\r\nGET / HTTP/1.0\r\n\r\n").status, 400U);
}

TEST(HttpHeadScan, RefusesWhatParsersDisagreeOn) {
  const std::string cases[] = {
      "GET / HTTP/1.1\nHost: a\n\n",                       // bare LF
      "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",           // bare CR
      "GET / HTTP/1.1\r\nX: a\r\n folded\r\n\r\n",         // obs-fold
      "GET / HTTP/1.1\r\n\tHost: a\r\n\r\n",               // blank before the first field
      std::string("GET / HTTP/1.1\r\nX: \0\r\n\r\n", 24),  // NUL
  };
  for (const std::string& text : cases) {
    EXPECT_EQ(scan_head(text).state, State::kRefused) << text;
    EXPECT_EQ(scan_head(text).status, 400U) << text;
  }
}

TEST(HttpHeadScan, BoundsTheLineTheBlockAndTheFields) {
  EXPECT_EQ(scan_head("GET /" + std::string(kRequestLineBytesMax, 'a')).status, 414U);
  EXPECT_EQ(scan_head("GET / HTTP/1.1\r\nX: " + std::string(kRequestHeadBytesMax, 'a')).status, 431U);
  std::string many = "GET / HTTP/1.1\r\n";
  for (std::size_t i = 0; i < kRequestFieldsMax; ++i) many += "X: a\r\n";
  EXPECT_EQ(scan_head(many + "\r\n").state, State::kComplete);
  EXPECT_EQ(scan_head(many + "X: a\r\nX: a\r\n\r\n").status, 431U);
}

}  // namespace
}  // namespace rackcast::engine
