// Nothing is promised before it is on disk, and nothing is written twice.
#include "tests/core/engine/dhcp/rack.h"
#include "tests/core/engine/dhcp/rules.h"

namespace rackcast::engine::dhcp_test {
namespace {

TEST(DhcpDurability, OffersDoNotWaitAndAcksDo) {
  Rack rack;
  rack.deliver(discover(1));
  EXPECT_NE(rack.take(), nullptr);
  EXPECT_TRUE(rack.harness.router.submitted.empty());
  rack.deliver(selecting(1, ip(2)));
  EXPECT_EQ(rack.take(), nullptr);
  EXPECT_EQ(rack.engine.in_flight(), 1U);
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kOffered);
  rack.commit();
  EXPECT_EQ(rack.take()->type(), MessageType::kAck);
  EXPECT_EQ(rack.engine.in_flight(), 0U);
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kActive);
}

TEST(DhcpDurability, TheTimeTheDiskTookIsNotTakenOffTheLease) {
  Rack rack;
  rack.deliver(discover(1));
  (void)rack.take();
  rack.deliver(selecting(1, ip(2)));
  rack.pass(std::chrono::milliseconds(3));
  rack.commit();
  EXPECT_EQ(rack.take()->options.u32(OptionCode::kLeaseTime), 21'600U);
}

TEST(DhcpDurability, ARetransmissionWritesNoSecondRowAndIsAnsweredOnce) {
  Rack rack;
  rack.deliver(discover(1));
  (void)rack.take();
  rack.deliver(selecting(1, ip(2)));
  ClientMessage again = selecting(1, ip(2));
  again.header.xid = dhcp4::Xid{0xABCD};
  rack.deliver(again);
  EXPECT_EQ(rack.harness.router.submitted.size(), 1U);
  rack.commit();
  const auto ack = rack.take();
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->message.header.xid, dhcp4::Xid{0xABCD});  // the latest is what the client listens for
  EXPECT_EQ(rack.engine.stats().held_duplicates, 1U);
}

TEST(DhcpDurability, ARetransmissionIsPromisedNoMoreThanTheRowThatWaits) {
  Rack rack;
  rack.deliver(discover(1));
  (void)rack.take();
  const std::string minutes("\x00\x00\x01\x2C", 4);
  rack.deliver(selecting(1, ip(2)).with(OptionCode::kLeaseTime, minutes));
  rack.pass(seconds(1));
  rack.deliver(selecting(1, ip(2)));
  rack.commit();
  const auto ack = rack.take();
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->options.u32(OptionCode::kLeaseTime), 299U);
  EXPECT_EQ(rack.engine.leases().find(ip(2))->ends, rack.now.wall + seconds(299));
}

TEST(DhcpDurability, ARowThatCannotBeWrittenMeansNoAck) {
  Rack rack;
  rack.deliver(discover(1));
  (void)rack.take();
  rack.deliver(selecting(1, ip(2)));
  rack.commit(false);
  EXPECT_EQ(rack.take(), nullptr);
  EXPECT_EQ(rack.drops(DhcpDrop::kNotDurable), 1U);
  EXPECT_EQ(rack.engine.in_flight(), 0U);
  EXPECT_NE(rack.state(ip(2)), LeaseState::kActive);
  EXPECT_TRUE(rack.published.empty());
  EXPECT_EQ(rack.ask(selecting(1, ip(2)))->type(), MessageType::kAck);  // the disk works again
}

