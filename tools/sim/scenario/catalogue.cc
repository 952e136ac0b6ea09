#include "tools/sim/scenario/catalogue.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "tools/sim/scenario/recipe.h"

namespace rackcast::sim {
namespace {

constexpr double kSecondsMax = 86'400;
constexpr double kPerSecondMax = 1'000'000;
constexpr double kPaceMax = 10'000'000;  // kB/s: 80 Gbit/s
constexpr bool kWhole = true;

// Every scenario takes these as well, after its own.
constexpr std::array kShared{
    ScenarioParameter{"rack_size", "", "machines in a rack", 40, 1, 100'000, &Recipe::rack_size, kWhole},
    ScenarioParameter{"delay", "us", "one-way delay of the simulated network", 50, 0, 1'000'000, &Recipe::delay},
    ScenarioParameter{"cable", "Mbit/s", "rate of each machine's cable in the simulated network; 0: no limit", 0, 0,
                      1'000'000, &Recipe::cable_rate},
    ScenarioParameter{"time_max", "s", "the run ends then; 0: from the number of machines and what happens to them", 0,
                      0, kSecondsMax, &Recipe::time_max},
};
constexpr ScenarioParameter kSpread{"spread",       "s", "everyone is switched on within this time", 1, 0, kSecondsMax,
                                    &Recipe::spread};

template <std::size_t N>
constexpr std::array<ScenarioParameter, N + kShared.size()> with_shared(const std::array<ScenarioParameter, N>& own) {
  std::array<ScenarioParameter, N + kShared.size()> all{};
  std::copy(own.begin(), own.end(), all.begin());
  std::copy(kShared.begin(), kShared.end(), all.begin() + N);
  return all;
}

constexpr auto kSteady = with_shared(std::array{
    ScenarioParameter{"rate", "/s", "machines switched on", 10, 0.001, 100'000, &Recipe::rate},
});
constexpr auto kBootStorm = with_shared(std::array{kSpread});
constexpr auto kWaves = with_shared(std::array{
    ScenarioParameter{"gap", "s", "from one rack to the next", 30, 0, kSecondsMax, &Recipe::rack_gap},
    ScenarioParameter{"spread", "s", "within a rack", 1, 0, kSecondsMax, &Recipe::spread},
});
constexpr auto kLossyRack = with_shared(std::array{
    ScenarioParameter{"loss", "%", "datagrams lost, each direction", 2, 0, 100, &Recipe::loss},
    ScenarioParameter{"duplicate", "%", "datagrams delivered twice", 1, 0, 100, &Recipe::duplicate},
    ScenarioParameter{"reorder", "%", "datagrams overtaken by later ones", 1, 0, 100, &Recipe::reorder},
    ScenarioParameter{"reorder_delay", "ms", "how long those are held back", 1, 0, 1'000, &Recipe::reorder_delay},
    kSpread,
});
constexpr auto kSlowReaders = with_shared(std::array{
    ScenarioParameter{"share", "%", "machines that read slowly", 20, 0, 100, &Recipe::slow_share},
    ScenarioParameter{"pace", "kB/s", "how fast those read HTTP and FTP", 500, 1, kPaceMax, &Recipe::slow_pace},
    ScenarioParameter{"ack_delay", "ms", "how long those wait before each TFTP ACK", 20, 0, 1'000,
                      &Recipe::slow_ack_delay},
    kSpread,
});
constexpr auto kRebootMidway = with_shared(std::array{
    ScenarioParameter{"share", "%", "machines that are reset", 30, 0, 100, &Recipe::restart_share},
    ScenarioParameter{"after", "s", "from power-on to reset, give or take half", 3, 0.001, kSecondsMax,
                      &Recipe::restart_after},
    kSpread,
});
constexpr auto kLateJoiners = with_shared(std::array{
    ScenarioParameter{"share", "%", "machines that come late", 20, 0, 100, &Recipe::late_share},
    ScenarioParameter{"when", "s", "how late", 10, 0, kSecondsMax, &Recipe::late_by},
    kSpread,
});
constexpr auto kStpDelay = with_shared(std::array{
    ScenarioParameter{"seconds", "s", "the switch port forwards nothing so long after power-on", 30, 0, 600,
                      &Recipe::cut_seconds},
    ScenarioParameter{"share", "%", "machines on such ports", 100, 0, 100, &Recipe::cut_share},
    kSpread,
});
constexpr auto kHostile = with_shared(std::array{
    ScenarioParameter{"garbage", "/s", "random datagrams to ports 67 and 69", 500, 0, kPerSecondMax, &Recipe::garbage,
                      kWhole},
    ScenarioParameter{"spoofed", "/s", "read requests from addresses that never answer", 200, 0, kPerSecondMax,
                      &Recipe::spoofed, kWhole},
    ScenarioParameter{"silent", "", "sources that ask for the largest file and never acknowledge", 16, 0, 65'536,
                      &Recipe::silent_readers, kWhole},
    ScenarioParameter{"scans", "/s", "datagrams to other ports", 200, 0, kPerSecondMax, &Recipe::scans, kWhole},
    ScenarioParameter{"bad_dhcp", "/s", "DISCOVERs of invented machines with broken options", 200, 0, kPerSecondMax,
                      &Recipe::bad_dhcp, kWhole},
    ScenarioParameter{"sources", "", "addresses that all this comes from", 64, 1, 65'536, &Recipe::hostile_sources,
                      kWhole},
    kSpread,
});
constexpr auto kSoak = with_shared(std::array{
    ScenarioParameter{"hours", "h", "how long machines are reset again and again", 1, 0.001, 23,
                      &Recipe::restart_hours},
    ScenarioParameter{"every", "s", "from one power-on of a machine to the next", 600, 1, kSecondsMax,
                      &Recipe::restart_every},
});

constexpr std::array kScenarios{
    ScenarioInfo{"steady", "machines arrive one after the other", kSteady},
    ScenarioInfo{"boot_storm", "everyone is switched on inside a second", kBootStorm},
    ScenarioInfo{"waves", "rack by rack", kWaves},
    ScenarioInfo{"lossy_rack", "a boot storm over a network that loses, repeats and reorders, both ways", kLossyRack},
    ScenarioInfo{"slow_readers", "some machines read slowly; the others should not notice", kSlowReaders},
    ScenarioInfo{"reboot_midway", "some machines are reset in the middle of their boot", kRebootMidway},
    ScenarioInfo{"late_joiners", "some machines are switched on when the others are half way", kLateJoiners},
    ScenarioInfo{"stp_delay", "spanning tree: the first seconds of every machine are lost", kStpDelay},
    ScenarioInfo{"hostile", "a boot storm beside garbage, spoofed sources, silent readers and scans", kHostile},
    ScenarioInfo{"soak", "hours of machines that boot, are reset and boot again", kSoak},
};

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

std::string line_of(const ScenarioParameter& parameter) {
  std::string line = "    " + std::string(parameter.name) + "=" + number(parameter.value) + std::string(parameter.unit);
  if (line.size() < 26) line.resize(26, ' ');
  line += ' ';
  line += parameter.description;
  line += " (" + number(parameter.min) + " to " + number(parameter.max) + ")\n";
  return line;
}

}  // namespace

std::span<const ScenarioInfo> all_scenarios() {
  return kScenarios;
}

const ScenarioInfo* find_scenario(std::string_view name) {
  const auto* const found =
      std::find_if(kScenarios.begin(), kScenarios.end(), [&](const ScenarioInfo& s) { return s.name == name; });
  return found == kScenarios.end() ? nullptr : found;
}

const ScenarioParameter* find_parameter(const ScenarioInfo& scenario, std::string_view name) {
  const auto found = std::find_if(scenario.parameters.begin(), scenario.parameters.end(),
                                  [&](const ScenarioParameter& p) { return p.name == name; });
  return found == scenario.parameters.end() ? nullptr : &*found;
}

std::string scenario_help() {
  std::string text = "Scenarios, and their parameters (NAME=VALUE) with defaults and bounds:\n";
  for (const ScenarioInfo& scenario : kScenarios) {
    std::string line = "  " + std::string(scenario.name);
    line.resize(std::max<std::size_t>(line.size() + 1, 17), ' ');
    text += line + std::string(scenario.description) + "\n";
    for (const ScenarioParameter& parameter : scenario.parameters.first(scenario.parameters.size() - kShared.size()))
      text += line_of(parameter);
  }
  text += "  every scenario\n";
  for (const ScenarioParameter& parameter : kShared) text += line_of(parameter);
  return text;
}

}  // namespace rackcast::sim
