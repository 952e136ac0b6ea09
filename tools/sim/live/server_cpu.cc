#include "tools/sim/live/server_cpu.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "tools/sim/live/network_namespace.h"

namespace rackcast::sim {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kListening = "0A";  // TCP_LISTEN in /proc/net/tcp

std::vector<pid_t> all_processes() {
  std::vector<pid_t> found;
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename();
    pid_t process = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), process);
    if (parsed.ec == std::errc{} && parsed.ptr == name.data() + name.size()) found.push_back(process);
  }
  return found;
}

std::string proc_path(pid_t process, std::string_view file) {
  return "/proc/" + std::to_string(process) + "/" + std::string(file);
}

// Is `address` one of the namespace's own? fib_trie names it, and on the next line what it is.
bool has_address(pid_t process, net::Ipv4Address address) {
  if (address.octet(0) == 127) return true;  // of ours; other namespaces have it too, and are sorted out by the caller
  std::ifstream file(proc_path(process, "net/fib_trie"));
  const std::string wanted = "-- " + std::string(address.text().view());
  bool named = false;
  for (std::string line; std::getline(file, line);) {
    if (named && line.find("host LOCAL") != std::string::npos) return true;
    named = line.ends_with(wanted);
  }
  return false;
}

// Inodes of the sockets in /proc/PID/net/`table` that are bound to one of `ports`.
void add_sockets(pid_t process, const char* table, const std::set<unsigned>& ports, std::set<std::string>& inodes) {
  std::ifstream file(proc_path(process, std::string("net/") + table));
  std::string line;
  std::getline(file, line);  // heading
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::string slot, local, remote, state, queues, timer, retransmits, user, timeout, inode;
    fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> user >> timeout >> inode;
    const std::size_t colon = local.rfind(':');
    if (colon == std::string::npos || inode == "0") continue;
    unsigned port = 0;
    std::from_chars(local.data() + colon + 1, local.data() + local.size(), port, 16);
    const bool tcp = std::string_view(table).starts_with("tcp");
    if (ports.contains(port) && (!tcp || state == kListening)) inodes.insert("socket:[" + inode + "]");
  }
}

bool owns_one(pid_t process, const std::set<std::string>& inodes) {
  std::error_code error;
  for (fs::directory_iterator entry(proc_path(process, "fd"), error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code unreadable;
    const fs::path target = fs::read_symlink(entry->path(), unreadable);
    if (!unreadable && inodes.contains(target.string())) return true;
  }
  return false;
}

struct ProcessTimes {
  pid_t parent = 0;
  double seconds = 0;  // own and of children that ended
};

std::optional<ProcessTimes> read_times(pid_t process) {
  std::ifstream file(proc_path(process, "stat"));
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  // The command's name is in parentheses and may hold anything: count from its end. Fields: proc(5).
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  std::string state;
  ProcessTimes times;
  fields >> state >> times.parent;
  std::string skipped;
  for (int i = 0; i < 9; ++i) fields >> skipped;
  unsigned long long user = 0, system = 0, children_user = 0, children_system = 0;
  fields >> user >> system >> children_user >> children_system;
  if (!fields) return std::nullopt;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  times.seconds = static_cast<double>(user + system + children_user + children_system) / ticks;
  return times;
}

// Of these processes and everything they started.
std::optional<double> family_seconds(const std::vector<pid_t>& heads) {
  std::map<pid_t, ProcessTimes> all;
  for (const pid_t process : all_processes())
    if (const auto times = read_times(process)) all[process] = *times;
  double sum = 0;
  bool any = false;
  for (const auto& [process, times] : all) {
    pid_t at = process;
    for (int depth = 0; depth < 64 && at > 1; ++depth) {  // a chain of parents is short; a race may close it
      if (std::find(heads.begin(), heads.end(), at) != heads.end()) {
        sum += times.seconds;
        any = true;
        break;
      }
      const auto parent = all.find(at);
      at = parent == all.end() ? 0 : parent->second.parent;
    }
  }
  if (!any) return std::nullopt;
  return sum;
}

}  // namespace

ServerCpu::ServerCpu(std::vector<pid_t> processes) : processes_(std::move(processes)) {
  at_start_ = family_seconds(processes_).value_or(0);
}

ServerCpu ServerCpu::of(std::vector<pid_t> processes) {
  return ServerCpu(std::move(processes));
}

ServerCpu ServerCpu::find(net::Ipv4Address server) {
  const auto ours = network_of("self");
  std::map<NetworkId, std::set<std::string>> sockets;  // by namespace; empty: looked at, not the server's
  std::vector<pid_t> found;
  for (const pid_t process : all_processes()) {
    const auto network = network_of(std::to_string(process));
    if (!network || process == ::getpid()) continue;
    if (server.octet(0) == 127 && network != ours) continue;
    const auto [entry, fresh] = sockets.try_emplace(*network);
    if (fresh && has_address(process, server)) {
      add_sockets(process, "udp", {67, 69}, entry->second);
      add_sockets(process, "udp6", {69}, entry->second);
      add_sockets(process, "tcp", {21, 80}, entry->second);
      add_sockets(process, "tcp6", {21, 80}, entry->second);
    }
    if (!entry->second.empty() && owns_one(process, entry->second)) found.push_back(process);
  }
  return ServerCpu(std::move(found));
}

std::optional<double> ServerCpu::seconds() const {
  const auto now = family_seconds(processes_);
  if (!now) return std::nullopt;
  return *now - at_start_;
}

double own_cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace rackcast::sim
