// rackcast-sim's command line, parsed and checked into one struct.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "proto/net/address.h"
#include "tools/sim/scenario/scenario.h"
#include "tools/sim/verdict/expect.h"

namespace rackcast::sim {

struct SimOptions {
  ScenarioRequest scenario;
  double time_max_seconds = 0;  // 0: the scenario's own

  std::optional<net::Ipv4Address> server;
  std::string interface;  // empty: lo for a server on loopback, else the only other one
  std::optional<net::Ipv4Address> relay;
  std::optional<net::Ipv4Address> first_address;  // without DHCP
  std::uint8_t prefix_bits = 24;
  bool yes_really = false;
  bool virtual_time = false;
  std::vector<int> server_processes;

  std::string tree;           // empty: machines are compared with one another
  std::string packages;       // folder; empty: the tree
  std::string packages_base;  // URL
  std::string boot_file;
  std::string kickstart;
  std::uint32_t skipped_stages = 0;  // bit (1 << Stage)

  std::string json_file;
  std::string report_file;
  std::vector<Condition> conditions;

  [[nodiscard]] bool skips(Stage stage) const { return (skipped_stages & (1U << static_cast<unsigned>(stage))) != 0; }
};

struct ParsedOptions {
  std::optional<SimOptions> options;  // absent: exit with `exit_code`, everything to say has been said
  int exit_code = 0;                  // 0 --help/--version, 2 wrong usage
};

[[nodiscard]] ParsedOptions parse_options(int argc, const char* const* argv);

}  // namespace rackcast::sim
