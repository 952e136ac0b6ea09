#include "core/admission/source_limiter.h"

#include "tests/core/admission/fixture.h"

namespace rackcast::admission_test {
namespace {

TEST_F(Limiter, WithoutLimitsEverythingIsAdmitted) {
  for (std::uint32_t i = 0; i < 64; ++i) ASSERT_EQ(asked(i), Kind::kAdmitted);
  EXPECT_EQ(limiter->counters().admitted, 64U);
  EXPECT_EQ(totals->running(), 64U);
}

TEST_F(Limiter, XinetdRefusesAtThePresentNumber) {
  config.policy = AdmissionPolicy::kXinetd;
  config.per_source = 2;
  config.instances = 3;
  EXPECT_EQ(asked(1), Kind::kAdmitted);
  EXPECT_EQ(asked(1), Kind::kAdmitted);
  EXPECT_EQ(reason(1), AdmissionReason::kPerSource);
  EXPECT_EQ(asked(2), Kind::kAdmitted);
  EXPECT_EQ(reason(2), AdmissionReason::kInstances);  // asked before per_source
  EXPECT_EQ(reason(1), AdmissionReason::kInstances);
  release(1);
  EXPECT_EQ(asked(1), Kind::kAdmitted);
}

TEST_F(Limiter, APlaceIsForWhoWaitsLongestInWhicheverLane) {
  config.instances = 1;
  std::optional<SourceLimiter> other(std::in_place, SourceLimiter::Setup{&*totals, 64, 98, &clock});
  EXPECT_EQ(limiter->ask(now, station(1), config, now.monotonic).kind, Kind::kAdmitted);
  const MonotonicTime since = now.monotonic;
  EXPECT_EQ(other->ask(now, station(2), config, since).reason, AdmissionReason::kInstances);
  other->waits(AdmissionReason::kInstances, since);
  pass(milliseconds(1));
  release(1);
  const AdmissionVerdict newer = limiter->ask(now, station(1), config, now.monotonic);
  EXPECT_EQ(newer.kind, Kind::kWait);
  EXPECT_EQ(newer.reason, AdmissionReason::kInstances);
  EXPECT_EQ(totals->running(), 0U) << "it is kept for the other";
  limiter->waits(AdmissionReason::kInstances, now.monotonic);
  EXPECT_EQ(other->ask(now, station(2), config, since).kind, Kind::kAdmitted);
  other->waits_no_longer();
  other->release(now, station(2));
  EXPECT_EQ(limiter->ask(now, station(1), config, now.monotonic).kind, Kind::kAdmitted);
  release(1);
  limiter->waits_no_longer();
  other->waits(AdmissionReason::kInstances, since);
  other.reset();
  EXPECT_EQ(limiter->ask(now, station(1), config, now.monotonic).kind, Kind::kAdmitted) << "nobody waits in no lane";
}

TEST_F(Limiter, WhoWaitsForAConnectionHoldsUpNobodyThatNeedsNone) {
  config.instances = 9;
  config.cps = Cps{1, 10};
  EXPECT_EQ(visit(1), Kind::kAdmitted);
  const MonotonicTime since = now.monotonic;
  EXPECT_EQ(limiter->ask(now, station(2), config, since).reason, AdmissionReason::kConnectionRate);
  limiter->waits(AdmissionReason::kConnectionRate, since);
  pass(seconds(1));
  EXPECT_EQ(limiter->ask(now, station(3), config, now.monotonic).reason, AdmissionReason::kConnectionRate);
  EXPECT_EQ(limiter->ask(now, station(1), config, now.monotonic).kind, Kind::kAdmitted) << "in the middle of its boot";
  EXPECT_EQ(limiter->ask(now, station(2), config, since).kind, Kind::kAdmitted);
}

TEST_F(Limiter, TimesAreAskedForWithoutAPlace) {
  config.access_times = {DaySpan{0, 60}};
  EXPECT_TRUE(limiter->refused_by_time(now, station(1), config));
  EXPECT_EQ(refused(AdmissionReason::kTime), 1U);
  config.access_times = {DaySpan{12 * 60, 13 * 60}};
  EXPECT_FALSE(limiter->refused_by_time(now, station(1), config));
  EXPECT_EQ(asked(1), Kind::kAdmitted);
  config.access_times = {DaySpan{0, 60}};
  EXPECT_FALSE(limiter->refused_by_time(now, station(1), config)) << "it goes on";
  EXPECT_TRUE(limiter->refused_by_time(now, station(2), config));
}

TEST_F(Limiter, QueueMakesWait) {
  config.per_source = 1;
  config.instances = 2;
  EXPECT_EQ(asked(1), Kind::kAdmitted);
  const AdmissionVerdict same = ask(1);
  EXPECT_EQ(same.kind, Kind::kWait);
  EXPECT_EQ(same.reason, AdmissionReason::kPerSource);
  EXPECT_EQ(same.ask_again_at, now.monotonic + kQueueAskAgain);
  EXPECT_EQ(asked(2), Kind::kAdmitted);
  EXPECT_EQ(reason(3), AdmissionReason::kInstances);
  release(1);
  EXPECT_EQ(asked(3), Kind::kAdmitted);
  EXPECT_EQ(delayed(AdmissionReason::kInstances), 1U);
  EXPECT_EQ(delayed(AdmissionReason::kPerSource), 1U);
  EXPECT_EQ(refused(AdmissionReason::kInstances), 0U);
}

// Issue 4: a lab of pxelinux machines must not trip cps 100 2. Their misses never reach ask(); their ten files each do.
TEST_F(Limiter, AMachinesWholeBootIsOneConnection) {
  rebuild(256);
  config.policy = AdmissionPolicy::kXinetd;
  config.cps = Cps{100, 2};
  for (std::uint32_t machine = 0; machine < 100; ++machine)
    for (int file = 0; file < 10; ++file) ASSERT_EQ(visit(machine), Kind::kAdmitted) << machine;
  EXPECT_EQ(limiter->counters().connections, 100U);
  EXPECT_EQ(reason(100), AdmissionReason::kConnectionRate);
  EXPECT_EQ(limiter->counters().deactivations, 1U);
  EXPECT_EQ(visit(7), Kind::kAdmitted) << "one in the middle of its boot goes on";
  pass(seconds(1));
  EXPECT_EQ(reason(101), AdmissionReason::kConnectionRate);
  pass(seconds(1));
  EXPECT_EQ(visit(101), Kind::kAdmitted);
}

TEST_F(Limiter, TenIdleSecondsEndAConnection) {
  EXPECT_EQ(visit(1), Kind::kAdmitted);
  pass(kConnectionIdle - milliseconds(1));
  EXPECT_EQ(visit(1), Kind::kAdmitted);
  EXPECT_EQ(limiter->counters().connections, 1U);
  pass(kConnectionIdle);
  EXPECT_EQ(asked(1), Kind::kAdmitted);
  EXPECT_EQ(limiter->counters().connections, 2U);
  pass(minutes(5));
  EXPECT_EQ(asked(1), Kind::kAdmitted) << "one is still running";
  EXPECT_EQ(limiter->counters().connections, 2U);
}

TEST_F(Limiter, QueueLetsARateStartASecondAndForgetsNothing) {
  config.cps = Cps{2, 30};
  EXPECT_EQ(visit(1), Kind::kAdmitted);
  EXPECT_EQ(visit(2), Kind::kAdmitted);
  const AdmissionVerdict third = ask(3);
  EXPECT_EQ(third.kind, Kind::kWait);
  EXPECT_EQ(third.reason, AdmissionReason::kConnectionRate);
  EXPECT_EQ(third.ask_again_at, now.monotonic + seconds(1));
  EXPECT_EQ(totals->running(), 0U) << "one that waits holds no place";
  EXPECT_EQ(visit(1), Kind::kAdmitted) << "the same connection";
  pass(seconds(1));
  EXPECT_EQ(visit(3), Kind::kAdmitted);
  EXPECT_EQ(limiter->counters().deactivations, 0U);
}

TEST_F(Limiter, AWaitForAPlaceUsesUpNoConnection) {
  config.cps = Cps{2, 30};
  config.instances = 1;
  EXPECT_EQ(asked(1), Kind::kAdmitted);
  EXPECT_EQ(reason(2), AdmissionReason::kInstances);
  EXPECT_EQ(reason(3), AdmissionReason::kInstances);
  release(1);
  EXPECT_EQ(asked(2), Kind::kAdmitted);
}

TEST_F(Limiter, ForXinetdEveryAttemptCountsRefusedOnesToo) {
  config.policy = AdmissionPolicy::kXinetd;
  config.cps = Cps{3, 5};
  config.only_from.emplace();
  for (std::uint32_t i = 0; i < 3; ++i) EXPECT_EQ(reason(i), AdmissionReason::kAddress);
  EXPECT_EQ(reason(3), AdmissionReason::kConnectionRate);
  EXPECT_EQ(refused(AdmissionReason::kAddress), 3U);
}

// xinetd#21, see ServiceTotals.
TEST_F(Limiter, AfterADeactivationXinetdCountsInstancesFromZero) {
  config.policy = AdmissionPolicy::kXinetd;
  config.instances = 3;
  config.cps = Cps{3, 2};
  for (std::uint32_t i = 0; i < 3; ++i) ASSERT_EQ(asked(i), Kind::kAdmitted);
  EXPECT_EQ(reason(3), AdmissionReason::kConnectionRate);
  pass(seconds(6));
  for (std::uint32_t i = 10; i < 13; ++i) EXPECT_EQ(asked(i), Kind::kAdmitted);
  EXPECT_EQ(totals->running(), 6U);
  config.policy = AdmissionPolicy::kQueue;
  EXPECT_EQ(reason(20), AdmissionReason::kInstances) << "queue counts right";
}

TEST_F(Limiter, UndoneIsAsIfNeverAsked) {
  config.cps = Cps{1, 30};
  config.instances = 1;
  EXPECT_EQ(asked(1), Kind::kAdmitted);
  undo(1);
  EXPECT_EQ(limiter->sources(), 0U);
  EXPECT_EQ(totals->running(), 0U);
  EXPECT_EQ(asked(2), Kind::kAdmitted) << "the connection is free again";
  release(2);
  EXPECT_EQ(asked(2), Kind::kAdmitted);
  undo(2);  // its second instance: the connection stays
  EXPECT_EQ(reason(3), AdmissionReason::kConnectionRate);
  EXPECT_EQ(limiter->counters().undone, 2U);
}

TEST_F(Limiter, UndoDoesNotMakeAnIdleSourceYounger) {
  EXPECT_EQ(visit(1), Kind::kAdmitted);
  pass(seconds(8));
  EXPECT_EQ(asked(1), Kind::kAdmitted);
  undo(1);
  pass(seconds(3));
  EXPECT_EQ(visit(1), Kind::kAdmitted);
  EXPECT_EQ(limiter->counters().connections, 2U);
}

TEST_F(Limiter, AccessTimesHoldForConnections) {
  config.access_times = {{12 * 60, 12 * 60 + 4}};  // it is 12:00
  for (const AdmissionPolicy policy : {AdmissionPolicy::kXinetd, AdmissionPolicy::kQueue}) {
    config.policy = policy;
    now = {now.monotonic + minutes(60), kNoon + minutes(4) + seconds(59)};
    EXPECT_EQ(visit(1), Kind::kAdmitted);
    pass(seconds(1));
    EXPECT_EQ(reason(2), AdmissionReason::kTime);
    EXPECT_EQ(limiter->refused_entry(now, station(2), config), AdmissionReason::kTime);
    EXPECT_EQ(visit(1), Kind::kAdmitted) << "in the middle of its boot";
    pass(kConnectionIdle);
    EXPECT_EQ(reason(1), AdmissionReason::kTime);
  }
  EXPECT_EQ(refused(AdmissionReason::kTime), 6U);
}

TEST_F(Limiter, TheLocalClockIsAskedOnceAMinute) {
  config.access_times = {{0, 1'439}};
  for (int i = 0; i < 60; ++i) {
    visit(1);
    pass(seconds(1));
  }
  EXPECT_EQ(clock.asked, 1);
}

// What TFTP asks and what HTTP and FTP do when they are connected to must not differ in which reason comes first.
TEST_F(Limiter, XinetdsOrderIsTheSameForEntriesAndRequests) {
  config.policy = AdmissionPolicy::kXinetd;
  config.cps = Cps{4, 30};
  config.access_times = {{0, 1}};
  config.only_from.emplace();
  const auto entry = [this](std::uint32_t number) { return limiter->refused_entry(now, station(number), config); };
  for (const bool by_entry : {true, false}) {
    SCOPED_TRACE(by_entry);
    rebuild(64);
    const auto refusal = [&](std::uint32_t number) { return by_entry ? *entry(number) : reason(number); };
    config.access_times = {{0, 1}};
    EXPECT_EQ(refusal(1), AdmissionReason::kTime) << "time before the address";
    config.access_times.clear();
    for (std::uint32_t i = 2; i < 5; ++i) EXPECT_EQ(refusal(i), AdmissionReason::kAddress) << i;
    EXPECT_EQ(refusal(5), AdmissionReason::kConnectionRate) << "cps first: refused attempts count";
    EXPECT_EQ(refusal(1), AdmissionReason::kConnectionRate);
    EXPECT_EQ(limiter->counters().deactivations, 1U);
    EXPECT_EQ(limiter->sources(), 0U);
    pass(seconds(60));
  }
}

TEST_F(Limiter, AnEntryAndWhatItAsksForAreOneConnection) {
  config.policy = AdmissionPolicy::kXinetd;
  config.cps = Cps{3, 30};
  for (std::uint32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(limiter->refused_entry(now, station(i), config), std::nullopt);
    EXPECT_EQ(visit(i), Kind::kAdmitted) << i;
    EXPECT_EQ(limiter->refused_entry(now, station(i), config), std::nullopt) << "it goes on";
  }
  EXPECT_EQ(limiter->counters().connections, 3U);
  EXPECT_EQ(asked(0), Kind::kAdmitted);
  undo(0);
  EXPECT_EQ(limiter->refused_entry(now, station(3), config), AdmissionReason::kConnectionRate)
      << "what was undone was an instance, not the connection";
  EXPECT_EQ(limiter->sources(), 3U);
  EXPECT_EQ(visit(1), Kind::kAdmitted) << "in the middle of its boot";
}

TEST_F(Limiter, LimitsOfWhatRunsAreNotAnEntrys) {
  config.policy = AdmissionPolicy::kXinetd;
  config.instances = 1;
  config.per_source = 1;
  EXPECT_EQ(asked(1), Kind::kAdmitted);
  EXPECT_EQ(limiter->refused_entry(now, station(1), config), std::nullopt);
  EXPECT_EQ(limiter->refused_entry(now, station(2), config), std::nullopt);
  EXPECT_EQ(reason(2), AdmissionReason::kInstances);
}

TEST_F(Limiter, EntriesThatAskForNothingAreForgottenAsTheIdleAre) {
  rebuild(4);
  config.policy = AdmissionPolicy::kXinetd;
  EXPECT_EQ(asked(1), Kind::kAdmitted);
  for (std::uint32_t i = 10; i < 1'000; ++i)
    ASSERT_EQ(limiter->refused_entry(now, station(i), config), std::nullopt) << i;
  EXPECT_EQ(limiter->sources(), 4U);
  EXPECT_EQ(totals->running(), 1U);
  release(1);
  EXPECT_EQ(totals->running(), 0U);
}

TEST_F(Limiter, QueueAsksEntriesForAddressAndTimeAlone) {
  config.cps = Cps{1, 30};
  config.instances = 1;
  config.no_access = {*net::IpPrefix::parse("10.0.0.9")};
  EXPECT_EQ(asked(1), Kind::kAdmitted);
  EXPECT_EQ(limiter->refused_entry(now, station(2), config), std::nullopt);
  EXPECT_EQ(limiter->refused_entry(now, station(9), config), AdmissionReason::kAddress);
  EXPECT_EQ(refused(AdmissionReason::kAddress), 1U);
  EXPECT_EQ(limiter->sources(), 1U);
}

TEST_F(Limiter, WhenAllPlacesAreBusyAStrangerIsRefusedUnderEitherPolicy) {
  rebuild(4);
  for (std::uint32_t i = 0; i < 4; ++i) ASSERT_EQ(asked(i), Kind::kAdmitted);
  for (const AdmissionPolicy policy : {AdmissionPolicy::kXinetd, AdmissionPolicy::kQueue}) {
    config.policy = policy;
    const AdmissionVerdict verdict = ask(9);
    EXPECT_EQ(verdict.kind, Kind::kRefused);
    EXPECT_EQ(verdict.reason, AdmissionReason::kSourcesFull);
    EXPECT_EQ(asked(1), Kind::kAdmitted) << "a known one goes on";
    release(1);
  }
  EXPECT_EQ(totals->running(), 4U);
  release(2);
  EXPECT_EQ(asked(9), Kind::kAdmitted);
  EXPECT_EQ(limiter->counters().sources_evicted, 1U);
}

// Issue 4: a million distinct garbage sources cannot grow memory or push honest clients out.
TEST_F(Limiter, AMillionStrangersThatAreRefusedLeaveNoTrace) {
  config.only_from = {*net::IpPrefix::parse("10.0.0.0/28")};
  for (std::uint32_t i = 0; i < 10; ++i) ASSERT_EQ(visit(i), Kind::kAdmitted);
  for (std::uint32_t i = 0; i < 1'000'000; ++i) ASSERT_EQ(asked(0x100 + i), Kind::kRefused);
  EXPECT_EQ(limiter->sources(), 10U);
  for (std::uint32_t i = 0; i < 10; ++i) ASSERT_EQ(visit(i), Kind::kAdmitted);
  EXPECT_EQ(limiter->counters().connections, 10U) << "none was forgotten";
  EXPECT_EQ(refused(AdmissionReason::kAddress), 1'000'000U);
}

TEST_F(Limiter, AMillionStrangersThatWaitLeaveNoTrace) {
  config.instances = 1;
  ASSERT_EQ(asked(1), Kind::kAdmitted);
  for (std::uint32_t i = 0; i < 1'000'000; ++i) ASSERT_EQ(asked(0x100 + i), Kind::kWait);
  EXPECT_EQ(limiter->sources(), 1U);
}

// Even when each of them is admitted once: running sources stay, memory is as it was.
TEST_F(Limiter, AMillionStrangersThatAreAdmittedPushNobodyOutWhoRuns) {
  config.per_source = 1;
  for (std::uint32_t i = 0; i < 10; ++i) ASSERT_EQ(asked(i), Kind::kAdmitted);
  for (std::uint32_t i = 0; i < 1'000'000; ++i) ASSERT_EQ(visit(0x100 + i), Kind::kAdmitted);
  EXPECT_EQ(limiter->sources(), 64U);
  for (std::uint32_t i = 0; i < 10; ++i) EXPECT_EQ(reason(i), AdmissionReason::kPerSource) << "still counted";
}

TEST_F(Limiter, WhatWasNeverAdmittedIsNotReleased) {
  release(1);
  undo(1);
  EXPECT_EQ(totals->running(), 0U);
  EXPECT_EQ(visit(1), Kind::kAdmitted);
  release(1);
  EXPECT_EQ(totals->running(), 0U);
}

TEST(AdmissionReasons, HaveXinetdsWords) {
  EXPECT_EQ(describe(AdmissionReason::kPerSource).word, "per_source_limit");
  EXPECT_EQ(describe(AdmissionReason::kConnectionRate).word, "connections per second");
  for (const AdmissionReasonRow& row : kAdmissionReasons) {
    EXPECT_FALSE(row.hint.empty());
    EXPECT_EQ(row.name.find(' '), std::string_view::npos);
  }
}

}  // namespace
}  // namespace rackcast::admission_test
