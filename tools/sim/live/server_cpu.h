// How much CPU the server under test uses, where it runs on this machine: all processes that own its listening sockets,
// with their descendants, told by /proc. Reading needs no cooperation of theirs.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <vector>

#include "proto/net/address.h"

namespace rackcast::sim {

class ServerCpu {
 public:
  // Finds processes that listen on DHCP's, TFTP's, HTTP's or FTP's port in a network namespace that has this address.
  static ServerCpu find(net::Ipv4Address server);
  static ServerCpu of(std::vector<pid_t> processes);

  // Seconds of CPU since construction; nothing when no process is known or one may not be read.
  [[nodiscard]] std::optional<double> seconds() const;
  [[nodiscard]] const std::vector<pid_t>& processes() const { return processes_; }

 private:
  explicit ServerCpu(std::vector<pid_t> processes);

  std::vector<pid_t> processes_;
  double at_start_ = 0;
};

// Of this process.
[[nodiscard]] double own_cpu_seconds();

}  // namespace rackcast::sim
