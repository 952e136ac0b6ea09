// What operators and firmware were seen to do (public threads, repository#number), where no other test of this folder
// has it: architectures, addresses and ports of a server with several, the pace of real clients' first messages. The
// Raspberry Pi, old ROMs and iPXE are in dora_test, delays in scopes_test, port 4011 in pxe_test, reloads in
// config_test, probes in watch_test, what is written and what is not in durability_test.
#include "tests/core/engine/dhcp/rack.h"

namespace rackcast::engine::dhcp_test {
namespace {

// opnsense/core#2223, #4814, #6669: 7 and 9 are the same machines, arm64 is one of its own, HTTP boot wants a URL.
TEST(DhcpFieldNotes, EachArchitectureGetsItsOwnLoader) {
  Config config = rack_config();
  config.dhcp->boot.by_architecture = {{"bios", "pxelinux.0"},
                                       {"efi32", "ipxe32.efi"},
                                       {"efi64", "ipxe.efi"},
                                       {"arm32", "arm32.efi"},
                                       {"arm64", "arm64.efi"}};
  Rack rack(config);
  const std::string url = "http://192.168.1.110/ipxe.efi";
  const struct {
    unsigned arch;
    bool http;
    std::string file;
  } rows[] = {{0, false, "pxelinux.0"}, {6, false, "ipxe32.efi"}, {7, false, "ipxe.efi"}, {9, false, "ipxe.efi"},
              {10, false, "arm32.efi"}, {11, false, "arm64.efi"}, {15, true, url},        {16, true, url},
              {18, true, url},          {19, true, url},          {20, true, url}};
  unsigned machine = 0;
  for (const auto& row : rows) {
    const std::string digits = std::to_string(100'000 + row.arch).substr(1);
    ClientMessage asks = discover(++machine);
    asks.with(OptionCode::kVendorClass, (row.http ? "HTTPClient:Arch:" : "PXEClient:Arch:") + digits + ":UNDI:003016")
        .with(OptionCode::kClientArch, std::string{'\0', static_cast<char>(row.arch)});
    const auto offer = rack.ask(asks);
    ASSERT_NE(offer, nullptr) << row.arch;
    EXPECT_EQ(offer->options.text(OptionCode::kBootFileName), row.file) << row.arch;
    EXPECT_EQ(offer->text(OptionCode::kVendorClass), row.http ? "HTTPClient" : "(absent)") << row.arch;
    EXPECT_EQ(offer->message.header.siaddr, kServer) << row.arch;
  }
}

// netbootxyz/netboot.xyz#1198: `file` has the name too, for ROMs that read on behind option 67.
TEST(DhcpFieldNotes, TheNameIsInTheHeaderAndTerminatedInTheOption) {
  Rack rack;
  const auto offer = rack.ask(discover(1)
                                  .with(OptionCode::kVendorClass, "PXEClient:Arch:00000:UNDI:002001")
                                  .with(OptionCode::kClientArch, std::string(2, '\0')));
  ASSERT_NE(offer, nullptr);
  EXPECT_EQ(offer->message.file_text(), "pxelinux.0");
  EXPECT_EQ(offer->text(OptionCode::kBootFileName), std::string("pxelinux.0\0", 11));
  EXPECT_EQ(offer->text(OptionCode::kTftpServerName), "192.168.1.110");
}

// tinkerbell/playground#68, netboot.xyz#1297: a server with several addresses answers from the one that was asked, by
// the socket that was asked.
TEST(DhcpFieldNotes, AnAnswerLeavesFromTheAddressThatWasAsked) {
  constexpr net::Ipv4Address kSecond{192, 168, 1, 111};
  auto own = Rack::interfaces();
  own[0].addresses.push_back({kSecond, *net::Ipv4Prefix::parse("192.168.1.0/24")});
  Rack rack(rack_config(), {}, {}, true, own);
  const auto offer = rack.ask(discover(1));
  ASSERT_NE(offer, nullptr);
  EXPECT_EQ(offer->to.source, net::IpAddress(kServer));
  EXPECT_EQ(offer->options.server_identifier(), kServer);
  EXPECT_EQ(offer->to.socket, SocketId{0});
  ASSERT_EQ(rack.ask(selecting(1, offer->yiaddr()))->type(), MessageType::kAck);
  for (const net::Ipv4Address asked : {kSecond, kServer}) {
    const auto ack =
        rack.ask(from_address(MessageType::kRequest, 1, offer->yiaddr()), by_unicast(offer->yiaddr(), asked));
    ASSERT_NE(ack, nullptr);
    EXPECT_EQ(ack->to.source, net::IpAddress(asked));
    EXPECT_EQ(ack->to.socket, SocketId{0});
    EXPECT_EQ(ack->to.peer, (net::Endpoint{offer->yiaddr(), dhcp4::kClientPort}));
  }
  // A relay reaches us by whichever address it knows.
  ClientMessage relayed = discover(2);
  relayed.header.giaddr = kRelay;
  const auto by_relay = rack.ask(relayed, {0, kSecond, {kRelay, dhcp4::kServerPort}});
  ASSERT_NE(by_relay, nullptr);
  EXPECT_EQ(by_relay->to.source, net::IpAddress(kSecond));
  EXPECT_EQ(by_relay->options.server_identifier(), kSecond);
}

// Our own capture (bios-ipxe-rom-pxelinux): the ROM sends a DISCOVER, and one more after a second, and takes an offer
// only then. The look at its address is over by then, and not taken again: the second is answered as it comes.
TEST(DhcpFieldNotes, AProbeFitsTheSecondThatTheRomWaitsAnyway) {
  Config config = rack_config();
  config.dhcp->conflict_probe = ConflictProbe::kArp;
  Rack rack(config);
  const auto answer_probe = [&] {
    auto& submitted = rack.harness.router.submitted;
    ASSERT_EQ(submitted.size(), 1U);
    const Ticket ticket = std::get<ProbeAddress>(submitted.front()).ticket;
    submitted.clear();
    rack.complete(AddressProbed{ticket, false});
  };
  rack.deliver(discover(1));
  EXPECT_EQ(rack.take(), nullptr);
  rack.pass(seconds(1));
  answer_probe();
  EXPECT_NE(rack.take(), nullptr);
  rack.deliver(discover(1));
  const auto offer = rack.take();
  ASSERT_NE(offer, nullptr) << "at once";
  ASSERT_EQ(rack.ask(selecting(1, offer->yiaddr()))->type(), MessageType::kAck);
  // dnsmasq looks at every boot, for 3 s; who has the address is not kept waiting for it again.
  rack.pass(hours(1));
  EXPECT_NE(rack.ask(discover(1)), nullptr);
  EXPECT_EQ(rack.engine.stats().probes, 1U);
}

// xcat2/xcat-core#844: the lease file grew with every message. A rack that boots again within a quarter of its leases
// writes nothing.
TEST(DhcpFieldNotes, ARackThatBootsAgainWritesNothing) {
  Rack rack;
  std::vector<net::Ipv4Address> addresses;
  for (unsigned n = 1; n <= 50; ++n) addresses.push_back(rack.lease(n));
  EXPECT_EQ(rack.rows.size(), 50U);
  rack.pass(seconds(1'000));
  for (unsigned n = 1; n <= 50; ++n) EXPECT_EQ(rack.lease(n), addresses[n - 1]);
  EXPECT_EQ(rack.rows.size(), 50U);
  EXPECT_EQ(rack.engine.stats().acks_unwritten, 50U);
}

}  // namespace
}  // namespace rackcast::engine::dhcp_test
