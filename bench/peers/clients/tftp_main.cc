// tftp_clients: the load of bench/peers/tftp, for any server. Options in, one line of JSON out.
//
//   tftp_clients --server 127.0.0.1:69 --file vmlinuz --original tree/vmlinuz --clients 1000 --window 16 --joined
//   tftp_clients --server 127.0.0.1:69 --file pxelinux.cfg/none --absent --clients 100 --seconds 3
//
// Exit 0: every client finished (with --absent: none failed); 1: not all did; 2: it could not run.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "bench/peers/clients/figures.h"
#include "bench/peers/clients/tftp_load.h"
#include "tools/sim/live/server_cpu.h"

namespace rackcast::bench {
namespace {

void print(const LoadSettings& settings, const LoadResult& result) {
  std::string reasons;
  for (std::size_t i = 0; i < result.failed_by.size(); ++i) {
    if (result.failed_by[i] == 0) continue;
    reasons += (reasons.empty() ? "\"" : ",\"") + std::string(sim::failure_name(static_cast<sim::Failure>(i))) +
               "\":" + std::to_string(result.failed_by[i]);
  }
  std::printf(
      "{\"clients\":%u,\"finished\":%u,\"failed\":%u,\"failed_by\":{%s},\"blocks\":%llu,\"bytes\":%llu,"
      "\"not_found\":%llu,\"seconds\":%.4f,\"timeouts\":%llu,\"repeated_blocks\":%llu,\"dropped_here\":%llu,"
      "\"unsent\":%llu,\"client_cpu_s\":%.3f,\"p50_s\":%.4f,\"p99_s\":%.4f}\n",
      settings.clients, result.finished, result.failed, reasons.c_str(), ull(result.blocks), ull(result.bytes),
      ull(result.not_found), std::chrono::duration<double>(result.took).count(), ull(result.timeouts),
      ull(result.repeated_blocks), ull(result.dropped_here), ull(result.unsent), sim::own_cpu_seconds(),
      at_share(result.seconds, 0.5), at_share(result.seconds, 0.99));
  if (!result.first_failure.empty()) std::fprintf(stderr, "tftp_clients: %s\n", result.first_failure.c_str());
}

int run(const LoadSettings& settings) {
  auto load = TftpLoad::open(settings);
  if (!load) {
    std::fprintf(stderr, "tftp_clients: %s\n", load.error().message.c_str());
    return 2;
  }
  const LoadResult result = (*load)->run();
  print(settings, result);
  return result.finished == settings.clients ? 0 : 1;
}

}  // namespace
}  // namespace rackcast::bench

int main(int argc, char** argv) {
  using namespace rackcast;
  bench::LoadSettings settings;
  std::string server = "127.0.0.1:69";
  std::string base = "127.1.0.1";
  double seconds = 8;
  int core = -1;
  bool absent = false;
  bool joined = false;
  CLI::App app("N TFTP clients on one thread; prints one line of JSON");
  app.add_option("--server", server, "ADDRESS:PORT")->capture_default_str();
  app.add_option("--file", settings.file, "What every client reads; with --absent the beginning of the names")
      ->required();
  app.add_option("--original", settings.original, "The same file here, to check every byte");
  app.add_option("--clients", settings.clients)->check(CLI::Range(1, 60'000))->capture_default_str();
  app.add_option("--base", base, "First client's source address; the others count up")->capture_default_str();
  app.add_option("--addresses", settings.addresses, "Share so many addresses, by port; default one a client")
      ->check(CLI::Range(1, 60'000));
  app.add_option("--blksize", settings.blksize)->check(CLI::Range(8, 65'464))->capture_default_str();
  app.add_option("--window", settings.windowsize)->check(CLI::Range(1, 65'535))->capture_default_str();
  app.add_flag("--joined", joined, "Receive bursts in one piece (UDP_GRO)");
  app.add_flag("--absent", absent, "Ask for names that are not there, as fast as they are answered, for --seconds");
  app.add_option("--absent-names", settings.absent_names, "So many different ones in all; default ten of each client");
  app.add_option("--seconds", seconds, "End after this long")->check(CLI::Range(0.1, 120.0))->capture_default_str();
  app.add_option("--core", core, "Pin to this core");
  CLI11_PARSE(app, argc, argv);

  const auto endpoint = net::Endpoint::parse(server);
  const auto first = net::Ipv4Address::parse(base);
  if (!endpoint || !endpoint->address.is_v4() || !first) {
    std::fprintf(stderr, "tftp_clients: --server takes ADDRESS:PORT, --base an IPv4 address\n");
    return 2;
  }
  settings.server = *endpoint;
  settings.first_address = *first;
  settings.kind = absent ? bench::LoadKind::kAskAbsent : bench::LoadKind::kReadFile;
  settings.arrivals = joined ? sim::Arrivals::kTogether : sim::Arrivals::kOneByOne;
  settings.time_max = std::chrono::duration_cast<sim::Span>(std::chrono::duration<double>(seconds));
  if (core >= 0) bench::pin_to(core);
  return bench::run(settings);
}
