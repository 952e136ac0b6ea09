// The simulator's DHCP client, fed by hand: its waits, what it takes, what it refuses and why.
#include "tools/sim/machines/dhcp_client.h"

#include <gtest/gtest.h>

#include "proto/dhcp/message_writer.h"
#include "proto/dhcp/options.h"
#include "tests/tools/sim/machines/part_world.h"
#include "tools/sim/machines/dhcp_request.h"
#include "tools/sim/machines/profiles/habits.h"

namespace rackcast::sim {
namespace {

using dhcp4::MessageType;
using dhcp4::OptionCode;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr net::Ipv4Address kAddress{10, 99, 0, 100};
constexpr net::Ipv4Address kOtherServer{10, 99, 0, 2};

// A reply and what may be wrong with it.
struct Reply {
  MessageType type = MessageType::kOffer;
  net::Ipv4Address address = kAddress;
  net::Ipv4Address server = test::kServer;  // any(): no option 54
  net::Ipv4Address siaddr = test::kServer;
  std::uint32_t lease_seconds = 600;
  bool has_type = true;
  std::string_view file = "pxelinux.0";
  std::string_view option_67;
  std::string_view option_66;
  std::string_view vendor_class;
  std::string_view vendor_options;
  std::string_view encapsulated;  // 175
  net::Ipv4Address mask{255, 255, 255, 0};
};

class DhcpClientTest : public ::testing::Test {
 protected:
  void start(const DhcpHabits& habits) { client_.start(it_.now, it_.world(), habits); }

  [[nodiscard]] dhcp4::Header last_header() const {
    return dhcp4::parse_message(it_.carrier.dhcp.back().message)->header;
  }
  [[nodiscard]] MessageType last_type() const {
    const auto message = dhcp4::parse_message(it_.carrier.dhcp.back().message);
    return dhcp4::Options(*message, {}).message_type().value_or(MessageType{0});
  }
  [[nodiscard]] std::size_t sent() const { return it_.carrier.dhcp.size(); }

  [[nodiscard]] std::vector<std::byte> bytes_of(const Reply& reply) const {
    dhcp4::Header header = dhcp4::reply_header(last_header());
    header.op = dhcp4::Op::kReply;
    header.yiaddr = reply.address;
    header.siaddr = reply.siaddr;
    std::array<std::byte, 548> out;
    dhcp4::MessageWriter writer(out, header, {});
    (void)writer.set_file(reply.file);
    if (reply.has_type) writer.put_u8(OptionCode::kMessageType, static_cast<std::uint8_t>(reply.type));
    if (!reply.server.is_any()) writer.put_address(OptionCode::kServerIdentifier, reply.server);
    if (reply.lease_seconds > 0) writer.put_u32(OptionCode::kLeaseTime, reply.lease_seconds);
    writer.put_address(OptionCode::kSubnetMask, reply.mask);
    if (!reply.option_67.empty()) writer.put_text(OptionCode::kBootFileName, reply.option_67);
    if (!reply.option_66.empty()) writer.put_text(OptionCode::kTftpServerName, reply.option_66);
    if (!reply.vendor_class.empty()) writer.put_text(OptionCode::kVendorClass, reply.vendor_class);
    if (!reply.vendor_options.empty()) writer.put_text(OptionCode::kVendorOptions, reply.vendor_options);
    if (!reply.encapsulated.empty()) writer.put_text(OptionCode::kIpxe, reply.encapsulated);
    const auto message = writer.finish();
    return {message.begin(), message.end()};
  }
  PartStatus receive(const Reply& reply, net::UdpPort from = dhcp4::kServerPort, net::UdpPort to = dhcp4::kClientPort) {
    return receive(bytes_of(reply), from, to);
  }
  PartStatus receive(const std::vector<std::byte>& message, net::UdpPort from = dhcp4::kServerPort,
                     net::UdpPort to = dhcp4::kClientPort) {
    return client_.on_datagram(it_.now, it_.world(), {from, to}, message, lease_);
  }
  PartStatus wait() {
    it_.now = client_.deadline();
    return client_.on_deadline(it_.now, it_.world());
  }

