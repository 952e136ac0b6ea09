#include "core/recording/record_ring.h"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <random>
#include <thread>

#include "core/recording/recorded_frame.h"
#include "proto/bytes/cursor.h"
#include "tests/proto/wire_bytes.h"

namespace rackcast {
namespace {

using test::bytes_of;
using test::text_of;

const net::Endpoint kMachine{net::Ipv4Address(192, 168, 1, 7), net::UdpPort(2'070)};
const net::Endpoint kServer{net::Ipv4Address(192, 168, 1, 254), net::UdpPort(69)};

ReceivedDatagram request(std::span<const std::byte> payload) {
  ReceivedDatagram datagram;
  datagram.peer = kMachine;
  datagram.local = kServer;
  datagram.destination = kServer.address;
  datagram.interface = InterfaceIndex{4};
  datagram.payload = payload;
  return datagram;
}

struct Seen {
  RecordEntry entry;
  std::string payload;
};

std::deque<Seen> drained(RecordRing& ring) {
  std::deque<Seen> all;
  EXPECT_TRUE(ring.drain([&](const RecordEntry& entry, std::span<const std::byte> payload) {
    all.push_back({entry, text_of(payload)});
    return true;
  }));
  return all;
}

TEST(RecordRing, KeepsWhatTheLaneSawAndSent) {
  RecordRing ring(1 << 16);
  const auto asked = bytes_of("asked");
  const auto body = bytes_of("0123456789");
  ring.turn({MonotonicTime{}, WallTime(std::chrono::seconds(5))});
  ring.received(request(asked));
  TxSlot slot;
  slot.destination = reply_to(request(asked));
  slot.destination.hardware = net::MacAddress{{2, 0, 0, 0, 0, 9}};
  slot.header_room()[0] = std::byte{'a'};
  slot.add(1, std::span(body).first(6));
  slot.header_room()[0] = std::byte{'b'};
  slot.add(1, std::span(body).subspan(6));
  ring.turn({MonotonicTime{}, WallTime(std::chrono::seconds(6))});
  ring.sent(slot, {net::Ipv4Address(), net::UdpPort(50'001)});

  const auto all = drained(ring);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].payload, "asked");
  EXPECT_EQ(all[0].entry.source, kMachine);
  EXPECT_EQ(all[0].entry.destination, kServer);
  EXPECT_EQ(all[0].entry.interface, InterfaceIndex{4});
  EXPECT_FALSE(all[0].entry.outbound);
  EXPECT_EQ(all[0].entry.time, WallTime(std::chrono::seconds(5)));
  EXPECT_EQ(all[1].payload, "a012345");
  EXPECT_EQ(all[2].payload, "b6789");
  for (const Seen& sent : {all[1], all[2]}) {
    EXPECT_TRUE(sent.entry.outbound);
    EXPECT_EQ(sent.entry.source, (net::Endpoint{kServer.address, net::UdpPort(50'001)}));
    EXPECT_EQ(sent.entry.destination, kMachine);
    EXPECT_EQ(sent.entry.hardware, (net::MacAddress{{2, 0, 0, 0, 0, 9}}));
    EXPECT_EQ(sent.entry.time, WallTime(std::chrono::seconds(6)));
  }
  EXPECT_EQ(ring.dropped(), 0U);
  EXPECT_TRUE(drained(ring).empty());
}

TEST(RecordRing, FullDropsAndCountsAndGoesOn) {
  RecordRing ring(4'096);
  const std::vector<std::byte> payload(1'000, std::byte{7});
  for (int i = 0; i < 10; ++i) ring.received(request(payload));
  const auto kept = drained(ring).size();
  EXPECT_GE(kept, 2U);
  EXPECT_EQ(kept + ring.dropped(), 10U);
  const std::vector<std::byte> too_long(5'000);
  ring.received(request(too_long));
  EXPECT_EQ(kept + ring.dropped(), 11U);
  ring.received(request(payload));
  EXPECT_EQ(drained(ring).size(), 1U);
}

TEST(RecordRing, AReaderThatStopsFindsTheRestLater) {
  RecordRing ring(1 << 16);
  for (const char* text : {"a", "b", "c"}) {
    const auto payload = bytes_of(text);
    ring.received(request(payload));
  }
  int seen = 0;
  EXPECT_FALSE(ring.drain([&](const RecordEntry&, std::span<const std::byte>) { return ++seen < 2; }));
  const auto rest = drained(ring);
  ASSERT_EQ(rest.size(), 2U);
  EXPECT_EQ(rest[0].payload, "b");
}

TEST(RecordRing, EverySizeSurvivesTheWrap) {
  constexpr std::uint32_t kSeed = 20'261'124;
  std::mt19937 random(kSeed);
  RecordRing ring(8'192);
  std::deque<std::string> expected;
  for (int i = 0; i < 20'000; ++i) {
    std::vector<std::byte> payload(random() % 1'500);
    for (std::byte& b : payload) b = std::byte(random() & 0xFFU);
    const std::uint64_t dropped = ring.dropped();
    ring.received(request(payload));
    if (ring.dropped() == dropped) expected.push_back(text_of(payload));
    if (random() % 3 != 0) continue;
    const auto all = drained(ring);
    ASSERT_EQ(all.size(), expected.size()) << "seed " << kSeed << " round " << i;
    for (std::size_t at = 0; at < all.size(); ++at) ASSERT_EQ(all[at].payload, expected[at]);
    expected.clear();
  }
  EXPECT_GT(ring.dropped(), 0U);
}

TEST(RecordRing, TwoThreadsLoseNothingThatWasNotCounted) {
  constexpr std::uint32_t kDatagrams = 200'000;
  RecordRing ring(1 << 16);
  std::atomic<bool> ended{false};
  std::uint64_t read = 0;
  std::thread writer([&] {
    std::uint32_t last = 0;
    for (bool more = true; more;) {
      more = !ended.load(std::memory_order_acquire);
      (void)ring.drain([&](const RecordEntry& entry, std::span<const std::byte> payload) {
        bytes::Cursor in(payload);
        const std::uint32_t number = in.be32();
        EXPECT_GT(number, last);
        EXPECT_EQ(entry.payload_bytes, 4 + number % 900);
        last = number;
        ++read;
        return true;
      });
    }
  });
  for (std::uint32_t number = 1; number <= kDatagrams; ++number) {
    std::array<std::byte, 1'000> room{};
    bytes::Writer out(room);
    out.be32(number);
    ring.received(request(std::span(room).first(4 + number % 900)));
  }
  ended.store(true, std::memory_order_release);
  writer.join();
  EXPECT_EQ(read + ring.dropped(), kDatagrams);
  EXPECT_GT(read, 0U);
}

TEST(RecordedFrame, MacsAreTheBestThereAre) {
  const net::MacAddress own{{2, 0, 0, 0, 0, 1}};
  const auto payload = bytes_of("x");
  std::vector<std::byte> room(recorded_frame_bytes_max(1));
  const auto macs = [&](const RecordEntry& entry) {
    const auto frame = net::parse_ethernet(encode_recorded_frame(room, entry, payload, own));
    EXPECT_TRUE(frame);
    return std::pair(frame->header.source, frame->header.destination);
  };
  RecordEntry in{.source = kMachine, .destination = kServer};
  EXPECT_EQ(macs(in), std::pair(made_up_mac(kMachine.address), own));
  in.destination.address = net::Ipv4Address::broadcast();
  EXPECT_EQ(macs(in).second, net::MacAddress::broadcast());
  RecordEntry out{.source = kServer, .destination = kMachine, .outbound = true};
  EXPECT_EQ(macs(out), std::pair(own, (net::MacAddress{{2, 0, 192, 168, 1, 7}})));
  out.hardware = {{4, 4, 4, 4, 4, 4}};
  EXPECT_EQ(macs(out).second, out.hardware);
  out.hardware = {};
  out.destination.address = net::Ipv4Address(239, 255, 77, 1);
  EXPECT_EQ(macs(out).second, net::multicast_mac(net::Ipv4Address(239, 255, 77, 1)));
  out.source.address = *net::Ipv6Address::parse("fe80::1");
  EXPECT_TRUE(encode_recorded_frame(room, out, payload, own).empty()) << "two families";
  out.destination.address = *net::Ipv6Address::parse("ff02::1:2");
  EXPECT_EQ(macs(out).second, (net::MacAddress{{0x33, 0x33, 0, 1, 0, 2}}));
  EXPECT_TRUE(net::parse_udp6_frame(encode_recorded_frame(room, out, payload, own), net::UdpChecksumCheck::kVerified));
}

}  // namespace
}  // namespace rackcast
