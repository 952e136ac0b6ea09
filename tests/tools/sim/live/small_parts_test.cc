// The live engine's small parts: HTTP texts, weather, timers, the hostile actor's rate, /proc.
#include <gmock/gmock.h>
#include <unistd.h>

#include <future>

#include "tools/sim/live/event_loop.h"
#include "tools/sim/live/fetch_body.h"
#include "tools/sim/live/hostile_actor.h"
#include "tools/sim/live/http_text.h"
#include "tools/sim/live/run_notes.h"
#include "tools/sim/live/server_cpu_search.h"
#include "tools/sim/live/weather.h"

namespace rackcast::sim {
namespace {

using net::Endpoint;
using net::Ipv4Address;
using net::UdpPort;

const HttpTarget kFrom{{Ipv4Address(10, 0, 0, 1), UdpPort{80}}, "/a/b"};

TEST(HttpTextTest, ALocationIsAnAddressOrAPathOnTheSameServer) {
  struct Case {
    const char* location;
    const char* server;  // empty: refused
    const char* path;
  };
  const Case cases[] = {
      {"/there", "10.0.0.1:80", "/there"},
      {"/a%20b?query#part", "10.0.0.1:80", "/a b"},
      {"/bad%2", "10.0.0.1:80", "/bad%2"},
      {"http://10.0.0.2/x", "10.0.0.2:80", "/x"},
      {"http://10.0.0.2:8080", "10.0.0.2:8080", "/"},
      {"http://name.test/x", "", ""},
      {"https://10.0.0.2/x", "", ""},
      {"//10.0.0.2/x", "", ""},
      {"relative", "", ""},
      {"", "", ""},
  };
  for (const Case& row : cases) {
    const auto target = parse_location(row.location, kFrom);
    ASSERT_EQ(target.has_value(), *row.server != '\0') << row.location;
    if (!target) continue;
    EXPECT_EQ(target->server.text().view(), row.server) << row.location;
    EXPECT_EQ(target->path, row.path) << row.location;
  }
}

TEST(HttpTextTest, ThePortIsNamedWhereItIsNotTheUsualOne) {
  EXPECT_THAT(http_request_text(HttpMethod::kGet, kFrom, "", true), testing::HasSubstr("Host: 10.0.0.1\r\n"));
  HttpTarget other = kFrom;
  other.server.port = UdpPort{8080};
  EXPECT_THAT(http_request_text(HttpMethod::kGet, other, "", true), testing::HasSubstr("Host: 10.0.0.1:8080\r\n"));
  EXPECT_THAT(http_request_text(HttpMethod::kHead, other, "", false), testing::HasSubstr("Connection: close\r\n"));
}

TEST(WeatherTest, SharesComeOutAndTheSameSeedGivesTheSameWeather) {
  const Weather weather{.loss = 0.1, .duplicate = 0.05, .reorder = 0.02};
  WeatherMaker maker(weather, 7);
  WeatherMaker again(weather, 7);
  int lost = 0, twice = 0, late = 0;
  for (int i = 0; i < 100'000; ++i) {
    const Fate fate = maker.next();
    const Fate same = again.next();
    ASSERT_EQ(fate.lost, same.lost);
    ASSERT_EQ(fate.late, same.late);
    lost += fate.lost ? 1 : 0;
    twice += fate.twice ? 1 : 0;
    late += fate.late ? 1 : 0;
  }
  EXPECT_NEAR(lost, 10'000, 500);
  EXPECT_NEAR(twice, 4'500, 400);
  EXPECT_NEAR(late, 1'800, 300);
  EXPECT_FALSE(maker.fair());
  EXPECT_TRUE(WeatherMaker({}, 7).fair());
}

TEST(WeatherTest, HeldDatagramsComeByTheirTimeAndAreBounded) {
  HeldDatagrams held;
  EXPECT_EQ(held.next(), kNever);
  for (const int due : {3, 1, 2}) {
    HeldDatagram datagram;
    datagram.due = Instant{} + std::chrono::seconds(due);
    EXPECT_TRUE(held.hold(datagram));
  }
  EXPECT_EQ(held.take().due, Instant{} + std::chrono::seconds(1));
  EXPECT_EQ(held.next(), Instant{} + std::chrono::seconds(2));
  for (std::size_t i = 2; i < HeldDatagrams::kHeldMax; ++i) ASSERT_TRUE(held.hold({}));
  EXPECT_FALSE(held.hold({}));
}

TEST(RandomTest, CertaintyDrawsNoNumber) {
  Random random(7), same(7);
  EXPECT_FALSE(random.chance(0));
  EXPECT_TRUE(random.chance(1));
  EXPECT_EQ(random.next(), same.next());
  int hits = 0;
  for (int i = 0; i < 100'000; ++i) hits += random.chance(0.25) ? 1 : 0;
  EXPECT_NEAR(hits, 25'000, 600);
}

class CountedTimer final : public Timed {
 public:
  void on_time(Instant) override { ++count; }
  int count = 0;
};

TEST(TimerSetTest, OneTimerForEachWhichCanMoveAndBeTakenAway) {
  TimerSet timers;
  CountedTimer first, second;
  const auto at = [](int seconds) { return Instant{} + std::chrono::seconds(seconds); };
  timers.set(first, at(5));
  timers.set(first, at(2));
  timers.set(second, at(3));
  EXPECT_EQ(timers.next(), at(2));
  timers.run_due(at(2));
  EXPECT_EQ(first.count, 1);
  EXPECT_EQ(second.count, 0);
  timers.cancel(second);
  timers.run_due(at(9));
  EXPECT_EQ(first.count, 1);
  EXPECT_EQ(second.count, 0);
  EXPECT_EQ(timers.next(), kNever);
}

TEST(TokenBucketTest, KeepsItsRateAndNeverBursts) {
  TokenBucket bucket(1'000);
  std::uint32_t taken = 0;
  for (int ms = 0; ms <= 1'000; ms += 20) taken += bucket.take(Instant{} + std::chrono::milliseconds(ms));
  EXPECT_NEAR(taken, 1'000, 2);
  EXPECT_LE(bucket.take(Instant{} + std::chrono::hours(1)), 101U) << "a long pause is not made up for";
  EXPECT_EQ(TokenBucket(0).take(Instant{} + std::chrono::hours(1)), 0U);
}

// A socket with input is ready all the time: the reader is asked every ten microseconds, unless it told to wait.
TEST(ReadAllowanceTest, ReadsInPiecesAtItsRate) {
  constexpr std::size_t kRoom = 65'536;
  for (const std::uint64_t rate : {5U, 1'000U, 20'000U, 200'000U, 3'000'000U}) {
    ReadAllowance allowance(rate);
    std::uint64_t bytes = 0, reads = 0, asked = 0;
    const Instant begin = Instant{} + std::chrono::seconds(1);
    for (Instant now = begin; now < begin + std::chrono::seconds(2); ++asked) {
      const std::size_t allowed = allowance.at(now, kRoom);
      if (allowed == 0) {
        EXPECT_GE(allowance.pause(), ReadAllowance::kPauseMin);
        EXPECT_LE(allowance.pause(), ReadAllowance::kPause);
        now += allowance.pause();
        continue;
      }
      allowance.used(allowed);
      bytes += allowed;
      ++reads;
      now += std::chrono::microseconds(10);
    }
    EXPECT_NEAR(static_cast<double>(bytes), 2.0 * static_cast<double>(rate), 0.15 * static_cast<double>(rate) + 1);
    const std::uint64_t piece = std::clamp<std::uint64_t>(rate / 20, 1, 4'096);
    EXPECT_LE(reads, bytes / piece + 1) << rate;
    EXPECT_LE(asked, 2 * reads + 45) << rate;
  }
}

TEST(ServerCpuTest, CountsAProcessAndDoesNotInventOne) {
  const ServerCpu self = ServerCpu::of({::getpid()});
  volatile std::uint64_t work = 0;
  const double begin = own_cpu_seconds();
  while (own_cpu_seconds() - begin < 0.1) work = work + 1;
  ASSERT_TRUE(self.seconds());
  EXPECT_GE(*self.seconds(), 0.05);
  EXPECT_FALSE(ServerCpu::of({}).seconds());
  EXPECT_FALSE(ServerCpu::find(Ipv4Address(203, 0, 113, 9)).seconds());
}

TEST(ServerCpuSearchTest, TheRunGoesOnWhileItSearches) {
  std::promise<void> walk;
  ServerCpuSearch search;
  EXPECT_FALSE(search.begun());
  search.begin([end = walk.get_future().share()] {
    end.wait();
    return ServerCpu::of({::getpid()});
  });
  EXPECT_TRUE(search.begun());  // and we are here, though the walk has not ended
  walk.set_value();
  EXPECT_TRUE(search.seconds());
  EXPECT_TRUE(search.seconds()) << "a second time";
}

TEST(ServerCpuSearchTest, AKnownServerIsLookedAtOnTheSpot) {
  ServerCpuSearch search;
  EXPECT_FALSE(search.seconds());
  const pid_t thread = ::gettid();
  search.look([&] {
    EXPECT_EQ(::gettid(), thread);
    return ServerCpu::of({::getpid()});
  });
  EXPECT_TRUE(search.begun());
  EXPECT_TRUE(search.seconds());
}

TEST(RunNotesTest, WhatWasCountedIsSaidAndNothingElse) {
  std::vector<std::string> notes;
  add_notes({}, notes);
  EXPECT_TRUE(notes.empty());
  add_notes({.lost = 1, .cut = 23, .for_nobody = 45}, notes);
  EXPECT_THAT(notes, testing::ElementsAre(testing::HasSubstr("lost 1"), testing::HasSubstr("23 datagrams and fetches"),
                                          testing::HasSubstr("45 datagrams came for no machine")));
  notes.clear();
  add_hostile_notes(10, 0, notes);
  add_hostile_notes(10, 3, notes);
  EXPECT_THAT(notes, testing::ElementsAre("the hostile actor sent 10 datagrams",
                                          "the hostile actor sent 10 datagrams; 3 could not leave this host"));
}

}  // namespace
}  // namespace rackcast::sim
