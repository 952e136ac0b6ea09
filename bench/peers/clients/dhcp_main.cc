// dhcp_clients: so many machines ask for an address at once; the load of bench/peers/dhcp --storm, for any server on
// the wire. Options in, one line of JSON out.
//
//   dhcp_clients --interface veth-clients --clients 5000
//
// Exit 0: every machine has an address of its own; 1: not all have; 2: it could not run.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "bench/peers/clients/dhcp_load.h"
#include "bench/peers/clients/figures.h"
#include "tools/sim/live/server_cpu.h"
#include "tools/sim/machines/mac_plan.h"

namespace rackcast::bench {
namespace {

void print(const DhcpLoadSettings& settings, const DhcpLoadResult& result) {
  std::printf(
      "{\"clients\":%u,\"finished\":%u,\"failed\":%u,\"addresses_twice\":%u,\"seconds\":%.4f,\"retransmits\":%llu,"
      "\"naks\":%llu,\"dropped_here\":%llu,\"unsent\":%llu,\"client_cpu_s\":%.3f,\"p50_s\":%.4f,\"p99_s\":%.4f}\n",
      settings.clients, result.finished, result.failed, result.addresses_twice,
      std::chrono::duration<double>(result.took).count(), ull(result.retransmits), ull(result.naks),
      ull(result.dropped_here), ull(result.unsent), sim::own_cpu_seconds(), at_share(result.seconds, 0.5),
      at_share(result.seconds, 0.99));
  if (!result.first_failure.empty()) std::fprintf(stderr, "dhcp_clients: %s\n", result.first_failure.c_str());
}

int run(const DhcpLoadSettings& settings) {
  auto load = DhcpLoad::open(settings);
  if (!load) {
    std::fprintf(stderr, "dhcp_clients: %s\n", load.error().message.c_str());
    return 2;
  }
  const DhcpLoadResult result = (*load)->run();
  print(settings, result);
  return result.finished == settings.clients && result.addresses_twice == 0 ? 0 : 1;
}

}  // namespace
}  // namespace rackcast::bench

int main(int argc, char** argv) {
  using namespace rackcast;
  bench::DhcpLoadSettings settings;
  double seconds = 70;
  int core = -1;
  CLI::App app("N machines that ask for an address at once; prints one line of JSON");
  app.add_option("--interface", settings.interface, "Their wire")->required();
  app.add_option("--clients", settings.clients)
      ->check(CLI::Range(std::uint32_t{1}, sim::kMacsMax))
      ->capture_default_str();
  app.add_option("--seed", settings.seed, "Of transaction ids")->capture_default_str();
  app.add_option("--seconds", seconds, "End after this long")->check(CLI::Range(0.1, 300.0))->capture_default_str();
  app.add_option("--core", core, "Pin to this core");
  CLI11_PARSE(app, argc, argv);
  settings.time_max = std::chrono::duration_cast<sim::Span>(std::chrono::duration<double>(seconds));
  if (core >= 0) bench::pin_to(core);
  return bench::run(settings);
}
