// From a recipe to a plan. Every draw comes from a generator of its own, seeded by the run's seed and its purpose, so
// that one parameter changes nothing but what it is about.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/events/format.h"
#include "core/near_name.h"
#include "tools/sim/machines/random.h"
#include "tools/sim/scenario/catalogue.h"
#include "tools/sim/scenario/parameters.h"
#include "tools/sim/scenario/profile_shares.h"

namespace rackcast::sim {
namespace {

// How long a plan without its own end gives the machines after the last thing that happens to them.
constexpr double kPatienceSeconds = 600;
constexpr double kPatiencePerMachineSeconds = 1;     // a full install tree over a shared 10 Gbit/s link
constexpr double kSlowInstallBytes = 1'000'000'000;  // what a slow reader reads, about

enum class Purpose : std::uint64_t { kArrival = 1, kProfile, kLate, kRestart, kRestartTime, kSlow, kCut };

Random random_for(std::uint64_t seed, Purpose purpose) {
  Random mixer(seed ^ (static_cast<std::uint64_t>(purpose) << 56U));
  return Random(mixer.next());
}

Span seconds(double value) {
  return Span(std::llround(value * 1e9));
}

// 0 <= result < 1, a multiple of 2^-53.
double unit(Random& random) {
  return static_cast<double>(random.next() >> 11U) * 0x1.0p-53;
}

void shuffle(std::vector<std::uint32_t>& numbers, Random random) {
  for (std::size_t left = numbers.size(); left > 1; --left) std::swap(numbers[left - 1], numbers[random.below(left)]);
}

// Exactly this share of the machines, to the nearest whole one, drawn by chance.
std::vector<std::uint32_t> drawn(std::size_t machines, double percent, Random random) {
  std::vector<std::uint32_t> numbers(machines);
  std::iota(numbers.begin(), numbers.end(), 0U);
  shuffle(numbers, random);
  numbers.resize(static_cast<std::size_t>(std::llround(static_cast<double>(machines) * percent / 100)));
  return numbers;
}

void give_profiles(RunPlan& plan, const std::vector<ProfileShare>& asked) {
  const std::vector<ProfileShare> shares =
      asked.empty() ? std::vector<ProfileShare>{{&all_profiles().front(), 1}} : asked;
  const auto count = static_cast<std::uint32_t>(plan.machines.size());
  const std::vector<std::uint32_t> counts = apportion(shares, count);
  std::vector<std::uint32_t> seats(count);
  std::iota(seats.begin(), seats.end(), 0U);
  shuffle(seats, random_for(plan.seed, Purpose::kProfile));
  std::size_t seat = 0;
  for (std::size_t i = 0; i < shares.size(); ++i)
    for (std::uint32_t n = 0; n < counts[i]; ++n) plan.machines[seats[seat++]].profile = shares[i].profile;
}

void switch_on(RunPlan& plan, const Recipe& recipe) {
  Random random = random_for(plan.seed, Purpose::kArrival);
  const double spread = recipe.restart_every > 0 ? recipe.restart_every : recipe.spread;
  const auto rack_size = static_cast<std::uint32_t>(recipe.rack_size);
  for (std::uint32_t i = 0; i < plan.machines.size(); ++i) {
    MachinePlan& machine = plan.machines[i];
    machine.rack = i / rack_size;
    const double chance = unit(random);
    const double at = recipe.rate > 0 ? (i + chance) / recipe.rate : machine.rack * recipe.rack_gap + chance * spread;
    machine.power_on = Instant(seconds(at));
  }
  for (const std::uint32_t i : drawn(plan.machines.size(), recipe.late_share, random_for(plan.seed, Purpose::kLate)))
    plan.machines[i].power_on += seconds(recipe.late_by);
}

void restart_some(RunPlan& plan, const Recipe& recipe) {
  const bool again = recipe.restart_every > 0;
  if (again) plan.restarts_end = Instant(seconds(recipe.restart_hours * 3600));
  Random random = random_for(plan.seed, Purpose::kRestartTime);
  const double share = again ? 100 : recipe.restart_share;
  for (const std::uint32_t i : drawn(plan.machines.size(), share, random_for(plan.seed, Purpose::kRestart))) {
    MachinePlan& machine = plan.machines[i];
    const double after = again ? recipe.restart_every : recipe.restart_after * (0.5 + unit(random));
    const Instant at = machine.power_on + seconds(after);
    if (at >= plan.restarts_end) continue;
    machine.restart_at = at;
    machine.restart_every = seconds(recipe.restart_every);
    machine.exempt_from_fairness = true;
  }
}

void hinder_some(RunPlan& plan, const Recipe& recipe) {
  for (const std::uint32_t i : drawn(plan.machines.size(), recipe.slow_share, random_for(plan.seed, Purpose::kSlow))) {
    plan.machines[i].pace.bytes_per_second = static_cast<std::uint64_t>(recipe.slow_pace * 1000);
    plan.machines[i].pace.ack_delay = seconds(recipe.slow_ack_delay / 1000);
    plan.machines[i].exempt_from_fairness = true;
  }
  for (const std::uint32_t i : drawn(plan.machines.size(), recipe.cut_share, random_for(plan.seed, Purpose::kCut))) {
    plan.machines[i].cut_until = plan.machines[i].power_on + seconds(recipe.cut_seconds);
    plan.machines[i].exempt_from_fairness = true;
  }
}

Weather weather_of(const Recipe& recipe) {
  Weather weather;
  weather.loss = recipe.loss / 100;
  weather.duplicate = recipe.duplicate / 100;
  weather.reorder = recipe.reorder / 100;
  weather.reorder_delay = seconds(recipe.reorder_delay / 1000);
  weather.delay = seconds(recipe.delay / 1'000'000);
  weather.rate_bits_per_second = static_cast<std::uint64_t>(recipe.cable_rate * 1'000'000);
  return weather;
}

HostilePlan hostile_of(const Recipe& recipe) {
  HostilePlan hostile;
  hostile.garbage_per_second = static_cast<std::uint32_t>(recipe.garbage);
  hostile.spoofed_per_second = static_cast<std::uint32_t>(recipe.spoofed);
  hostile.silent_readers = static_cast<std::uint32_t>(recipe.silent_readers);
  hostile.scans_per_second = static_cast<std::uint32_t>(recipe.scans);
  hostile.bad_dhcp_per_second = static_cast<std::uint32_t>(recipe.bad_dhcp);
  hostile.sources = static_cast<std::uint32_t>(recipe.hostile_sources);
  return hostile;
}

// When the last thing happens to a machine.
Instant last_event(const RunPlan& plan) {
  Instant last{};
  for (const MachinePlan& machine : plan.machines) {
    last = std::max({last, machine.power_on, machine.cut_until});
    if (machine.restart_at != kNever) last = std::max(last, machine.restart_at);
    if (machine.restart_every > Span{} && machine.restart_at != kNever) last = std::max(last, plan.restarts_end);
  }
  return last;
}

Span time_max_of(const RunPlan& plan, const Recipe& recipe) {
  if (recipe.time_max > 0) return seconds(recipe.time_max);
  double patience = kPatienceSeconds + kPatiencePerMachineSeconds * static_cast<double>(plan.machines.size());
  if (recipe.slow_share > 0) patience += kSlowInstallBytes / (recipe.slow_pace * 1000);
  return std::min(last_event(plan).time_since_epoch() + seconds(patience), kRunTimeMax);
}

std::string unknown_scenario(std::string_view name) {
  NearName near(name);
  for (const ScenarioInfo& scenario : all_scenarios()) near.consider(scenario.name);
  std::string message = "there is no scenario \"" + printable(name.substr(0, 60)) + "\"";
  if (!near.best().empty()) return message + "; did you mean \"" + std::string(near.best()) + "\"?";
  message += "; there are";
  for (const ScenarioInfo& scenario : all_scenarios()) message += " " + std::string(scenario.name);
  return message;
}

PlanResult refused(std::string error) {
  PlanResult result;
  result.error = std::move(error);
  return result;
}

}  // namespace

PlanResult make_plan(const ScenarioRequest& request) {
  const ScenarioInfo* const scenario = find_scenario(request.name);
  if (scenario == nullptr) return refused(unknown_scenario(request.name));
  if (request.clients == 0 || request.clients > kMachinesMax)
    return refused("the number of clients must be from 1 to " + std::to_string(kMachinesMax));
  Result<Recipe> recipe = recipe_of(*scenario, request.parameters);
  if (!recipe) return refused(recipe.error().message);
  if (!(request.loss <= 100)) return refused("the loss must be from 0 to 100 percent");
  if (request.loss >= 0) recipe->loss = request.loss;

  PlanResult result;
  RunPlan& plan = result.plan;
  plan.scenario = request.name;
  plan.seed = request.seed;
  plan.machines.resize(request.clients);
  give_profiles(plan, request.profiles);
  switch_on(plan, *recipe);
  restart_some(plan, *recipe);
  hinder_some(plan, *recipe);
  plan.weather = weather_of(*recipe);
  plan.hostile = hostile_of(*recipe);
  if (last_event(plan).time_since_epoch() >= kRunTimeMax)
    return refused(std::string(scenario->name) + ": the last machine would come after more than 24 hours; " +
                   "take fewer clients or let them come faster");
  plan.time_max = time_max_of(plan, *recipe);
  return result;
}

}  // namespace rackcast::sim
