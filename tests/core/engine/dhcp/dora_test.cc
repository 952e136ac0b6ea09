// DISCOVER to ACK, per kind of client; the captured ones byte for byte as firmware sent them.
#include "tests/core/engine/dhcp/rack.h"

#include <gmock/gmock.h>

namespace rackcast::engine::dhcp_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The capture's REQUEST with our address and identifier in 50 and 54, as the firmware would have sent them to us.
dhcp4::Octets rewritten(const dhcp4::Capture& capture, net::Ipv4Address address, net::Ipv4Address server) {
  dhcp4::Octets octets = octets_of(capture);
  for (std::size_t at = dhcp4::kOptionsOffset; at + 1 < octets.size() && octets[at] != std::byte{255};) {
    const auto code = std::to_integer<unsigned>(octets[at]);
    if (code == 0) {
      ++at;
      continue;
    }
    for (unsigned i = 0; i < 4 && (code == 50 || code == 54); ++i)
      octets[at + 2 + i] = static_cast<std::byte>((code == 50 ? address : server).octet(i));
    at += 2 + std::to_integer<std::size_t>(octets[at + 1]);
  }
  return octets;
}

void expect_boot(const Answer& answer, const std::string& file) {
  EXPECT_EQ(answer.message.header.siaddr, kServer);
  EXPECT_EQ(answer.message.file_text(), file);
  EXPECT_EQ(answer.options.text(OptionCode::kBootFileName), file);
  EXPECT_EQ(answer.text(OptionCode::kTftpServerName), "192.168.1.110");
}

