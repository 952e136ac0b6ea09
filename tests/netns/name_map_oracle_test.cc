// tftp-hpa's own in.tftpd (Debian's tftpd-hpa, 5.2) as the oracle of NameMap: for each table of rules it serves a tree
// in which every file holds its own name, so that what a client reads tells which name it was mapped to. In a network
// namespace of its own. What came with 5.4 (E, j, labels, gg) it does not know, and a refusal with a text of its
// own it never sends; the unit test has those.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "core/quirks/name_map.h"
#include "tests/support/temporary_tree.h"

namespace rackcast {
namespace {

constexpr const char* kServer = "/usr/sbin/in.tftpd";
constexpr std::uint16_t kPort = 6969;
constexpr int kAnswerMilliseconds = 200;
constexpr int kTriesMax = 50;  // ten seconds for the server to come up

struct Case {
  const char* rules;
  std::vector<const char*> names;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"# nothing\n", {"plain", "dir/plain", "With Blank"}},
      {"r x y\n", {"x", "axxb", "none"}},
      {"r \\\\ /\n", {"a\\b\\c", "a/b"}},
      {"rg \\\\ /\n", {"a\\b\\c", "d\\e\\f\\g", "h"}},
      {"rg // /\n", {"a////b", "c//d//e"}},
      {"ri BOOT b\n", {"bOOt.efi", "x/Boot/y"}},
      {"r a b\nr b c\n", {"a", "b", "ab"}},
      {"re a b\nr b c\n", {"a", "b", "za"}},
      {"r ^(.*)/(.*)$ \\2-\\1\n", {"x/y", "p/q/r"}},
      {"r (a)|(b) <\\1\\2>\n", {"b", "a", "ab"}},
      {"r ^ net/\n", {"k"}},
      {"r $ .img\n", {"k"}},
      {"r x\n", {"axb"}},
      {"r ^ \\i/\n", {"k"}},
      {"r ^ \\x/\n", {"k"}},
      {"r ^pxelinux.cfg/default$ cfg/\\x\n", {"pxelinux.cfg/default", "pxelinux.cfg/other"}},
      {"r a \\\\\n", {"xay"}},
      {"r a \\#\n", {"xay"}},
      {"r a x\\ y\n", {"1a2"}},
      {"r a\\#b c\n", {"a#b"}},
      {"r a b#comment\n", {"a"}},
      {"r a b # comment\n", {"a"}},
      {"r .* \\L\\0\n", {"BOOT/X64.EFI"}},
      {"r ([a-z]*)/(.*) \\U\\1x\\E/\\2\n", {"ab/cd"}},
      {"r ^(.*)$ \\Upre\\E-\\1\n", {"k"}},
      {"a ^secret\n", {"secret/x", "public"}},
      {"a~ ^public\n", {"secret", "public/x"}},
      {"e~ ^dir/\nr dir/ other/\n", {"dir/x", "x"}},
      {"rG a b\n", {"a"}},
      {"rP a b\n", {"a"}},
      {"r4 a b\n", {"a"}},
      {"r6 a b\n", {"a"}},
      {"r ^[^/]*/(.*)$ flat/\\1\n", {"deep/file", "file"}},
      {"r [[:digit:]]{2,3} N\n", {"a12b", "a1b", "a1234b"}},
      {"r (foo|foobar)(bar)? <\\1|\\2>\n", {"foobarbar", "foobar"}},
      {"r ^/*(.*)$ \\1\n", {"//x"}},
      {"ri ^/?boot/(.*)\\.EFI$ efi/\\L\\1.efi\n", {"Boot/BOOTX64.EFI", "boot/x.efi", "boot/x.img"}},
      {"rgi A b\n", {"aAbA"}},
      {"r a b\r\nr b c\r\n", {"a"}},
      {"  r\t a \t b  \n", {"a"}},
      {"r ^$ empty\nr \\.0$ .1\n", {"pxelinux.0"}},
      {"r \\^x y\n", {"^x"}},
      {"r ^ \\qx\n", {"k"}},
      {"re ^ab cd\nre ^a x\nr $ .z\n", {"abc", "ac", "c"}},
      // 5.2 restarts at the second rule, whatever its manual says (5.4 at the first).
      {"r ^$ empty\nr 1 2\nrs ^z 1\n", {"z1", "z"}},
  };
  return all;
}

