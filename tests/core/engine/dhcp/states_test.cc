// The rows of protocols reference §1.3: what each REQUEST state, DECLINE, RELEASE and INFORM gets.
#include "tests/core/engine/dhcp/rack.h"

#include <gmock/gmock.h>

namespace rackcast::engine::dhcp_test {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr auto kRequest = MessageType::kRequest;

void expect_nak(const Answer* answer, const std::string& message) {
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(answer->type(), MessageType::kNak);
  EXPECT_EQ(answer->text(OptionCode::kMessageText), message);
  EXPECT_TRUE(answer->yiaddr().is_any());
  EXPECT_TRUE(answer->message.header.siaddr.is_any());
  EXPECT_TRUE(answer->message.header.ciaddr.is_any());
  EXPECT_EQ(answer->text(OptionCode::kLeaseTime), "(absent)");
}

// --- SELECTING
TEST(DhcpSelecting, AnotherServersClientIsLeftAloneAndOurOfferWithdrawn) {
  Config config = rack_config();
  config.dhcp->subnets[0].ranges = {{ip(2), ip(2)}};
  Rack rack(config);
  (void)rack.ask(discover(1));
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kOffered);
  EXPECT_EQ(rack.ask(selecting(1, ip(200), kElsewhere)), nullptr);
  EXPECT_EQ(rack.drops(DhcpDrop::kOtherServer), 1U);
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kFree);
  EXPECT_EQ(rack.ask(discover(2))->yiaddr(), ip(2));
}

TEST(DhcpSelecting, AnAddressLeasedToAnotherIsRefused) {
  Rack rack;
  EXPECT_EQ(rack.lease(1), ip(2));
  expect_nak(rack.ask(selecting(2, ip(2))).get(), "requested address not available");
}

TEST(DhcpSelecting, AnAddressOfAnotherNetworkIsRefused) {
  Rack rack;
  expect_nak(rack.ask(selecting(1, {172, 31, 0, 9})).get(), "requested address on bad subnet");
}

TEST(DhcpSelecting, AnotherAddressThanTheOfferedOneIsRefused) {
  Rack rack;
  (void)rack.ask(discover(1));
  expect_nak(rack.ask(selecting(1, ip(99))).get(), "requested address is incorrect");
}

TEST(DhcpSelecting, AnOfferFromBeforeARestartIsStillGood) {
  Rack rack;  // it knows nothing of the offer
  const auto ack = rack.ask(selecting(1, ip(40)));
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->type(), MessageType::kAck);
  EXPECT_EQ(ack->yiaddr(), ip(40));
}

TEST(DhcpSelecting, WithoutAnyAddressNothingIsSaid) {
  Rack rack;
  EXPECT_EQ(rack.ask(ClientMessage(kRequest, 1).with(OptionCode::kServerIdentifier, kServer)), nullptr);
  EXPECT_EQ(rack.drops(DhcpDrop::kNoAddress), 1U);
}

// --- INIT-REBOOT
TEST(DhcpInitReboot, AKnownMachineGetsItsAddressBack) {
  Rack rack;
  EXPECT_EQ(rack.lease(1), ip(2));
  const auto ack = rack.ask(init_reboot(1, ip(2)));
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->type(), MessageType::kAck);
  EXPECT_EQ(ack->yiaddr(), ip(2));
  EXPECT_EQ(ack->to.hardware, mac(1));
}

TEST(DhcpInitReboot, AKnownMachineWhoseLeaseEndedGetsItBackWhileFree) {
  Rack rack;
  EXPECT_EQ(rack.lease(1), ip(2));
  rack.pass(hours(10));
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kExpired);
  EXPECT_EQ(rack.ask(init_reboot(1, ip(2)))->type(), MessageType::kAck);
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kActive);
}

TEST(DhcpInitReboot, AStrangerOnTheRightNetworkMeetsSilence) {
  Rack rack;
  EXPECT_EQ(rack.ask(init_reboot(1, ip(50))), nullptr);
  EXPECT_EQ(rack.ask(init_reboot(1, ip(254))), nullptr);  // outside the range
  EXPECT_EQ(rack.drops(DhcpDrop::kUnknownLease), 2U);
  EXPECT_THAT(rack.take_events(), SizeIs(2));
}

TEST(DhcpInitReboot, AnOfferNeverTakenMakesNobodyKnown) {
  Rack rack;
  (void)rack.ask(discover(1));
  rack.pass(seconds(130));
  EXPECT_EQ(rack.ask(init_reboot(1, ip(2))), nullptr);
}

