#include "core/oldfiles/dhcpd_leases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/oldfiles/fake_host.h"

namespace rackcast {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Read {
  DhcpdLeases leases;
  std::vector<std::string> notes;
};

Read read_text(const std::string& text) {
  ImportReport report;
  Read read;
  read.leases = read_dhcpd_leases(text, "f", report);
  for (const ImportNote& note : report.notes()) read.notes.push_back(import_line(note));
  return read;
}

WallTime at(std::int64_t second) {
  return WallTime(std::chrono::seconds(second));
}

std::string entry(const std::string& address, const std::string& state, const std::string& more = "") {
  return "lease " + address + " {\n  starts 4 2026/11/19 10:00:00;\n  ends 4 2026/11/19 16:00:00;\n  binding state " +
         state + ";\n  hardware ethernet 52:54:00:12:34:56;\n" + more + "}\n";
}

// As dhcpd 4.4 writes it.
constexpr std::string_view kWhole = R"(# The format of this file is documented in the dhcpd.leases(5) manual page.
# This lease file was written by isc-dhcp-4.4.3-P1

# authoring-byte-order entry is generated, DO NOT DELETE
authoring-byte-order little-endian;

server-duid "\000\001\000\001,\341Z\326RT\000\0224V";

lease 192.168.1.50 {
  starts 4 2026/11/19 10:00:00;
  ends 4 2026/11/19 16:00:00;
  tstp 4 2026/11/19 16:00:00;
  cltt 4 2026/11/19 10:00:00;
  binding state active;
  next binding state free;
  rewind binding state free;
  hardware ethernet 52:54:00:12:34:56;
  uid "\001RT\000\0224V";
  set vendor-class-identifier = "PXEClient:Arch:00007:UNDI:003016";
  option agent.circuit-id "sw1/24";
  option agent.remote-id 0:6:2:0:0:0:0:1;
  client-hostname "node-1";
  on expiry or release {
    set x = "}";
  }
}
host web01 {
  dynamic;
  hardware ethernet 52:54:00:40:00:01;
  fixed-address 10.40.0.11;
}
failover peer "x" state {
  my state normal at 4 2026/11/19 10:00:00;
}
lease 192.168.1.51 {
  starts epoch 1763546400; # Wed Nov 19 10:00:00 2025
  ends never;
  binding state active;
  hardware ethernet 52:54:00:12:34:57;
  dynamic-bootp;
}
)";