TEST(DhcpDora, BiosIpxeRomBootsPxelinux) {
  Rack rack;
  const auto offer = rack.ask(octets_of(dhcp4::kIpxeBiosDiscover));
  ASSERT_NE(offer, nullptr);
  EXPECT_EQ(offer->type(), MessageType::kOffer);
  EXPECT_EQ(offer->yiaddr(), ip(2));
  EXPECT_EQ(offer->options.server_identifier(), kServer);
  EXPECT_EQ(offer->options.u32(OptionCode::kLeaseTime), 21'600U);
  expect_boot(*offer, "pxelinux.0");                                          // `ipxe` does not cover bios here
  EXPECT_EQ(offer->text(OptionCode::kIpxe), std::string("\xB0\x01\x01", 3));  // no waiting for a proxy
  EXPECT_EQ(offer->text(OptionCode::kVendorClass), "(absent)");
  EXPECT_EQ(offer->text(OptionCode::kVendorOptions), "(absent)");
  // The identifier it sent, returned.
  const auto sent = octets_of(dhcp4::kIpxeBiosDiscover);
  std::vector<std::byte> scratch(sent.size());
  const dhcp4::Options asked(*dhcp4::parse_message(sent), scratch);
  ASSERT_TRUE(asked.has(OptionCode::kMachineId));
  EXPECT_TRUE(std::ranges::equal(*asked.get(OptionCode::kMachineId), *offer->options.get(OptionCode::kMachineId)));
  EXPECT_TRUE(std::ranges::equal(*asked.get(OptionCode::kClientIdentifier),
                                 *offer->options.get(OptionCode::kClientIdentifier)));
  // No flag, no address: a frame to its MAC.
  EXPECT_EQ(offer->to.hardware, asked.has(OptionCode::kMessageType) ? offer->message.header.mac() : std::nullopt);
  EXPECT_EQ(offer->to.peer, (net::Endpoint{ip(2), dhcp4::kClientPort}));
  EXPECT_EQ(offer->to.source, net::IpAddress(kServer));
  EXPECT_EQ(offer->to.interface, InterfaceIndex{2});

  const auto ack = rack.ask(rewritten(dhcp4::kIpxeBiosRequest, ip(2), kServer));
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->type(), MessageType::kAck);
  EXPECT_EQ(ack->yiaddr(), ip(2));
  EXPECT_EQ(ack->message.header.xid, dhcp4::parse_message(octets_of(dhcp4::kIpxeBiosRequest))->header.xid);
  expect_boot(*ack, "pxelinux.0");
  ASSERT_EQ(rack.rows.size(), 1U);
  EXPECT_EQ(rack.rows[0].address, ip(2));
  EXPECT_EQ(rack.rows[0].ends - rack.rows[0].starts, seconds(21'600));
}

TEST(DhcpDora, OvmfGetsBroadcastsAndItsOwnNbp) {
  Rack rack;
  const auto offer = rack.ask(octets_of(dhcp4::kOvmfDiscover));
  ASSERT_NE(offer, nullptr);
  expect_boot(*offer, "ipxe.efi");
  EXPECT_EQ(offer->to.peer.address, net::IpAddress(net::Ipv4Address::broadcast()));
  EXPECT_FALSE(offer->to.hardware);
  EXPECT_EQ(offer->to.interface, InterfaceIndex{2});
  EXPECT_EQ(offer->text(OptionCode::kVendorClass), "(absent)");  // 60 without 43 would send it to port 4011
  EXPECT_EQ(offer->text(OptionCode::kOverload), "(absent)");
  EXPECT_EQ(offer->text(OptionCode::kBootSize), "(absent)");
  const auto ack = rack.ask(rewritten(dhcp4::kOvmfRequest, offer->yiaddr(), kServer));
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->type(), MessageType::kAck);
  EXPECT_LE(ack->octets.size(), 1'472U);  // its 57 says 65280
  expect_boot(*ack, "ipxe.efi");
}

TEST(DhcpDora, OneMachineKeepsItsAddressFromFirmwareToInstaller) {
  Rack rack;
  const auto rom = rack.ask(octets_of(dhcp4::kOvmfDiscover));
  const auto rom_ack = rack.ask(rewritten(dhcp4::kOvmfRequest, rom->yiaddr(), kServer));
  ASSERT_NE(rom_ack, nullptr);
  // The same MAC, now as iPXE with a client identifier the firmware never sent.
  dhcp4::Octets ipxe = octets_of(dhcp4::kIpxeEfiDiscover);
  const dhcp4::Octets firmware = octets_of(dhcp4::kOvmfDiscover);
  std::copy_n(firmware.begin() + 28, 6, ipxe.begin() + 28);
  const auto offer = rack.ask(ipxe);
  ASSERT_NE(offer, nullptr);
  EXPECT_EQ(offer->yiaddr(), rom->yiaddr());
  EXPECT_EQ(offer->options.text(OptionCode::kBootFileName), "http://192.168.1.110/boot.ipxe");
  EXPECT_EQ(offer->message.file_text(), "http://192.168.1.110/boot.ipxe");
  // And as an installer's client.
  dhcp4::Octets installer = octets_of(dhcp4::kUdhcpcDiscover);
  std::copy_n(firmware.begin() + 28, 6, installer.begin() + 28);
  EXPECT_EQ(rack.ask(installer)->yiaddr(), rom->yiaddr());
  EXPECT_EQ(rack.engine.leases().size(), 1U);
}

TEST(DhcpDora, UdhcpcGetsWhatItListsAndNoBootFile) {
  Rack rack;
  const auto offer = rack.ask(octets_of(dhcp4::kUdhcpcDiscover));
  ASSERT_NE(offer, nullptr);
  EXPECT_GE(offer->octets.size(), 300U);
  EXPECT_LE(offer->octets.size(), 548U);  // 57 = 576
  EXPECT_EQ(offer->options.address(OptionCode::kSubnetMask), net::Ipv4Address(255, 255, 255, 0));
  EXPECT_EQ(offer->options.address(OptionCode::kRouters), ip(254));
  EXPECT_EQ(offer->options.address(OptionCode::kDomainNameServers), net::Ipv4Address(222, 88, 88, 88));
  EXPECT_EQ(offer->options.host_name(), "station2.a.com");
  EXPECT_EQ(offer->message.file_text(), "");
  EXPECT_EQ(offer->text(OptionCode::kBootFileName), "(absent)");
  EXPECT_EQ(offer->text(OptionCode::kMachineId), "(absent)");
  const auto ack = rack.ask(rewritten(dhcp4::kUdhcpcRequest, offer->yiaddr(), kServer));
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->type(), MessageType::kAck);
}

TEST(DhcpDora, DhclientsListDecidesTheOrder) {
  Rack rack;
  // dhclient's: 1,28,2,3,15,6,12 (and what we have nothing for).
  const auto offer = rack.ask(discover(1)
                                  .with(OptionCode::kHostName, "builder")
                                  .with(OptionCode::kParameterRequestList, "\x01\x1c\x02\x03\x0f\x06\x77\x0c"));
  ASSERT_NE(offer, nullptr);
  EXPECT_THAT(offer->order(), ElementsAre(53, 54, 51, 1, 28, 3, 15, 6, 12));
  EXPECT_EQ(offer->options.address(OptionCode::kBroadcastAddress), ip(255));
}

TEST(DhcpDora, TheMaskComesBeforeTheRoutersAndUnaskedOptionsStayAway) {
  Rack rack;
  const auto offer = rack.ask(discover(1).with(OptionCode::kParameterRequestList, "\x03\x06"));
  EXPECT_THAT(offer->order(), ElementsAre(53, 54, 51, 1, 3, 6));
  const auto plain = rack.ask(discover(2));
  EXPECT_THAT(plain->order(), ElementsAre(53, 54, 51, 1, 3, 6, 12, 15));
}

TEST(DhcpDora, HttpClientsGetAUrlAndTheirClassBack) {
  Rack rack;
  const auto offer = rack.ask(discover(1)
                                  .with(OptionCode::kVendorClass, "HTTPClient:Arch:00016:UNDI:003001")
                                  .with(OptionCode::kClientArch, std::string("\x00\x10", 2))
                                  .with(OptionCode::kParameterRequestList, "\x01\x03\x43"));
  ASSERT_NE(offer, nullptr);
  EXPECT_EQ(offer->text(OptionCode::kVendorClass), "HTTPClient");
  EXPECT_EQ(offer->text(OptionCode::kBootFileName), "http://192.168.1.110/ipxe.efi");
}

TEST(DhcpDora, OldRomsGetATerminatedBootFileName) {
  Rack rack;
  const auto offer = rack.ask(discover(1)
                                  .with(OptionCode::kVendorClass, "PXEClient:Arch:00000:UNDI:002001")
                                  .with(OptionCode::kClientArch, std::string("\x00\x00", 2)));
  EXPECT_EQ(offer->text(OptionCode::kBootFileName), std::string("pxelinux.0\0", 11));
}

// Its REQUEST names neither class nor architecture nor identifier (raspberrypi/rpi-eeprom#82): it is the same machine.
TEST(DhcpDora, WhatARaspberryPiSaidWithItsDiscoverCountsForItsRequest) {
  Rack rack;
  ClientMessage asks = discover(1);
  asks.header.set_mac({{0xB8, 0x27, 0xEB, 1, 2, 3}});
  const dhcp4::Header header = asks.header;
  asks.with(OptionCode::kVendorClass, "PXEClient:Arch:00000:UNDI:002001")
      .with(OptionCode::kClientArch, std::string(2, '\0'))
      .with(OptionCode::kMachineId, std::string("\0DDDDDDDDDDDDDDDD", 17));
  const auto offer = rack.ask(asks);
  ASSERT_NE(offer, nullptr);
  ClientMessage takes = selecting(1, offer->yiaddr());
  takes.header = header;
  const auto ack = rack.ask(takes);
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->type(), MessageType::kAck);
  EXPECT_EQ(ack->text(OptionCode::kVendorOptions), "Raspberry Pi Boot   ");
  EXPECT_EQ(ack->message.file_text(), "pxelinux.0");
  EXPECT_EQ(ack->message.header.siaddr, kServer);
  EXPECT_EQ(ack->text(OptionCode::kTftpServerName), "192.168.1.110");
  EXPECT_EQ(ack->text(OptionCode::kMachineId), std::string("\0DDDDDDDDDDDDDDDD", 17));
  ASSERT_FALSE(rack.published.empty());
  EXPECT_EQ(rack.published.back().boot_file.view(), "pxelinux.0");
  // The system that it booted speaks for itself.
  takes.header.xid = dhcp4::Xid{0x7777};
  const auto later = rack.ask(takes);
  ASSERT_NE(later, nullptr);
  EXPECT_EQ(later->text(OptionCode::kVendorOptions), "(absent)");
  EXPECT_EQ(later->message.file_text(), "");
}

