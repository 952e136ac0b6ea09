// Admission as machines see it: who starts, who waits, who hears nothing.
#include "tests/core/engine/tftp/tftp_engine_fixture.h"

namespace rackcast::engine {
namespace {

using namespace std::chrono_literals;
using testing::bytes_of;
using testing::random_bytes;

class TftpTurns : public TftpEngineTest {
 protected:
  void limit(AdmissionConfig admission) {
    TftpConfig tftp;
    tftp.admission = std::move(admission);
    build(std::move(tftp), {.transfers_max = 64, .cache_paths = 64});
    open(file(random_bytes(3'000, 1)), {}, peer(200));  // the file is known; this one's instance runs
    (void)sent();
  }
  // Every block of `from`'s transfer, as far as it is answered.
  void read_all(const net::Endpoint& from) {
    for (std::uint16_t block = 1; block <= 6; ++block) {
      ack(block, from);
      if (sent_text().empty()) return;
    }
  }
};

TEST_F(TftpTurns, InstancesBeyondTheLimitWaitInOrderAndStartWhenOneEnds) {
  limit({.instances = 1});
  const SocketId first = tid;
  rrq("file", {}, peer(1));
  rrq("file", {}, peer(2));
  EXPECT_EQ(sent_text(), "");
  EXPECT_EQ(count(Counter::kTurnsWaited), 2U);
  tid = first;
  read_all(peer(200));
  pass(0ms);
  auto started = sent();
  ASSERT_EQ(started.size(), 1U);
  EXPECT_EQ(started[0].to.peer, peer(1));
  read_all(peer(1));
  pass(0ms);
  started = sent();
  ASSERT_EQ(started.size(), 1U);
  EXPECT_EQ(started[0].to.peer, peer(2));
}

TEST_F(TftpTurns, OneSourceAtItsLimitHoldsUpNobodyElse) {
  limit({.per_source = 1});
  rrq("file", {}, peer(1, 2'000));
  EXPECT_EQ(sent_text(), "D1");
  const SocketId first = tid;
  rrq("file", {}, peer(1, 2'001));
  EXPECT_EQ(sent_text(), "");
  rrq("file", {}, peer(2));
  EXPECT_EQ(sent_text(), "D1");
  pass_in_steps(1s);
  (void)sent();
  tid = first;
  read_all(peer(1, 2'000));
  pass(0ms);
  EXPECT_EQ(sent().back().to.peer, peer(1, 2'001));
}

TEST_F(TftpTurns, ConnectionsBeyondTheRateStartASecondLater) {
  limit({.cps = Cps{2, 10}});
  rrq("file", {}, peer(1));
  EXPECT_EQ(sent_text(), "D1");
  rrq("file", {}, peer(2));
  rrq("file", {}, peer(3));
  rrq("file", {}, peer(4));
  EXPECT_EQ(sent_text(), "");
  pass(1s);
  std::vector<net::Endpoint> started;
  for (const auto& one : sent())
    if (one.to.peer != peer(1) && one.to.peer != peer(200)) started.push_back(one.to.peer);
  EXPECT_EQ(started, (std::vector{peer(2), peer(3)}));
  // A machine that is in the middle of its boot goes on: its next file is no connection.
  rrq("file", {}, peer(1, 2'071));
  EXPECT_EQ(sent_text(), "D1");
}

TEST_F(TftpTurns, TenNamesThatAreNotThereTripNothing) {
  limit({.cps = Cps{1, 10}, .policy = AdmissionPolicy::kXinetd});
  pass(20s);
  (void)sent();
  rrq("pxelinux.cfg/nothing", {}, peer(1));
  loaded(nullptr, ImageStatus::kNotFound);
  for (int i = 0; i < 500; ++i) rrq("pxelinux.cfg/nothing", {}, peer(static_cast<std::uint8_t>(i % 100)));
  (void)sent();
  rrq("file", {}, peer(1));
  loaded(file(bytes_of("x")));
  EXPECT_EQ(sent_text(), "D1");
}

TEST_F(TftpTurns, ASizeProbeIsNeitherInstanceNorConnection) {
  limit({.instances = 2, .cps = Cps{2, 10}, .policy = AdmissionPolicy::kXinetd});
  for (std::uint16_t port = 2'000; port < 2'010; ++port) {
    rrq("file", {.tsize = 0}, peer(1, port));
    EXPECT_EQ(sent_text(), "O");
    error(tftp::ErrorCode::kOptionRefused, "User aborted the transfer", peer(1, port));
  }
  rrq("file", {}, peer(1, 2'010));
  EXPECT_EQ(sent_text(), "D1");
  EXPECT_EQ(engine->admission().undone, 10U);
}

TEST_F(TftpTurns, UnderXinetdsRulesARefusalIsSilentAndTold) {
  limit({.per_source = 1, .policy = AdmissionPolicy::kXinetd});
  rrq("file", {}, peer(1, 2'000));
  EXPECT_EQ(sent_text(), "D1");
  harness.events.events.clear();
  rrq("file", {}, peer(1, 2'001));
  EXPECT_EQ(sent_text(), "");
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events()[0].kind, EventKind::kRefused);
  EXPECT_EQ(events()[0].detail.view(), "per_source_limit");
  EXPECT_FALSE(events()[0].quiet);
  EXPECT_EQ(engine->in_flight(), 2U);
}

TEST_F(TftpTurns, WhoIsKeptOutHearsNothingWhateverItAsksFor) {
  limit({.only_from = std::vector{*net::IpPrefix::parse("10.0.0.200"), *net::IpPrefix::parse("10.0.0.1")},
         .log_on_failure = false});
  rrq("file", {}, peer(2));
  rrq("no such file", {}, peer(2));
  EXPECT_EQ(sent_text(), "");
  EXPECT_TRUE(harness.router.submitted.empty()) << "a stranger makes nobody look on the disk";
  EXPECT_TRUE(events().back().quiet);
  rrq("file", {}, peer(1));
  EXPECT_EQ(sent_text(), "D1");
}

TEST_F(TftpTurns, WhoGoesAwayBeforeItsTurnIsForgotten) {
  limit({.instances = 1});
  rrq("file", {}, peer(1));
  pass_in_steps(8s);
  rrq("file", {}, peer(1));  // still there
  pass_in_steps(8s);
  EXPECT_EQ(count(Counter::kTurnsGivenUp), 0U);
  pass_in_steps(8s);
  EXPECT_EQ(count(Counter::kTurnsGivenUp), 1U);
}

}  // namespace
}  // namespace rackcast::engine
