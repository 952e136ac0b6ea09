#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <set>

#include "proto/pcapng/reader.h"
#include "proto/pcapng/writer.h"
#include "tests/proto/pcapng/samples.h"
#include "tests/proto/wire_bytes.h"

namespace rackcast::pcapng {
namespace {

using namespace std::string_literals;
using rackcast::test::bytes_of;
using rackcast::test::text_of;
using test::FileBuilder;

constexpr std::uint64_t kTime = 1'790'000'000'123'456'789;

std::vector<std::byte> our_file(std::span<const Packet> packets) {
  const net::MacAddress mac{{0x02, 0, 0, 0, 0, 1}};
  const std::vector<Ipv4Network> addresses{{net::Ipv4Address(192, 168, 1, 254), net::Ipv4Address(255, 255, 255, 0)},
                                           {net::Ipv4Address(10, 0, 0, 1), net::Ipv4Address(255, 0, 0, 0)}};
  const InterfaceDescription eth0{.name = "eth0", .addresses = addresses, .mac = &mac};
  const InterfaceDescription eth1{.snap_length = 2'048, .name = "enp1s0"};
  std::vector<std::byte> file;
  std::vector<std::byte> room(70'000);
  const auto append = [&](std::span<const std::byte> block) {
    EXPECT_FALSE(block.empty());
    file.insert(file.end(), block.begin(), block.end());
  };
  append(encode_section(room, "rackcast"));
  append(encode_interface(room, eth0));
  append(encode_interface(room, eth1));
  for (const Packet& packet : packets) append(encode_packet(room, packet));
  return file;
}

TEST(Pcapng, WhatIsWrittenReadsBack) {
  const auto one = bytes_of("first");
  const auto two = bytes_of("a second one");
  const std::vector<Packet> packets{
      {.interface = 0, .time_ns = kTime, .direction = Direction::kInbound, .queue = 3, .data = one},
      {.interface = 1, .time_ns = kTime + 1, .original_bytes = 400, .data = two},
      {.interface = 0, .time_ns = 0, .direction = Direction::kOutbound, .data = {}}};
  const auto file = our_file(packets);
  EXPECT_EQ(file.size() % 4, 0U);
  Reader reader(file);
  for (const Packet& sent : packets) {
    const auto got = reader.next();
    ASSERT_TRUE(got) << text(reader.reject());
    EXPECT_EQ(got->interface, sent.interface);
    EXPECT_EQ(got->time_ns, sent.time_ns);
    EXPECT_EQ(got->direction, sent.direction);
    EXPECT_EQ(got->queue, sent.queue);
    EXPECT_EQ(got->original_bytes, sent.original_bytes == 0 ? sent.data.size() : sent.original_bytes);
    EXPECT_EQ(text_of(got->data), text_of(sent.data));
  }
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.reject(), Reject::kNone);
  ASSERT_EQ(reader.interfaces().size(), 2U);
  const Interface& eth0 = reader.interfaces()[0];
  EXPECT_EQ(eth0.name, "eth0");
  EXPECT_EQ(eth0.link_type, kLinkTypeEthernet);
  EXPECT_EQ(eth0.time_resolution, kNanoseconds);
  ASSERT_EQ(eth0.addresses.size(), 2U);
  EXPECT_EQ(eth0.addresses[1].address, net::Ipv4Address(10, 0, 0, 1));
  EXPECT_EQ(eth0.mac, (net::MacAddress{{0x02, 0, 0, 0, 0, 1}}));
  EXPECT_EQ(reader.interfaces()[1].snap_length, 2'048U);
  EXPECT_FALSE(reader.interfaces()[1].mac);
}

// As dumpcap lays it out on a host of either byte order: microseconds by default, blocks we do not know in between.
TEST(Pcapng, FilesOfOtherProgramsAreReadInBothByteOrders) {
  for (const bool little : {true, false}) {
    FileBuilder builder(little);
    builder.section();
    builder.u16(1).u16(0).u32(262'144).option(2, "eth0").option(11, "\0port 69"s).option(0, "").block(1);
    builder.u16(1).u16(0).u32(0).option(9, "\x8A"s).block(1);  // 2^-10 s, no end of options
    builder.raw("a name").raw("\0\0"s).block(4);
    builder.packet_head(0, 1'790'000'000'123'456, 3).raw("abc\0"s).option(1, "a comment").option(0, "").block(6);
    builder.raw("old!").block(2);
    builder.packet_head(1, (10U << 10U) | 512U, 4).raw("defg").block(6);
    const auto file = bytes_of(builder.file());
    Reader reader(file);
    const auto first = reader.next();
    ASSERT_TRUE(first) << text(reader.reject());
    EXPECT_EQ(first->time_ns, 1'790'000'000'123'456'000U);
    EXPECT_EQ(text_of(first->data), "abc");
    EXPECT_EQ(first->direction, Direction::kUnknown);
    const auto second = reader.next();
    ASSERT_TRUE(second) << text(reader.reject());
    EXPECT_EQ(second->time_ns, 10'500'000'000U);
    EXPECT_EQ(text_of(second->data), "defg");
    EXPECT_FALSE(reader.next());
    EXPECT_EQ(reader.reject(), Reject::kNone);
    EXPECT_EQ(reader.blocks_skipped(), 2U);
  }
}

TEST(Pcapng, ASecondSectionBeginsAnew) {
  FileBuilder big(false);
  big.section().u16(1).u16(0).u32(0).block(1).packet_head(0, 5, 0).block(6);
  FileBuilder little(true);
  little.section().packet_head(0, 5, 0).block(6);
  const auto file = bytes_of(big.file() + little.file());
  Reader reader(file);
  EXPECT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.reject(), Reject::kUnknownInterface);
}

TEST(Pcapng, WhatIsWrongHasItsReason) {
  const auto reject = [](const FileBuilder& builder) {
    const auto file = bytes_of(builder.file());
    Reader reader(file);
    while (reader.next()) continue;
    EXPECT_FALSE(reader.next()) << "once refused, always refused";
    return reader.reject();
  };
  const auto section = [] { return FileBuilder(true).section(); };
  EXPECT_EQ(reject(FileBuilder(true).u32(0xA1B2C3D4).u32(0).block(7)), Reject::kNotPcapng);
  EXPECT_EQ(reject(FileBuilder(true).u32(0x12345678).u32(0).u32(0).u32(0).block(0x0A0D0D0A)), Reject::kNotPcapng);
  EXPECT_EQ(reject(FileBuilder(true).u32(0x1A2B3C4D).u16(2).u16(0).u32(0).u32(0).block(0x0A0D0D0A)), Reject::kVersion);
  EXPECT_EQ(reject(FileBuilder(true).u32(0x1A2B3C4D).u16(1).u16(0).block(0x0A0D0D0A)), Reject::kBlockBody);
  EXPECT_EQ(reject(section().u16(1).block(1)), Reject::kBlockLength) << "not a multiple of 4";
  EXPECT_EQ(reject(section().u16(1).u16(0).block(1)), Reject::kBlockBody) << "no snap length";
  EXPECT_EQ(reject(section().u16(1).u16(0).u32(0).option(9, "").block(1)), Reject::kBlockBody) << "empty tsresol";
  EXPECT_EQ(reject(section().u16(1).u16(0).u32(0).u16(2).u16(400).block(1)), Reject::kBlockBody) << "option overruns";
  EXPECT_EQ(reject(section().packet_head(0, 1, 0).block(6)), Reject::kUnknownInterface);
  EXPECT_EQ(reject(section().u16(1).u16(0).u32(0).block(1).packet_head(0, 1, 5).raw("abcd").block(6)),
            Reject::kBlockBody);
  FileBuilder many = section();
  for (std::size_t i = 0; i <= kInterfacesMax; ++i) many.u16(1).u16(0).u32(0).block(1);
  EXPECT_EQ(reject(many), Reject::kTooManyInterfaces);

  auto lengths = bytes_of(section().file());
  lengths.back() = std::byte{1};
  Reader reader(lengths);
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.reject(), Reject::kBlockLength);

  std::set<std::string_view> texts;
  for (int i = 0; i < static_cast<int>(Reject::kCount_); ++i) texts.insert(text(Reject(i)));
  EXPECT_EQ(texts.size(), static_cast<std::size_t>(Reject::kCount_));
}

TEST(Pcapng, EveryPrefixEndsAtABlockOrSaysThatItIsCut) {
  const auto payload = bytes_of("payload");
  const std::vector<Packet> packets(3, {.time_ns = kTime, .direction = Direction::kInbound, .data = payload});
  const auto file = our_file(packets);
  std::size_t complete = 0;
  rackcast::test::for_every_prefix(file, [&](std::span<const std::byte> prefix) {
    Reader reader(prefix);
    std::size_t count = 0;
    while (const auto packet = reader.next()) {
      EXPECT_EQ(text_of(packet->data), "payload");
      ++count;
    }
    EXPECT_LT(count, packets.size());
    const bool whole = reader.reject() == Reject::kNone;
    complete += whole ? 1U : 0U;
    const bool cut =
        reader.reject() == Reject::kTruncated || (prefix.size() < 4 && reader.reject() == Reject::kNotPcapng);
    EXPECT_TRUE(whole || cut) << prefix.size() << ": " << text(reader.reject());
  });
  EXPECT_EQ(complete, 6U) << "nothing, and after each of the blocks but the last";
}

TEST(Pcapng, EveryRoomBelowTheNeedGivesNothing) {
  const auto data = bytes_of("twelve bytes");
  const Packet packet{.time_ns = kTime, .direction = Direction::kInbound, .queue = 1, .data = data};
  const std::vector<Ipv4Network> addresses(2);
  const net::MacAddress mac;
  const InterfaceDescription eth0{.name = "eth0", .addresses = addresses, .mac = &mac};
  std::vector<std::byte> room(1'000);
  const std::size_t section_need = encode_section(room, "x").size();
  const std::size_t interface_need = encode_interface(room, eth0).size();
  const std::size_t packet_need = encode_packet(room, packet).size();
  EXPECT_LE(section_need, section_bytes_max(1));
  EXPECT_LE(interface_need, interface_bytes_max(eth0));
  EXPECT_LE(packet_need, kPacketOverheadBytes + data.size());
  for (std::size_t size = 0; size < room.size(); ++size) {
    std::vector<std::byte> exact(size);
    EXPECT_EQ(encode_section(exact, "x").size(), size < section_need ? 0 : section_need);
    EXPECT_EQ(encode_interface(exact, eth0).size(), size < interface_need ? 0 : interface_need);
    EXPECT_EQ(encode_packet(exact, packet).size(), size < packet_need ? 0 : packet_need);
  }
}

TEST(Pcapng, RandomPacketsSurviveTheRoundTrip) {
  constexpr std::uint32_t kSeed = 20'261'124;
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 2'000; ++i) {
    std::vector<std::byte> data(random() % 1'600);
    for (std::byte& b : data) b = std::byte(random() & 0xFFU);
    Packet sent{.interface = static_cast<std::uint32_t>(random() % 2), .time_ns = random(), .data = data};
    sent.direction = Direction(random() % 3);
    if (random() % 2 == 0) sent.queue = static_cast<std::uint32_t>(random());
    const auto file = our_file(std::span(&sent, 1));
    Reader reader(file);
    const auto got = reader.next();
    ASSERT_TRUE(got) << "seed " << kSeed << " round " << i << ": " << text(reader.reject());
    EXPECT_EQ(got->interface, sent.interface);
    EXPECT_EQ(got->time_ns, sent.time_ns);
    EXPECT_EQ(got->direction, sent.direction);
    EXPECT_EQ(got->queue, sent.queue);
    EXPECT_EQ(text_of(got->data), text_of(data));
  }
}

TEST(PcapngTime, EveryResolutionBecomesNanoseconds) {
  constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(to_nanoseconds(7, 0, 0), 7'000'000'000U);
  EXPECT_EQ(to_nanoseconds(1'500, 3, 0), 1'500'000'000U);
  EXPECT_EQ(to_nanoseconds(kTime, 9, 0), kTime);
  EXPECT_EQ(to_nanoseconds(12'345, 12, 0), 12U);
  EXPECT_EQ(to_nanoseconds(kMax, 0x7F, 0), 0U);
  EXPECT_EQ(to_nanoseconds(3, 0x81, 0), 1'500'000'000U);
  EXPECT_EQ(to_nanoseconds((std::uint64_t{5} << 40U) | (std::uint64_t{1} << 38U), 0xA8, 0), 5'250'000'000U);
  EXPECT_EQ(to_nanoseconds(kMax, 0xFF, 0), 0U);
  EXPECT_EQ(to_nanoseconds(1, 6, 2), 2'000'001'000U);
  EXPECT_EQ(to_nanoseconds(3'000'000'000, 9, -2), 1'000'000'000U);
  EXPECT_EQ(to_nanoseconds(1, 9, -1), 0U);
  EXPECT_EQ(to_nanoseconds(1, 9, std::numeric_limits<std::int64_t>::min()), 0U);
  EXPECT_EQ(to_nanoseconds(kMax, 0, 0), kMax) << "what does not fit is the largest there is";
  for (unsigned resolution = 0; resolution < 256; ++resolution)
    (void)to_nanoseconds(kMax, static_cast<std::uint8_t>(resolution), std::numeric_limits<std::int64_t>::max());
}

}  // namespace
}  // namespace rackcast::pcapng