TEST(DhcpDora, WhatIsRememberedOfDiscoversIsBounded) {
  DhcpLimits limits;
  limits.dialogues_max = 4;
  Rack rack(rack_config(), limits);
  for (unsigned n = 1; n <= 5; ++n)
    (void)rack.ask(discover(n).with(OptionCode::kVendorClass, "PXEClient:Arch:00000:UNDI:002001"));
  EXPECT_EQ(rack.ask(selecting(1, ip(2)))->message.file_text(), "") << "the first made room";
  for (unsigned n = 2; n <= 5; ++n)
    EXPECT_EQ(rack.ask(selecting(n, ip(n + 1)))->message.file_text(), "pxelinux.0") << n;
}

TEST(DhcpDora, ARaspberryPiHearsTheTextItsRomLooksFor) {
  Rack rack;
  const auto offer = rack.ask(discover(1)
                                  .with(OptionCode::kVendorClass, "PXEClient:Arch:00000:UNDI:002001")
                                  .with(OptionCode::kClientArch, std::string("\x00\x00", 2))
                                  .with(OptionCode::kMachineId, std::string(1, '\0') + std::string(16, '\x44')));
  EXPECT_EQ(offer->text(OptionCode::kVendorOptions).substr(0, 17), "Raspberry Pi Boot");
  EXPECT_EQ(rack.engine.quirks()[Quirk::kRaspberryPiText], 1U);
}

