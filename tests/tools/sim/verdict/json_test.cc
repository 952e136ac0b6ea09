#include "tools/sim/verdict/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/tools/sim/verdict/sample_run.h"

namespace rackcast::sim {
namespace {

using namespace testing_verdict;
using Json = nlohmann::json;
using testing::ElementsAre;

std::string json_of(const RunRecord& record, std::string_view expect = "p99<30s,failed=0") {
  const Verdict verdict = verdict_of(record);
  const auto conditions = parse_conditions(expect);
  return run_json(record, verdict, judge(*conditions, verdict));
}

RunRecord a_run() {
  RunRecord record = sample_run({.machines = 30, .failing_every = 7, .refused_every = 4});
  record.notes = {"a note"};
  record.wrong_files = {"vmlinuz: 1 machine got other bytes than the tree's"};
  record.machines[1].restarts = 2;
  record.machines[1].repeated_blocks = 9;
  return record;
}

template <typename Enum>
Enum named(const std::string& name, std::string_view (*name_of)(Enum), std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    if (name_of(static_cast<Enum>(i)) == name) return static_cast<Enum>(i);
  ADD_FAILURE() << "no such name: " << name;
  return {};
}

Instant instant_of(const Json& seconds) {
  return seconds.is_null() ? kNever : Instant(Span(std::llround(seconds.get<double>() * 1e9)));
}

MachineRecord machine_from(const Json& json) {
  MachineRecord machine;
  machine.entered.fill(kNever);
  for (const auto& [stage, at] : json.at("entered_s").items())
    machine.entered[static_cast<std::size_t>(named(stage, stage_name, kStageCount))] = instant_of(at);
  machine.ended = instant_of(json.at("ended_s"));
  machine.stage = named(json.at("stage").get<std::string>(), stage_name, kStageCount);
  if (!json.at("failure").is_null())
    machine.failure = named(json.at("failure").get<std::string>(), failure_name, kFailureCount);
  machine.detail = json.at("detail").get<std::string>();
  machine.profile = find_profile(json.at("profile").get<std::string>())->name;
  machine.bytes = json.at("bytes").get<std::uint64_t>();
  machine.restarts = json.at("restarts").get<std::uint32_t>();
  machine.boots_done = json.at("boots_done").get<std::uint32_t>();
  machine.retransmits = json.at("retransmits").get<std::uint32_t>();
  machine.repeated_blocks = json.at("repeated_blocks").get<std::uint32_t>();
  machine.refusals = json.at("refusals").get<std::uint32_t>();
  machine.not_found = json.at("not_found").get<std::uint32_t>();
  return machine;
}

// What a reader can make of the documented fields: all of the record.
RunRecord record_from(const Json& json) {
  RunRecord record;
  record.scenario = json.at("scenario").get<std::string>();
  record.server = json.at("server").get<std::string>();
  record.seed = json.at("seed").get<std::uint64_t>();
  record.virtual_time = json.at("virtual_time").get<bool>();
  record.took = instant_of(json.at("took_s")).time_since_epoch();
  record.interrupted = json.at("interrupted").get<bool>();
  record.violations = json.at("violations").get<std::uint64_t>();
  for (const Json& group : json.at("verdict").at("boot_failures"))
    record.failed_boots[static_cast<std::size_t>(
        named(group.at("reason").get<std::string>(), failure_name, kFailureCount))] = {
        group.at("boots").get<std::uint32_t>(), group.at("first_machine").get<std::uint32_t>(),
        named(group.at("stage").get<std::string>(), stage_name, kStageCount), group.at("detail").get<std::string>()};
  record.files = json.at("verdict").at("files").get<std::uint64_t>();
  record.files_checked = json.at("verdict").at("files_checked").get<std::uint64_t>();
  record.files_unproven = json.at("verdict").at("unproven").get<std::uint64_t>();
  record.double_leases = json.at("verdict").at("double_leases").get<std::uint64_t>();
  record.double_lease_lines = json.at("double_leases").get<std::vector<std::string>>();
  record.files_unchecked = json.at("verdict").at("files_unchecked").get<std::uint64_t>();
  record.notes = json.at("notes").get<std::vector<std::string>>();
  record.wrong_files = json.at("wrong_files").get<std::vector<std::string>>();
  const Json& verdict = json.at("verdict");
  record.bytes = verdict.at("bytes").get<std::uint64_t>();
  record.incidents = {verdict.at("retransmits").get<std::uint64_t>(),
                      verdict.at("repeated_blocks").get<std::uint64_t>(), verdict.at("not_found").get<std::uint64_t>(),
                      verdict.at("refusals").get<std::uint64_t>(), verdict.at("naks").get<std::uint64_t>()};
  record.simulator_cpu_seconds = verdict.at("simulator_cpu_s").get<double>();
  record.server_cpu_seconds = verdict.at("server_cpu_s").is_null() ? -1 : verdict.at("server_cpu_s").get<double>();
  record.datagrams_dropped_here = verdict.at("datagrams_dropped_here").get<std::uint64_t>();
  const Json& rate = json.at("rate");
  record.rate_tick = instant_of(rate.at("tick_s")).time_since_epoch();
  for (std::size_t i = 0; i < rate.at("bytes").size(); ++i) {
    RateSample sample;
    sample.at = Instant(record.rate_tick * static_cast<Span::rep>(i));
    sample.bytes = rate.at("bytes").at(i).get<std::uint64_t>();
    sample.done = rate.at("done").at(i).get<std::uint32_t>();
    sample.failed = rate.at("failed").at(i).get<std::uint32_t>();
    sample.refusals = rate.at("refusals").at(i).get<std::uint32_t>();
    record.rate.push_back(sample);
  }
  for (const Json& machine : json.at("machines")) record.machines.push_back(machine_from(machine));
  return record;
}

TEST(RunJson, HoldsTheWholeRecord) {
  const std::string text = json_of(a_run());
  EXPECT_EQ(json_of(record_from(Json::parse(text))), text);
  RunRecord unknown = a_run();
  unknown.server_cpu_seconds = -1;
  unknown.virtual_time = true;
  unknown.interrupted = true;
  unknown.files_unchecked = 3;
  unknown.files = 9;
  unknown.files_checked = 4;
  unknown.files_unproven = 2;
  unknown.double_leases = 1;
  unknown.double_lease_lines = {"10.99.0.5 was given to machine 1 at 3.00 s; machine 0 has it for ever"};
  const std::string other = json_of(unknown);
  EXPECT_EQ(json_of(record_from(Json::parse(other))), other);
  EXPECT_TRUE(Json::parse(other).at("verdict").at("server_cpu_s").is_null());
}

std::vector<std::string> keys_of(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;  // sorted: nlohmann::json keeps a map
}

// The promise of json.h. A key may be added here, never taken away.
TEST(RunJson, KeepsItsShape) {
  const Json json = Json::parse(json_of(a_run()));
  EXPECT_EQ(json.at("schema"), "rackcast-sim/1");
  EXPECT_THAT(keys_of(json), ElementsAre("double_leases", "expectations", "interrupted", "machines", "notes", "passed",
                                         "rate", "scenario", "schema", "seed", "server", "took_s", "verdict",
                                         "violations", "virtual_time", "why", "wrong_files"));
  const Json& verdict = json.at("verdict");
  EXPECT_THAT(keys_of(verdict),
              ElementsAre("boot_failures", "boots_done", "boots_failed", "bytes", "bytes_right",
                          "datagrams_dropped_here", "done", "double_leases", "failed", "failures", "files",
                          "files_checked", "files_unchecked", "goodput_bytes_per_s", "goodput_peak_bytes_per_s",
                          "machines", "naks", "not_found", "profiles", "refusals", "repeated_blocks", "restarts",
                          "retransmits", "server_cpu_s", "simulator_cpu_s", "timeouts", "times_s", "unproven"));
  EXPECT_THAT(keys_of(verdict.at("failures").at(0)),
              ElementsAre("detail", "first_machine", "machines", "reason", "stage"));
  EXPECT_THAT(keys_of(verdict.at("boot_failures").at(0)),
              ElementsAre("boots", "detail", "first_machine", "reason", "stage"));
  EXPECT_THAT(keys_of(verdict.at("profiles").at(0)), ElementsAre("done", "machines", "profile", "to_done_s"));
  EXPECT_THAT(keys_of(verdict.at("times_s").at("kernel")), ElementsAre("machines", "max", "p50", "p90", "p99"));
  EXPECT_THAT(keys_of(json.at("expectations").at(0)), ElementsAre("actual", "held", "text"));
  EXPECT_THAT(keys_of(json.at("rate")), ElementsAre("bytes", "done", "failed", "refusals", "tick_s"));
  EXPECT_THAT(keys_of(json.at("machines").at(0)),
              ElementsAre("boots_done", "bytes", "detail", "ended_s", "entered_s", "failure", "mac", "machine",
                          "not_found", "profile", "refusals", "repeated_blocks", "restarts", "retransmits", "stage"));
}

TEST(RunJson, SaysTheSameAsTheVerdict) {
  const RunRecord record = a_run();
  const Verdict verdict = verdict_of(record);
  const Json json = Json::parse(json_of(record));
  EXPECT_FALSE(json.at("passed").get<bool>());
  EXPECT_EQ(
      json.at("why"),
      "5 of 30 machines failed; 5 boots failed, restarts included; wrong bytes were received; failed=0 does not hold");
  EXPECT_EQ(json.at("verdict").at("done"), verdict.done);
  EXPECT_EQ(json.at("verdict").at("failures").at(0).at("reason"), "timeout");
  EXPECT_EQ(json.at("machines").at(0).at("mac"), "02:52:43:00:00:00");
  EXPECT_EQ(json.at("machines").at(0).at("failure"), "timeout");
  EXPECT_TRUE(json.at("machines").at(1).at("failure").is_null());
}

TEST(RunJson, BytesThatAreNotUtf8DoNotBreakIt) {
  RunRecord record = a_run();
  record.machines[0].detail = "ERROR 0: \xff\xfe \x1b[2J \"quoted\" \xe2\x82";
  record.server = "\xc3";
  record.notes = {"\xf0\x9f"};
  const Json json = Json::parse(json_of(record));
  EXPECT_NE(json.at("machines").at(0).at("detail").get<std::string>().find("\"quoted\""), std::string::npos);
}

TEST(RunJson, AnEmptyRunIsARun) {
  const Json json = Json::parse(json_of(RunRecord{}, "done=1"));
  EXPECT_EQ(json.at("machines").size(), 0U);
  EXPECT_EQ(json.at("why"), "no machine ran; done=1 does not hold");
}

}  // namespace
}  // namespace rackcast::sim
