#include "tools/sim/replay/capture.h"

#include <gtest/gtest.h>

#include "tests/tools/sim/replay/made_capture.h"

namespace rackcast::sim {
namespace {

using namespace test;

TEST(Capture, TellsWhoAskedAndWhoAnswered) {
  MadeCapture made;
  made.datagram(client(1), kListener, request("a"));
  made.datagram(tid(50'000), client(1), data(1, "x"));
  made.datagram(client(1), tid(50'000), ack(1));
  made.datagram(client(2), tid(50'000), ack(1));  // its request is not here
  made.datagram(client(1), {net::Ipv4Address(10, 0, 0, 9), net::UdpPort(53)}, data(1, "?"));
  const auto capture = read_capture(made.file(), {});
  ASSERT_TRUE(capture);
  ASSERT_EQ(capture->datagrams.size(), 3U);
  EXPECT_TRUE(capture->datagrams[0].to_server);
  EXPECT_FALSE(capture->datagrams[1].to_server);
  EXPECT_TRUE(capture->datagrams[2].to_server);
  EXPECT_EQ(capture->datagrams[2].dialogue, Dialogue::kTftp);
  EXPECT_EQ(capture->unrelated, 2U);
  EXPECT_EQ(capture->frames, 5U);
  ASSERT_EQ(capture->interfaces.size(), 1U);
  ASSERT_EQ(capture->interfaces[0].addresses.size(), 1U);
  EXPECT_EQ(capture->interfaces[0].addresses[0].address, kServer) << "the server is who was asked";
}

TEST(Capture, OtherPortsAreListenedOnWhereConfigured) {
  MadeCapture made;
  made.datagram(client(1), tid(6'969), request("a"));
  EXPECT_TRUE(read_capture(made.file(), {})->datagrams.empty());
  EXPECT_EQ(read_capture(made.file(), {.tftp_ports = {net::UdpPort(6'969)}})->datagrams.size(), 1U);
}

TEST(Capture, SortsByTimeAndKeepsTheOrderOfOneMoment) {
  MadeCapture made;
  made.at(5).datagram(client(1), kListener, request("late"));
  made.at(1).datagram(client(1), kListener, request("first"));
  made.at(1).datagram(client(1), kListener, request("second"));
  const auto capture = read_capture(made.file(), {});
  ASSERT_EQ(capture->datagrams.size(), 3U);
  EXPECT_EQ(copy(capture->datagrams[0].payload), request("first"));
  EXPECT_EQ(copy(capture->datagrams[1].payload), request("second"));
}

TEST(Capture, CountsWhatItLeavesOutAndSaysWhatIsDamaged) {
  MadeCapture made;
  const Bytes arp(60, std::byte{0});
  made.frame(arp);
  made.frame(std::span(arp).first(20), 900);
  made.datagram(client(1), kListener, request("a"));
  Bytes file = made.file();
  file.resize(file.size() - 4);
  MadeCapture whole;
  const auto capture = read_capture(made.file(), {});
  EXPECT_EQ(capture->not_udp, 1U);
  EXPECT_EQ(capture->cut, 1U);
  EXPECT_EQ(capture->damage, "");
  const auto damaged = read_capture(file, {});
  ASSERT_TRUE(damaged);
  EXPECT_EQ(damaged->damage, "ends within a block");
  EXPECT_EQ(damaged->datagrams.size(), 0U);
  EXPECT_FALSE(read_capture(rackcast::test::bytes_of("no capture at all"), {}));
}

}  // namespace
}  // namespace rackcast::sim
