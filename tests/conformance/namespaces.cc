#include "tests/conformance/namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <sstream>

namespace rackcast::testing {
namespace {

bool write_file(const std::string& path, const std::string& text) {
  const FileDescriptor fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

FileDescriptor current_namespace() {
  return FileDescriptor(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
}

Result<void> leave_host() {
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  if (::unshare(CLONE_NEWNET) == 0) return {};
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
    return fail(std::string("no private network namespace: ") + std::strerror(errno));
  }
  static_cast<void>(write_file("/proc/self/setgroups", "deny"));
  if (!write_file("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1") ||
      !write_file("/proc/self/gid_map", "0 " + std::to_string(gid) + " 1")) {
    return fail("no private user namespace: cannot map ids");
  }
  return {};
}

Result<void> run_all(std::initializer_list<const char*> commands) {
  for (const char* command : commands) {
    std::istringstream split(command);
    std::vector<std::string> words;
    for (std::string word; split >> word;) words.push_back(word);
    if (auto done = run_program(words); !done) return done;
  }
  return {};
}

// Link-local IPv6 addresses are usable at once.
void skip_duplicate_address_detection(const std::string& interface) {
  static_cast<void>(write_file("/proc/sys/net/ipv6/conf/" + interface + "/accept_dad", "0"));
}

Result<void> set_up_clients(const std::string& server_pid) {
  auto link = run_program({"ip", "link", "add", "cli0", "type", "veth", "peer", "name", "srv0", "netns", server_pid});
  if (!link) return link;
  skip_duplicate_address_detection("cli0");
  return run_all({"ip link set lo up", "ip address add 10.77.0.100/16 dev cli0",
                  "ip address add fd77::100/64 dev cli0 nodad", "ip link set cli0 up",
                  "ip route add local 10.77.4.0/24 dev lo"});
}

Result<void> set_up_server() {
  skip_duplicate_address_detection("srv0");
  return run_all({"ip link set lo up", "ip address add 10.77.0.1/16 brd + dev srv0",
                  "ip address add 10.77.0.2/16 brd + dev srv0", "ip address add fd77::1/64 dev srv0 nodad",
                  "ip link set srv0 up"});
}

}  // namespace

Result<void> run_program(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child < 0) return fail("cannot start " + words[0] + ": " + std::strerror(errno));
  if (child == 0) {
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  std::string line;
  for (const std::string& word : words) line += word + " ";
  return fail(line + "failed with status " + std::to_string(status));
}

InsideNamespace::InsideNamespace(int ns, int back) : back_(back) {
  if (::setns(ns, CLONE_NEWNET) != 0) ::abort();
}

InsideNamespace::~InsideNamespace() {
  if (::setns(back_, CLONE_NEWNET) != 0) ::abort();
}

Result<NamespacePair> NamespacePair::create() {
  if (auto left = leave_host(); !left) return tl::make_unexpected(left.error());
  NamespacePair pair;
  pair.server_ = current_namespace();
  if (::unshare(CLONE_NEWNET) != 0) return fail(std::string("no second namespace: ") + std::strerror(errno));
  pair.clients_ = current_namespace();
  if (::setns(pair.server_.get(), CLONE_NEWNET) != 0) return fail(std::string("setns: ") + std::strerror(errno));

  // `ip` finds the server namespace by our process id, so the child that runs it must enter the other one by itself.
  const std::string pid = std::to_string(::getpid());
  const pid_t child = ::fork();
  if (child == 0) {
    const InsideNamespace inside(pair.clients(), pair.server());
    ::_exit(set_up_clients(pid) ? 0 : 1);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0) {
    return fail("cannot build the link between the namespaces (is iproute2 installed?)");
  }
  if (auto server = set_up_server(); !server) return tl::make_unexpected(server.error());
  return pair;
}

}  // namespace rackcast::testing
