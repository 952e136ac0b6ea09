// The clients people really use, where they are installed: curl, wget, lftp.
#include <sys/wait.h>

#include <cstdlib>
#include <string>

#include "tests/io_backends/stream/stream_fixture.h"

namespace rackcast::io {
namespace {

bool installed(const std::string& program) {
  return std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0;
}

class StreamClients : public StreamTest {
 protected:
  StreamClients() {
    tree.write(".treeinfo", "[general]\n");
    tree.write("Server/a b.rpm", make_content(200'000, 1));
    tree.write("Server/c.rpm", make_content(1'500'000, 2));
    tree.write("Server/sub/d&e.txt", "text");
    tree.write("vmlinuz", make_content(70'000, 3));
  }
  // The exit status of a shell command, bounded in time.
  static int run(const std::string& command) {
    const int status = std::system(("timeout 60 " + command + " >/dev/null 2>&1").c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  [[nodiscard]] std::string http_url() const { return "http://" + std::string(http.text().view()); }
  [[nodiscard]] std::string ftp_url() const { return "ftp://" + std::string(ftp.text().view()); }
  [[nodiscard]] bool same(const std::string& a, const std::string& b) const {
    return run("diff -r '" + a + "' '" + b + "'") == 0;
  }

  rackcast::testing::TemporaryTree out;
};

TEST_F(StreamClients, CurlFetchesAndResumes) {
  if (!installed("curl")) GTEST_SKIP() << "curl is not installed";
  start();
  for (const std::string& url : {http_url(), ftp_url()}) {
    EXPECT_EQ(run("curl -fsS --globoff -o " + out.path("f") + " " + url + "/Server/c.rpm"), 0) << url;
    EXPECT_TRUE(same(out.path("f"), tree.path("Server/c.rpm")));
    out.truncate("f", 500'000);
    EXPECT_EQ(run("curl -fsS -C - -o " + out.path("f") + " " + url + "/Server/c.rpm"), 0) << url;
    EXPECT_TRUE(same(out.path("f"), tree.path("Server/c.rpm")));
    EXPECT_NE(run("curl -fsS -o " + out.path("g") + " " + url + "/none"), 0) << url;
  }
  EXPECT_EQ(run("curl -fsS -P 127.0.0.1 -o " + out.path("g") + " " + ftp_url() + "/Server/a%20b.rpm"), 0);  // active
  EXPECT_TRUE(same(out.path("g"), tree.path("Server/a b.rpm")));
  EXPECT_EQ(run("curl -fsSI " + http_url() + "/Server/c.rpm"), 0);
  EXPECT_EQ(run("curl -fsSL " + http_url() + "/Server"), 0);
  EXPECT_EQ(run("curl -fsS -T /etc/hostname " + ftp_url() + "/up"), 25);  // upload refused
}

TEST_F(StreamClients, WgetMirrorsBothWays) {
  if (!installed("wget")) GTEST_SKIP() << "wget is not installed";
  start();
  EXPECT_EQ(run("wget -q -r -np -nH -R 'index.html*' -P " + out.path("http") + " " + http_url() + "/"), 0);
  EXPECT_TRUE(same(out.path("http"), tree.path("")));
  EXPECT_EQ(run("wget -q -r -nH -P " + out.path("ftp") + " " + ftp_url() + "/"), 0);
  EXPECT_TRUE(same(out.path("ftp"), tree.path("")));
}

// Four at a time where one is allowed: they follow one another, and nothing is missing.
TEST_F(StreamClients, LftpMirrorsInParallelThroughALimitOfOne) {
  if (!installed("lftp")) GTEST_SKIP() << "lftp is not installed";
  for (AdmissionConfig* const admission : {&config.http->admission, &config.ftp->admission}) admission->per_source = 1;
  for (int i = 0; i < 12; ++i) tree.write("many/" + std::to_string(i), make_content(400'000, static_cast<unsigned>(i)));
  start();
  for (const std::string& url : {http_url(), ftp_url()}) {
    const std::string folder = out.path(url.substr(0, url.find(':')));
    const std::string script = "set cmd:fail-exit yes; open " + url + "; mirror --parallel=4 / " + folder + "; bye";
    EXPECT_EQ(run("lftp --norc -c '" + script + "'"), 0) << url;
    EXPECT_TRUE(same(folder, tree.path(""))) << url;
  }
  EXPECT_EQ(server->totals().refused_per_source, 0U);
}

TEST_F(StreamClients, CurlSeesXinetdsRefusals) {
  if (!installed("curl")) GTEST_SKIP() << "curl is not installed";
  for (AdmissionConfig* const admission : {&config.http->admission, &config.ftp->admission}) {
    admission->policy = AdmissionPolicy::kXinetd;
    admission->no_access = {*net::IpPrefix::parse("127.0.0.9")};
  }
  start();
  for (const std::string& url : {http_url(), ftp_url()}) {
    EXPECT_NE(run("curl -fsS --interface 127.0.0.9 -o " + out.path("f") + " " + url + "/vmlinuz"), 0) << url;
    EXPECT_EQ(run("curl -fsS --interface 127.0.0.8 -o " + out.path("f") + " " + url + "/vmlinuz"), 0) << url;
  }
  EXPECT_EQ(server->totals().refused_address, 2U);
}

TEST_F(StreamClients, LftpMirrorsBothWays) {
  if (!installed("lftp")) GTEST_SKIP() << "lftp is not installed";
  start();
  for (const std::string& url : {http_url(), ftp_url()}) {
    const std::string folder = out.path(url.substr(0, url.find(':')));
    const std::string script = "set cmd:fail-exit yes; open " + url + "; mirror / " + folder + "; bye";
    EXPECT_EQ(run("lftp --norc -c '" + script + "'"), 0) << url;
    EXPECT_TRUE(same(folder, tree.path(""))) << url;
  }
  EXPECT_EQ(run("lftp --norc -c 'open " + ftp_url() + "; set ftp:use-mlsd no; mirror / " + out.path("list") + "'"), 0);
  EXPECT_TRUE(same(out.path("list"), tree.path("")));
}

}  // namespace
}  // namespace rackcast::io