TEST(DhcpdLeasesFile, ReadsWhatDhcpdWrites) {
  const Read read = read_text(std::string(kWhole));
  EXPECT_THAT(read.notes, IsEmpty());
  ASSERT_EQ(read.leases.leases.size(), 2U);
  const Lease& first = read.leases.leases[0];
  EXPECT_EQ(first.address, net::Ipv4Address(192, 168, 1, 50));
  EXPECT_EQ(first.mac.text().view(), "52:54:00:12:34:56");
  EXPECT_EQ(first.state, LeaseState::kActive);
  EXPECT_EQ(first.starts, at(1'795'082'400));
  EXPECT_EQ(first.ends, at(1'795'082'400 + 21'600));
  EXPECT_EQ(first.hostname, std::string_view("node-1"));
  EXPECT_EQ(first.client_identifier, std::string_view("\001RT\000\0224V", 7));
  EXPECT_EQ(first.relay_info, std::string_view("\001\006sw1/24\002\010\000\006\002\000\000\000\000\001", 18));
  EXPECT_FALSE(first.bootp);
  const Lease& second = read.leases.leases[1];
  EXPECT_EQ(second.starts, at(1'763'546'400));
  EXPECT_EQ(second.ends, WallTime::max());
  EXPECT_TRUE(second.bootp);
  EXPECT_EQ(summary_line(read.leases, "f"), "2 leases (2 active, 0 abandoned) of 2 entries in f, 1 host");
}

TEST(DhcpdLeasesFile, TheLastEntryOfAnAddressCounts) {
  const Read read = read_text(entry("10.0.0.1", "active") + entry("10.0.0.2", "active") +
                              entry("10.0.0.1", "released", "  client-hostname \"late\";\n"));
  ASSERT_EQ(read.leases.leases.size(), 2U);
  EXPECT_EQ(read.leases.leases[0].state, LeaseState::kReleased);
  EXPECT_EQ(read.leases.leases[0].hostname, std::string_view("late"));
  EXPECT_EQ(read.leases.entries, 3U);
  EXPECT_EQ(read.leases.active, 1U);
}

TEST(DhcpdLeasesFile, MapsTheStates) {
  const std::vector<std::pair<std::string, LeaseState>> states{
      {"active", LeaseState::kActive},     {"free", LeaseState::kExpired},        {"expired", LeaseState::kExpired},
      {"released", LeaseState::kReleased}, {"abandoned", LeaseState::kAbandoned}, {"backup", LeaseState::kExpired},
      {"reset", LeaseState::kExpired}};
  for (const auto& [name, state] : states) {
    const Read read = read_text(entry("10.0.0.1", name));
    ASSERT_EQ(read.leases.leases.size(), 1U) << name;
    EXPECT_EQ(read.leases.leases[0].state, state) << name;
  }
  // Nobody ever had it, or somebody who is not known is there.
  EXPECT_THAT(read_text("lease 10.0.0.1 { binding state free; }\n").leases.leases, IsEmpty());
  EXPECT_EQ(read_text("lease 10.0.0.1 { binding state free; }\n").leases.of_nobody, 1U);
  EXPECT_EQ(read_text("lease 10.0.0.1 { binding state abandoned; }\n").leases.abandoned, 1U);
  EXPECT_EQ(read_text("lease 10.0.0.1 { abandoned; }\n").leases.abandoned, 1U);
  // An address that changed from a machine to nobody is nobody's.
  EXPECT_THAT(read_text(entry("10.0.0.1", "active") + "lease 10.0.0.1 { binding state free; }\n").leases.leases,
              IsEmpty());
}

TEST(DhcpdLeasesFile, DamageIsToldAndTheRestIsRead) {
  const std::string good = entry("10.0.0.9", "active");
  for (const std::string bad :
       {"lease 10.0.0.1 {\n  starts 4 2026/13/19 10:00:00;\n}\n", "lease 10.0.0.1 {\n  starts 4 2026/11/19;\n}\n",
        "lease 10.0.0.1 {\n  binding state strange;\n}\n", "lease 10.0.0.1 {\n  hardware ethernet zz;\n}\n",
        "lease 10.0.0.1 {\n  uid;\n}\n", "lease 10.0.0 {\n  uid 01;\n}\n", "lease 10.0.0.1 {\n  \"text\";\n}\n",
        "lease 10.0.0.1 {\n  ends 9 2026/11/19 10:00:00;\n}\n"}) {
    const Read read = read_text(bad + good);
    EXPECT_EQ(read.leases.leases.size(), 1U) << bad;
    EXPECT_EQ(read.leases.left_out, 1U) << bad;
    ASSERT_EQ(read.notes.size(), 1U) << bad;
    EXPECT_THAT(read.notes[0], ::testing::MatchesRegex("f:[12]:[0-9]+: not honoured: .*left out.*")) << bad;
  }
  EXPECT_THAT(read_text("}\n" + good).notes, ElementsAre(HasSubstr("f:1:1: not honoured: }: closes nothing")));
  EXPECT_THAT(read_text("nonsense here;\n" + good).notes, ElementsAre(HasSubstr("f:1:1: not honoured: nonsense")));
}

// Power went while dhcpd wrote; it wrote on behind when it came back.
TEST(DhcpdLeasesFile, AnEntryThatIsCutOffDoesNotTakeTheNextAlong) {
  const std::string good = entry("10.0.0.9", "active");
  const Read read = read_text("lease 10.0.0.1 {\n  starts 4 2026/11/19 10:00:00;\n" + good);
  ASSERT_EQ(read.leases.leases.size(), 1U);
  EXPECT_EQ(read.leases.leases[0].address, net::Ipv4Address(10, 0, 0, 9));
  EXPECT_THAT(read.notes, ElementsAre(HasSubstr("f:1:1: not honoured: 10.0.0.1: the entry is cut off")));
  const Read line = read_text("lease 10.0.0.1 {\n  starts 4 2026/11/\n" + good);
  EXPECT_EQ(line.leases.leases.size(), 1U);
}

// What an earlier entry said stays when the last one is not whole, and no prefix is without an answer.
TEST(DhcpdLeasesFile, EveryPrefixHasAnAnswer) {
  const std::string whole(kWhole);
  const std::size_t first_end = whole.find("host web01");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Read read = read_text(whole.substr(0, size));
    EXPECT_LE(read.leases.leases.size(), 2U);
    if (size >= first_end) {
      ASSERT_FALSE(read.leases.leases.empty()) << size;
      EXPECT_EQ(read.leases.leases[0].ends, at(1'795'082'400 + 21'600)) << size;
    }
    EXPECT_EQ(read.leases.entries + read.leases.left_out >= read.leases.leases.size(), true);
  }
}

TEST(DhcpdLeasesFile, TimesBeyondOurClockAreNever) {
  const Read read = read_text(
      "lease 10.0.0.1 {\n starts epoch 0;\n ends epoch 99999999999;\n binding state active;\n"
      " hardware ethernet 02:00:00:00:00:01;\n}\n");
  ASSERT_EQ(read.leases.leases.size(), 1U);
  EXPECT_EQ(read.leases.leases[0].starts, at(0));
  EXPECT_EQ(read.leases.leases[0].ends, WallTime::max());
}

TEST(DhcpdLeasesFile, TheCopyIsReadWhereTheFileIsMissing) {
  testing::FakeHost host;
  ImportReport report;
  EXPECT_THAT(load_dhcpd_leases("/l", host, report).leases, IsEmpty());
  EXPECT_TRUE(report.has_errors());
  host.files["/l~"] = entry("10.0.0.1", "active");
  ImportReport second;
  EXPECT_EQ(load_dhcpd_leases("/l", host, second).leases.size(), 1U);
  EXPECT_FALSE(second.has_errors());
  ASSERT_EQ(second.notes().size(), 1U);
  EXPECT_THAT(second.notes()[0].message, HasSubstr("its copy /l~ is read"));
}

}  // namespace
}  // namespace rackcast