TEST(DhcpDora, ABootFileTooLongForTheHeaderGoesIntoTheOption) {
  Config config = rack_config();
  const std::string name(200, 'x');
  config.dhcp->boot.by_architecture["efi64"] = name;
  Rack rack(config);
  const auto offer = rack.ask(discover(1)
                                  .with(OptionCode::kVendorClass, "PXEClient:Arch:00007:UNDI:003016")
                                  .with(OptionCode::kParameterRequestList, "\x01\x03\x06\x0c\x0f"));
  EXPECT_EQ(offer->text(OptionCode::kBootFileName), name);
  EXPECT_EQ(offer->message.file_text(), "");
}

TEST(DhcpDora, RetransmittedDiscoversGetTheSameOffer) {
  Rack rack;
  const auto first = rack.ask(discover(1));
  for (int i = 0; i < 4; ++i) {
    rack.pass(seconds(30));
    EXPECT_EQ(rack.ask(discover(1))->yiaddr(), first->yiaddr());
  }
  EXPECT_EQ(rack.ask(discover(2))->yiaddr(), ip(3));
}

TEST(DhcpDora, AsksForAnAddressAndALeaseTimeAreHonouredWithinBounds) {
  Rack rack;
  const auto offer = rack.ask(discover(1)
                                  .with(OptionCode::kRequestedAddress, ip(77))
                                  .with(OptionCode::kLeaseTime, std::string("\x00\x00\x0e\x10", 4)));
  EXPECT_EQ(offer->yiaddr(), ip(77));
  EXPECT_EQ(offer->options.u32(OptionCode::kLeaseTime), 3'600U);
  const auto greedy = rack.ask(discover(2).with(OptionCode::kLeaseTime, "\xff\xff\xff\xff"));
  EXPECT_EQ(greedy->options.u32(OptionCode::kLeaseTime), 43'200U);
  const auto hasty = rack.ask(discover(3).with(OptionCode::kLeaseTime, std::string("\x00\x00\x00\x01", 4)));
  EXPECT_EQ(hasty->options.u32(OptionCode::kLeaseTime), 300U);
}

TEST(DhcpDora, EachInterfaceServesItsOwnSubnet) {
  Rack rack;
  const auto offer = rack.ask(discover(1), {.socket = 1});
  EXPECT_EQ(offer->yiaddr(), net::Ipv4Address(10, 0, 0, 10));
  EXPECT_EQ(offer->options.server_identifier(), kServer2);
  EXPECT_EQ(offer->to.source, net::IpAddress(kServer2));
  EXPECT_EQ(offer->to.socket, SocketId{1});
  EXPECT_EQ(offer->to.interface, InterfaceIndex{3});
}

TEST(DhcpDora, WithoutFramesAnswersAreBroadcast) {
  Rack rack(rack_config(), {}, {}, false);
  const auto offer = rack.ask(discover(1));
  EXPECT_FALSE(offer->to.hardware);
  EXPECT_EQ(offer->to.peer.address, net::IpAddress(net::Ipv4Address::broadcast()));
}

TEST(DhcpDora, AnExhaustedPoolIsSilentAndSaysSoInTheLog) {
  Config config = rack_config();
  config.dhcp->subnets[0].ranges = {{ip(2), ip(3)}};
  Rack rack(config);
  EXPECT_EQ(rack.lease(1), ip(2));
  rack.pass(seconds(1));
  EXPECT_EQ(rack.lease(2), ip(3));
  (void)rack.take_events();
  EXPECT_EQ(rack.ask(discover(3)), nullptr);
  EXPECT_EQ(rack.drops(DhcpDrop::kPoolExhausted), 1U);
  const auto events = rack.take_events();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].detail.view(), "network 192.168.1.0/24: no free leases");
  EXPECT_EQ(rack.ask(discover(1))->yiaddr(), ip(2));  // who has one is still served
  rack.pass(hours(6));
  EXPECT_EQ(rack.ask(discover(3))->yiaddr(), ip(2));  // the leases have ended
}

