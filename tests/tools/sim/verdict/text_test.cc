// What the terminal shows: the table and the progress.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tests/tools/sim/verdict/sample_run.h"
#include "tools/sim/verdict/progress.h"
#include "tools/sim/verdict/table.h"

namespace rackcast::sim {
namespace {

using namespace testing_verdict;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string table_of(const RunRecord& record, std::string_view expect) {
  const Verdict verdict = verdict_of(record);
  const auto conditions = parse_conditions(expect);
  return verdict_table(record, verdict, judge(*conditions, verdict));
}

RunRecord two_machines() {
  const RunPlan plan = plan_of(2);
  Recorder recorder(plan, "10.99.0.1", false, nullptr);
  for (const std::uint32_t i : {0U, 1U})
    for (int step = 1; step <= static_cast<int>(i == 0 ? Stage::kDone : Stage::kKernel); ++step)
      recorder.on_stage(Instant{(step - 1) * 1500ms}, MachineId(i), static_cast<Stage>(step));
  recorder.on_bytes(Instant{1s}, MachineId(0), 44'000'000);
  recorder.on_incident(Instant{2s}, MachineId(1), Incident::kRetransmit);
  recorder.on_failure(Instant{20s}, MachineId(1), Failure::kRefused, "ERROR 2: access\nviolation");
  recorder.on_file(Instant{3s}, MachineId(0), file("vmlinuz", 44'000'000, 1));
  recorder.on_file(Instant{3s}, MachineId(1), file("vmlinuz", 44'000'000, 1));
  recorder.on_file(Instant{4s}, MachineId(0), file("ks.cfg", 200, 1));
  recorder.note("packages: left out by --skip");
  RunRecord record = recorder.finish(Instant{22s});
  record.simulator_cpu_seconds = 1.1;
  record.server_cpu_seconds = 4.4;
  return record;
}

TEST(Table, IsWhatItIs) {
  EXPECT_EQ(table_of(two_machines(), "p99<30s,failed=0"),
            R"(boot_storm: 2 machines against 10.99.0.1, seed 7, 22.0 s

Machines
  done                1
  failed              1
    refused           1, first machine 1 in kernel: ERROR 2: access\x0aviolation

Time from power-on            p50        p90        p99        max
  to nbp                   1.50 s     1.50 s     1.50 s     1.50 s
  to kernel                4.50 s     4.50 s     4.50 s     4.50 s
  to initrd                6.00 s     6.00 s     6.00 s     6.00 s
  to done                  10.5 s     10.5 s     10.5 s     10.5 s

Traffic
  goodput             2.0 MB/s, at most 880.0 MB/s; 44.0 MB in all
  retransmits         1 by machines after silence; 0 blocks came twice or out of order
  timeouts            0 machines gave up on silence
  refusals            0
  CPU, server         4.40 s, 20 % of a core
  CPU, simulator      1.10 s, 5 % of a core

Files
  received            2 different files, 0 checked against the tree
  unproven            1, received by one machine only and not in a tree

Notes
  packages: left out by --skip
  no tree to check against: files were compared between machines only
  ks.cfg: unproven: received by one machine only, and no tree to hold it against

Expected
  p99<30s             10.5 s: holds
  failed=0            1: DOES NOT HOLD

FAILED: 1 of 2 machines failed; failed=0 does not hold
)");
}

TEST(Table, SaysPassedWhenAllIsWell) {
  const RunRecord record = sample_run({.machines = 10});
  EXPECT_THAT(table_of(record, "failed=0"), EndsWith("\nPASSED: every machine finished, every byte was right\n"));
  EXPECT_THAT(table_of(record, "p50<1ms"), EndsWith("\nFAILED: p50<1ms does not hold\n"));
  RunRecord unproven = record;
  unproven.files_unproven = unproven.files = 3;
  EXPECT_THAT(table_of(unproven, "failed=0"), EndsWith("every byte was right (3 files unproven)\n"));
  EXPECT_THAT(table_of(unproven, "unproven=0"), EndsWith("\nFAILED: unproven=0 does not hold\n"));
  EXPECT_THAT(table_of(RunRecord{}, "failed=0"), EndsWith("\nFAILED: no machine ran\n"));
}

TEST(Table, TellsWhoseFiguresTheyAre) {
  RunRecord record = sample_run({.machines = 10});
  record.datagrams_dropped_here = 12;
  record.server_cpu_seconds = -1;
  const std::string text = table_of(record, "failed=0");
  EXPECT_THAT(text, HasSubstr("12 datagrams by the simulator's own sockets"));
  EXPECT_THAT(text, HasSubstr("not known: no process of this host"));
  record.virtual_time = true;
  EXPECT_THAT(table_of(record, "failed=0"), Not(HasSubstr("CPU")));
}

ProgressSnapshot half_way() {
  ProgressSnapshot snapshot;
  snapshot.now = Instant{65s};
  snapshot.machines = 100;
  snapshot.done = 20;
  snapshot.failed = 5;
  snapshot.inside[static_cast<std::size_t>(Stage::kInitrd)] = 40;
  snapshot.inside[static_cast<std::size_t>(Stage::kPackages)] = 35;
  for (std::size_t stage = 0; stage < kStageCount; ++stage) snapshot.passed[stage] = 100;
  snapshot.passed[static_cast<std::size_t>(Stage::kInitrd)] = 55;
  snapshot.passed[static_cast<std::size_t>(Stage::kKickstart)] = 55;
  snapshot.passed[static_cast<std::size_t>(Stage::kPackages)] = 20;
  snapshot.bytes = 5'000'000'000;
  snapshot.done_bytes = 2'000'000'000;
  snapshot.bytes_per_second = 100'000'000;
  return snapshot;
}

TEST(Progress, ALineWhereThereIsNoTerminal) {
  EXPECT_EQ(progress_text(half_way(), {}), "01:05  20 of 100 done, 5 failed, 100.0 MB/s, about 00:45 left\n");
}

TEST(Progress, BarsOnATerminal) {
  EXPECT_EQ(progress_text(half_way(), {.is_terminal = true}),
            "01:05  20 of 100 done, 5 failed, 100.0 MB/s, about 00:45 left\n"
            "  dhcp      ########################################    100\n"
            "  nbp       ########################################    100\n"
            "  config    ########################################    100\n"
            "  kernel    ########################################    100\n"
            "  initrd    ######################================..     55  +40\n"
            "  kickstart ######################..................     55\n"
            "  packages  ########==============..................     20  +35\n"
            "  done      ########................................     20\n");
}

TEST(Progress, FitsAnyTerminal) {
  for (unsigned columns = 1; columns < 120; ++columns) {
    std::istringstream lines(progress_text(half_way(), {.is_terminal = true, .columns = columns}));
    std::string line;
    std::getline(lines, line);
    EXPECT_LT(line.size(), columns);
    while (columns > 44 && std::getline(lines, line)) EXPECT_LT(line.size(), columns) << columns;
  }
}

TEST(Progress, ForecastsOnlyWhatCanBeKnown) {
  ProgressSnapshot snapshot = half_way();
  EXPECT_EQ(time_left(snapshot), Span(45s));  // 75 machines of 100 MB each, 3 GB of it under way, 100 MB/s
  snapshot.bytes_per_second = 0;
  EXPECT_FALSE(time_left(snapshot));
  snapshot = half_way();
  snapshot.done = 0;
  snapshot.done_bytes = 0;
  EXPECT_FALSE(time_left(snapshot));
  snapshot = half_way();
  snapshot.bytes_per_second = 1;
  EXPECT_FALSE(time_left(snapshot)) << "a hundred years is no forecast";
  EXPECT_FALSE(time_left({}));
  EXPECT_THAT(progress_text({}, {.is_terminal = true}), StartsWith("00:00  0 of 0 done"));
}

TEST(ProgressMeter, RedrawsInPlaceAndMeasuresTheRate) {
  std::ostringstream out;
  ProgressMeter meter(out, {.is_terminal = true});
  ProgressSnapshot snapshot = half_way();
  EXPECT_TRUE(meter.due(snapshot.now));
  meter.show(snapshot);
  EXPECT_FALSE(meter.due(snapshot.now + 100ms));
  EXPECT_TRUE(meter.due(snapshot.now + 250ms));
  snapshot.now += 2s;
  snapshot.bytes += 50'000'000;
  out.str("");
  meter.show(snapshot);
  EXPECT_THAT(out.str(), StartsWith("\x1b[9A\x1b[J01:07"));
  EXPECT_THAT(out.str(), HasSubstr("25.0 MB/s"));
  meter.close();
  out.str("");
  meter.show(snapshot);
  EXPECT_THAT(out.str(), StartsWith("01:07")) << "what was shown before close() stays";
}

TEST(ProgressMeter, TheRateIsOfTheLastSeconds) {
  std::ostringstream out;
  ProgressMeter meter(out, {});
  ProgressSnapshot snapshot;
  snapshot.machines = 1;
  for (int second = 0; second < 60; ++second) {
    snapshot.now = Instant{std::chrono::seconds(second)};
    snapshot.bytes += second < 50 ? 1'000'000 : 3'000'000;
    out.str("");
    meter.show(snapshot);
  }
  EXPECT_THAT(out.str(), HasSubstr("3.0 MB/s"));
  EXPECT_THAT(out.str(), Not(HasSubstr("\x1b")));
  EXPECT_FALSE(meter.due(snapshot.now + 4s));
}

}  // namespace
}  // namespace rackcast::sim
