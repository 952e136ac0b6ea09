#include "tools/sim/verdict/recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tools/sim/verdict/sample_run.h"
#include "tools/sim/verdict/expect.h"
#include "tools/sim/verdict/table.h"
#include "tools/sim/verdict/verdict.h"

namespace rackcast::sim {
namespace {

using namespace testing_verdict;
using testing::Contains;
using testing::HasSubstr;

constexpr MachineId kFirst{0};
constexpr MachineId kSecond{1};

Instant at(Span span) {
  return Instant{span};
}

class RecorderTest : public testing::Test {
 protected:
  void boot(MachineId machine, Span from, Stage last = Stage::kDone) {
    for (int step = 1; step <= static_cast<int>(last); ++step)
      recorder_.on_stage(at(from + step * 100ms), machine, static_cast<Stage>(step));
  }

  RunPlan plan_ = plan_of(3);
  Recorder recorder_{plan_, "10.99.0.1", true, nullptr};
};

TEST_F(RecorderTest, KeepsWhatTheRunIs) {
  const RunRecord record = recorder_.finish(at(1s));
  EXPECT_EQ(record.scenario, "boot_storm");
  EXPECT_EQ(record.server, "10.99.0.1");
  EXPECT_EQ(record.seed, 7U);
  EXPECT_TRUE(record.virtual_time);
  EXPECT_EQ(record.took, 1s);
  EXPECT_EQ(record.machines.size(), 3U);
  EXPECT_EQ(record.machines[0].profile, all_profiles().front().name);
}

TEST_F(RecorderTest, StagesAreEnteredOnce) {
  boot(kFirst, 0s);
  recorder_.on_stage(at(5s), kFirst, Stage::kDone);
  const RunRecord record = recorder_.finish(at(9s));
  EXPECT_EQ(record.machines[0].entered[static_cast<std::size_t>(Stage::kDhcp)], at(100ms));
  EXPECT_EQ(record.machines[0].entered[static_cast<std::size_t>(Stage::kDone)], at(800ms));
  EXPECT_TRUE(is_done(record.machines[0]));
}

TEST_F(RecorderTest, ARestartForgetsTheBootButNotTheRun) {
  recorder_.on_stage(at(0s), kFirst, Stage::kOff);  // power-on of a machine that was off is no restart
  boot(kFirst, 0s, Stage::kInitrd);
  recorder_.on_bytes(at(1s), kFirst, 500);
  recorder_.on_stage(at(2s), kFirst, Stage::kOff);
  boot(kFirst, 3s);
  recorder_.on_bytes(at(4s), kFirst, 70);
  const RunRecord record = recorder_.finish(at(9s));
  EXPECT_EQ(record.machines[0].restarts, 1U);
  EXPECT_EQ(record.machines[0].boots_done, 1U);
  EXPECT_EQ(record.machines[0].bytes, 70U);
  EXPECT_EQ(record.bytes, 570U);
  EXPECT_EQ(record.machines[0].entered[static_cast<std::size_t>(Stage::kDhcp)], at(3100ms));
  EXPECT_EQ(record.machines[0].ended, at(3800ms));
}

TEST_F(RecorderTest, AFailedMachineThatRestartsMayFinish) {
  boot(kFirst, 0s, Stage::kNbp);
  recorder_.on_failure(at(1s), kFirst, Failure::kTimeout, "silence");
  EXPECT_EQ(recorder_.snapshot(at(1s)).failed, 1U);
  recorder_.on_stage(at(2s), kFirst, Stage::kOff);
  EXPECT_EQ(recorder_.snapshot(at(2s)).failed, 0U);
  boot(kFirst, 2s);
  const RunRecord record = recorder_.finish(at(9s));
  EXPECT_TRUE(is_done(record.machines[0]));
  EXPECT_EQ(record.machines[0].detail, "");
}

TEST_F(RecorderTest, ABootThatFailedIsCountedWhateverCameLater) {
  for (const std::uint32_t i : {0U, 1U, 2U}) {
    const MachineId machine(i);
    for (const Span from : {0s, 2s}) {
      boot(machine, from, Stage::kNbp);
      recorder_.on_failure(at(from + 1s), machine, i == 2 ? Failure::kRefused : Failure::kTimeout, "vmlinuz: no");
      recorder_.on_stage(at(from + 2s), machine, Stage::kOff);
    }
    boot(machine, 4s);
  }
  const RunRecord record = recorder_.finish(at(9s));
  const FailedBoots& timeouts = record.failed_boots[static_cast<std::size_t>(Failure::kTimeout)];
  EXPECT_EQ(timeouts.boots, 4U);
  EXPECT_EQ(timeouts.machine, 0U);
  EXPECT_EQ(timeouts.stage, Stage::kNbp);
  EXPECT_EQ(timeouts.detail, "vmlinuz: no");
  EXPECT_EQ(record.failed_boots[static_cast<std::size_t>(Failure::kRefused)].boots, 2U);
  const Verdict verdict = verdict_of(record);
  EXPECT_EQ(verdict.failed, 0U) << "every machine finished in the end";
  EXPECT_EQ(verdict.boots_failed, 6U);
  EXPECT_EQ(verdict.boots_done, 3U);
  EXPECT_EQ(verdict.boot_failures.front().failure, Failure::kTimeout);
  EXPECT_FALSE(verdict.passed);
  EXPECT_EQ(shortcomings(verdict, {}), "6 boots failed, restarts included");
  EXPECT_THAT(verdict_table(record, verdict, {}),
              HasSubstr("  restarts            6, 3 boots done in all, 6 failed\n"
                        "    timeout           4, first machine 0 in nbp: vmlinuz"));
}

TEST_F(RecorderTest, AResetInTheMiddleIsNoFailure) {
  for (const std::uint32_t i : {0U, 1U, 2U}) {
    boot(MachineId(i), 0s, Stage::kKernel);
    recorder_.on_stage(at(2s), MachineId(i), Stage::kOff);
    boot(MachineId(i), 2s);
  }
  const Verdict verdict = verdict_of(recorder_.finish(at(9s)));
  EXPECT_EQ(verdict.restarts, 3U);
  EXPECT_EQ(verdict.boots_failed, 0U);
  EXPECT_TRUE(verdict.passed);
}

TEST_F(RecorderTest, AMachineThatWasNeverOnFailedNoBoot) {
  boot(kFirst, 0s, Stage::kKernel);
  const Verdict verdict = verdict_of(recorder_.finish(at(60s)));
  EXPECT_EQ(verdict.failed, 3U);
  EXPECT_EQ(verdict.boots_failed, 1U);
}

TEST_F(RecorderTest, TheFirstFailureCounts) {
  recorder_.on_failure(at(1s), kFirst, Failure::kTimeout, std::string(1000, 'x'));
  recorder_.on_failure(at(2s), kFirst, Failure::kRefused, "later");
  const RunRecord record = recorder_.finish(at(9s));
  EXPECT_EQ(record.machines[0].failure, Failure::kTimeout);
  EXPECT_EQ(record.machines[0].detail.size(), kDetailBytesMax);
  EXPECT_EQ(record.machines[0].ended, at(1s));
}

TEST_F(RecorderTest, WhoIsNotDoneAtTheEndFailed) {
  boot(kFirst, 0s, Stage::kKernel);
  const RunRecord record = recorder_.finish(at(60s));
  EXPECT_EQ(record.machines[0].failure, Failure::kRunEnded);
  EXPECT_EQ(record.machines[0].detail, "still in kernel");
  EXPECT_EQ(record.machines[1].failure, Failure::kRunEnded);
  EXPECT_EQ(record.machines[1].detail, "never switched on");
}

TEST_F(RecorderTest, IncidentsAreCountedByMachineAndInAll) {
  for (const Incident incident : {Incident::kRetransmit, Incident::kRepeatedBlock, Incident::kRefusal,
                                  Incident::kRefusal, Incident::kNotFound, Incident::kNak})
    recorder_.on_incident(at(10ms), kSecond, incident);
  const RunRecord record = recorder_.finish(at(1s));
  EXPECT_EQ(record.machines[1].retransmits, 1U);
  EXPECT_EQ(record.machines[1].repeated_blocks, 1U);
  EXPECT_EQ(record.machines[1].refusals, 2U);
  EXPECT_EQ(record.machines[1].not_found, 1U);
  EXPECT_EQ(record.incidents, (std::array<std::uint64_t, kIncidentCount>{1, 1, 1, 2, 1}));
  EXPECT_EQ(record.rate.front().refusals, 2U);
}

LeaseReceived lease_of(std::uint8_t host, Span since, std::uint32_t seconds = 600) {
  return {net::Ipv4Address(10, 99, 0, host), net::Ipv4Address(10, 99, 0, 1), seconds, at(since)};
}

TEST_F(RecorderTest, AnAddressLeasedTwiceFailsTheRun) {
  for (const std::uint32_t i : {0U, 1U, 2U}) boot(MachineId(i), 0s);
  recorder_.on_lease(at(1s), kFirst, lease_of(5, 900ms));
  recorder_.on_lease(at(2s), kFirst, lease_of(5, 1900ms));  // its own again
  recorder_.on_lease(at(3s), kSecond, lease_of(5, 2900ms));
  recorder_.on_lease(at(4s), kFirst, lease_of(5, 3900ms));  // a renewal: no further one
  const RunRecord record = recorder_.finish(at(9s));
  EXPECT_EQ(record.double_leases, 1U);
  EXPECT_THAT(record.double_lease_lines,
              testing::ElementsAre("10.99.0.5 was given to machine 1 at 3.00 s; machine 0 has it until 10 m 02 s"));
  const Verdict verdict = verdict_of(record);
  EXPECT_EQ(verdict.failed, 0U) << "every machine finished";
  EXPECT_FALSE(verdict.passed);
  EXPECT_EQ(exit_code(verdict, {}), 1);
  EXPECT_EQ(shortcomings(verdict, {}), "1 address was leased twice");
  EXPECT_THAT(verdict_table(record, verdict, {}), HasSubstr("\nDouble leases\n  10.99.0.5 was given to machine 1"));
}

TEST_F(RecorderTest, AnAddressMayBeGivenAgainWhenItsTimeIsOver) {
  recorder_.on_lease(at(10s), kFirst, lease_of(5, 0s, 60));
  recorder_.on_lease(at(60s), kSecond, lease_of(5, 59s, 60));  // it counts from the REQUEST, which the server saw first
  recorder_.on_lease(at(200s), kFirst, lease_of(6, 200s, 60));
  recorder_.on_lease(at(201s), kFirst, lease_of(7, 201s, 60));
  recorder_.on_lease(at(202s), kSecond, lease_of(6, 202s, 60));  // the first has another
  recorder_.on_incident(at(203s), kFirst, Incident::kNak);
  recorder_.on_lease(at(204s), MachineId(2), lease_of(7, 204s, 60));  // it was told that it is no longer its
  EXPECT_EQ(recorder_.finish(at(300s)).double_leases, 0U);
}

TEST_F(RecorderTest, AMachineThatIsOffStillHoldsItsAddress) {
  boot(kFirst, 0s, Stage::kNbp);
  recorder_.on_lease(at(1s), kFirst, lease_of(5, 1s));
  recorder_.on_stage(at(2s), kFirst, Stage::kOff);
  recorder_.on_lease(at(3s), kSecond, lease_of(5, 3s));
  EXPECT_EQ(recorder_.finish(at(9s)).double_leases, 1U) << "no server can know";
}

TEST_F(RecorderTest, WhoComesBackAfterItsTimeIsCountedToo) {
  recorder_.on_lease(at(0s), kFirst, lease_of(5, 0s, 10));
  recorder_.on_lease(at(11s), kSecond, lease_of(5, 11s));
  recorder_.on_lease(at(12s), kFirst, lease_of(5, 12s));
  EXPECT_EQ(recorder_.finish(at(20s)).double_leases, 1U);
}

TEST_F(RecorderTest, AnEndlessLeaseIsNeverOver) {
  recorder_.on_lease(at(0s), kFirst, lease_of(5, 0s, 0xFFFF'FFFF));
  recorder_.on_lease(at(100h), kSecond, lease_of(5, 100h));
  EXPECT_THAT(recorder_.finish(at(101h)).double_lease_lines, Contains(HasSubstr("machine 0 has it for ever")));
}

TEST(DoubleLeases, AreCountedAllAndNamedUpToABound) {
  const RunPlan plan = plan_of(60);
  Recorder recorder(plan, "", true, nullptr);
  for (std::uint32_t i = 0; i < 60; ++i) recorder.on_lease(at(1s), MachineId(i), lease_of(5, 1s));
  const RunRecord record = recorder.finish(at(2s));
  EXPECT_EQ(record.double_leases, 59U);
  EXPECT_EQ(record.double_lease_lines.size(), kDoubleLeasesShownMax);
  EXPECT_THAT(verdict_table(record, verdict_of(record), {}), HasSubstr("\n  and 39 more\n"));
}

TEST_F(RecorderTest, NotesAreKeptOnceAndBounded) {
  for (int i = 0; i < 500; ++i) recorder_.note("note " + std::to_string(i / 2));
  const RunRecord record = recorder_.finish(at(1s));
  EXPECT_EQ(record.notes.size(), kNotesMax);
  EXPECT_EQ(record.notes[1], "note 1");
}

TEST_F(RecorderTest, WrongBytesMakeADoneMachineAFailedOne) {
  for (const std::uint32_t i : {0U, 1U, 2U}) {
    boot(MachineId(i), 0s);
    recorder_.on_file(at(1s), MachineId(i), file("vmlinuz", 100, i == 1 ? 666 : 1));
  }
  EXPECT_EQ(recorder_.snapshot(at(1s)).done, 3U);
  const RunRecord record = recorder_.finish(at(2s));
  EXPECT_EQ(record.machines[1].failure, Failure::kWrongBytes);
  EXPECT_EQ(record.machines[1].detail, "vmlinuz: other bytes than most machines");
  EXPECT_TRUE(is_done(record.machines[0]));
  EXPECT_EQ(record.rate.back().done, 2U);
  EXPECT_EQ(record.rate.back().failed, 1U);
  EXPECT_THAT(record.wrong_files, Contains(HasSubstr("vmlinuz: 1 machine got other bytes")));
}

TEST_F(RecorderTest, ASnapshotAddsUp) {
  boot(kFirst, 0s);
  boot(kSecond, 0s, Stage::kKernel);
  recorder_.on_failure(at(1s), kSecond, Failure::kTimeout, "");
  boot(MachineId(2), 0s, Stage::kConfig);
  const ProgressSnapshot snapshot = recorder_.snapshot(at(1s));
  EXPECT_EQ(snapshot.machines, 3U);
  EXPECT_EQ(snapshot.done, 1U);
  EXPECT_EQ(snapshot.failed, 1U);
  EXPECT_EQ(snapshot.inside[static_cast<std::size_t>(Stage::kConfig)], 1U);
  EXPECT_EQ(snapshot.passed[static_cast<std::size_t>(Stage::kNbp)], 3U);
  EXPECT_EQ(snapshot.passed[static_cast<std::size_t>(Stage::kConfig)], 2U);
  EXPECT_EQ(snapshot.passed[static_cast<std::size_t>(Stage::kKernel)], 1U);
}

// However long a run and whenever things happen: few ticks, none missing, no byte lost.
TEST(RateSamples, AreBoundedWholeAndLoseNothing) {
  for (const Span step : {Span(1ms), Span(49ms), Span(1s), Span(97s)}) {
    const RunPlan plan = plan_of(1);
    Recorder recorder(plan, "", true, nullptr);
    Random random(3);
    std::uint64_t sent = 0;
    Instant now{};
    for (int i = 0; i < 5000; ++i) {
      now += Span(random.below(static_cast<std::uint64_t>(step.count())));
      recorder.on_bytes(now, kFirst, 10);
      sent += 10;
      if (i % 100 == 0) recorder.on_incident(now, kFirst, Incident::kRefusal);
    }
    const RunRecord record = recorder.finish(now);
    EXPECT_LE(record.rate.size(), kRateSamplesMax);
    EXPECT_GE(record.rate_tick * static_cast<Span::rep>(record.rate.size()), record.took);
    std::uint64_t bytes = 0;
    std::uint64_t refusals = 0;
    for (std::size_t i = 0; i < record.rate.size(); ++i) {
      EXPECT_EQ(record.rate[i].at, Instant(record.rate_tick * static_cast<Span::rep>(i)));
      bytes += record.rate[i].bytes;
      refusals += record.rate[i].refusals;
    }
    EXPECT_EQ(bytes, sent);
    EXPECT_EQ(record.bytes, sent);
    EXPECT_EQ(refusals, 50U);
  }
}

}  // namespace
}  // namespace rackcast::sim