TEST(DhcpDora, EveryMessageIsAnEvent) {
  Rack rack;
  (void)rack.ask(discover(1).with(OptionCode::kHostName, "node1"));
  (void)rack.ask(selecting(1, ip(2)).with(OptionCode::kHostName, "node1"));
  const auto events = rack.take_events();
  ASSERT_EQ(events.size(), 4U);
  const EventKind kinds[] = {EventKind::kDhcpDiscover, EventKind::kDhcpOffer, EventKind::kDhcpRequest,
                             EventKind::kDhcpAck};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(events[i].kind, kinds[i]);
    EXPECT_EQ(events[i].mac, mac(1));
    EXPECT_EQ(events[i].hostname.view(), "node1");
    EXPECT_EQ(events[i].interface.view(), "eth0");
    EXPECT_EQ(events[i].at, rack.now.wall);
    EXPECT_EQ(events[i].address, net::IpAddress(i > 0 ? ip(2) : net::Ipv4Address()));
  }
  EXPECT_EQ(events[2].server, kServer);
}

TEST(DhcpDora, AMachineIsPublishedWithItsAddressAndOnlyWhenSomethingChanged) {
  Rack rack;
  const auto pxe = [](ClientMessage message) {
    return message.with(OptionCode::kVendorClass, "PXEClient:Arch:00007:UNDI:003016")
        .with(OptionCode::kMachineId, std::string("\0ABCDEFGHIJKLMNOP", 17));
  };
  (void)rack.ask(pxe(discover(1)));
  EXPECT_THAT(rack.published, IsEmpty());
  (void)rack.ask(pxe(selecting(1, ip(2))));
  ASSERT_EQ(rack.published.size(), 1U);
  EXPECT_EQ(rack.published[0].mac, mac(1));
  EXPECT_EQ(rack.published[0].address, ip(2));
  EXPECT_EQ(rack.published[0].architecture, 7);
  EXPECT_EQ(rack.published[0].uuid[0], 'A');
  EXPECT_EQ(rack.published[0].hostname.view(), "station2.a.com");
  (void)rack.ask(pxe(selecting(1, ip(2))));
  EXPECT_EQ(rack.published.size(), 1U);
  (void)rack.ask(selecting(1, ip(2)).with(OptionCode::kUserClass, "iPXE"));
  ASSERT_EQ(rack.published.size(), 2U);
  EXPECT_TRUE(rack.published[1].ipxe);
  EXPECT_EQ(rack.published[1].architecture, 7);  // remembered from the firmware
  EXPECT_EQ(rack.published[1].uuid[0], 'A');
}

}  // namespace
}  // namespace rackcast::engine::dhcp_test
