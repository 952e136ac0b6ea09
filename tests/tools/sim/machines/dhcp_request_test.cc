// What the profiles' DHCP clients send, byte for byte against captures of the real ones.
#include "tools/sim/machines/dhcp_request.h"

#include <gtest/gtest.h>

#include "proto/dhcp/options.h"
#include "tests/proto/wire_bytes.h"
#include "tests/tools/sim/machines/captured.h"
#include "tools/sim/machines/profiles/habits.h"

namespace rackcast::sim {
namespace {

using dhcp4::MessageType;

const net::MacAddress kRomMac{{0x52, 0x54, 0x00, 0xB2, 0xD8, 0xB2}};
const net::MacAddress kOvmfMac{{0x52, 0x54, 0x00, 0x12, 0x09, 0x0E}};
constexpr net::Ipv4Address kCaptureServer{10, 98, 7, 1};

std::vector<std::byte> encoded(const DhcpHabits& habits, const net::MacAddress& mac, MessageType type,
                               net::Ipv4Address requested = {}) {
  MachineIdentity identity;
  identity.mac = mac;
  DhcpRequest request{.type = type, .xid = dhcp4::Xid(0x01020304), .secs = 7};
  if (type == MessageType::kRequest) {
    request.requested = requested;
    request.server = kCaptureServer;
  }
  std::array<std::byte, kDhcpMessageBytesMax> out;
  const auto message = encode_dhcp(request, habits, identity, out);
  return {message.begin(), message.end()};
}

std::string options_field(const std::vector<std::byte>& message) {
  return rackcast::test::text_of(std::span(message).subspan(dhcp4::kVendorOffset));
}

TEST(DhcpRequest, IpxeRomSendsWhatItWasCapturedSending) {
  EXPECT_EQ(options_field(encoded(habits::kIpxeBiosDhcp, kRomMac, MessageType::kDiscover)),
            test::from_hex(test::kIpxeRomDiscover));
  EXPECT_EQ(options_field(encoded(habits::kIpxeBiosDhcp, kRomMac, MessageType::kRequest, {10, 98, 7, 64})),
            test::from_hex(test::kIpxeRomRequest));
}

TEST(DhcpRequest, Edk2SendsWhatItWasCapturedSending) {
  const auto discover = encoded(habits::kEdk2Dhcp, kOvmfMac, MessageType::kDiscover);
  EXPECT_EQ(discover.size(), 347U);
  EXPECT_EQ(options_field(discover), test::from_hex(test::kEdk2Discover));
  EXPECT_TRUE(dhcp4::parse_message(discover)->header.broadcast);
  EXPECT_EQ(options_field(encoded(habits::kEdk2Dhcp, kOvmfMac, MessageType::kRequest, {10, 98, 7, 98})),
            test::from_hex(test::kEdk2Request));
}

TEST(DhcpRequest, IpxeEfiSendsWhatItWasCapturedSending) {
  EXPECT_EQ(options_field(encoded(habits::kIpxeEfiDhcp, kOvmfMac, MessageType::kRequest, {10, 98, 7, 98})),
            test::from_hex(test::kIpxeEfiRequest));
}

TEST(DhcpRequest, UdhcpcSendsWhatItWasCapturedSendingPaddedTo300) {
  const auto padded = [](std::string_view hex) {
    std::string text = test::from_hex(hex);
    text.resize(300 - dhcp4::kVendorOffset);
    return text;
  };
  EXPECT_EQ(options_field(encoded(habits::kUdhcpcDhcp, kRomMac, MessageType::kDiscover)),
            padded(test::kUdhcpcDiscover));
  EXPECT_EQ(options_field(encoded(habits::kUdhcpcDhcp, kRomMac, MessageType::kRequest, {10, 98, 7, 64})),
            padded(test::kUdhcpcRequest));
}

TEST(DhcpRequest, HeaderCarriesMacXidAndSecs) {
  const auto message = encoded(habits::kGrubDhcp, kRomMac, MessageType::kDiscover);
  const auto parsed = dhcp4::parse_message(message);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->header.mac(), kRomMac);
  EXPECT_EQ(parsed->header.xid, dhcp4::Xid(0x01020304));
  EXPECT_EQ(parsed->header.secs, 7);
  EXPECT_FALSE(parsed->header.broadcast);
  EXPECT_EQ(message.size(), 300U);
}

// GRUB's DISCOVER says nothing but what it is; class rules cannot match it.
TEST(DhcpRequest, GrubDiscoverHasOneOptionAndItsRequestFour) {
  const auto count = [](const std::vector<std::byte>& message) {
    dhcp4::OptionWalker walker(dhcp4::parse_message(message)->options);
    int options = 0;
    while (walker.next()) ++options;
    return options;
  };
  EXPECT_EQ(count(encoded(habits::kGrubDhcp, kRomMac, MessageType::kDiscover)), 1);
  EXPECT_EQ(count(encoded(habits::kGrubDhcp, kRomMac, MessageType::kRequest, {10, 98, 7, 64})), 4);
}

TEST(DhcpRequest, BootpHasNoMessageType) {
  const auto message = encoded(habits::kBootpDhcp, kRomMac, MessageType::kDiscover);
  const auto parsed = dhcp4::parse_message(message);
  std::array<std::byte, 300> scratch;
  EXPECT_FALSE(dhcp4::Options(*parsed, scratch).has(dhcp4::OptionCode::kMessageType));
  EXPECT_EQ(message.size(), 300U);
}

// Every profile's messages fit, and every option it lists is sent with a value of a shape the parser knows.
TEST(DhcpRequest, EveryProfilesOptionsAreSent) {
  for (const Profile& profile : all_profiles())
    for (const Step& step : profile.steps) {
      if (step.dhcp == nullptr) continue;
      const auto message = encoded(*step.dhcp, kRomMac, MessageType::kRequest, {10, 98, 7, 64});
      ASSERT_FALSE(message.empty()) << profile.name;
      std::array<std::byte, kDhcpMessageBytesMax> scratch;
      const auto parsed = dhcp4::parse_message(message);
      const dhcp4::Options options(*parsed, scratch);
      EXPECT_FALSE(options.faults().missing_end) << profile.name;
      const auto codes = step.dhcp->request_options.empty() ? step.dhcp->options : step.dhcp->request_options;
      for (const std::uint8_t code : codes) {
        const auto value = options.get(dhcp4::OptionCode{code});
        ASSERT_TRUE(value) << profile.name << " option " << int{code};
        EXPECT_FALSE(value->empty()) << profile.name << " option " << int{code};
      }
    }
}

}  // namespace
}  // namespace rackcast::sim