TEST(DhcpInitReboot, TheWrongNetworkIsRefusedByBroadcast) {
  Rack rack;
  const auto nak = rack.ask(init_reboot(1, {10, 99, 0, 5}));
  expect_nak(nak.get(), "requested address on bad subnet");
  EXPECT_EQ(nak->to.peer, (net::Endpoint{net::Ipv4Address::broadcast(), dhcp4::kClientPort}));
  EXPECT_FALSE(nak->to.hardware);
  EXPECT_THAT(nak->order(), ElementsAre(53, 54, 56));
}

TEST(DhcpInitReboot, AnAddressLeasedToAnotherIsRefused) {
  Rack rack;
  EXPECT_EQ(rack.lease(1), ip(2));
  expect_nak(rack.ask(init_reboot(2, ip(2))).get(), "requested address not available");
}

TEST(DhcpInitReboot, AKnownMachineWithAnotherAddressIsRefused) {
  Rack rack;
  EXPECT_EQ(rack.lease(1), ip(2));
  expect_nak(rack.ask(init_reboot(1, ip(60))).get(), "requested address is incorrect");
}

// --- RENEWING and REBINDING
TEST(DhcpRenewing, IsAnsweredAtItsAddress) {
  Rack rack;
  EXPECT_EQ(rack.lease(1), ip(2));
  rack.pass(hours(3));
  const auto ack = rack.ask(from_address(kRequest, 1, ip(2)), by_unicast(ip(2)));
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->type(), MessageType::kAck);
  EXPECT_EQ(ack->message.header.ciaddr, ip(2));
  EXPECT_EQ(ack->to.peer, (net::Endpoint{ip(2), dhcp4::kClientPort}));
  EXPECT_EQ(ack->to.interface, InterfaceIndex{});  // by ordinary routing
  EXPECT_FALSE(ack->to.hardware);
  EXPECT_EQ(ack->options.u32(OptionCode::kLeaseTime), 21'600U);
  EXPECT_EQ(rack.engine.leases().find(ip(2))->ends, rack.now.wall + seconds(21'600));
}

TEST(DhcpRenewing, FromBehindARelayTheAddressTellsTheNetwork) {
  Rack rack;
  Lease lease;
  lease.address = {172, 16, 5, 100};
  lease.mac = mac(1);
  lease.state = LeaseState::kActive;
  lease.starts = rack.now.wall - hours(6);
  lease.ends = rack.now.wall + hours(6);
  Rack restarted(rack_config(), {}, {lease});
  const auto ack = restarted.ask(from_address(kRequest, 1, {172, 16, 5, 100}), by_unicast({172, 16, 5, 100}));
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->type(), MessageType::kAck);
  EXPECT_EQ(ack->to.peer.address, net::IpAddress(net::Ipv4Address(172, 16, 5, 100)));
}

TEST(DhcpRenewing, AnotherMachinesAddressIsRefused) {
  Rack rack;
  EXPECT_EQ(rack.lease(1), ip(2));
  expect_nak(rack.ask(from_address(kRequest, 2, ip(2)), by_unicast(ip(2))).get(), "requested address not available");
}

TEST(DhcpRenewing, AFreeAddressOfOursIsGrantedAfterTheLeaseFileWasLost) {
  Rack rack;
  EXPECT_EQ(rack.ask(from_address(kRequest, 1, ip(50)), by_unicast(ip(50)))->type(), MessageType::kAck);
  EXPECT_EQ(rack.state(ip(50)), LeaseState::kActive);
}

TEST(DhcpRenewing, AnAddressOutsideEveryRangeIsRefused) {
  Rack rack;
  expect_nak(rack.ask(from_address(kRequest, 1, ip(254)), by_unicast(ip(254))).get(),
             "requested address not available");
}

TEST(DhcpRebinding, IsAcknowledgedWhenMineAndValid) {
  Rack rack;
  EXPECT_EQ(rack.lease(1), ip(2));
  rack.pass(hours(5));
  const auto ack = rack.ask(from_address(kRequest, 1, ip(2)), {.peer = {ip(2), dhcp4::kClientPort}});
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->type(), MessageType::kAck);
  EXPECT_EQ(ack->to.peer.address, net::IpAddress(ip(2)));
}