// in.tftpd in the foreground, killed with the object.
class Server {
 public:
  Server(const std::string& tree, const std::string& map) {
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::execl(kServer, kServer, "-L", "-4", "-s", "-a", ":6969", "-m", map.c_str(), tree.c_str(), nullptr);
    ::_exit(127);
  }
  ~Server() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

 private:
  pid_t pid_ = -1;
};

struct Answer {
  bool refused = false;  // ERROR 2
  std::string text;      // the file's content, or the error's text
  friend bool operator==(const Answer&, const Answer&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Answer& answer) {
    return out << (answer.refused ? "refused: " : "file: ") << answer.text;
  }
};

std::optional<Answer> ask(const std::string& name) {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  server.sin_port = htons(kPort);
  std::string request("\0\1", 2);
  request += name;
  request += std::string("\0octet\0", 7);
  std::optional<Answer> answer;
  for (int tries = 0; tries < kTriesMax && !answer; ++tries) {
    (void)::sendto(socket, request.data(), request.size(), 0, reinterpret_cast<const sockaddr*>(&server),
                   sizeof server);
    pollfd wait{socket, POLLIN, 0};
    if (::poll(&wait, 1, kAnswerMilliseconds) != 1) continue;
    std::array<char, 600> bytes{};
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const ssize_t count = ::recvfrom(socket, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (count < 4) continue;
    const std::string_view body(bytes.data() + 4, static_cast<std::size_t>(count) - 4);
    if (bytes[1] == 3) {
      const std::array<char, 4> ack{0, 4, 0, 1};
      (void)::sendto(socket, ack.data(), ack.size(), 0, reinterpret_cast<const sockaddr*>(&from), size);
      answer = Answer{false, std::string(body)};
    } else {
      answer = Answer{bytes[3] == 2, std::string(body.substr(0, body.find('\0')))};
    }
  }
  ::close(socket);
  return answer;
}

class NameMapOracle : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    ready_ =
        ::access(kServer, X_OK) == 0 && ::geteuid() == 0 && ::unshare(CLONE_NEWNET) == 0 &&
        // Its getaddrinfo() wants one address that is not loopback.
        std::system("ip link set lo up && ip address add 192.0.2.1/32 dev lo") == 0;  // NOLINT(concurrency-mt-unsafe)
  }
  void SetUp() override {
    if (!ready_) GTEST_SKIP() << "needs root and " << kServer << " (package tftpd-hpa)";
    ::chmod(tree_.path("").c_str(), 0755);
  }
  static inline bool ready_ = false;
  testing::TemporaryTree tree_;
};

TEST_F(NameMapOracle, AgreesNameByName) {
  const NameMapPeer peer{*net::IpAddress::parse("127.0.0.1"), false};
  std::size_t compared = 0;
  for (const Case& rules : cases()) {
    const NameMap::Parsed parsed = NameMap::parse(rules.rules);
    ASSERT_NE(parsed.map, nullptr) << rules.rules;
    std::vector<Answer> ours;
    for (const char* const name : rules.names) {
      PathText out;
      const MapOutcome outcome = parsed.map->apply(name, peer, out);
      const std::string result(out.view());
      ours.push_back({outcome == MapOutcome::kRefused, result});
      for (const std::string& file : {std::string(name), result})
        if (!ours.back().refused && file.find("//") == std::string::npos) tree_.write("t/" + file, file);
    }
    tree_.write("map", rules.rules);
    const Server server(tree_.path("t"), tree_.path("map"));
    for (std::size_t i = 0; i < rules.names.size(); ++i) {
      auto theirs = ask(rules.names[i]);
      ASSERT_TRUE(theirs.has_value()) << rules.rules << rules.names[i];
      if (ours[i].refused && ours[i].text.empty()) theirs->text.clear();  // the usual text is the engine's
      EXPECT_EQ(ours[i], *theirs) << "rules: " << rules.rules << "name: " << rules.names[i];
      ++compared;
    }
    tree_.remove("t");
  }
  std::printf("%zu tables, %zu names compared\n", cases().size(), compared);
  EXPECT_GE(compared, 70U);
}

}  // namespace
}  // namespace rackcast
