// The deterministic sweep: seeds FROM to TO, each a world of machines and the server's engines with every invariant
// checked. Exit 1 names each failure and the command that shows it again.
//   sweep_test [--seeds FROM-TO] [--scenario NAME] [--clients N] [--threads N]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "tools/sim/deterministic/sweep.h"

namespace rackcast::sim {
namespace {

bool read_seeds(std::string_view text, SweepOptions& options) {
  const auto dash = text.find('-');
  options.first = std::strtoull(std::string(text.substr(0, dash)).c_str(), nullptr, 10);
  options.last = dash == std::string_view::npos
                     ? options.first
                     : std::strtoull(std::string(text.substr(dash + 1)).c_str(), nullptr, 10);
  return options.first > 0 && options.last >= options.first;
}

bool read_options(int argc, char** argv, SweepOptions& options) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const std::string_view value = argv[i + 1];
    const auto number = static_cast<std::uint32_t>(std::strtoul(argv[i + 1], nullptr, 10));
    if (name == "--seeds") {
      if (!read_seeds(value, options)) return false;
    } else if (name == "--scenario") {
      options.scenario = value == "all" ? "" : value;
    } else if (name == "--clients") {
      options.clients = number;
    } else if (name == "--threads") {
      options.threads = number;
    } else {
      return false;
    }
  }
  return argc % 2 == 1 && options.clients > 0;
}

struct Sum {
  std::uint64_t seeds = 0;
  std::uint64_t machines = 0;
  std::uint64_t done = 0;
  std::uint64_t bytes = 0;
  double cpu_seconds = 0;
};

int run(const SweepOptions& options, const char* self) {
  const auto begin = std::chrono::steady_clock::now();
  const std::vector<SeedOutcome> outcomes = sweep(options, [&](const SeedOutcome& outcome) {
    for (const std::string& line : outcome.failures) std::printf("%s\n", line.c_str());
    std::printf("  again: %s --seeds %llu-%llu --clients %u%s%s\n", self, static_cast<unsigned long long>(outcome.seed),
                static_cast<unsigned long long>(outcome.seed), options.clients,
                options.scenario.empty() ? "" : " --scenario ", options.scenario.c_str());
    std::fflush(stdout);
  });
  std::map<std::string, Sum> sums;
  std::uint64_t failed = 0;
  for (const SeedOutcome& outcome : outcomes) {
    Sum& sum = sums[outcome.scenario];
    ++sum.seeds;
    sum.machines += outcome.machines;
    sum.done += outcome.done;
    sum.bytes += outcome.bytes;
    sum.cpu_seconds += outcome.cpu_seconds;
    failed += outcome.failures.empty() ? 0U : 1U;
  }
  for (const auto& [scenario, sum] : sums)
    std::printf("%-14s %6llu seeds, %llu of %llu machines done, %.2f MB a machine, %.1f s of CPU\n", scenario.c_str(),
                static_cast<unsigned long long>(sum.seeds), static_cast<unsigned long long>(sum.done),
                static_cast<unsigned long long>(sum.machines),
                static_cast<double>(sum.bytes) / 1e6 / static_cast<double>(sum.machines), sum.cpu_seconds);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("%zu seeds in %.1f s, %llu failed\n", outcomes.size(), took.count(),
              static_cast<unsigned long long>(failed));
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace rackcast::sim

int main(int argc, char** argv) {
  rackcast::sim::SweepOptions options;
  if (!rackcast::sim::read_options(argc, argv, options)) {
    std::fprintf(stderr, "usage: %s [--seeds FROM-TO] [--scenario NAME|all] [--clients N] [--threads N]\n", argv[0]);
    return 2;
  }
  return rackcast::sim::run(options, argv[0]);
}
