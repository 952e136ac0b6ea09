#include "proto/dhcp/message.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "proto/dhcp/arch.h"
#include "proto/dhcp/option_table.h"
#include "tests/proto/dhcp/captured_messages.h"

namespace rackcast::dhcp4 {
namespace {

Message parsed(const Octets& octets) {
  const auto message = parse_message(octets);
  EXPECT_TRUE(message);
  return message.value_or(Message{});
}

TEST(DhcpMessage, ReadsTheFixedHeaderOfARealDiscover) {
  const Octets octets = octets_of(kOvmfDiscover);
  const Message message = parsed(octets);
  EXPECT_EQ(message.header.op, Op::kRequest);
  EXPECT_EQ(message.header.htype, HardwareType::kEthernet);
  EXPECT_EQ(message.header.hlen, 6);
  EXPECT_EQ(message.header.hops, 0);
  EXPECT_EQ(message.header.xid, Xid(0x6534'98CF));
  EXPECT_EQ(message.header.secs, 0);
  EXPECT_TRUE(message.header.broadcast);
  EXPECT_TRUE(message.header.ciaddr.is_any());
  EXPECT_FALSE(message.header.is_relayed());
  EXPECT_EQ(message.header.mac(), net::MacAddress::parse("52:54:00:12:09:0e"));
  EXPECT_TRUE(message.has_cookie);
  EXPECT_EQ(message.options.size(), octets.size() - kOptionsOffset);
  EXPECT_EQ(message.vendor_area.size(), octets.size() - kVendorOffset);
  EXPECT_EQ(message.sname_text(), "");
  EXPECT_EQ(message.file_text(), "");
}

TEST(DhcpMessage, ReadsSecsAndBroadcastFlagApart) {
  const Octets octets = octets_of(kIpxeBiosRequest);
  const Message message = parsed(octets);
  EXPECT_EQ(message.header.secs, 14);
  EXPECT_FALSE(message.header.broadcast);
}

TEST(DhcpMessage, IgnoresTheReservedFlagBits) {
  Octets octets = octets_of(kIpxeBiosRequest);
  octets[10] = std::byte{0x7F};
  octets[11] = std::byte{0xFF};
  EXPECT_FALSE(parsed(octets).header.broadcast);
}

TEST(DhcpMessage, ReadsAllFourAddressesInOrder) {
  Octets octets = octets_of(kOvmfDiscover);
  for (std::size_t i = 0; i < 16; ++i) octets[12 + i] = static_cast<std::byte>(i + 1);
  const Message message = parsed(octets);
  EXPECT_EQ(message.header.ciaddr, net::Ipv4Address(1, 2, 3, 4));
  EXPECT_EQ(message.header.yiaddr, net::Ipv4Address(5, 6, 7, 8));
  EXPECT_EQ(message.header.siaddr, net::Ipv4Address(9, 10, 11, 12));
  EXPECT_EQ(message.header.giaddr, net::Ipv4Address(13, 14, 15, 16));
  EXPECT_TRUE(message.header.is_relayed());
}

TEST(DhcpMessage, RefusesOnlyMessagesShorterThanTheFixedHeader) {
  for (const Capture& capture : kCaptures) {
    const Octets octets = octets_of(capture);
    for (std::size_t size = 0; size <= octets.size(); ++size) {
      const Octets prefix(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(size));
      const auto message = parse_message(prefix);
      ASSERT_EQ(message.has_value(), size >= kVendorOffset) << capture.name << " " << size;
      if (!message) continue;
      ASSERT_EQ(message->has_cookie, size >= kOptionsOffset) << capture.name << " " << size;
      ASSERT_EQ(message->options.size(), size >= kOptionsOffset ? size - kOptionsOffset : 0U);
      ASSERT_EQ(message->header, parse_message(octets)->header);
    }
  }
}

TEST(DhcpMessage, TakesBootpWithoutCookieAndKeepsItsVendorArea) {
  Octets octets = octets_of(kUdhcpcDiscover);
  octets[kVendorOffset] = std::byte{0x11};
  const Message message = parsed(octets);
  EXPECT_FALSE(message.has_cookie);
  EXPECT_TRUE(message.options.empty());
  EXPECT_EQ(message.vendor_area.size(), 64U);
  EXPECT_EQ(message.vendor_area[0], std::byte{0x11});
}

TEST(DhcpMessage, ReadsFileAndSnameWithAndWithoutTerminator) {
  Octets octets = octets_of(kOvmfDiscover);
  std::fill_n(octets.begin() + kSnameOffset, kSnameSize, std::byte{'s'});
  octets[kFileOffset] = std::byte{'f'};
  octets[kFileOffset + 2] = std::byte{'x'};
  const Message message = parsed(octets);
  EXPECT_EQ(message.sname_text(), std::string(kSnameSize, 's'));
  EXPECT_EQ(message.file_text(), "f");
}

TEST(DhcpMessage, ValidatesRealRequests) {
  for (const Capture& capture : kCaptures) {
    const bool is_reply = capture.name == "DnsmasqOffer";
    const Octets octets = octets_of(capture);
    const Header header = parsed(octets).header;
    EXPECT_EQ(validate(header, is_reply ? Op::kReply : Op::kRequest), MessageFault::kNone) << capture.name;
    EXPECT_EQ(validate(header, is_reply ? Op::kRequest : Op::kReply), MessageFault::kWrongOp) << capture.name;
  }
}

TEST(DhcpMessage, NamesWhatIsWrongWithAHeader) {
  const Octets octets = octets_of(kOvmfDiscover);
  const Header good = parsed(octets).header;
  const auto fault = [&](auto change) {
    Header header = good;
    change(header);
    return validate(header, Op::kRequest);
  };
  EXPECT_EQ(fault([](Header& h) { h.op = static_cast<Op>(0); }), MessageFault::kWrongOp);
  EXPECT_EQ(fault([](Header& h) { h.hlen = 17; }), MessageFault::kHlenTooLong);
  EXPECT_EQ(fault([](Header& h) { h.hlen = 255; }), MessageFault::kHlenTooLong);
  EXPECT_EQ(fault([](Header& h) { h.hlen = 16; }), MessageFault::kHlenMismatch);
  EXPECT_EQ(fault([](Header& h) { h.hlen = 0; }), MessageFault::kHlenMismatch);
  EXPECT_EQ(fault([](Header& h) { h.htype = HardwareType::kIeee802, h.hlen = 5; }), MessageFault::kHlenMismatch);
  EXPECT_EQ(fault([](Header& h) { h.htype = static_cast<HardwareType>(7), h.hlen = 0; }),
            MessageFault::kNoHardwareAddress);
  EXPECT_EQ(fault([](Header& h) { h.htype = HardwareType::kInfiniband, h.hlen = 0; }), MessageFault::kNone);
  EXPECT_EQ(fault([](Header& h) { h.htype = HardwareType::kInfiniband, h.hlen = 0, h.broadcast = false; }),
            MessageFault::kUnicastWithoutChaddr);
  EXPECT_EQ(fault([](Header& h) { h.chaddr[0] = 0x01; }), MessageFault::kGroupChaddr);
  EXPECT_EQ(fault([](Header& h) { h.giaddr = net::Ipv4Address::broadcast(); }), MessageFault::kBadGiaddr);
  EXPECT_EQ(fault([](Header& h) { h.giaddr = net::Ipv4Address(127, 0, 0, 1); }), MessageFault::kBadGiaddr);
  EXPECT_EQ(fault([](Header& h) { h.ciaddr = net::Ipv4Address(239, 1, 1, 1); }), MessageFault::kBadCiaddr);
  EXPECT_EQ(fault([](Header& h) { h.ciaddr = net::Ipv4Address(10, 0, 0, 1); }), MessageFault::kNone);
}

TEST(DhcpMessage, HasATextForEveryFault) {
  std::set<std::string_view> texts;
  for (std::size_t i = 0; i < kMessageFaultCount; ++i) texts.insert(message_fault_text(static_cast<MessageFault>(i)));
  EXPECT_EQ(texts.size(), kMessageFaultCount);
  EXPECT_FALSE(texts.contains("?"));
  EXPECT_EQ(message_fault_text(static_cast<MessageFault>(kMessageFaultCount)), "?");
}

TEST(DhcpMessage, HardwareAddressNeverExceedsChaddr) {
  Header header;
  header.hlen = 255;
  EXPECT_EQ(header.hardware_address().size(), kChaddrSize);
  EXPECT_EQ(header.mac(), std::nullopt);
  header.hlen = 0;
  EXPECT_TRUE(header.hardware_address().empty());
  header.set_mac(*net::MacAddress::parse("12:34:56:78:ab:cd"));
  EXPECT_EQ(header.hardware_address().size(), 6U);
  EXPECT_EQ(header.mac()->text().view(), "12:34:56:78:ab:cd");
}

TEST(DhcpMessage, ReplyHeaderCopiesWhatTable3SaysAndNothingElse) {
  Header request;
  request.htype = HardwareType::kIeee802;
  request.hops = 3;
  request.xid = Xid(77);
  request.secs = 9;
  request.broadcast = true;
  request.ciaddr = net::Ipv4Address(10, 0, 0, 9);
  request.siaddr = net::Ipv4Address(10, 0, 0, 8);
  request.giaddr = net::Ipv4Address(10, 0, 0, 1);
  request.chaddr.fill(0x22);
  Header expected;
  expected.op = Op::kReply;
  expected.htype = HardwareType::kIeee802;
  expected.xid = Xid(77);
  expected.broadcast = true;
  expected.giaddr = net::Ipv4Address(10, 0, 0, 1);
  expected.chaddr.fill(0x22);
  EXPECT_EQ(reply_header(request), expected);
}

TEST(DhcpMessageType, HasNames) {
  EXPECT_EQ(message_type_name(MessageType::kDiscover), "DISCOVER");
  EXPECT_EQ(message_type_name(MessageType::kInform), "INFORM");
  EXPECT_EQ(message_type_name(static_cast<MessageType>(0)), "?");
  EXPECT_EQ(message_type_name(static_cast<MessageType>(200)), "?");
}

TEST(DhcpOptionTable, FindsEveryEntryByCodeAndByName) {
  std::set<std::string_view> names;
  for (const OptionSpec& spec : kOptionTable) {
    EXPECT_EQ(find_option(static_cast<OptionCode>(spec.code)), &spec) << spec.name;
    EXPECT_EQ(find_option(spec.name), &spec) << spec.name;
    EXPECT_TRUE(names.insert(spec.name).second) << spec.name;
    EXPECT_TRUE(spec.takes(spec.length_min)) << spec.name;
    EXPECT_LE(spec.length_min, spec.length_max) << spec.name;
  }
  EXPECT_EQ(find_option(OptionCode::kPad), nullptr);
  EXPECT_EQ(find_option(OptionCode::kEnd), nullptr);
  EXPECT_EQ(find_option("no-such-option"), nullptr);
}

TEST(DhcpOptionTable, HoldsAllOfRfc2132) {
  for (int code = 1; code <= 76; ++code) EXPECT_NE(find_option(static_cast<OptionCode>(code)), nullptr) << code;
}

TEST(DhcpOptionTable, KnowsWhichLengthsAnOptionTakes) {
  EXPECT_TRUE(find_option(OptionCode::kRouters)->takes(8));
  EXPECT_FALSE(find_option(OptionCode::kRouters)->takes(6));
  EXPECT_FALSE(find_option(OptionCode::kRouters)->takes(0));
  EXPECT_TRUE(find_option(OptionCode::kRouters)->takes(400));  // joined from pieces
  EXPECT_FALSE(find_option(OptionCode::kClientIdentifier)->takes(1));
  EXPECT_TRUE(find_option(OptionCode::kRapidCommit)->takes(0));
  EXPECT_TRUE(find_option(OptionCode::kMessageType)->is_fixed());
  EXPECT_FALSE(find_option(OptionCode::kHostName)->is_fixed());
}

TEST(DhcpArch, PutsSevenAndNineInOneFamily) {
  EXPECT_EQ(arch_family(ClientArch::kEfiX64), ArchFamily::kEfi64);
  EXPECT_EQ(arch_family(ClientArch::kEfiByteCode), ArchFamily::kEfi64);
  EXPECT_EQ(arch_family(ClientArch::kHttpX64), ArchFamily::kEfi64);
  EXPECT_EQ(arch_family(ClientArch::kBios), ArchFamily::kBios);
  EXPECT_EQ(arch_family(ClientArch::kEfiIa32), ArchFamily::kEfi32);
  EXPECT_EQ(arch_family(ClientArch::kEfiArm32), ArchFamily::kArm32);
  EXPECT_EQ(arch_family(ClientArch::kHttpArm64), ArchFamily::kArm64);
  EXPECT_EQ(arch_family(static_cast<ClientArch>(42)), ArchFamily::kOther);
  EXPECT_EQ(arch_family(static_cast<ClientArch>(0xFFFF)), ArchFamily::kOther);
}

TEST(DhcpArch, TellsHttpFromTftp) {
  for (const int code : {15, 16, 17, 18, 19, 20, 28}) EXPECT_TRUE(arch_is_http(static_cast<ClientArch>(code))) << code;
  for (const int code : {0, 6, 7, 9, 10, 11, 27, 41, 999})
    EXPECT_FALSE(arch_is_http(static_cast<ClientArch>(code))) << code;
  EXPECT_EQ(arch_name(ClientArch::kEfiX64), "EFI x64");
  EXPECT_EQ(arch_name(ClientArch{999}), "unknown");
}

TEST(DhcpArch, FamilyKeysGoBothWays) {
  for (std::size_t i = 0; i < kArchFamilyCount; ++i) {
    const auto family = static_cast<ArchFamily>(i);
    EXPECT_EQ(arch_family_from_key(arch_family_key(family)), family);
  }
  EXPECT_EQ(arch_family_key(ArchFamily::kEfi64), "efi64");
  EXPECT_EQ(arch_family_key(ArchFamily::kLoongarch64), "loongarch64");
  EXPECT_EQ(arch_family_from_key("efi128"), std::nullopt);
}

TEST(DhcpVendorClass, ReadsPxeAndHttpClients) {
  const VendorClass pxe = VendorClass::parse("PXEClient:Arch:00007:UNDI:003016");
  EXPECT_EQ(pxe.boot, BootClass::kPxe);
  EXPECT_EQ(pxe.arch, ClientArch::kEfiX64);
  EXPECT_EQ(pxe.undi_version, 3016);
  const VendorClass http = VendorClass::parse("HTTPClient:Arch:00016:UNDI:003001");
  EXPECT_EQ(http.boot, BootClass::kHttp);
  EXPECT_EQ(http.arch, ClientArch::kHttpX64);
}

TEST(DhcpVendorClass, NeedsOnlyThePrefixAndNoWellFormedRest) {
  for (const std::string_view text : {"PXEClient", "PXEClient:", "PXEClient:Arch:", "PXEClient:Arch:7:UNDI:3016",
                                      "PXEClient:Arch:99999:UNDI:999999", "PXEClient:Arch:0000x:UNDI:+03016"}) {
    const VendorClass parsed_class = VendorClass::parse(text);
    EXPECT_EQ(parsed_class.boot, BootClass::kPxe) << text;
    EXPECT_EQ(parsed_class.arch, std::nullopt) << text;
    EXPECT_EQ(parsed_class.undi_version, std::nullopt) << text;
  }
  for (const std::string_view text : {"", "udhcp 1.35.0", "pxeclient", "PXEClien", "xPXEClient:Arch:00007"}) {
    EXPECT_EQ(VendorClass::parse(text).boot, BootClass::kNone) << text;
    EXPECT_EQ(VendorClass::parse(text).arch, std::nullopt) << text;
  }
}

}  // namespace
}  // namespace rackcast::dhcp4
