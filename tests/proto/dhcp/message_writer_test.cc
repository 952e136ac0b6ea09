#include "proto/dhcp/message_writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/proto/dhcp/captured_messages.h"

namespace rackcast::dhcp4 {
namespace {

constexpr std::size_t kBufferSize = 2048;
constexpr std::byte kGuard{0xA5};

// A buffer that shows whether the writer touched what it should not.
struct Buffer {
  Buffer() { octets.fill(kGuard); }
  [[nodiscard]] bool is_untouched_from(std::size_t size) const {
    return std::all_of(octets.begin() + static_cast<std::ptrdiff_t>(size), octets.end(),
                       [](std::byte b) { return b == kGuard; });
  }
  std::array<std::byte, kBufferSize> octets;
};

Header sample_header() {
  Header header;
  header.op = Op::kReply;
  header.xid = Xid(0x0102'0304);
  header.secs = 5;
  header.broadcast = true;
  header.yiaddr = net::Ipv4Address(192, 168, 1, 20);
  header.siaddr = net::Ipv4Address(192, 168, 1, 1);
  header.set_mac(*net::MacAddress::parse("12:34:56:78:ab:cd"));
  return header;
}

Octets filled(std::size_t size, unsigned seed = 1) {
  Octets octets(size);
  for (std::size_t i = 0; i < size; ++i) octets[i] = static_cast<std::byte>(i * 7 + seed);
  return octets;
}

Octets copy_of(std::span<const std::byte> span) {
  return {span.begin(), span.end()};
}

TEST(DhcpMessageWriter, WritesHeaderFieldsOptionsEndAndPadding) {
  Buffer buffer;
  MessageWriter writer(buffer.octets, sample_header(), {});
  ASSERT_TRUE(writer.set_file("pxelinux.0"));
  ASSERT_TRUE(writer.set_sname("boot"));
  EXPECT_TRUE(writer.put_u8(OptionCode::kMessageType, 2));
  EXPECT_TRUE(writer.put_address(OptionCode::kServerIdentifier, net::Ipv4Address(192, 168, 1, 1)));
  EXPECT_TRUE(writer.put_u32(OptionCode::kLeaseTime, 21'600));
  const auto datagram = writer.finish();
  ASSERT_EQ(datagram.size(), kMessageSizeMin);
  EXPECT_TRUE(buffer.is_untouched_from(kMessageSizeMin));

  const auto message = parse_message(datagram);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->header, sample_header());
  EXPECT_EQ(message->file_text(), "pxelinux.0");
  EXPECT_EQ(message->sname_text(), "boot");
  const Octets expected = from_hex(
      "63825363"
      "350102"
      "3604c0a80101"
      "330400005460"
      "ff");
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), message->vendor_area.begin()));
  EXPECT_TRUE(std::all_of(message->vendor_area.begin() + static_cast<std::ptrdiff_t>(expected.size()),
                          message->vendor_area.end(), [](std::byte b) { return b == std::byte{0}; }));
}

TEST(DhcpMessageWriter, RewritesARealMessageByteForByte) {
  for (const Capture& capture : kCaptures) {
    const Octets original = octets_of(capture);
    const auto message = parse_message(original);
    Buffer buffer;
    MessageWriter writer(buffer.octets, message->header, {.size_bytes_min = original.size()});
    OptionWalker walker(message->options);
    while (const auto option = walker.next()) EXPECT_TRUE(writer.put(option->code, option->data));
    EXPECT_EQ(copy_of(writer.finish()), original) << capture.name;
  }
}

TEST(DhcpMessageWriter, FileAndSnameTakeAllButTheTerminator) {
  Buffer buffer;
  MessageWriter writer(buffer.octets, sample_header(), {});
  EXPECT_FALSE(writer.set_file(std::string(128, 'f')));
  EXPECT_FALSE(writer.set_sname(std::string(64, 's')));
  EXPECT_FALSE(writer.set_file(std::string_view("a\0b", 3)));
  EXPECT_TRUE(writer.set_file(std::string(127, 'f')));
  EXPECT_TRUE(writer.set_sname(std::string(63, 's')));
  auto message = parse_message(writer.finish());
  EXPECT_EQ(message->file_text(), std::string(127, 'f'));
  EXPECT_EQ(message->sname_text(), std::string(63, 's'));
}

TEST(DhcpMessageWriter, SecondFileNameReplacesTheFirstWhole) {
  Buffer buffer;
  MessageWriter writer(buffer.octets, sample_header(), {});
  ASSERT_TRUE(writer.set_file("a-long-name"));
  ASSERT_TRUE(writer.set_file("b"));
  const auto message = parse_message(writer.finish());
  EXPECT_TRUE(
      std::all_of(message->file.begin() + 1, message->file.end(), [](std::byte b) { return b == std::byte{0}; }));
}

TEST(DhcpMessageWriter, RefusesBuffersAndMaximaBelowTheMinimum) {
  Buffer buffer;
  for (const std::size_t size : {std::size_t{0}, std::size_t{40}, std::size_t{240}, std::size_t{299}}) {
    MessageWriter small(std::span(buffer.octets).first(size), sample_header(), {});
    EXPECT_FALSE(small.ok()) << size;
    EXPECT_FALSE(small.put_u8(OptionCode::kMessageType, 2));
    EXPECT_FALSE(small.set_file("x"));
    EXPECT_TRUE(small.finish().empty());
    MessageWriter limited(buffer.octets, sample_header(), {.size_bytes_max = size});
    EXPECT_FALSE(limited.ok()) << size;
    EXPECT_TRUE(limited.finish().empty());
  }
  EXPECT_TRUE(buffer.is_untouched_from(0));
}

TEST(DhcpMessageWriter, MayBeShorterThanBootpWhereTheCallerSaysSo) {
  Buffer buffer;
  MessageWriter writer(buffer.octets, sample_header(), {.size_bytes_min = 0});
  EXPECT_TRUE(writer.put_u8(OptionCode::kMessageType, 1));
  EXPECT_EQ(writer.finish().size(), kOptionsOffset + 4);
}

TEST(DhcpMessageWriter, LeavesOutWhatDoesNotFitAndTakesSmallerOnesAfterIt) {
  Buffer buffer;
  MessageWriter writer(buffer.octets, sample_header(), {.size_bytes_max = 300});
  EXPECT_EQ(writer.room(), 57U);  // 60 octets of options, less the end and the header
  EXPECT_FALSE(writer.put(OptionCode::kBootFileName, filled(58)));
  EXPECT_TRUE(writer.put(OptionCode::kRootPath, filled(50)));
  EXPECT_FALSE(writer.put(OptionCode::kHostName, filled(6)));
  EXPECT_TRUE(writer.put(OptionCode::kDomainName, filled(5)));
  EXPECT_EQ(writer.room(), 0U);
  EXPECT_FALSE(writer.put(OptionCode::kTftpServerName, {}));
  EXPECT_EQ(writer.dropped_count(), 3U);
  EXPECT_EQ(writer.first_dropped(), OptionCode::kBootFileName);
  const auto datagram = writer.finish();
  EXPECT_EQ(datagram.size(), 300U);
  EXPECT_EQ(datagram.back(), static_cast<std::byte>(OptionCode::kEnd));
  EXPECT_TRUE(buffer.is_untouched_from(300));
}

TEST(DhcpMessageWriter, RefusesTheCodesItWritesItself) {
  Buffer buffer;
  MessageWriter writer(buffer.octets, sample_header(), {});
  EXPECT_FALSE(writer.put_u8(OptionCode::kPad, 1));
  EXPECT_FALSE(writer.put_u8(OptionCode::kOverload, 3));
  EXPECT_FALSE(writer.put_u8(OptionCode::kEnd, 1));
  EXPECT_EQ(writer.dropped_count(), 3U);
}

TEST(DhcpMessageWriter, TakesNothingAfterFinish) {
  Buffer buffer;
  MessageWriter writer(buffer.octets, sample_header(), {});
  const Octets first = copy_of(writer.finish());
  EXPECT_FALSE(writer.put_u8(OptionCode::kMessageType, 2));
  EXPECT_FALSE(writer.set_file("x"));
  EXPECT_TRUE(writer.finish().empty());
  EXPECT_TRUE(std::equal(first.begin(), first.end(), buffer.octets.begin()));
}

TEST(DhcpMessageWriter, KeepsRoomForTheLastOption) {
  Buffer buffer;
  const Octets relay = filled(30);
  MessageWriter writer(buffer.octets, sample_header(), {.size_bytes_max = 300});
  ASSERT_TRUE(writer.set_last(OptionCode::kRelayAgentInfo, relay));
  EXPECT_FALSE(writer.set_last(OptionCode::kRelayAgentInfo, relay));
  EXPECT_FALSE(writer.put(OptionCode::kRootPath, filled(26)));
  EXPECT_TRUE(writer.put(OptionCode::kRootPath, filled(25)));
  const auto datagram = writer.finish();
  const auto message = parse_message(datagram);
  OptionWalker walker(message->options);
  EXPECT_EQ(walker.next()->code, OptionCode::kRootPath);
  const auto last = walker.next();
  EXPECT_EQ(last->code, OptionCode::kRelayAgentInfo);
  EXPECT_EQ(copy_of(last->data), relay);
  EXPECT_FALSE(walker.next());
  EXPECT_TRUE(walker.saw_end());
}

TEST(DhcpMessageWriter, RefusesALastOptionThatCannotFit) {
  Buffer buffer;
  const Octets relay = filled(58);
  MessageWriter writer(buffer.octets, sample_header(), {.size_bytes_max = 300});
  EXPECT_FALSE(writer.set_last(OptionCode::kRelayAgentInfo, relay));
  EXPECT_TRUE(writer.put(OptionCode::kRootPath, filled(57)));
  EXPECT_EQ(writer.finish().size(), 300U);
}

TEST(DhcpMessageWriter, SplitsLongValuesAndOnlyThose) {
  for (const std::size_t size :
       {std::size_t{254}, std::size_t{255}, std::size_t{256}, std::size_t{510}, std::size_t{511}, std::size_t{1000}}) {
    Buffer buffer;
    const Octets value = filled(size);
    MessageWriter writer(buffer.octets, sample_header(), {.size_bytes_max = 1472});
    ASSERT_TRUE(writer.put(OptionCode::kVendorOptions, value));
    const auto message = parse_message(writer.finish());
    std::size_t pieces = 0;
    OptionWalker walker(message->options);
    while (walker.next()) ++pieces;
    EXPECT_EQ(pieces, (size + 254) / 255) << size;
    std::array<std::byte, kBufferSize> scratch{};
    const Options options(*message, scratch);
    EXPECT_EQ(copy_of(*options.get(OptionCode::kVendorOptions)), value) << size;
  }
}

TEST(DhcpMessageWriter, SplitsTheLastOptionToo) {
  Buffer buffer;
  const Octets relay = filled(300);
  MessageWriter writer(buffer.octets, sample_header(), {.size_bytes_max = 548});
  ASSERT_TRUE(writer.set_last(OptionCode::kRelayAgentInfo, relay));
  EXPECT_EQ(writer.room(), 548U - 240U - 1U - 304U - 2U);
  const auto message = parse_message(writer.finish());
  std::array<std::byte, kBufferSize> scratch{};
  EXPECT_EQ(copy_of(Options(*message, scratch).relay_agent()->raw), relay);
}

TEST(DhcpMessageWriter, LongValueIsAllOrNothing) {
  Buffer buffer;
  MessageWriter writer(buffer.octets, sample_header(), {.size_bytes_max = 548});
  EXPECT_FALSE(writer.put(OptionCode::kVendorOptions, filled(304)));  // needs 308 of the 307 left beside the end
  EXPECT_TRUE(writer.put(OptionCode::kVendorOptions, filled(303)));
  EXPECT_EQ(writer.finish().size(), 548U);
}

TEST(DhcpMessageWriter, WritesOption52OnlyWhenAFieldWasUsed) {
  Buffer buffer;
  MessageWriter writer(buffer.octets, sample_header(), {.size_bytes_max = 300, .overload = Overload::kBoth});
  EXPECT_TRUE(writer.put_u8(OptionCode::kMessageType, 2));
  const auto message = parse_message(writer.finish());
  std::array<std::byte, 8> scratch{};
  const Options options(*message, scratch);
  EXPECT_FALSE(options.has(OptionCode::kOverload));
  EXPECT_EQ(message->file_text(), "");
}

TEST(DhcpMessageWriter, OverloadsFileThenSname) {
  Buffer buffer;
  MessageWriter writer(buffer.octets, sample_header(), {.size_bytes_max = 300, .overload = Overload::kBoth});
  EXPECT_FALSE(writer.set_file("pxelinux.0"));
  EXPECT_FALSE(writer.set_sname("boot"));
  EXPECT_TRUE(writer.put(OptionCode::kRootPath, filled(54)));     // all the options field has beside option 52
  EXPECT_TRUE(writer.put(OptionCode::kHostName, filled(125)));    // all of `file`
  EXPECT_FALSE(writer.put(OptionCode::kDomainName, filled(62)));  // one too many for `sname`
  EXPECT_TRUE(writer.put(OptionCode::kDomainName, filled(61)));
  const auto message = parse_message(writer.finish());
  std::array<std::byte, 8> scratch{};
  const Options options(*message, scratch);
  EXPECT_EQ(options.overload(), Overload::kBoth);
  EXPECT_EQ(copy_of(*options.get(OptionCode::kRootPath)), filled(54));
  EXPECT_EQ(copy_of(*options.get(OptionCode::kHostName)), filled(125));
  EXPECT_EQ(copy_of(*options.get(OptionCode::kDomainName)), filled(61));
  EXPECT_FALSE(options.faults().missing_end || options.faults().overran || options.faults().contradiction);
}

// RFC 2132 §3.3 wants the mask before the routers, whichever fields they land in.
TEST(DhcpMessageWriter, KeepsTheOrderOfThePutsAcrossFields) {
  Buffer buffer;
  MessageWriter writer(buffer.octets, sample_header(), {.size_bytes_max = 300, .overload = Overload::kFile});
  EXPECT_TRUE(writer.put(OptionCode::kRootPath, filled(50)));
  EXPECT_TRUE(writer.put_address(OptionCode::kSubnetMask, net::Ipv4Address(255, 255, 255, 0)));  // no longer fits
  EXPECT_TRUE(writer.put_u8(OptionCode::kMessageType, 2));                                       // would still fit
  const auto message = parse_message(writer.finish());
  OptionWalker file(message->file);
  EXPECT_EQ(file.next()->code, OptionCode::kSubnetMask);
  EXPECT_EQ(file.next()->code, OptionCode::kMessageType);
  EXPECT_FALSE(file.next());
}

TEST(DhcpMessageWriter, OverloadsOneFieldAndLeavesTheOtherItsText) {
  Buffer buffer;
  MessageWriter writer(buffer.octets, sample_header(), {.size_bytes_max = 300, .overload = Overload::kSname});
  ASSERT_TRUE(writer.set_file("pxelinux.0"));
  EXPECT_TRUE(writer.put(OptionCode::kRootPath, filled(50)));
  EXPECT_TRUE(writer.put(OptionCode::kHostName, filled(61)));
  const auto message = parse_message(writer.finish());
  std::array<std::byte, 8> scratch{};
  const Options options(*message, scratch);
  EXPECT_EQ(options.overload(), Overload::kSname);
  EXPECT_EQ(message->file_text(), "pxelinux.0");
  EXPECT_EQ(copy_of(*options.get(OptionCode::kHostName)), filled(61));
}

TEST(DhcpMessageWriter, SplitsALongValueOverAllFields) {
  Buffer buffer;
  const Octets value = filled(310);
  MessageWriter writer(buffer.octets, sample_header(), {.size_bytes_max = 400, .overload = Overload::kBoth});
  ASSERT_TRUE(writer.put(OptionCode::kVendorOptions, value));
  const auto message = parse_message(writer.finish());
  std::array<std::byte, kBufferSize> scratch{};
  const Options options(*message, scratch);
  EXPECT_EQ(options.overload(), Overload::kBoth);
  EXPECT_EQ(copy_of(*options.get(OptionCode::kVendorOptions)), value);
}

TEST(DhcpMessageWriter, ReturnsABootpVendorAreaRaw) {
  Buffer buffer;
  const Octets vendor = filled(64, 3);
  MessageWriter writer(buffer.octets, sample_header(), {});
  ASSERT_TRUE(writer.set_raw_vendor_area(vendor));
  EXPECT_FALSE(writer.put_u8(OptionCode::kMessageType, 2));
  EXPECT_FALSE(writer.set_raw_vendor_area(vendor));
  ASSERT_TRUE(writer.set_file("pxelinux.0"));
  const auto datagram = writer.finish();
  EXPECT_EQ(datagram.size(), 300U);
  const auto message = parse_message(datagram);
  EXPECT_EQ(copy_of(message->vendor_area), vendor);
  EXPECT_EQ(message->file_text(), "pxelinux.0");
}

TEST(DhcpMessageWriter, RawVendorAreaLeavesNoCookieBehind) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{2}}) {
    Buffer buffer;
    MessageWriter writer(buffer.octets, sample_header(), {});
    ASSERT_TRUE(writer.set_raw_vendor_area(filled(size, 9)));
    const auto message = parse_message(writer.finish());
    EXPECT_FALSE(message->has_cookie);
    EXPECT_EQ(message->vendor_area.size(), 64U);
    EXPECT_EQ(message->vendor_area[3], std::byte{0});
  }
}

