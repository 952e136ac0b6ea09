// A scenario: what happens to a rack in one run. By name and parameters it becomes a plan (who is switched on when, who
// restarts, what the network does), which both engines carry out. Pure: the same name, parameters and seed, the same
// plan.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/sim/machines/machine.h"
#include "tools/sim/machines/profile.h"

namespace rackcast::sim {

// What the network between machines and server does, in each direction. Shares are 0..1, per datagram.
struct Weather {
  double loss = 0;
  double duplicate = 0;
  double reorder = 0;
  Span delay = std::chrono::microseconds(50);  // deterministic engine only
  Span reorder_delay = std::chrono::milliseconds(1);
  std::uint64_t rate_bits_per_second = 0;  // of each machine's cable; 0: no limit. Deterministic engine only
};

// Who disturbs. All bounded: per second and in number of sources.
struct HostilePlan {
  std::uint32_t garbage_per_second = 0;   // datagrams of random bytes at 67 and 69
  std::uint32_t spoofed_per_second = 0;   // RRQs from addresses that never answer
  std::uint32_t silent_readers = 0;       // sources that ask once for the largest file and never acknowledge
  std::uint32_t scans_per_second = 0;     // datagrams to other ports of the server
  std::uint32_t bad_dhcp_per_second = 0;  // DISCOVERs of invented MACs with broken options
  std::uint32_t sources = 64;
};

struct MachinePlan {
  Instant power_on{};
  Instant restart_at = kNever;  // reset in the middle
  Span restart_every{};         // and again so long after each, until RunPlan::restarts_end; 0: once
  Instant cut_until{};          // its port does not forward before this (spanning tree)
  const Profile* profile = nullptr;
  ReadingPace pace;
  std::uint32_t rack = 0;             // which rack (segment) it stands in
  bool exempt_from_fairness = false;  // restarted, slowed or cut off: no measure of the server's fairness
};

struct RunPlan {
  std::string scenario;
  std::uint64_t seed = 1;
  std::vector<MachinePlan> machines;
  Weather weather;
  HostilePlan hostile;
  Instant restarts_end = kNever;  // no machine is reset from then on
  Span time_max{};                // the run ends then, whatever happens
};

struct ProfileShare {
  const Profile* profile = nullptr;
  double share = 1;  // weights, not necessarily summing to 1
};

struct ScenarioRequest {
  std::string name;
  std::uint32_t clients = 100;
  std::uint64_t seed = 1;
  std::vector<ProfileShare> profiles;                           // empty: the default profile
  std::vector<std::pair<std::string, std::string>> parameters;  // name=value, as given
  double loss = -1;  // percent; --loss overrides the scenario's own; negative: not given
};

struct Recipe;  // recipe.h: what parameters set

struct ScenarioParameter {
  std::string_view name;         // "rate"
  std::string_view unit;         // "/s"; may be written after the value; empty: a plain number
  std::string_view description;  // "arrivals"
  double value = 0;              // default
  double min = 0;
  double max = 0;
  double Recipe::*sets = nullptr;
  bool whole = false;  // takes no fraction
};

struct ScenarioInfo {
  std::string_view name;
  std::string_view description;  // one line
  std::span<const ScenarioParameter> parameters;
};

[[nodiscard]] std::span<const ScenarioInfo> all_scenarios();  // in the order of --help
[[nodiscard]] std::string scenario_help();                    // every scenario with its parameters, defaults and bounds

struct PlanResult {
  RunPlan plan;
  std::string error;  // empty, or one sentence: unknown scenario (with a did-you-mean), parameter or value out of range
};
[[nodiscard]] PlanResult make_plan(const ScenarioRequest& request);

inline constexpr std::uint32_t kMachinesMax = 100'000;
inline constexpr Span kRunTimeMax = std::chrono::hours(24);

}  // namespace rackcast::sim
