// Requests that came through a relay agent (RFC 3046, RFC 3527, RFC 3011, RFC 5107, RFC 8357).
#include "tests/core/engine/dhcp/rack.h"

#include <gmock/gmock.h>

namespace rackcast::engine::dhcp_test {
namespace {

const Arrival kByRelay{0, kServer, {kRelay, dhcp4::kServerPort}};

ClientMessage relayed(ClientMessage message, net::Ipv4Address giaddr = kRelay) {
  message.header.giaddr = giaddr;
  message.header.hops = 1;
  return message;
}

std::string sub_option(char code, net::Ipv4Address address) {
  std::string item{code, 4};
  for (unsigned i = 0; i < 4; ++i) item.push_back(static_cast<char>(address.octet(i)));
  return item;
}

TEST(DhcpRelay, TheRelaysAddressPicksTheSubnetAndTakesTheAnswer) {
  Rack rack;
  const auto offer = rack.ask(relayed(discover(1)), kByRelay);
  ASSERT_NE(offer, nullptr);
  EXPECT_EQ(offer->yiaddr(), net::Ipv4Address(172, 16, 5, 100));
  EXPECT_EQ(offer->to.peer, (net::Endpoint{kRelay, dhcp4::kServerPort}));
  EXPECT_EQ(offer->to.interface, InterfaceIndex{});
  EXPECT_FALSE(offer->to.hardware);
  EXPECT_EQ(offer->message.header.giaddr, kRelay);
  EXPECT_EQ(offer->options.server_identifier(), kServer);
  EXPECT_EQ(offer->options.address(OptionCode::kSubnetMask), net::Ipv4Address(255, 255, 255, 0));
  const auto ack = rack.ask(relayed(selecting(1, offer->yiaddr())), kByRelay);
  EXPECT_EQ(ack->type(), MessageType::kAck);
  EXPECT_EQ(ack->to.peer, (net::Endpoint{kRelay, dhcp4::kServerPort}));
  EXPECT_EQ(rack.take_events().back().relay, kRelay);
}

TEST(DhcpRelay, RelayInformationComesBackUnchangedAndLast) {
  Rack rack;
  const std::string info(
      "\x01\x03"
      "e/1\x02\x02\xAB\x00",
      9);
  const auto offer = rack.ask(
      relayed(discover(1)).with(OptionCode::kClientIdentifier, "\x01zzzzzz").with(OptionCode::kRelayAgentInfo, info),
      kByRelay);
  ASSERT_NE(offer, nullptr);
  EXPECT_EQ(offer->text(OptionCode::kRelayAgentInfo), info);
  EXPECT_EQ(offer->order().back(), 82U);
}

TEST(DhcpRelay, ASnoopingSwitchsInformationIsReturnedToo) {
  Rack rack;
  const auto offer = rack.ask(discover(1).with(OptionCode::kRelayAgentInfo, std::string("\x01\x01x", 3)));
  EXPECT_EQ(offer->order().back(), 82U);
  EXPECT_EQ(offer->yiaddr(), ip(2));
}

TEST(DhcpRelay, InformationTooLongToReturnMeansNoAnswer) {
  Rack rack;
  EXPECT_EQ(rack.ask(relayed(discover(1)).with(OptionCode::kRelayAgentInfo, std::string(600, 'x')), kByRelay), nullptr);
  EXPECT_EQ(rack.drops(DhcpDrop::kRelayInfoTooLong), 1U);
  // Within our bound, but more than a client without option 57 takes.
  EXPECT_EQ(rack.ask(relayed(discover(1)).with(OptionCode::kRelayAgentInfo, std::string(400, 'x')), kByRelay), nullptr);
  EXPECT_EQ(rack.drops(DhcpDrop::kReplyTooLong), 1U);
  EXPECT_EQ(rack.harness.io.stats().slots_exhausted, 0U);
}

TEST(DhcpRelay, LinkSelectionBeatsSubnetSelectionBeatsTheRelaysAddress) {
  Rack rack;
  const std::string link = sub_option(5, {192, 168, 1, 0});
  const auto by_link = rack.ask(relayed(discover(1))
                                    .with(OptionCode::kSubnetSelection, net::Ipv4Address(10, 0, 0, 0))
                                    .with(OptionCode::kRelayAgentInfo, link),
                                kByRelay);
  EXPECT_EQ(by_link->yiaddr(), ip(2));
  const auto by_118 =
      rack.ask(relayed(discover(2)).with(OptionCode::kSubnetSelection, net::Ipv4Address(10, 0, 0, 0)), kByRelay);
  EXPECT_EQ(by_118->yiaddr(), net::Ipv4Address(10, 0, 0, 10));
  EXPECT_EQ(by_118->to.peer.address, net::IpAddress(kRelay));
}

TEST(DhcpRelay, TheRelayMayReplaceTheServerIdentifier) {
  Rack rack;
  const std::string override_id = sub_option(11, kRelay);
  const auto offer = rack.ask(relayed(discover(1)).with(OptionCode::kRelayAgentInfo, override_id), kByRelay);
  EXPECT_EQ(offer->options.server_identifier(), kRelay);
  EXPECT_EQ(offer->to.source, net::IpAddress(kServer));
  const auto ack =
      rack.ask(relayed(selecting(1, offer->yiaddr(), kRelay)).with(OptionCode::kRelayAgentInfo, override_id), kByRelay);
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->type(), MessageType::kAck);
  EXPECT_EQ(ack->options.server_identifier(), kRelay);
}

// RFC 5010: with the server identifier replaced, renewals too come through the relay, which says how it got them. An
// address that is in no range is refused to who renews, and may be another server's to who asks everybody.
TEST(DhcpRelay, TheRelaySaysWhetherARequestWasSentToItAlone) {
  const net::Ipv4Address outside(172, 16, 5, 10);
  const auto ask = [&](const std::string& flags) {
    Rack rack;
    const auto answer = rack.ask(
        relayed(from_address(MessageType::kRequest, 1, outside)).with(OptionCode::kRelayAgentInfo, flags), kByRelay);
    return answer == nullptr ? std::nullopt : answer->type();
  };
  EXPECT_EQ(ask(std::string("\x0a\x01\x80", 3)), MessageType::kNak) << "renewing";
  EXPECT_EQ(ask(std::string("\x0a\x01\x00", 3)), std::nullopt) << "rebinding";
  EXPECT_EQ(ask(std::string("\x0a\x00", 2)), std::nullopt) << "of no length";
  EXPECT_EQ(ask(std::string("\x01\x01x", 3)), std::nullopt) << "a relay that does not say";
}

TEST(DhcpRelay, TheRelayMayAskForItsOwnPort) {
  Rack rack;
  const auto offer = rack.ask(relayed(discover(1)).with(OptionCode::kRelayAgentInfo, std::string("\x13\x00", 2)),
                              {0, kServer, {kRelay, net::UdpPort{4'000}}});
  EXPECT_EQ(offer->to.peer, (net::Endpoint{kRelay, net::UdpPort{4'000}}));
}

TEST(DhcpRelay, OnlyTheRelayItselfMayChooseThePort) {
  Rack rack;
  const ClientMessage message = relayed(discover(1)).with(OptionCode::kRelayAgentInfo, std::string("\x13\x00", 2));
  // Somebody names another host as the relay and, by its own port, a service there.
  const auto forged = rack.ask(message, {0, kServer, {net::Ipv4Address(203, 0, 113, 9), net::UdpPort{53}}});
  ASSERT_NE(forged, nullptr);  // it may be the relay, sending from another of its addresses
  EXPECT_EQ(forged->to.peer, (net::Endpoint{kRelay, dhcp4::kServerPort}));
  EXPECT_EQ(rack.engine.stats().relay_ports_refused, 1U);
  const auto portless = rack.ask(message, {0, kServer, {kRelay, net::UdpPort{0}}});
  ASSERT_NE(portless, nullptr);
  EXPECT_EQ(portless->to.peer, (net::Endpoint{kRelay, dhcp4::kServerPort}));
  EXPECT_EQ(rack.engine.stats().relay_ports_refused, 2U);
  EXPECT_EQ(rack.ask(message, {0, kServer, {kRelay, net::UdpPort{4'000}}})->to.peer.port, net::UdpPort{4'000});
  EXPECT_EQ(rack.engine.stats().relay_ports_refused, 2U);
}

TEST(DhcpRelay, ANakGoesToTheRelayWithTheBroadcastFlag) {
  Rack rack;
  const auto nak = rack.ask(relayed(init_reboot(1, ip(5))), kByRelay);
  ASSERT_NE(nak, nullptr);
  EXPECT_EQ(nak->type(), MessageType::kNak);
  EXPECT_TRUE(nak->message.header.broadcast);
  EXPECT_EQ(nak->to.peer, (net::Endpoint{kRelay, dhcp4::kServerPort}));
}

TEST(DhcpRelay, AnUnknownRelayMeetsSilence) {
  Rack rack;
  EXPECT_EQ(rack.ask(relayed(discover(1), {10, 250, 0, 1}), kByRelay), nullptr);
  EXPECT_EQ(rack.drops(DhcpDrop::kNoSubnet), 1U);
  EXPECT_EQ(rack.take_events().at(0).detail.view(), "unknown network segment");
}

TEST(DhcpRelay, TwoCopiesOfARequestGetTheSameAddress) {
  Rack rack;
  const auto first = rack.ask(relayed(discover(1)), kByRelay);
  const auto second = rack.ask(relayed(discover(1), {172, 16, 5, 2}), kByRelay);
  EXPECT_EQ(first->yiaddr(), second->yiaddr());
  EXPECT_EQ(second->to.peer.address, net::IpAddress(net::Ipv4Address(172, 16, 5, 2)));
}

TEST(DhcpRelay, AMachineThatMovedHasALeaseInEachSubnet) {
  Rack rack;
  EXPECT_EQ(rack.lease(1), ip(2));
  const auto offer = rack.ask(relayed(discover(1)), kByRelay);
  EXPECT_EQ(offer->yiaddr(), net::Ipv4Address(172, 16, 5, 100));
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kActive);
}

}  // namespace
}  // namespace rackcast::engine::dhcp_test
