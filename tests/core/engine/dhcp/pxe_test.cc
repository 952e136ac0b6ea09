// PXE's own options, proxyDHCP and port 4011.
#include <gmock/gmock.h>

#include "core/engine/dhcp/pxe_options.h"
#include "tests/core/engine/dhcp/rack.h"

namespace rackcast::engine::dhcp_test {
namespace {

using ::testing::ElementsAre;

constexpr SocketId kBootSocket{7};

ClientMessage pxe(ClientMessage message, unsigned arch) {
  const std::string digits = std::to_string(100'000 + arch).substr(1);
  return message.with(OptionCode::kVendorClass, "PXEClient:Arch:" + digits + ":UNDI:003016")
      .with(OptionCode::kClientArch, std::string{'\0', static_cast<char>(arch)})
      .with(OptionCode::kMachineId, std::string("\0ABCDEFGHIJKLMNOP", 17));
}

Config proxy_config() {
  Config config;
  config.dhcp.emplace();
  config.dhcp->mode = DhcpMode::kProxy;
  config.dhcp->boot.by_architecture = {{"bios", "pxelinux.0"}, {"efi64", "ipxe.efi"}};
  config.dhcp->boot.ipxe = {{"default", "http://{{server}}/boot.ipxe"}};
  config.dhcp->boot.http = "http://{{server}}/ipxe.efi";
  return config;
}

PxeConfig menu() {
  PxeConfig config;
  config.discovery_control = 3;
  config.boot_servers = {{32'768, {ip(110)}}, {15, {}}};
  config.menu = {{32'768, "Install", "pxelinux"}, {32'769, "Rescue", "rescue.0"}, {0, "Local disk", ""}};
  config.prompt_seconds = 5;
  config.prompt = "F8";
  return config;
}

// A server with port 4011 open, and what is asked there.
class BootRack : public Rack {
 public:
  explicit BootRack(Config config) : Rack(std::move(config), {}, {}, true, with_boot_socket()) {}

  std::unique_ptr<Answer> ask_boot_server(const ClientMessage& message, net::Ipv4Address from,
                                          net::UdpPort port = kBootServerPort) {
    const dhcp4::Octets octets = message.octets();
    ReceivedDatagram datagram;
    datagram.peer = {from, port};
    datagram.destination = kServer;
    datagram.local = {kServer, kBootServerPort};
    datagram.interface = InterfaceIndex{2};
    datagram.socket = kBootSocket;
    datagram.payload = octets;
    engine.on_datagram(now, datagram, harness.sink);
    commit();
    return take();
  }

 private:
  static std::vector<DhcpInterface> with_boot_socket() {
    auto all = interfaces();
    all[0].boot_socket = kBootSocket;
    return all;
  }
};

ClientMessage boot_request(unsigned machine, unsigned arch) {
  return pxe(from_address(MessageType::kRequest, machine, ip(33)), arch);
}

std::string boot_item(std::uint16_t type, std::uint16_t layer) {
  const auto be = [](std::uint16_t v) { return std::string{static_cast<char>(v >> 8U), static_cast<char>(v)}; };
  return "\x47\x04" + be(type) + be(layer) + "\xff";
}

std::string text_of(std::span<const std::byte> octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

TEST(PxeOptions, AreWrittenAsPxe21HasThem) {
  EXPECT_EQ(text_of(encode_pxe_options(menu())),
            std::string("\x06\x01\x03"
                        "\x0a\x03\x05"
                        "F8"
                        "\x08\x0a\x80\x00\x01\xc0\xa8\x01\x6e\x00\x0f\x00"
                        "\x09\x20\x80\x00\x07Install\x80\x01\x06Rescue\x00\x00\x0aLocal disk"
                        "\xff",
                        3 + 5 + 12 + 34 + 1));
  PxeConfig mtftp;
  mtftp.mtftp = PxeMtftp{{239, 255, 1, 1}, 1'758, 1'759, 2, 3};
  EXPECT_EQ(text_of(encode_pxe_options(mtftp)), std::string("\x01\x04\xef\xff\x01\x01"
                                                            "\x02\x02\xde\x06"  // little-endian
                                                            "\x03\x02\xdf\x06"
                                                            "\x04\x01\x02\x05\x01\x03"
                                                            "\x06\x01\x08\xff",
                                                            6 + 4 + 4 + 6 + 4));
  mtftp.mtftp->network_order = true;
  EXPECT_EQ(text_of(encode_pxe_options(mtftp)).substr(6, 8), std::string("\x02\x02\x06\xde\x03\x02\x06\xdf"));
  PxeConfig servers;
  servers.multicast = PxeMulticast{{239, 255, 2, 1}, 1, 258};
  servers.credential_types = {1, 0x8000'0002};
  EXPECT_EQ(text_of(encode_pxe_options(servers)), std::string("\x0b\x08\xef\xff\x02\x01\x00\x01\x01\x02"
                                                              "\x0c\x08\x00\x00\x00\x01\x80\x00\x00\x02\xff",
                                                              10 + 10 + 1));
  EXPECT_TRUE(encode_pxe_options({}).empty());
}

TEST(PxeOptions, StayWithinOneOption) {
  PxeConfig config;
  for (std::uint16_t i = 0; i < 40; ++i) {
    config.menu.push_back({i, std::string(20, 'm'), "f"});
    config.boot_servers.push_back({i, std::vector<net::Ipv4Address>(40, ip(1))});
  }
  config.prompt_seconds = 1;
  config.prompt = std::string(300, 'p');
  const auto octets = encode_pxe_options(config);
  ASSERT_LE(octets.size(), kPxeOptionsBytesMax);
  dhcp4::OptionWalker walker(octets);
  while (walker.next()) {
  }
  EXPECT_TRUE(walker.saw_end());
  EXPECT_FALSE(walker.overran());
}

TEST(PxeOptions, TheBootItemIsReadAndReturned) {
  const std::string item = boot_item(32'768, 1);
  const auto read = parse_boot_item(std::as_bytes(std::span(item)));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->type, 32'768);
  EXPECT_EQ(read->layer, 1);
  EXPECT_FALSE(read->wants_credentials());
  EXPECT_EQ(text_of(encode_boot_item(*read)), item);
  for (std::size_t size = 0; size < 6; ++size)
    EXPECT_FALSE(parse_boot_item(std::as_bytes(std::span(item)).first(size))) << size;
}

TEST(PxeOptions, AnItemsFileHasLayersWhereItsNameHasNoDot) {
  const PxeConfig config = menu();
  EXPECT_EQ(file_of_item(config, {32'768, 0}).view(), "pxelinux.0");
  EXPECT_EQ(file_of_item(config, {32'768, 12}).view(), "pxelinux.12");
  EXPECT_EQ(file_of_item(config, {32'769, 0}).view(), "rescue.0");
  EXPECT_EQ(file_of_item(config, {32'769, 1}).view(), "");
  EXPECT_EQ(file_of_item(config, {0, 0}).view(), "") << "the local disk";
  EXPECT_EQ(file_of_item(config, {99, 0}).view(), "");
}

TEST(DhcpPxe, AMenuIsShownToWhoCanChoose) {
  Config config = rack_config();
  config.dhcp->pxe = menu();
  BootRack rack(config);
  for (const unsigned arch : {0U, 7U}) {
    const auto offer = rack.ask(pxe(discover(1), arch));
    ASSERT_NE(offer, nullptr);
    EXPECT_EQ(offer->yiaddr(), ip(2));
    EXPECT_EQ(offer->text(OptionCode::kVendorClass), "PXEClient");
    EXPECT_EQ(offer->text(OptionCode::kVendorOptions), text_of(encode_pxe_options(menu())));
  }
  EXPECT_EQ(rack.ask(discover(2))->text(OptionCode::kVendorClass), "(absent)");
  // iPXE has a script to run.
  const auto ipxe = rack.ask(pxe(discover(3), 7).with(OptionCode::kUserClass, "iPXE"));
  EXPECT_EQ(ipxe->text(OptionCode::kVendorOptions), "(absent)");
  EXPECT_EQ(ipxe->message.file_text(), "http://192.168.1.110/boot.ipxe");
}

TEST(DhcpPxe, NobodyIsSentToAPortThatIsNotOpen) {
  Config config = rack_config();
  config.dhcp->pxe = menu();
  Rack rack(config);  // which had no menu when it was started
  const auto offer = rack.ask(pxe(discover(1), 7));
  EXPECT_EQ(offer->text(OptionCode::kVendorClass), "(absent)");
  EXPECT_EQ(offer->message.file_text(), "ipxe.efi");
}

TEST(DhcpPxe, TheItemPickedIsAnsweredWhereverItIsAsked) {
  Config config = rack_config();
  config.dhcp->pxe = menu();
  BootRack rack(config);
  EXPECT_EQ(rack.lease(1), ip(2));
  ClientMessage asked = pxe(from_address(MessageType::kRequest, 1, ip(2)), 0);
  asked.with(OptionCode::kVendorOptions, boot_item(32'769, 0));
  const auto check = [&](const std::unique_ptr<Answer>& ack, SocketId socket, net::UdpPort port) {
    ASSERT_NE(ack, nullptr);
    EXPECT_EQ(ack->type(), MessageType::kAck);
    EXPECT_EQ(ack->yiaddr(), ip(2));
    EXPECT_EQ(ack->message.file_text(), "rescue.0");
    EXPECT_EQ(ack->message.header.siaddr, kServer);
    EXPECT_EQ(ack->text(OptionCode::kVendorOptions), boot_item(32'769, 0));
    EXPECT_EQ(ack->text(OptionCode::kVendorClass), "PXEClient");
    EXPECT_EQ(ack->text(OptionCode::kMachineId).size(), 17U);
    EXPECT_EQ(ack->to.peer, (net::Endpoint{ip(2), port}));
    EXPECT_EQ(ack->to.socket, socket);
  };
  check(rack.ask_boot_server(asked, ip(2)), kBootSocket, kBootServerPort);
  check(rack.ask(asked, {0, net::Ipv4Address::broadcast(), {ip(2), dhcp4::kClientPort}}), SocketId{0},
        dhcp4::kClientPort);
  EXPECT_EQ(rack.engine.stats().boot_server_acks, 2U);
  EXPECT_EQ(rack.ask_boot_server(boot_request(1, 0).with(OptionCode::kVendorOptions, boot_item(32'769, 0x8000)), ip(2)),
            nullptr)
      << "credentials";
  EXPECT_EQ(rack.ask_boot_server(boot_request(1, 0).with(OptionCode::kVendorOptions, boot_item(7, 0)), ip(2)), nullptr);
  EXPECT_EQ(rack.drops(DhcpDrop::kNoBootItem), 2U);
}

// What is advertised as 43.7 is listened to, at start and after a reload that names another.
TEST(DhcpPxe, TheDiscoveryGroupIsJoinedOnPort4011) {
  using Joined = testing::RecordingIo::Joined;
  Config config = rack_config();
  config.dhcp->pxe = menu();
  config.dhcp->pxe->discovery_group = net::Ipv4Address(239, 255, 77, 2);
  BootRack rack(config);
  ASSERT_LE(rack.engine.next_deadline(), rack.now.monotonic);
  rack.pass(Duration::zero());
  const Joined first{kBootSocket, net::Ipv4Address(239, 255, 77, 2), InterfaceIndex{2}};
  EXPECT_THAT(rack.harness.io.joined, ElementsAre(first));
  EXPECT_GT(rack.engine.next_deadline(), rack.now.monotonic);
  config.dhcp->pxe->discovery_group = net::Ipv4Address(239, 255, 77, 3);
  rack.swap(config);
  const Joined second{kBootSocket, net::Ipv4Address(239, 255, 77, 3), InterfaceIndex{2}};
  EXPECT_THAT(rack.harness.io.joined, ElementsAre(first, second));

  rack.harness.io.refuse_groups = true;
  (void)rack.take_events();
  rack.swap(config);
  EXPECT_EQ(rack.engine.stats().groups_not_joined, 1U);
  EXPECT_EQ(rack.take_events().at(0).detail.view(), "PXE's discovery group 239.255.77.3 cannot be joined on eth0");
  EXPECT_GT(rack.engine.next_deadline(), rack.now.monotonic) << "not again and again";

  BootRack without(rack_config());
  EXPECT_GT(without.engine.next_deadline(), without.now.monotonic);
}

TEST(DhcpPxe, Port4011TakesNothingElse) {
  Config config = rack_config();
  config.dhcp->pxe = menu();
  BootRack rack(config);
  EXPECT_EQ(rack.ask_boot_server(pxe(discover(1), 0), ip(2)), nullptr);
  EXPECT_EQ(rack.ask_boot_server(from_address(MessageType::kRelease, 1, ip(2)), ip(2)), nullptr);
  EXPECT_EQ(rack.drops(DhcpDrop::kNotForBootServer), 2U);
}

TEST(DhcpProxy, OffersNoAddressAndSaysWhatToBoot) {
  BootRack rack(proxy_config());
  const auto offer = rack.ask(pxe(discover(1), 0));
  ASSERT_NE(offer, nullptr);
  EXPECT_EQ(offer->type(), MessageType::kOffer);
  EXPECT_TRUE(offer->yiaddr().is_any());
  EXPECT_EQ(offer->options.server_identifier(), kServer);
  EXPECT_EQ(offer->text(OptionCode::kVendorClass), "PXEClient");
  EXPECT_EQ(offer->text(OptionCode::kVendorOptions), "\x06\x01\x08\xff");
  EXPECT_EQ(offer->message.file_text(), "pxelinux.0");
  EXPECT_EQ(offer->message.header.siaddr, kServer);
  EXPECT_EQ(offer->text(OptionCode::kMachineId), std::string("\0ABCDEFGHIJKLMNOP", 17));
  EXPECT_EQ(offer->text(OptionCode::kLeaseTime), "(absent)");
  EXPECT_EQ(offer->text(OptionCode::kSubnetMask), "(absent)");
  EXPECT_EQ(offer->to.peer.address, net::IpAddress(net::Ipv4Address::broadcast()));
  EXPECT_EQ(rack.engine.stats().proxy_offers, 1U);
  EXPECT_EQ(rack.engine.leases().size(), 0U);
}

TEST(DhcpProxy, IsSilentToEverybodyElse) {
  BootRack rack(proxy_config());
  EXPECT_EQ(rack.ask(discover(1)), nullptr);
  EXPECT_EQ(rack.ask(pxe(selecting(1, ip(2), kElsewhere), 0)), nullptr);
  EXPECT_EQ(rack.ask(from_address(MessageType::kRequest, 1, ip(2)), by_unicast(ip(2))), nullptr);
  EXPECT_EQ(rack.ask(ClientMessage(std::nullopt, 1)), nullptr);
  EXPECT_EQ(rack.drops(DhcpDrop::kProxyOnly), 4U);
  EXPECT_EQ(rack.engine.stats().other_servers, 0U) << "the address server is no intruder here";
  EXPECT_EQ(rack.ask(pxe(discover(1), 11)), nullptr) << "no file for arm64";
  EXPECT_EQ(rack.drops(DhcpDrop::kNoBootFile), 1U);
}

TEST(DhcpProxy, HearsWhichAddressABootingMachineTakes) {
  BootRack rack(proxy_config());
  EXPECT_EQ(rack.ask(pxe(selecting(1, ip(33), kElsewhere), 0)), nullptr);
  ASSERT_EQ(rack.published.size(), 1U);
  EXPECT_EQ(rack.published.back().mac, mac(1));
  EXPECT_EQ(rack.published.back().address, ip(33));
  EXPECT_EQ(rack.published.back().architecture, 0);
  // Its system asks later, and says nothing about booting; it is known by then.
  EXPECT_EQ(rack.ask(selecting(1, ip(34), kElsewhere)), nullptr);
  ASSERT_EQ(rack.published.size(), 2U);
  EXPECT_EQ(rack.published.back().address, ip(34));
  EXPECT_EQ(rack.published.back().architecture, 0);
}

TEST(DhcpProxy, HearsNoAddressThatIsNotOfThisNetwork) {
  BootRack rack(proxy_config());
  EXPECT_EQ(rack.ask(pxe(selecting(1, net::Ipv4Address(8, 8, 8, 8), kElsewhere), 0)), nullptr);
  EXPECT_EQ(rack.ask(pxe(selecting(1, kServer, kElsewhere), 0)), nullptr) << "ours";
  EXPECT_EQ(rack.ask(pxe(init_reboot(1, ip(33)), 0)), nullptr) << "perhaps it is told no";
  EXPECT_EQ(rack.ask(selecting(2, ip(34), kElsewhere)), nullptr) << "does not boot";
  EXPECT_TRUE(rack.published.empty());
  EXPECT_EQ(rack.drops(DhcpDrop::kProxyOnly), 4U);
}

// EDK2 collects offers, takes the address server's, and asks us on port 4011 (a "BINL" proxy).
TEST(DhcpProxy, UefiIsSentToPort4011AndGetsItsFileThere) {
  BootRack rack(proxy_config());
  const auto offer = rack.ask(octets_of(dhcp4::kOvmfDiscover));
  ASSERT_NE(offer, nullptr);
  EXPECT_TRUE(offer->yiaddr().is_any());
  EXPECT_EQ(offer->text(OptionCode::kVendorClass), "PXEClient");
  EXPECT_EQ(offer->text(OptionCode::kVendorOptions), "(absent)");
  EXPECT_EQ(offer->message.file_text(), "");
  EXPECT_EQ(offer->text(OptionCode::kBootFileName), "(absent)");
  EXPECT_EQ(offer->message.header.siaddr, kServer);

  const auto ack = rack.ask_boot_server(boot_request(1, 7), ip(33));
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->type(), MessageType::kAck);
  EXPECT_EQ(ack->message.file_text(), "ipxe.efi");
  EXPECT_EQ(ack->options.text(OptionCode::kBootFileName), "ipxe.efi");
  EXPECT_EQ(ack->message.header.siaddr, kServer);
  EXPECT_TRUE(ack->yiaddr().is_any());
  EXPECT_EQ(ack->message.header.ciaddr, ip(33));
  EXPECT_EQ(ack->options.server_identifier(), offer->options.server_identifier());
  EXPECT_EQ(ack->to.peer, (net::Endpoint{ip(33), kBootServerPort}));
  EXPECT_EQ(ack->to.source, net::IpAddress(kServer));
  EXPECT_EQ(ack->to.socket, kBootSocket);
  EXPECT_EQ(rack.published.back().boot_file.view(), "ipxe.efi");
  // iPXE and ROMs ask from port 68.
  EXPECT_EQ(rack.ask_boot_server(boot_request(1, 7), ip(33), dhcp4::kClientPort)->to.peer.port, dhcp4::kClientPort);
}

TEST(DhcpProxy, IpxeIsGivenItsScriptInTheOffer) {
  BootRack rack(proxy_config());
  const auto offer = rack.ask(octets_of(dhcp4::kIpxeEfiDiscover));
  ASSERT_NE(offer, nullptr);
  EXPECT_EQ(offer->text(OptionCode::kVendorOptions), "\x06\x01\x08\xff") << "download now, no menu, no port 4011";
  EXPECT_EQ(offer->message.file_text(), "http://192.168.1.110/boot.ipxe");
  EXPECT_FALSE(offer->message.header.siaddr.is_any()) << "iPXE wants siaddr and a file";
}

TEST(DhcpProxy, HttpClientsAreGivenTheirUrl) {
  BootRack rack(proxy_config());
  const auto offer = rack.ask(discover(1)
                                  .with(OptionCode::kVendorClass, "HTTPClient:Arch:00016:UNDI:003001")
                                  .with(OptionCode::kClientArch, std::string("\x00\x10", 2)));
  ASSERT_NE(offer, nullptr);
  EXPECT_TRUE(offer->yiaddr().is_any());
  EXPECT_EQ(offer->text(OptionCode::kVendorClass), "HTTPClient");
  EXPECT_EQ(offer->text(OptionCode::kBootFileName), "http://192.168.1.110/ipxe.efi");
}

TEST(DhcpProxy, AMenuGoesIntoTheOffer) {
  Config config = proxy_config();
  config.dhcp->pxe = menu();
  BootRack rack(config);
  const auto offer = rack.ask(pxe(discover(1), 7));
  ASSERT_NE(offer, nullptr);
  EXPECT_EQ(offer->text(OptionCode::kVendorOptions), text_of(encode_pxe_options(menu())));
  config.dhcp->pxe->menu.resize(1);
  config.dhcp->pxe->boot_servers.clear();
  rack.swap(config);
  EXPECT_EQ(rack.ask(pxe(discover(1), 7))->text(OptionCode::kVendorOptions), "(absent)") << "nothing to choose";
  EXPECT_NE(rack.ask(pxe(discover(2), 0))->text(OptionCode::kVendorOptions), "(absent)");
}

TEST(DhcpProxy, AMenuOfOneItemIsWhatUefiBoots) {
  Config config = proxy_config();
  config.dhcp->boot = {};
  config.dhcp->pxe.emplace().menu = {{32'768, "Install", "shimx64.efi"}};
  BootRack rack(config);
  const auto offer = rack.ask(pxe(discover(1), 7));
  ASSERT_NE(offer, nullptr) << "it has something to boot";
  EXPECT_EQ(offer->text(OptionCode::kVendorOptions), "(absent)");
  EXPECT_EQ(offer->message.header.siaddr, kServer);
  const auto ack = rack.ask_boot_server(boot_request(1, 7), ip(33));
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->message.file_text(), "shimx64.efi");
  EXPECT_EQ(ack->options.text(OptionCode::kBootFileName), "shimx64.efi");
  // Two: then it is asked for by its item alone.
  config.dhcp->pxe->menu.push_back({0, "Local disk", ""});
  rack.swap(config);
  EXPECT_EQ(rack.ask_boot_server(boot_request(1, 7), ip(33)), nullptr);
}

}  // namespace
}  // namespace rackcast::engine::dhcp_test
