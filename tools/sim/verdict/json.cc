#include "tools/sim/verdict/json.h"

#include <nlohmann/json.hpp>

#include "tools/sim/machines/mac_plan.h"
#include "tools/sim/verdict/table.h"
#include "tools/sim/verdict/units.h"

namespace rackcast::sim {
namespace {

using Json = nlohmann::ordered_json;

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string name_of(std::size_t stage) {
  return std::string(stage_name(static_cast<Stage>(stage)));
}

Json spread_json(const TimeSpread& spread) {
  return {{"machines", spread.machines},
          {"p50", seconds_of(spread.p50)},
          {"p90", seconds_of(spread.p90)},
          {"p99", seconds_of(spread.p99)},
          {"max", seconds_of(spread.max)}};
}

Json failures_json(const Verdict& verdict) {
  Json failures = Json::array();
  for (const FailureGroup& group : verdict.failures)
    failures.push_back({{"reason", failure_name(group.failure)},
                        {"machines", group.machines},
                        {"first_machine", group.first},
                        {"stage", stage_name(group.stage)},
                        {"detail", group.detail}});
  return failures;
}

Json boot_failures_json(const Verdict& verdict) {
  Json failures = Json::array();
  for (const BootFailures& group : verdict.boot_failures)
    failures.push_back({{"reason", failure_name(group.failure)},
                        {"boots", group.failed.boots},
                        {"first_machine", group.failed.machine},
                        {"stage", stage_name(group.failed.stage)},
                        {"detail", group.failed.detail}});
  return failures;
}

Json profiles_json(const Verdict& verdict) {
  Json profiles = Json::array();
  for (const ProfileVerdict& profile : verdict.profiles)
    profiles.push_back({{"profile", profile.profile},
                        {"machines", profile.machines},
                        {"done", profile.done},
                        {"to_done_s", spread_json(profile.to_done)}});
  return profiles;
}

Json verdict_json(const RunRecord& record, const Verdict& verdict) {
  Json times = Json::object();
  for (std::size_t stage = 0; stage < kStageCount; ++stage)
    if (verdict.time_to[stage].machines > 0) times[name_of(stage)] = spread_json(verdict.time_to[stage]);
  return {{"machines", verdict.machines},
          {"done", verdict.done},
          {"failed", verdict.failed},
          {"failures", failures_json(verdict)},
          {"times_s", times},
          {"profiles", profiles_json(verdict)},
          {"bytes", verdict.bytes},
          {"goodput_bytes_per_s", verdict.goodput},
          {"goodput_peak_bytes_per_s", verdict.goodput_peak},
          {"retransmits", verdict.retransmits},
          {"repeated_blocks", verdict.repeated_blocks},
          {"timeouts", verdict.timeouts},
          {"refusals", verdict.refusals},
          {"naks", verdict.naks},
          {"not_found", verdict.not_found},
          {"restarts", verdict.restarts},
          {"boots_done", verdict.boots_done},
          {"boots_failed", verdict.boots_failed},
          {"boot_failures", boot_failures_json(verdict)},
          {"double_leases", verdict.double_leases},
          {"files", verdict.files},
          {"files_checked", verdict.files_checked},
          {"unproven", verdict.unproven},
          {"files_unchecked", verdict.files_unchecked},
          {"bytes_right", verdict.bytes_right},
          {"simulator_cpu_s", record.simulator_cpu_seconds},
          {"server_cpu_s", record.server_cpu_seconds < 0 ? Json(nullptr) : Json(record.server_cpu_seconds)},
          {"datagrams_dropped_here", record.datagrams_dropped_here}};
}

Json rate_json(const RunRecord& record) {
  Json rate = {{"tick_s", seconds_of(record.rate_tick)},
               {"bytes", Json::array()},
               {"done", Json::array()},
               {"failed", Json::array()},
               {"refusals", Json::array()}};
  for (const RateSample& sample : record.rate) {
    rate["bytes"].push_back(sample.bytes);
    rate["done"].push_back(sample.done);
    rate["failed"].push_back(sample.failed);
    rate["refusals"].push_back(sample.refusals);
  }
  return rate;
}

Json at_json(Instant at) {
  return at == kNever ? Json(nullptr) : Json(seconds_of(at.time_since_epoch()));
}

Json machine_json(std::uint32_t number, const MachineRecord& machine) {
  Json entered = Json::object();
  for (std::size_t stage = 0; stage < kStageCount; ++stage)
    if (machine.entered[stage] != kNever) entered[name_of(stage)] = at_json(machine.entered[stage]);
  return {{"machine", number},
          {"mac", identity_of(MachineId(number)).mac.text().view()},
          {"profile", machine.profile},
          {"stage", stage_name(machine.stage)},
          {"failure", machine.failure == Failure::kNone ? Json(nullptr) : Json(failure_name(machine.failure))},
          {"detail", machine.detail},
          {"entered_s", entered},
          {"ended_s", at_json(machine.ended)},
          {"bytes", machine.bytes},
          {"restarts", machine.restarts},
          {"boots_done", machine.boots_done},
          {"retransmits", machine.retransmits},
          {"repeated_blocks", machine.repeated_blocks},
          {"refusals", machine.refusals},
          {"not_found", machine.not_found}};
}

Json expectations_json(std::span<const Expectation> expectations) {
  Json list = Json::array();
  for (const Expectation& expectation : expectations)
    list.push_back({{"text", expectation.text}, {"actual", expectation.actual}, {"held", expectation.held}});
  return list;
}

}  // namespace

std::string run_json(const RunRecord& record, const Verdict& verdict, std::span<const Expectation> expectations) {
  const std::string why = shortcomings(verdict, expectations);
  const Json run = {{"schema", "rackcast-sim/1"},
                    {"scenario", record.scenario},
                    {"server", record.server},
                    {"seed", record.seed},
                    {"virtual_time", record.virtual_time},
                    {"took_s", seconds_of(record.took)},
                    {"interrupted", record.interrupted},
                    {"violations", record.violations},
                    {"passed", why.empty()},
                    {"why", why},
                    {"verdict", verdict_json(record, verdict)},
                    {"expectations", expectations_json(expectations)},
                    {"double_leases", record.double_lease_lines},
                    {"wrong_files", record.wrong_files},
                    {"notes", record.notes},
                    {"rate", rate_json(record)}};
  // Machine by machine, so that a hundred thousand of them need no tree of nodes.
  std::string text = dumped(run);
  text.pop_back();
  text += ",\"machines\":[";
  for (std::uint32_t i = 0; i < record.machines.size(); ++i)
    text += (i == 0 ? "\n" : ",\n") + dumped(machine_json(i, record.machines[i]));
  return text + "\n]}\n";
}

}  // namespace rackcast::sim