TEST(DhcpMessageWriter, RawVendorAreaMustFitAndComeFirst) {
  Buffer buffer;
  MessageWriter writer(buffer.octets, sample_header(), {.size_bytes_max = 300});
  EXPECT_FALSE(writer.set_raw_vendor_area(filled(65)));
  EXPECT_TRUE(writer.put_u8(OptionCode::kMessageType, 2));
  EXPECT_FALSE(writer.set_raw_vendor_area(filled(64)));
}

TEST(DhcpMessageWriter, WritesTypedValues) {
  Buffer buffer;
  MessageWriter writer(buffer.octets, sample_header(), {});
  const std::array addresses{net::Ipv4Address(192, 168, 1, 254), net::Ipv4Address(192, 168, 1, 253)};
  EXPECT_TRUE(writer.put_addresses(OptionCode::kRouters, addresses));
  EXPECT_TRUE(writer.put_u16(OptionCode::kInterfaceMtu, 1500));
  EXPECT_TRUE(writer.put_text(OptionCode::kHostName, "station20.a.com"));
  EXPECT_TRUE(writer.put_terminated_text(OptionCode::kBootFileName, "pxelinux.0"));
  EXPECT_FALSE(writer.put_terminated_text(OptionCode::kRootPath, std::string(255, 'r')));
  EXPECT_FALSE(writer.put_addresses(OptionCode::kDomainNameServers, std::vector<net::Ipv4Address>(64)));
  const auto message = parse_message(writer.finish());
  const Options options(*message, {});
  EXPECT_EQ(options.address_list(OptionCode::kRouters)[1], addresses[1]);
  EXPECT_EQ(options.u16(OptionCode::kInterfaceMtu), 1500);
  EXPECT_EQ(options.host_name(), "station20.a.com");
  EXPECT_EQ(options.get(OptionCode::kBootFileName)->size(), 11U);
  EXPECT_EQ(options.text(OptionCode::kBootFileName), "pxelinux.0");
  EXPECT_EQ(writer.dropped_count(), 2U);
}