// A lease that is on disk still holds when its renewal cannot be written: the rest of it, and not a second more.
TEST(DhcpDurability, ARenewalThatCannotBeWrittenIsAnsweredWithWhatIsLeft) {
  Rack rack;
  EXPECT_EQ(rack.lease(1), ip(2));
  rack.pass(seconds(10'800));  // half of it
  const auto renewal = from_address(MessageType::kRequest, 1, ip(2));
  rack.deliver(renewal, by_unicast(ip(2)));
  rack.commit(false);
  auto ack = rack.take();
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->type(), MessageType::kAck);
  EXPECT_EQ(ack->options.u32(OptionCode::kLeaseTime), 10'800U);
  EXPECT_EQ(rack.engine.stats().acks_shortened, 1U);
  EXPECT_EQ(rack.engine.leases().find(ip(2))->ends, rack.now.wall + seconds(10'800));
  rack.harness.router.full = true;  // nor can it be queued
  rack.deliver(renewal, by_unicast(ip(2)));
  ack = rack.take();
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->options.u32(OptionCode::kLeaseTime), 10'800U);
  rack.harness.router.full = false;
  rack.pass(seconds(10'800 - 59));
  rack.deliver(renewal, by_unicast(ip(2)));
  rack.commit(false);
  EXPECT_EQ(rack.take(), nullptr);  // under a minute is no answer
  EXPECT_EQ(rack.drops(DhcpDrop::kNotDurable), 1U);
  rack.deliver(renewal, by_unicast(ip(2)));
  rack.commit();
  EXPECT_EQ(rack.take()->options.u32(OptionCode::kLeaseTime), 21'600U);  // the disk works again
}

TEST(DhcpDurability, WhileTheStoreFailsOnlyATrialASecondIsOffered) {
  Rack rack;
  EXPECT_EQ(rack.lease(1), ip(2));
  (void)rack.ask(discover(2));
  rack.deliver(selecting(2, ip(3)));
  rack.commit(false);
  EXPECT_NE(rack.ask(discover(1)), nullptr);  // it has a lease on disk
  EXPECT_NE(rack.ask(discover(3)), nullptr);  // the trial
  EXPECT_EQ(rack.ask(discover(4)), nullptr);
  EXPECT_EQ(rack.drops(DhcpDrop::kNotDurable), 2U);
  rack.pass(seconds(1));
  EXPECT_NE(rack.ask(discover(4)), nullptr);
  EXPECT_EQ(rack.ask(discover(5)), nullptr);
  EXPECT_NE(rack.ask(selecting(4, ip(5))), nullptr);  // and it could be written
  EXPECT_NE(rack.ask(discover(5)), nullptr);
}

TEST(DhcpDurability, AStoreThatSaysItWorksAgainIsBelieved) {
  Rack rack;
  rack.deliver(selecting(1, ip(2)));
  rack.commit(false);
  EXPECT_NE(rack.ask(discover(3)), nullptr);  // the trial, which does not come back
  EXPECT_EQ(rack.ask(discover(4)), nullptr);
  rack.complete(LeaseStoreRecovered{});
  for (unsigned n = 4; n < 8; ++n) EXPECT_NE(rack.ask(discover(n)), nullptr) << n;
}

TEST(DhcpDurability, ARequestThatWasDroppedForNewerOnesIsNoFailureOfTheDisk) {
  Rack rack;
  (void)rack.ask(discover(1));
  rack.deliver(selecting(1, ip(2)));
  const auto ticket = std::get<CommitLease>(rack.harness.router.submitted.at(0)).ticket;
  rack.harness.router.submitted.clear();
  rack.complete(LeaseCommitted{ticket, false, true});
  EXPECT_EQ(rack.drops(DhcpDrop::kStoreQueueFull), 1U);
  for (unsigned n = 2; n < 5; ++n) EXPECT_NE(rack.ask(discover(n)), nullptr);
}

TEST(DhcpDurability, AnAckThatChangesNothingIsGivenFromTheRowWithTheTimeThatIsLeft) {
  Rack rack;
  EXPECT_EQ(rack.lease(1), ip(2));
  const std::size_t rows = rack.rows.size();
  rack.pass(seconds(1'000));
  rack.deliver(selecting(1, ip(2)));
  const auto ack = rack.take();  // without a commit
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->type(), MessageType::kAck);
  EXPECT_EQ(ack->options.u32(OptionCode::kLeaseTime), 20'600U);
  rack.pass(seconds(4'300));  // 5 300 of 21 600 gone: just above three quarters left
  rack.deliver(init_reboot(1, ip(2)));
  EXPECT_NE(rack.take(), nullptr);
  EXPECT_EQ(rack.engine.stats().acks_unwritten, 2U);
  rack.pass(seconds(100));  // exactly three quarters left
  rack.deliver(init_reboot(1, ip(2)));
  EXPECT_EQ(rack.take(), nullptr);
  rack.commit();
  EXPECT_EQ(rack.take()->options.u32(OptionCode::kLeaseTime), 21'600U);
  EXPECT_EQ(rack.rows.size(), rows + 1);
}

// Configured times of renewal and rebinding are of a whole lease. Late in it, or when the client wants a short one,
// they would lie behind its end.
TEST(DhcpDurability, ConfiguredTimesOfRenewalFitTheLeaseThatIsGiven) {
  Config config = rack_config();
  RuleText text(*config.dhcp);
  config.dhcp->rules =
      text.rules("option dhcp-renewal-time 10000; option dhcp-rebinding-time 20000; dhcp-cache-threshold 80;");
  Rack rack(config);
  const auto times = [](const std::unique_ptr<Answer>& answer) {
    return std::vector{answer->options.u32(OptionCode::kLeaseTime), answer->options.u32(OptionCode::kRenewalTime),
                       answer->options.u32(OptionCode::kRebindingTime)};
  };
  using Times = std::vector<std::optional<std::uint32_t>>;
  EXPECT_EQ(times(rack.ask(discover(1))), (Times{21'600, 10'000, 20'000})) << "as they are";
  EXPECT_EQ(times(rack.ask(selecting(1, ip(2)))), (Times{21'600, 10'000, 20'000}));
  rack.pass(seconds(5'600));
  EXPECT_EQ(times(rack.ask(selecting(1, ip(2)))), (Times{16'000, 10'000, 14'000})) << "the rebinding alone is too late";
  rack.pass(seconds(8'000));
  EXPECT_EQ(times(rack.ask(selecting(1, ip(2)))), (Times{8'000, 4'000, 7'000}));
  EXPECT_EQ(rack.engine.stats().acks_unwritten, 2U);
  const std::string ten_minutes("\0\0\x02\x58", 4);
  EXPECT_EQ(times(rack.ask(discover(2).with(OptionCode::kLeaseTime, ten_minutes))), (Times{600, 300, 525}));
}

TEST(DhcpDurability, AnotherClientIdentifierOrNameIsWritten) {
  Rack rack;
  EXPECT_EQ(rack.lease(1), ip(2));
  rack.deliver(selecting(1, ip(2)).with(OptionCode::kClientIdentifier, "\x01zzzzzz"));
  EXPECT_EQ(rack.take(), nullptr);
  rack.commit();
  EXPECT_NE(rack.take(), nullptr);
  EXPECT_EQ(rack.rows.back().client_identifier.view(), "\x01zzzzzz");
  rack.deliver(
      selecting(1, ip(2)).with(OptionCode::kClientIdentifier, "\x01zzzzzz").with(OptionCode::kHostName, "node1"));
  EXPECT_EQ(rack.take(), nullptr);
  rack.commit();
  EXPECT_EQ(rack.rows.back().hostname.view(), "node1");
}

TEST(DhcpDurability, LeasesFromTheStoreAreHonoured) {
  Lease lease;
  lease.address = ip(33);
  lease.mac = mac(1);
  lease.state = LeaseState::kActive;
  lease.starts = Rack().now.wall - seconds(10);
  lease.ends = lease.starts + hours(6);
  Rack rack(rack_config(), {}, {lease});
  EXPECT_EQ(rack.ask(discover(1))->yiaddr(), ip(33));
  rack.deliver(init_reboot(1, ip(33)));
  EXPECT_NE(rack.take(), nullptr);  // the row is on disk already
  EXPECT_EQ(rack.ask(discover(2).with(OptionCode::kRequestedAddress, ip(33)))->yiaddr(), ip(2));
}

TEST(DhcpDurability, TwoRowsOfAMachineTheLaterIsInForce) {
  Lease first;
  first.address = ip(33);
  first.mac = mac(1);
  first.state = LeaseState::kActive;
  first.starts = Rack().now.wall - seconds(100);
  first.ends = first.starts + hours(6);
  Lease second = first;
  second.address = ip(44);
  second.starts += seconds(50);
  Rack rack(rack_config(), {}, {second, first});
  EXPECT_EQ(rack.state(ip(44)), LeaseState::kActive);
  EXPECT_EQ(rack.state(ip(33)), LeaseState::kReleased);
}

TEST(DhcpDurability, AFullQueueDropsTheRequest) {
  Rack rack;
  rack.deliver(discover(1));
  (void)rack.take();
  rack.harness.router.full = true;
  rack.deliver(selecting(1, ip(2)));
  EXPECT_EQ(rack.drops(DhcpDrop::kStoreQueueFull), 1U);
  EXPECT_EQ(rack.engine.in_flight(), 0U);
  rack.harness.router.full = false;
  EXPECT_EQ(rack.ask(selecting(1, ip(2)))->type(), MessageType::kAck);
}

TEST(DhcpDurability, HeldAcksAreBoundedInNumberAndTime) {
  DhcpLimits limits;
  limits.held_replies_max = 1;
  Rack rack(rack_config(), limits);
  for (unsigned n = 1; n <= 2; ++n) {
    rack.deliver(discover(n));
    const auto offer = rack.take();
    rack.deliver(selecting(n, offer->yiaddr()));
  }
  EXPECT_EQ(rack.drops(DhcpDrop::kHeldFull), 1U);
  EXPECT_LE(rack.engine.next_deadline(), rack.now.monotonic + limits.held_time_max);
  rack.pass(seconds(10));
  EXPECT_EQ(rack.drops(DhcpDrop::kStoreTooSlow), 1U);
  EXPECT_EQ(rack.engine.in_flight(), 0U);
  rack.commit();  // far too late
  EXPECT_EQ(rack.take(), nullptr);
}

TEST(DhcpDurability, AReleaseWhileTheAckWaitsWinsOverIt) {
  Rack rack;
  EXPECT_EQ(rack.lease(1), ip(2));
  rack.pass(hours(3));
  rack.deliver(from_address(MessageType::kRequest, 1, ip(2)), by_unicast(ip(2)));
  rack.deliver(from_address(MessageType::kRelease, 1, ip(2)), by_unicast(ip(2)));
  rack.commit();
  EXPECT_EQ(rack.take(), nullptr);
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kReleased);
  EXPECT_EQ(rack.rows.back().state, LeaseState::kReleased);  // and so it stands on disk
}

TEST(DhcpDurability, WithoutASlotTheLeaseStandsAndTheNextRequestIsAnswered) {
  Rack rack;
  rack.deliver(discover(1));
  (void)rack.take();
  rack.deliver(selecting(1, ip(2)));
  std::vector<TxSlot*> taken;
  while (TxSlot* slot = rack.harness.io.reserve()) taken.push_back(slot);
  rack.commit();
  EXPECT_EQ(rack.drops(DhcpDrop::kNoSlot), 1U);
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kActive);
  for (TxSlot* slot : taken) rack.harness.io.cancel(slot);
  rack.deliver(selecting(1, ip(2)));
  EXPECT_EQ(rack.take()->type(), MessageType::kAck);
}

TEST(DhcpDurability, AStopFinishesWhatWaitsAndTakesNothingNew) {
  Rack rack;
  rack.deliver(discover(1));
  (void)rack.take();
  rack.deliver(selecting(1, ip(2)));
  rack.complete(StopLane{});
  rack.deliver(discover(2));
  EXPECT_EQ(rack.take(), nullptr);
  EXPECT_EQ(rack.drops(DhcpDrop::kStopping), 1U);
  rack.commit();
  EXPECT_EQ(rack.take()->type(), MessageType::kAck);
  EXPECT_EQ(rack.engine.in_flight(), 0U);
}

TEST(DhcpDurability, OtherEnginesTicketsAreLeftAlone) {
  Rack rack;
  rack.deliver(discover(1));
  (void)rack.take();
  rack.deliver(selecting(1, ip(2)));
  rack.complete(LeaseCommitted{make_ticket(EngineTag::kTftp, 1), true});
  rack.complete(LeaseCommitted{make_ticket(EngineTag::kDhcp, 0), false});
  EXPECT_EQ(rack.take(), nullptr);
  EXPECT_EQ(rack.engine.in_flight(), 1U);
}

}  // namespace
}  // namespace rackcast::engine::dhcp_test
