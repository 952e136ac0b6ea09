// An independent reader: tcpdump shows the datagrams of a file we wrote, times and all.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "proto/net/udp_frame.h"
#include "proto/pcapng/writer.h"
#include "tests/proto/wire_bytes.h"
#include "tests/support/temporary_tree.h"

namespace rackcast::pcapng {
namespace {

using namespace std::string_literals;

std::string output_of(const std::string& command) {
  std::string text;
  FILE* const pipe = ::popen(command.c_str(), "r");
  std::array<char, 512> bytes;
  for (std::size_t got = 0; (got = std::fread(bytes.data(), 1, bytes.size(), pipe)) > 0;)
    text.append(bytes.data(), got);
  ::pclose(pipe);
  return text;
}

TEST(PcapngTcpdump, ReadsWhatWeWrite) {
  if (output_of("command -v tcpdump 2>/dev/null").empty()) GTEST_SKIP() << "tcpdump is not installed";
  const auto request = rackcast::test::bytes_of("\0\1pxelinux.0\0octet\0"s);
  std::array<std::byte, 1'514> frame_room;
  const auto frame = net::encode_udp_frame(frame_room, {.destination_mac = {{2, 0, 0, 0, 0, 1}},
                                                        .source_mac = {{2, 0, 0, 0, 0, 2}},
                                                        .source = net::Ipv4Address(192, 168, 1, 7),
                                                        .destination = net::Ipv4Address(192, 168, 1, 254),
                                                        .source_port = net::UdpPort(2'070),
                                                        .destination_port = net::UdpPort(69),
                                                        .payload = request});
  ASSERT_FALSE(frame.empty());
  const testing::TemporaryTree tree;
  std::string file;
  std::array<std::byte, 2'048> room;
  const auto append = [&](std::span<const std::byte> block) { file += rackcast::test::text_of(block); };
  append(encode_section(room, "rackcast"));
  append(encode_interface(room, {.name = "eth0"}));
  append(encode_packet(
      room, {.time_ns = 1'790'000'000'123'456'789, .direction = Direction::kInbound, .queue = 0, .data = frame}));
  tree.write("one.pcapng", file);
  const std::string shown = output_of("tcpdump -tt -n --nano -v -r " + tree.path("one.pcapng") + " 2>&1");
  EXPECT_NE(shown.find("1790000000.123456789"), std::string::npos) << shown;
  EXPECT_NE(shown.find("192.168.1.7.2070 > 192.168.1.254.69"), std::string::npos) << shown;
  EXPECT_NE(shown.find("RRQ \"pxelinux.0\" octet"), std::string::npos) << shown;
  EXPECT_EQ(shown.find("bad udp cksum"), std::string::npos) << shown;
}

}  // namespace
}  // namespace rackcast::pcapng
