// Plain BOOTP clients (RFC 951, RFC 1534).
#include "tests/core/engine/dhcp/rack.h"

#include <gmock/gmock.h>

namespace rackcast::engine::dhcp_test {
namespace {

using ::testing::ElementsAre;

ClientMessage bootp(unsigned machine) {
  return ClientMessage(std::nullopt, machine);
}

// Machine 1 is 10.0.0.50, on the second wire.
Config with_reservation() {
  Config config = rack_config();
  HostConfig host;
  host.name = "fixed";
  host.mac = mac(1);
  host.address = net::Ipv4Address(10, 0, 0, 50);
  config.dhcp->hosts = {host};
  return config;
}

dhcp4::Octets bootp_without_cookie(unsigned machine) {
  dhcp4::Octets octets = bootp(machine).octets();
  std::fill(octets.begin() + 236, octets.end(), std::byte{0});
  octets[240] = std::byte{0x7E};
  return octets;
}

TEST(DhcpBootp, GetsAnAddressForEverAndNoDhcpOptions) {
  Rack rack;
  const auto reply = rack.ask(bootp(1));
  ASSERT_NE(reply, nullptr);
  EXPECT_EQ(reply->yiaddr(), ip(2));
  EXPECT_EQ(reply->message.header.siaddr, kServer);
  EXPECT_EQ(reply->message.file_text(), "pxelinux.0");
  EXPECT_EQ(reply->octets.size(), 300U);
  EXPECT_THAT(reply->order(), ElementsAre(1, 3, 6, 12, 15));
  ASSERT_EQ(rack.rows.size(), 1U);
  EXPECT_TRUE(rack.rows[0].bootp);
  EXPECT_EQ(rack.rows[0].ends, WallTime::max());
  rack.pass(hours(24 * 365));
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kActive);
  const auto events = rack.take_events();
  EXPECT_EQ(events.at(0).kind, EventKind::kBootpRequest);
  EXPECT_EQ(events.at(1).kind, EventKind::kBootpReply);
}

TEST(DhcpBootp, WaitsForTheDiskOnceAndThenNoMore) {
  Rack rack;
  rack.deliver(bootp(1));
  EXPECT_EQ(rack.take(), nullptr);
  rack.deliver(bootp(1));  // a retransmission
  rack.commit();
  EXPECT_NE(rack.take(), nullptr);
  EXPECT_EQ(rack.rows.size(), 1U);
  EXPECT_NE(rack.ask(bootp(1)), nullptr);
  EXPECT_EQ(rack.rows.size(), 1U);
}

TEST(DhcpBootp, TheVendorAreaStaysWithin64BytesUnlessTheClientShowsMore) {
  Config config = rack_config();
  config.dhcp->subnets[0].domain = std::string(60, 'd');
  Rack rack(config);
  const auto small = rack.ask(bootp(1));
  EXPECT_EQ(small->octets.size(), 300U);
  EXPECT_EQ(small->text(OptionCode::kDomainName), "(absent)");  // the last in order is left out
  EXPECT_NE(small->text(OptionCode::kHostName), "(absent)");
  ClientMessage roomy = bootp(2);
  roomy.with(OptionCode::kVendorClass, std::string(120, 'v'));
  EXPECT_EQ(rack.ask(roomy)->text(OptionCode::kDomainName), std::string(60, 'd'));
}

TEST(DhcpBootp, WithoutTheCookieTheVendorAreaComesBackToAReservation) {
  Rack rack(with_reservation());
  const auto asked = bootp_without_cookie(1);
  const auto reply = rack.ask(asked, {.socket = 1});
  ASSERT_NE(reply, nullptr);
  EXPECT_EQ(reply->yiaddr(), net::Ipv4Address(10, 0, 0, 50));
  EXPECT_TRUE(std::equal(asked.begin() + 236, asked.end(), reply->octets.begin() + 236));
  EXPECT_TRUE(rack.ask(bootp_without_cookie(2))->message.has_cookie) << "others get options, as from dhcpd";
}

TEST(DhcpBootp, IsRefusedWhereTheSubnetSaysSo) {
  Rack rack;
  EXPECT_EQ(rack.ask(bootp(1), {.socket = 1}), nullptr);
  EXPECT_EQ(rack.drops(DhcpDrop::kBootpRefused), 1U);
}

TEST(DhcpBootp, AReservationIsServedAllTheSame) {
  Rack rack(with_reservation());
  const auto reply = rack.ask(bootp(1), {.socket = 1});
  ASSERT_NE(reply, nullptr);
  EXPECT_EQ(reply->yiaddr(), net::Ipv4Address(10, 0, 0, 50));
  EXPECT_EQ(rack.take_events().back().detail.view(), "static");
}

TEST(DhcpBootp, WithoutABootFileTheNameItAskedForComesBackToAReservation) {
  Config config = with_reservation();
  config.dhcp->boot.by_architecture.clear();
  Rack rack(config);
  const std::string name = "asked.img";
  const auto asks_for_it = [&](unsigned machine) {
    dhcp4::Octets octets = bootp(machine).octets();
    std::transform(name.begin(), name.end(), octets.begin() + 108, [](char c) { return static_cast<std::byte>(c); });
    return octets;
  };
  EXPECT_EQ(rack.ask(asks_for_it(1), {.socket = 1})->message.file_text(), name);
  EXPECT_EQ(rack.ask(asks_for_it(2))->message.file_text(), "");
}

TEST(DhcpBootp, ARomByBootpAndItsSystemByDhcpShareAnAddress) {
  Rack rack;
  EXPECT_EQ(rack.ask(bootp(1))->yiaddr(), ip(2));
  EXPECT_EQ(rack.lease(1), ip(2));
  EXPECT_FALSE(rack.engine.leases().find(ip(2))->bootp);
}

}  // namespace
}  // namespace rackcast::engine::dhcp_test
