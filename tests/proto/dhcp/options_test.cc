#include "proto/dhcp/options.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "tests/proto/dhcp/captured_messages.h"

namespace rackcast::dhcp4 {
namespace {

using Scratch = std::array<std::byte, 2048>;

std::string text_of(std::span<const std::byte> octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

// A message whose three option-bearing fields are given in hexadecimal.
Octets message_with(std::string_view options, std::string_view file = "", std::string_view sname = "") {
  Octets octets = octets_of(kUdhcpcDiscover);
  octets.resize(kOptionsOffset);
  const auto place = [&](std::string_view hex, std::size_t offset) {
    const Octets field = from_hex(hex);
    std::copy(field.begin(), field.end(), octets.begin() + static_cast<std::ptrdiff_t>(offset));
  };
  place(file, kFileOffset);
  place(sname, kSnameOffset);
  const Octets tail = from_hex(options);
  octets.insert(octets.end(), tail.begin(), tail.end());
  return octets;
}

struct Read {
  explicit Read(Octets bytes, std::size_t scratch_size = 2048)
      : octets(std::move(bytes)), options(*parse_message(octets), std::span(scratch).first(scratch_size)) {}
  Octets octets;
  Scratch scratch{};
  Options options;
};

TEST(DhcpOptions, ReadsTheIpxeRomsDiscover) {
  const Read read(octets_of(kIpxeBiosDiscover));
  const Options& options = read.options;
  EXPECT_EQ(options.message_type(), MessageType::kDiscover);
  EXPECT_EQ(options.max_message_size(), 1472);
  EXPECT_EQ(options.client_arch(), ClientArch::kBios);
  EXPECT_EQ(options.client_archs().size(), 1U);
  EXPECT_EQ(options.client_ndi()->type, 1);
  EXPECT_EQ(options.client_ndi()->major, 2);
  EXPECT_EQ(options.client_ndi()->minor, 1);
  EXPECT_EQ(options.text(OptionCode::kVendorClass), "PXEClient:Arch:00000:UNDI:002001");
  EXPECT_EQ(options.vendor_class().undi_version, 2001);
  EXPECT_TRUE(options.user_classes().contains("iPXE"));
  EXPECT_TRUE(options.user_classes().is_plain_text());
  EXPECT_EQ(options.parameter_request_list().size(), 23U);
  EXPECT_TRUE(options.requests(OptionCode::kIpxe));
  EXPECT_FALSE(options.requests(OptionCode::kClasslessRoutes));
  EXPECT_EQ(options.client_identifier().size(), 7U);
  EXPECT_EQ(options.client_identifier()[0], std::byte{1});
  ASSERT_TRUE(options.machine_id());
  EXPECT_TRUE(options.machine_id()->is_unset());
  ASSERT_TRUE(options.ipxe());
  EXPECT_TRUE(options.ipxe()->has(IpxeFeature::kHttp));
  EXPECT_TRUE(options.ipxe()->has(IpxeFeature::kElf));
  EXPECT_FALSE(options.ipxe()->has(IpxeFeature::kEfi));
  EXPECT_FALSE(options.ipxe()->has(IpxeFeature::kHttps));
  EXPECT_EQ(options.ipxe()->version()->major, 1);
  EXPECT_EQ(options.ipxe()->get(IpxeOption::kBusId)->size(), 5U);
  EXPECT_EQ(options.requested_address(), std::nullopt);
  EXPECT_EQ(options.server_identifier(), std::nullopt);
  EXPECT_EQ(options.relay_agent(), std::nullopt);
  EXPECT_FALSE(options.faults().overran || options.faults().missing_end || options.faults().contradiction);
}

TEST(DhcpOptions, ReadsRequestsOfOtherClients) {
  const Read ovmf(octets_of(kOvmfRequest));
  EXPECT_EQ(ovmf.options.message_type(), MessageType::kRequest);
  EXPECT_EQ(ovmf.options.server_identifier(), net::Ipv4Address(10, 98, 7, 1));
  EXPECT_EQ(ovmf.options.requested_address(), net::Ipv4Address(10, 98, 7, 98));
  EXPECT_EQ(ovmf.options.max_message_size(), 65'280);
  EXPECT_EQ(ovmf.options.client_arch(), ClientArch::kEfiX64);
  EXPECT_TRUE(ovmf.options.client_identifier().empty());
  EXPECT_FALSE(ovmf.options.ipxe());

  const Read udhcpc(octets_of(kUdhcpcRequest));
  EXPECT_EQ(udhcpc.options.requested_address(), net::Ipv4Address(10, 98, 7, 64));
  EXPECT_EQ(udhcpc.options.vendor_class().boot, BootClass::kNone);
  EXPECT_EQ(udhcpc.options.client_arch(), std::nullopt);
  EXPECT_EQ(udhcpc.options.machine_id(), std::nullopt);

  const Read efi(octets_of(kIpxeEfiDiscover));
  EXPECT_TRUE(efi.options.ipxe()->has(IpxeFeature::kEfi));
  EXPECT_EQ(efi.options.client_ndi()->major, 3);
}

TEST(DhcpOptions, ReadsAServersOffer) {
  const Read read(octets_of(kDnsmasqOffer));
  EXPECT_EQ(read.options.message_type(), MessageType::kOffer);
  EXPECT_EQ(read.options.u32(OptionCode::kLeaseTime), 3600U);
  EXPECT_EQ(read.options.address(OptionCode::kSubnetMask), net::Ipv4Address(255, 255, 255, 0));
  EXPECT_EQ(read.options.text(OptionCode::kBootFileName), "pxelinux.0");
  EXPECT_EQ(read.options.address_list(OptionCode::kRouters).size(), 1U);
  EXPECT_EQ(read.options.address_list(OptionCode::kRouters)[0], net::Ipv4Address(10, 98, 7, 1));
}

// Whatever the cut, options before it read as in the whole message and nothing else appears.
TEST(DhcpOptions, EveryPrefixReadsAsTheOptionsItHolds) {
  for (const Capture& capture : kCaptures) {
    const Read whole(octets_of(capture));
    for (std::size_t size = kVendorOffset; size < whole.octets.size(); ++size) {
      const Read cut(Octets(whole.octets.begin(), whole.octets.begin() + static_cast<std::ptrdiff_t>(size)));
      for (int c = 0; c < 256; ++c) {
        const auto code = static_cast<OptionCode>(c);
        const auto value = cut.options.get(code);
        if (!value) continue;
        ASSERT_TRUE(whole.options.has(code)) << capture.name << " " << size << " " << c;
        ASSERT_EQ(text_of(*value), text_of(*whole.options.get(code))) << capture.name << " " << size << " " << c;
      }
    }
  }
}

TEST(DhcpOptions, ToleratesPadsAndAMissingEnd) {
  const Read read(message_with("000000350101000c036d61630000"));
  EXPECT_EQ(read.options.message_type(), MessageType::kDiscover);
  EXPECT_EQ(read.options.host_name(), "mac");
  EXPECT_TRUE(read.options.faults().missing_end);
  EXPECT_FALSE(read.options.faults().overran);
}

TEST(DhcpOptions, ReadsNothingAfterTheEnd) {
  const Read read(message_with("350101ff0c036d6163"));
  EXPECT_FALSE(read.options.has(OptionCode::kHostName));
  EXPECT_FALSE(read.options.faults().missing_end);
}

TEST(DhcpOptions, KeepsWhatCameBeforeALengthThatOverruns) {
  const Read read(message_with("3501010c096d6163"));
  EXPECT_EQ(read.options.message_type(), MessageType::kDiscover);
  EXPECT_FALSE(read.options.has(OptionCode::kHostName));
  EXPECT_TRUE(read.options.faults().overran);
  const Read code_only(message_with("3501010c"));
  EXPECT_TRUE(code_only.options.faults().overran);
}

TEST(DhcpOptions, PlainBootpHasNoOptionsAndNoFaults) {
  Octets octets = message_with("350101ff");
  octets[kVendorOffset] = std::byte{0};
  const Read read(octets);
  EXPECT_FALSE(read.options.has(OptionCode::kMessageType));
  EXPECT_FALSE(read.options.faults().missing_end);
}

TEST(DhcpOptions, TellsAbsentFromUnusableMessageTypes) {
  const Read absent(message_with("0c036d6163ff"));
  EXPECT_FALSE(absent.options.has(OptionCode::kMessageType));
  for (const std::string_view hex : {"350100ff", "350109ff", "3501ffff", "35020101ff", "3500ff"}) {
    const Read odd(message_with(hex));
    EXPECT_TRUE(odd.options.has(OptionCode::kMessageType)) << hex;
    EXPECT_EQ(odd.options.message_type(), std::nullopt) << hex;
  }
}

TEST(DhcpOptions, JoinsPiecesOfOneFieldInOrder) {
  const Read read(message_with("0c0261623501010c0263640c0165ff"));
  EXPECT_EQ(read.options.host_name(), "abcde");
  EXPECT_EQ(read.options.message_type(), MessageType::kDiscover);
  EXPECT_FALSE(read.options.faults().contradiction);
}

TEST(DhcpOptions, JoinsAcrossOptionsFileAndSnameInThatOrder) {
  const Read read(message_with("0c026162340103ff", "0c026364ff", "0c026566ff"));
  EXPECT_EQ(read.options.overload(), Overload::kBoth);
  EXPECT_EQ(read.options.host_name(), "abcdef");
}

TEST(DhcpOptions, ReadsOnlyTheFieldsThatAreOverloaded) {
  const std::string file = "0c0166ff";
  const std::string sname = "0f0173ff";
  const Read none(message_with("350101ff", file, sname));
  EXPECT_FALSE(none.options.has(OptionCode::kHostName) || none.options.has(OptionCode::kDomainName));
  const Read file_only(message_with("340101ff", file, sname));
  EXPECT_TRUE(file_only.options.has(OptionCode::kHostName));
  EXPECT_FALSE(file_only.options.has(OptionCode::kDomainName));
  const Read sname_only(message_with("340102ff", file, sname));
  EXPECT_FALSE(sname_only.options.has(OptionCode::kHostName));
  EXPECT_TRUE(sname_only.options.has(OptionCode::kDomainName));
}

TEST(DhcpOptions, IgnoresOverloadInsideAnOverloadedField) {
  // `file` says that `sname` is overloaded, and `sname` that `file` is: neither has a say.
  const Read read(message_with("340101ff", "3401030c0166ff", "3401010f0173ff"));
  EXPECT_EQ(read.options.overload(), Overload::kFile);
  EXPECT_TRUE(read.options.has(OptionCode::kHostName));
  EXPECT_FALSE(read.options.has(OptionCode::kDomainName));
  EXPECT_TRUE(read.options.faults().bad_overload);
  EXPECT_FALSE(read.options.faults().contradiction);
}

TEST(DhcpOptions, IgnoresOverloadValuesThatMeanNothing) {
  for (const std::string_view hex : {"340100ff", "340104ff", "3401ffff", "3400ff", "34020103ff"}) {
    const Read read(message_with(hex, "0c0166ff", "0f0173ff"));
    EXPECT_EQ(read.options.overload(), Overload::kNone) << hex;
    EXPECT_TRUE(read.options.faults().bad_overload) << hex;
  }
}

TEST(DhcpOptions, FirstOfTwoContradictoryValuesCounts) {
  const Read read(message_with("35010135010336040a0000013604c0000201340101340103ff", "0c0166ff", "0f0173ff"));
  EXPECT_EQ(read.options.message_type(), MessageType::kDiscover);
  EXPECT_EQ(read.options.server_identifier(), net::Ipv4Address(10, 0, 0, 1));
  EXPECT_EQ(read.options.overload(), Overload::kFile);
  EXPECT_TRUE(read.options.faults().contradiction);
}

TEST(DhcpOptions, JoinsEvenAFixedValueWhereTheFirstPieceIsNotWhole) {
  const Read read(message_with("36020a0036020001ff"));
  EXPECT_EQ(read.options.server_identifier(), net::Ipv4Address(10, 0, 0, 1));
}

TEST(DhcpOptions, LeavesOutASplitOptionThatDoesNotFitTheScratch) {
  const std::string hex = "0c0261620c0263640f0165350101ff";
  const Read exact(message_with(hex), 4);
  EXPECT_EQ(exact.options.host_name(), "abcd");
  EXPECT_FALSE(exact.options.faults().scratch_full);
  const Read small(message_with(hex), 3);
  EXPECT_FALSE(small.options.has(OptionCode::kHostName));
  EXPECT_TRUE(small.options.faults().scratch_full);
  EXPECT_EQ(small.options.text(OptionCode::kDomainName), "e");
  EXPECT_EQ(small.options.message_type(), MessageType::kDiscover);
}

TEST(DhcpOptions, JoinsHundredsOfEmptyAndOneOctetPieces) {
  std::string hex;
  for (int i = 0; i < 400; ++i) hex += i % 2 == 0 ? "0c0178" : "0f00";
  const Read read(message_with(hex + "ff"));
  EXPECT_EQ(read.options.host_name(), std::string(200, 'x'));
  EXPECT_TRUE(read.options.has(OptionCode::kDomainName));
  EXPECT_EQ(read.options.text(OptionCode::kDomainName), "");
}

TEST(DhcpOptions, TextLosesTrailingNulsOnly) {
  const Read read(
      message_with("0c0661006200"
                   "0000ff"));
  EXPECT_EQ(read.options.host_name(), std::string_view("a\0b", 3));
}

TEST(DhcpOptions, ClientIdentifierOfOneOctetIsNone) {
  EXPECT_TRUE(Read(message_with("3d0101ff")).options.client_identifier().empty());
  EXPECT_EQ(Read(message_with("3d020102ff")).options.client_identifier().size(), 2U);
}

TEST(DhcpOptions, ArchitectureComesFromTheListThenFromTheVendorClass) {
  const Read list(message_with("5d0400090007ff"));
  EXPECT_EQ(list.options.client_arch(), ClientArch::kEfiByteCode);
  EXPECT_EQ(list.options.client_archs().size(), 2U);
  EXPECT_TRUE(list.options.client_archs().contains(ClientArch::kEfiX64));
  EXPECT_FALSE(list.options.client_archs().contains(ClientArch::kBios));
  // "PXEClient:Arch:00006:UNDI:002001" and an option 93 of odd length
  const Read from_class(
      message_with("3c20505845436c69656e743a417263683a30303030363a554e44493a3030323030315d03000700ff"));
  EXPECT_EQ(from_class.options.client_arch(), ClientArch::kEfiIa32);
}

TEST(DhcpOptions, IpxeIsKnownByEitherMark) {
  EXPECT_TRUE(Read(message_with("4d0469505845ff")).options.ipxe());
  EXPECT_TRUE(Read(message_with("4d050469505845ff")).options.ipxe());
  EXPECT_TRUE(Read(message_with("af03b00101ff")).options.ipxe());
  EXPECT_FALSE(Read(message_with("4d0469505846ff")).options.ipxe());
}

TEST(DhcpOptions, SubOptionsMayBeReadFromAFieldAlone) {
  const Octets field = from_hex("06010809020000ff0a0100");
  const Options vendor(field, {});
  EXPECT_EQ(vendor.u8(static_cast<OptionCode>(6)), 8);
  EXPECT_FALSE(vendor.has(static_cast<OptionCode>(10)));
}

TEST(DhcpOptions, AnyBytesHaveADefinedAnswer) {
  std::mt19937 random(1124);
  for (int round = 0; round < 3000; ++round) {
    Octets octets = octets_of(kCaptures[random() % kCaptures.size()]);
    octets.resize(kVendorOffset + random() % 600);
    for (std::size_t i = kSnameOffset; i < octets.size(); ++i)
      if (random() % 4 == 0) octets[i] = static_cast<std::byte>(random());
    const Read read(octets);
    std::size_t total = 0;
    for (int c = 0; c < 256; ++c) {
      const auto value = read.options.get(static_cast<OptionCode>(c));
      if (value) total += value->size();
    }
    ASSERT_LE(total, octets.size());
    UserClasses classes = read.options.user_classes();
    std::size_t steps = 0;
    while (classes.next()) ASSERT_LE(++steps, octets.size());
  }
}

}  // namespace
}  // namespace rackcast::dhcp4