TEST(DhcpRebinding, WithAnAddressOfAnotherNetworkIsRefused) {
  Rack rack;
  const auto nak = rack.ask(from_address(kRequest, 1, {10, 0, 0, 12}));
  expect_nak(nak.get(), "requested address on bad subnet");
  EXPECT_EQ(nak->to.peer.address, net::IpAddress(net::Ipv4Address::broadcast()));
}

TEST(DhcpRebinding, AnUnknownAddressOutsideOurRangesIsNotOursToJudge) {
  Rack rack;
  EXPECT_EQ(rack.ask(from_address(kRequest, 1, ip(254))), nullptr);
  EXPECT_EQ(rack.drops(DhcpDrop::kUnknownLease), 1U);
}

// --- DECLINE, RELEASE, INFORM
TEST(DhcpDecline, PutsTheAddressToRestAndIsNotAnswered) {
  Rack rack;
  EXPECT_EQ(rack.lease(1), ip(2));
  (void)rack.take_events();
  EXPECT_EQ(rack.ask(ClientMessage(MessageType::kDecline, 1)
                         .with(OptionCode::kServerIdentifier, kServer)
                         .with(OptionCode::kRequestedAddress, ip(2))),
            nullptr);
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kAbandoned);
  EXPECT_EQ(rack.rows.back().state, LeaseState::kAbandoned);
  const auto events = rack.take_events();
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events[0].detail.view(), "abandoned");
  EXPECT_EQ(events[1].kind, EventKind::kWarning);
  EXPECT_EQ(events[1].detail.view(), "Abandoning IP address 192.168.1.2: declined.");
  EXPECT_EQ(rack.ask(discover(1))->yiaddr(), ip(3));
}

TEST(DhcpDecline, UnderPressureTheAddressIsReclaimedAndTheLogSaysSo) {
  Config config = rack_config();
  config.dhcp->subnets[0].ranges = {{ip(2), ip(3)}};
  Rack rack(config);
  EXPECT_EQ(rack.lease(1), ip(2));
  EXPECT_EQ(rack.ask(ClientMessage(MessageType::kDecline, 1).with(OptionCode::kRequestedAddress, ip(2))), nullptr);
  EXPECT_EQ(rack.lease(2), ip(3));  // while there is another
  (void)rack.take_events();
  const auto offer = rack.ask(discover(3));
  ASSERT_NE(offer, nullptr);
  EXPECT_EQ(offer->yiaddr(), ip(2));
  const auto events = rack.take_events();
  ASSERT_THAT(events, SizeIs(3));
  EXPECT_EQ(events[0].kind, EventKind::kWarning);
  EXPECT_EQ(events[0].detail.view(), "Reclaiming abandoned lease 192.168.1.2.");
  EXPECT_EQ(events[2].kind, EventKind::kDhcpOffer);
  EXPECT_EQ(rack.engine.leases().stats().reclaimed, 1U);
  EXPECT_EQ(rack.ask(selecting(3, ip(2)))->type(), MessageType::kAck);
  EXPECT_EQ(rack.rows.back().state, LeaseState::kActive);
  EXPECT_EQ(rack.ask(discover(4)), nullptr);
  EXPECT_EQ(rack.drops(DhcpDrop::kPoolExhausted), 1U);
}

TEST(DhcpDecline, OfAnothersAddressDoesNothing) {
  Rack rack;
  EXPECT_EQ(rack.lease(1), ip(2));
  EXPECT_EQ(rack.ask(ClientMessage(MessageType::kDecline, 2).with(OptionCode::kRequestedAddress, ip(2))), nullptr);
  EXPECT_EQ(rack.ask(ClientMessage(MessageType::kDecline, 1)
                         .with(OptionCode::kServerIdentifier, kElsewhere)
                         .with(OptionCode::kRequestedAddress, ip(2))),
            nullptr);
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kActive);
  EXPECT_EQ(rack.drops(DhcpDrop::kNotItsLease), 1U);
  EXPECT_EQ(rack.drops(DhcpDrop::kOtherServer), 1U);
}

TEST(DhcpRelease, FreesTheLeaseAndRemembersIt) {
  Rack rack;
  EXPECT_EQ(rack.lease(1), ip(2));
  (void)rack.take_events();
  EXPECT_EQ(rack.ask(from_address(MessageType::kRelease, 1, ip(2)), by_unicast(ip(2))), nullptr);
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kReleased);
  EXPECT_EQ(rack.rows.back().state, LeaseState::kReleased);
  EXPECT_EQ(rack.take_events().at(0).detail.view(), "found");
  EXPECT_TRUE(rack.published.back().address.is_any());
  EXPECT_EQ(rack.ask(discover(1))->yiaddr(), ip(2));
}