  test::PartWorld it_;
  DhcpClient client_;
  DhcpLease lease_;
};

TEST_F(DhcpClientTest, RomTakesTheFirstOfferAndIsBound) {
  start(habits::kBiosRomDhcp);
  EXPECT_EQ(last_type(), MessageType::kDiscover);
  EXPECT_TRUE(last_header().broadcast);
  EXPECT_TRUE(client_.listens());
  const auto xid = last_header().xid;
  receive(Reply{});
  EXPECT_EQ(last_type(), MessageType::kRequest);
  EXPECT_EQ(last_header().xid, xid);
  const auto message = dhcp4::parse_message(it_.carrier.dhcp.back().message);
  const dhcp4::Options options(*message, {});
  EXPECT_EQ(options.requested_address(), kAddress);
  EXPECT_EQ(options.server_identifier(), test::kServer);
  EXPECT_EQ(receive(Reply{.type = MessageType::kAck, .mask = {255, 255, 240, 0}}), PartStatus::kDone);
  EXPECT_EQ(lease_.address, kAddress);
  EXPECT_EQ(lease_.server, test::kServer);
  EXPECT_EQ(lease_.next_server, test::kServer);
  EXPECT_EQ(lease_.boot_file, "pxelinux.0");
  EXPECT_EQ(lease_.seconds, 600U);
  EXPECT_EQ(lease_.prefix_bits, 20);
  EXPECT_FALSE(client_.listens());
  EXPECT_EQ(client_.deadline(), kNever);
}

TEST_F(DhcpClientTest, SilenceMeansNoOfferAfterTheTableIsUsedUp) {
  start(habits::kBiosRomDhcp);
  const Instant began = it_.now;
  while (wait() == PartStatus::kRunning) {
  }
  EXPECT_EQ(it_.now - began, seconds(4 + 8 + 16 + 32));
  EXPECT_EQ(sent(), 4U);
  EXPECT_EQ(client_.failure(), Failure::kNoOffer);
  EXPECT_EQ(client_.detail(), "no usable OFFER after 4 tries");
}

TEST_F(DhcpClientTest, OfferedAndThenSilenceMeansNoAck) {
  start(habits::kIpxeBiosDhcp);
  it_.now += seconds(2);
  receive(Reply{});
  ASSERT_EQ(last_type(), MessageType::kRequest);
  const Instant began = it_.now;
  wait();
  EXPECT_EQ(it_.now - began, milliseconds(250));
  while (wait() == PartStatus::kRunning) {
  }
  EXPECT_EQ(client_.failure(), Failure::kNoAck);
}

// As captured: an offer that comes early is taken when the timer ends the third wait, after a second DISCOVER.
TEST_F(DhcpClientTest, IpxeGathersForTwoSeconds) {
  start(habits::kIpxeEfiDhcp);
  const Instant began = it_.now;
  EXPECT_EQ(last_header().secs, 4);
  receive(Reply{});
  EXPECT_EQ(sent(), 1U);
  wait();
  EXPECT_EQ(last_type(), MessageType::kDiscover);
  EXPECT_EQ(last_header().secs, 10);
  wait();
  EXPECT_EQ(last_type(), MessageType::kRequest);
  EXPECT_EQ(it_.now - began, seconds(3));
  EXPECT_EQ(it_.observer.count(Incident::kRetransmit), 0);
}

TEST_F(DhcpClientTest, IpxeGathersNoLongerThanItIsToldTo) {
  using namespace std::string_view_literals;
  start(habits::kIpxeEfiDhcp);
  receive(Reply{.encapsulated = "\xB0\x01\x00"sv});  // there may be a proxyDHCP server
  EXPECT_EQ(sent(), 1U);
  receive(Reply{.encapsulated = "\xB0\x01\x01"sv});
  EXPECT_EQ(last_type(), MessageType::kRequest);
  EXPECT_EQ(last_header().secs, 10);  // the second that it sends
  start(habits::kIpxeEfiDhcp);
  receive(Reply{.vendor_class = "PXEClient"});
  EXPECT_EQ(last_type(), MessageType::kRequest);
}

TEST_F(DhcpClientTest, HttpBootWantsItsClassInOfferAndAck) {
  start(habits::kEdk2HttpDhcp);
  receive(Reply{});
  wait();
  EXPECT_EQ(last_type(), MessageType::kDiscover);
  receive(Reply{.vendor_class = "HTTPClient"});
  wait();
  EXPECT_EQ(last_type(), MessageType::kRequest);
  EXPECT_EQ(receive(Reply{.type = MessageType::kAck}), PartStatus::kRunning);
  EXPECT_EQ(receive(Reply{.type = MessageType::kAck, .vendor_class = "HTTPClient"}), PartStatus::kDone);
}

TEST_F(DhcpClientTest, IpxeTakesTheLastOffer) {
  start(habits::kIpxeEfiDhcp);
  receive(Reply{.server = kOtherServer});
  receive(Reply{});
  wait();
  wait();
  EXPECT_EQ(receive(Reply{.type = MessageType::kAck, .server = kOtherServer}), PartStatus::kRunning);
  EXPECT_EQ(receive(Reply{.type = MessageType::kAck}), PartStatus::kDone);
}

TEST_F(DhcpClientTest, Edk2TakesOffersWhenItsFirstWaitEnds) {
  start(habits::kEdk2Dhcp);
  const Instant began = it_.now;
  receive(Reply{});
  receive(Reply{.server = kOtherServer});
  EXPECT_EQ(sent(), 1U);
  wait();
  EXPECT_EQ(last_type(), MessageType::kRequest);
  EXPECT_GE(it_.now - began, seconds(3));
  EXPECT_LE(it_.now - began, seconds(4));
  EXPECT_EQ(receive(Reply{.type = MessageType::kAck}), PartStatus::kDone);  // the first one's
}

TEST_F(DhcpClientTest, JitterComesFromTheMachinesSeed) {
  const auto first_wait = [](std::uint64_t seed) {
    test::PartWorld it;
    it.random = Random(seed);
    DhcpClient client;
    client.start(it.now, it.world(), habits::kInstallerDhcp);
    return client.deadline() - it.now;
  };
  EXPECT_EQ(first_wait(1), first_wait(1));
  EXPECT_NE(first_wait(1), first_wait(2));
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    EXPECT_GE(first_wait(seed), seconds(2));
    EXPECT_LT(first_wait(seed), seconds(3));
  }
}

TEST_F(DhcpClientTest, GrubsXidAndSecsAreTheClocks) {
  it_.facts.wall_start_seconds = 1'700'000'000;
  start(habits::kGrubDhcp);
  EXPECT_EQ(last_header().xid, dhcp4::Xid(1'700'000'100));
  EXPECT_EQ(last_header().secs, 1'700'000'100 & 0xFFFF);
}

TEST_F(DhcpClientTest, NakBeginsAnewAndFourAreEnough) {
  start(habits::kBiosRomDhcp);
  for (int i = 1; i <= kNaksMax; ++i) {
    receive(Reply{});
    const auto xid = last_header().xid;
    const PartStatus status = receive(Reply{.type = MessageType::kNak, .address = {}, .siaddr = {}});
    if (i == kNaksMax) {
      EXPECT_EQ(status, PartStatus::kFailed);
      break;
    }
    EXPECT_EQ(status, PartStatus::kRunning);
    EXPECT_EQ(client_.deadline() - it_.now, kNakPause);
    EXPECT_FALSE(client_.listens());
    wait();
    EXPECT_EQ(last_type(), MessageType::kDiscover);
    EXPECT_NE(last_header().xid, xid);
  }
  EXPECT_EQ(client_.failure(), Failure::kNaked);
  EXPECT_EQ(it_.observer.count(Incident::kNak), kNaksMax);
}

TEST_F(DhcpClientTest, NakOfAnotherServerIsNotForUs) {
  start(habits::kBiosRomDhcp);
  receive(Reply{});
  receive(Reply{.type = MessageType::kNak, .server = kOtherServer});
  EXPECT_EQ(it_.observer.count(Incident::kNak), 0);
  EXPECT_EQ(receive(Reply{.type = MessageType::kAck}), PartStatus::kDone);
}

// ---- replies that break the protocol are dropped, and named when nothing better comes

TEST_F(DhcpClientTest, BadOffersAreNamed) {
  struct Row {
    Reply reply;
    ReplyFault fault;
  };
  const Row rows[] = {
      {{.server = {}}, ReplyFault::kNoServerIdentifier},
      {{.address = {}}, ReplyFault::kNoAddress},
      {{.address = net::Ipv4Address::broadcast()}, ReplyFault::kBadAddress},
      {{.address = {224, 0, 0, 1}}, ReplyFault::kBadAddress},
      {{.lease_seconds = 0}, ReplyFault::kNoLeaseTime},
      {{.has_type = false}, ReplyFault::kNoMessageType},
      {{.type = MessageType::kDecline}, ReplyFault::kUnexpectedType},
  };
  for (const Row& row : rows) {
    it_.carrier.dhcp.clear();
    start(habits::kBiosRomDhcp);
    EXPECT_EQ(receive(row.reply), PartStatus::kRunning);
    EXPECT_EQ(sent(), 1U) << reply_fault_text(row.fault);
    while (wait() == PartStatus::kRunning) {
    }
    EXPECT_EQ(client_.failure(), Failure::kBadOffer) << reply_fault_text(row.fault);
    EXPECT_NE(client_.detail().find(reply_fault_text(row.fault)), std::string::npos) << client_.detail();
  }
}

TEST_F(DhcpClientTest, WrongMacAndWrongPortAreFaultsAForeignXidIsNot) {
  start(habits::kBiosRomDhcp);
  auto message = bytes_of(Reply{});
  message[33] ^= std::byte{1};  // chaddr
  receive(message);
  receive(Reply{}, net::UdpPort(1'067));
  while (wait() == PartStatus::kRunning) {
  }
  EXPECT_EQ(client_.failure(), Failure::kBadOffer);
  EXPECT_NE(client_.detail().find("2 bad replies"), std::string::npos) << client_.detail();

  start(habits::kBiosRomDhcp);
  message = bytes_of(Reply{});
  message[4] ^= std::byte{1};  // xid
  receive(message);
  while (wait() == PartStatus::kRunning) {
  }
  EXPECT_EQ(client_.failure(), Failure::kNoOffer);
}

TEST_F(DhcpClientTest, AckWithAnotherAddressIsABadOffer) {
  start(habits::kBiosRomDhcp);
  receive(Reply{});
  EXPECT_EQ(receive(Reply{.type = MessageType::kAck, .address = {10, 99, 0, 101}}), PartStatus::kFailed);
  EXPECT_EQ(client_.failure(), Failure::kBadOffer);
}

TEST_F(DhcpClientTest, AckThatNobodyAskedForIsDropped) {
  start(habits::kBiosRomDhcp);
  EXPECT_EQ(receive(Reply{.type = MessageType::kAck}), PartStatus::kRunning);
  EXPECT_TRUE(client_.listens());
}

TEST_F(DhcpClientTest, ReplyInPiecesIsSurvived) {
  start(habits::kBiosRomDhcp);
  const auto whole = bytes_of(Reply{});
  rackcast::test::for_every_prefix(whole, [&](std::span<const std::byte> prefix) {
    // What is cut inside the padding is whole.
    const PartStatus status = client_.on_datagram(it_.now, it_.world(), {dhcp4::kServerPort}, prefix, lease_);
    EXPECT_EQ(status, PartStatus::kRunning);
    client_.start(it_.now, it_.world(), habits::kBiosRomDhcp);
  });
}

// ---- each client's own rules

TEST_F(DhcpClientTest, BootFileAndServerByTheClientsRule) {
  struct Row {
    const DhcpHabits& habits;
    std::string_view file;
    net::Ipv4Address server;
  };
  const Row rows[] = {
      {habits::kEdk2Dhcp, "by-67", test::kServer},              // siaddr, else 54
      {habits::kIpxeBiosDhcp, "by-field", net::Ipv4Address()},  // siaddr alone
      {habits::kGrubDhcp, "by-field", {10, 99, 0, 9}},          // siaddr, else 66
  };
  for (const Row& row : rows) {
    start(row.habits);
    const Reply reply{.siaddr = {}, .file = "by-field", .option_67 = "by-67", .option_66 = "10.99.0.9"};
    receive(reply);
    while (last_type() != MessageType::kRequest) wait();
    Reply ack = reply;
    ack.type = MessageType::kAck;
    ASSERT_EQ(receive(ack), PartStatus::kDone);
    EXPECT_EQ(lease_.boot_file, row.file);
    EXPECT_EQ(lease_.next_server, row.server);
  }
}

TEST_F(DhcpClientTest, BootpIsOneExchange) {
  start(habits::kBootpDhcp);
  EXPECT_EQ(receive(Reply{.server = {}, .lease_seconds = 0, .has_type = false}), PartStatus::kDone);
  EXPECT_EQ(lease_.seconds, 0xFFFF'FFFFU);
  EXPECT_EQ(lease_.boot_file, "pxelinux.0");
  EXPECT_EQ(sent(), 1U);
}

TEST_F(DhcpClientTest, RaspberryPiLooksForItsText) {
  start(habits::kRaspberryDhcp);
  receive(Reply{});
  EXPECT_EQ(sent(), 1U);
  receive(Reply{.vendor_options = "Raspberry Pi Boot   "});
  EXPECT_EQ(last_type(), MessageType::kRequest);
  EXPECT_EQ(last_header().xid, dhcp4::Xid(0x26F3'0339));
}

// ---- boot servers on port 4011

// The trap of option 60 without 43.6: EDK2 asks on port 4011 although the ACK named a file.
TEST_F(DhcpClientTest, Edk2AsksTheBootServerWhenAnAckSaysPxeClientAndNoMore) {
  start(habits::kEdk2Dhcp);
  const Reply offer{.vendor_class = "PXEClient"};
  receive(offer);
  wait();
  Reply ack = offer;
  ack.type = MessageType::kAck;
  EXPECT_EQ(receive(ack), PartStatus::kRunning);
  const DhcpSend& how = it_.carrier.dhcp.back().how;
  EXPECT_FALSE(how.broadcast);
  EXPECT_EQ(how.source, kAddress);
  EXPECT_EQ(how.server, test::kServer);
  EXPECT_EQ(how.server_port, kBootServerPort);
  EXPECT_EQ(last_header().ciaddr, kAddress);
  const Reply answer{.type = MessageType::kAck, .address = {}, .lease_seconds = 0, .file = "from-4011"};
  EXPECT_EQ(how.source_port, kBootServerPort);
  EXPECT_EQ(receive(answer, dhcp4::kServerPort, kBootServerPort), PartStatus::kRunning) << "not the boot server's";
  EXPECT_EQ(receive(answer, kBootServerPort), PartStatus::kIdle) << "it asked from 4011, and nobody listens at 68";
  EXPECT_EQ(receive(answer, kBootServerPort, kBootServerPort), PartStatus::kDone);
  EXPECT_EQ(lease_.boot_file, "from-4011");
  EXPECT_EQ(lease_.address, kAddress);
}

TEST_F(DhcpClientTest, SilentBootServerMeansNoBootFile) {
  start(habits::kBiosRomDhcp);
  receive(Reply{.vendor_class = "PXEClient"});
  receive(Reply{.type = MessageType::kAck, .vendor_class = "PXEClient"});
  EXPECT_EQ(it_.carrier.dhcp.back().how.source_port, dhcp4::kClientPort);
  const Instant began = it_.now;
  while (wait() == PartStatus::kRunning) {
  }
  EXPECT_EQ(it_.now - began, seconds(1 + 2 + 3 + 4));
  EXPECT_EQ(client_.failure(), Failure::kNoBootFile);
  EXPECT_EQ(client_.detail(), "no answer from the boot server 10.99.0.1 on port 4011");
}

TEST_F(DhcpClientTest, DiscoveryControlAndFileAreEnough) {
  using namespace std::string_view_literals;
  start(habits::kBiosRomDhcp);
  const Reply offer{.vendor_class = "PXEClient", .vendor_options = "\6\1\10\377"sv};
  receive(offer);
  Reply ack = offer;
  ack.type = MessageType::kAck;
  EXPECT_EQ(receive(ack), PartStatus::kDone);
}

TEST_F(DhcpClientTest, IpxeIsContentWithAFileAndAsksWithout) {
  start(habits::kIpxeBiosDhcp);
  it_.now += seconds(2);
  receive(Reply{.vendor_class = "PXEClient"});
  EXPECT_EQ(receive(Reply{.type = MessageType::kAck, .vendor_class = "PXEClient"}), PartStatus::kDone);
  start(habits::kIpxeBiosDhcp);
  it_.now += seconds(2);
  receive(Reply{.file = "", .vendor_class = "PXEClient"});
  EXPECT_EQ(receive(Reply{.type = MessageType::kAck, .file = "", .vendor_class = "PXEClient"}), PartStatus::kRunning);
  EXPECT_EQ(it_.carrier.dhcp.back().how.server_port, kBootServerPort);
}

TEST_F(DhcpClientTest, ProxyOffersGiveTheBootFileAndNoAddress) {
  start(habits::kEdk2Dhcp);
  const Reply proxy{.address = {},
                    .server = kOtherServer,
                    .siaddr = kOtherServer,
                    .lease_seconds = 0,
                    .file = "proxy.efi",
                    .vendor_class = "PXEClient"};
  receive(proxy);
  receive(Reply{.file = ""});
  wait();
  EXPECT_EQ(receive(Reply{.type = MessageType::kAck, .file = ""}), PartStatus::kRunning);
  EXPECT_EQ(it_.carrier.dhcp.back().how.server, kOtherServer);
  Reply answer = proxy;
  answer.type = MessageType::kAck;
  EXPECT_EQ(receive(answer, kBootServerPort, kBootServerPort), PartStatus::kDone);
  EXPECT_EQ(lease_.boot_file, "proxy.efi");
  EXPECT_EQ(lease_.next_server, kOtherServer);
  EXPECT_EQ(lease_.server, test::kServer);
}

// ---- renewals

class RenewingClient : public DhcpClientTest {
 protected:
  void SetUp() override {
    start(habits::kInstallerDhcp);
    receive(Reply{});
    ASSERT_EQ(receive(Reply{.type = MessageType::kAck}), PartStatus::kDone);
  }
};

TEST_F(RenewingClient, RenewsByUnicastAtHalfTheLease) {
  const Instant bound = it_.now;
  EXPECT_FALSE(client_.listens());
  EXPECT_EQ(wait(), PartStatus::kRunning);
  EXPECT_EQ(it_.now - bound, seconds(300));
  EXPECT_EQ(last_type(), MessageType::kRequest);
  EXPECT_EQ(last_header().ciaddr, kAddress);
  EXPECT_FALSE(it_.carrier.dhcp.back().how.broadcast);
  EXPECT_EQ(it_.carrier.dhcp.back().how.source, kAddress);
  const auto message = dhcp4::parse_message(it_.carrier.dhcp.back().message);
  const dhcp4::Options options(*message, {});
  EXPECT_FALSE(options.has(OptionCode::kServerIdentifier));
  EXPECT_FALSE(options.has(OptionCode::kRequestedAddress));
  EXPECT_EQ(receive(Reply{.type = MessageType::kAck, .lease_seconds = 1'000}), PartStatus::kRunning);
  EXPECT_EQ(client_.deadline() - it_.now, seconds(500));
  EXPECT_EQ(it_.observer.leases.size(), 1U);
}

TEST_F(RenewingClient, SilenceLeadsToRebindingAndThenToAnEnd) {
  while (!it_.carrier.dhcp.back().how.broadcast || last_header().ciaddr.is_any())
    ASSERT_EQ(wait(), PartStatus::kRunning);
  EXPECT_EQ(it_.carrier.dhcp.back().how.source, kAddress);
  while (wait() == PartStatus::kRunning) {
  }
  EXPECT_EQ(client_.failure(), Failure::kNoAck);
}

TEST_F(RenewingClient, NakTakesTheAddressFromUnderARunningSystem) {
  wait();
  EXPECT_EQ(receive(Reply{.type = MessageType::kNak, .address = {}}), PartStatus::kFailed);
  EXPECT_EQ(client_.failure(), Failure::kNaked);
}

}  // namespace
}  // namespace rackcast::sim