// Random headers, limits, overloads and options: what was taken is read back, what was not is counted, and not an octet
// beyond the limit is touched.
class WriterProperty : public testing::Test {
 protected:
  Header random_header() {
    Header header;
    header.op = Op::kReply;
    header.htype = static_cast<HardwareType>(octet());
    header.hlen = octet();
    header.hops = octet();
    header.xid = Xid(static_cast<std::uint32_t>(random_()));
    header.secs = static_cast<std::uint16_t>(random_());
    header.broadcast = random_() % 2 == 0;
    for (net::Ipv4Address* address : {&header.ciaddr, &header.yiaddr, &header.siaddr, &header.giaddr})
      *address = net::Ipv4Address(static_cast<std::uint32_t>(random_()));
    for (std::uint8_t& o : header.chaddr) o = octet();
    return header;
  }
  Octets random_value() {
    const std::size_t size = random_() % 10 == 0 ? random_() % 700 : random_() % 40;
    Octets value(size);
    for (std::byte& b : value) b = static_cast<std::byte>(random_());
    return value;
  }
  std::uint8_t octet() { return static_cast<std::uint8_t>(random_()); }

  std::mt19937 random_{20'261'124};
};

TEST_F(WriterProperty, WhatIsWrittenReadsBack) {
  for (int round = 0; round < 4000; ++round) {
    Buffer buffer;
    const std::size_t limit = 300 + random_() % 1200;
    const Header header = random_header();
    const auto overload = static_cast<Overload>(random_() % 4);
    MessageWriter writer(buffer.octets, header, {.size_bytes_max = limit, .overload = overload});
    std::map<OptionCode, Octets> taken;
    std::size_t refused = 0;
    const Octets relay = random_value();
    if (writer.set_last(OptionCode::kRelayAgentInfo, relay)) {
      taken[OptionCode::kRelayAgentInfo] = relay;
    } else {
      ++refused;
    }
    for (int i = 0; i < 30; ++i) {
      const auto code = static_cast<OptionCode>(octet());
      const Octets value = random_value();
      if (code == OptionCode::kRelayAgentInfo || taken.contains(code)) continue;
      if (writer.put(code, value)) {
        taken[code] = value;
      } else {
        ++refused;
      }
    }
    EXPECT_EQ(writer.dropped_count(), refused);
    const auto datagram = writer.finish();
    ASSERT_GE(datagram.size(), kMessageSizeMin);
    ASSERT_LE(datagram.size(), limit);
    ASSERT_TRUE(buffer.is_untouched_from(std::max(datagram.size(), kMessageSizeMin)));

    const auto message = parse_message(datagram);
    ASSERT_TRUE(message);
    ASSERT_EQ(message->header, header);
    std::array<std::byte, kBufferSize> scratch{};
    const Options options(*message, scratch);
    for (const auto& [code, value] : taken) {
      ASSERT_TRUE(options.has(code)) << round;
      ASSERT_EQ(copy_of(*options.get(code)), value) << round;
    }
    for (int c = 1; c < 255; ++c) {
      const auto code = static_cast<OptionCode>(c);
      if (code == OptionCode::kOverload) continue;
      ASSERT_EQ(options.has(code), taken.contains(code)) << round << " " << c;
    }
    ASSERT_FALSE(options.faults().overran || options.faults().missing_end || options.faults().contradiction ||
                 options.faults().bad_overload || options.faults().scratch_full);
  }
}

}  // namespace
}  // namespace rackcast::dhcp4