TEST(DhcpRelease, NeedsTheRightMachineAndAddress) {
  Rack rack;
  EXPECT_EQ(rack.lease(1), ip(2));
  EXPECT_EQ(rack.ask(from_address(MessageType::kRelease, 2, ip(2)), by_unicast(ip(2))), nullptr);
  EXPECT_EQ(rack.ask(from_address(MessageType::kRelease, 1, ip(3)), by_unicast(ip(3))), nullptr);
  EXPECT_EQ(rack.ask(ClientMessage(MessageType::kRelease, 1), by_unicast(ip(2))), nullptr);  // no ciaddr
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kActive);
}

TEST(DhcpInform, GetsOptionsAndNoLease) {
  Rack rack;
  const auto ack = rack.ask(from_address(MessageType::kInform, 1, ip(254)), by_unicast(ip(254)));
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->type(), MessageType::kAck);
  EXPECT_TRUE(ack->yiaddr().is_any());
  EXPECT_EQ(ack->message.header.ciaddr, ip(254));
  EXPECT_EQ(ack->text(OptionCode::kLeaseTime), "(absent)");
  EXPECT_EQ(ack->options.address(OptionCode::kRouters), ip(254));
  EXPECT_EQ(ack->to.peer, (net::Endpoint{ip(254), dhcp4::kClientPort}));
  EXPECT_EQ(rack.engine.leases().size(), 0U);
  const auto events = rack.take_events();
  EXPECT_EQ(events.at(0).kind, EventKind::kDhcpInform);
  EXPECT_EQ(events.at(1).kind, EventKind::kDhcpInformAck);
}

TEST(DhcpInform, FromAnUnknownNetworkMeetsSilence) {
  Rack rack;
  EXPECT_EQ(rack.ask(from_address(MessageType::kInform, 1, {9, 9, 9, 9}), by_unicast({9, 9, 9, 9})), nullptr);
  EXPECT_EQ(rack.drops(DhcpDrop::kNoSubnet), 1U);
}

// --- What is no client's message
TEST(DhcpGarbage, IsCountedAndSilent) {
  Rack rack;
  EXPECT_EQ(rack.ask(dhcp4::Octets(10)), nullptr);
  EXPECT_EQ(rack.ask(dhcp4::Octets(300)), nullptr);
  EXPECT_EQ(rack.ask(ClientMessage(MessageType::kOffer, 1)), nullptr);
  EXPECT_EQ(rack.ask(ClientMessage(MessageType{77}, 1)), nullptr);
  ClientMessage no_mac(MessageType::kDiscover, 1);
  no_mac.header.set_mac({});
  EXPECT_EQ(rack.ask(no_mac), nullptr);
  ClientMessage reply(MessageType::kDiscover, 1);
  reply.header.op = dhcp4::Op::kReply;
  EXPECT_EQ(rack.ask(reply), nullptr);
  EXPECT_EQ(rack.drops(DhcpDrop::kTooShort), 1U);
  EXPECT_EQ(rack.drops(DhcpDrop::kBadHeader), 2U);
  EXPECT_EQ(rack.drops(DhcpDrop::kNotForServers), 2U);
  EXPECT_EQ(rack.drops(DhcpDrop::kNoMac), 1U);
  EXPECT_THAT(rack.take_events(), SizeIs(0));
}

TEST(DhcpGarbage, AForgedAddressInADiscoverAimsTheOfferAtNobody) {
  Rack rack;
  const auto offer = rack.ask(from_address(MessageType::kDiscover, 1, {8, 8, 8, 8}));
  ASSERT_NE(offer, nullptr);
  EXPECT_EQ(offer->to.hardware, mac(1));
  EXPECT_EQ(offer->to.peer.address, net::IpAddress(ip(2)));
}

TEST(DhcpGarbage, AnUnknownSocketIsCounted) {
  Rack rack;
  ReceivedDatagram datagram;
  datagram.socket = SocketId{9};
  const auto octets = discover(1).octets();
  datagram.payload = octets;
  rack.engine.on_datagram(rack.now, datagram, rack.harness.sink);
  EXPECT_EQ(rack.drops(DhcpDrop::kUnknownInterface), 1U);
}

}  // namespace
}  // namespace rackcast::engine::dhcp_test
