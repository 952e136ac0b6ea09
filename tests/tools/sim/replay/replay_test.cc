// Captures against the engines: what the engines say, held against what a capture says the server said.
#include "tools/sim/replay/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/config/parse.h"
#include "proto/bytes/writer.h"
#include "tests/proto/dhcp/captured_messages.h"
#include "tests/support/temporary_tree.h"
#include "tests/tools/sim/replay/made_capture.h"

namespace rackcast::sim {
namespace {

using namespace test;
using ::testing::HasSubstr;

constexpr unsigned kTid = 50'000;

class Replays : public ::testing::Test {
 protected:
  Replays() { tree_.write("hello", "hello, rack"); }

  [[nodiscard]] std::string config_text() const {
    return "[server]\ninterfaces = [\"eth0\"]\n[dhcp]\n[[dhcp.subnet]]\nsubnet = \"10.98.7.0/24\"\n"
           "range = [\"10.98.7.10-10.98.7.200\"]\n[tftp]\nroot = \"" +
           tree_.path("") + "\"\n";
  }
  [[nodiscard]] ReplayReport run(const MadeCapture& capture, std::string text = {}) {
    const auto outcome = parse_config(text.empty() ? config_text() : text, "test");
    EXPECT_NE(outcome.config, nullptr);
    auto report = replay(capture.file(), outcome.config, "");
    EXPECT_TRUE(report) << (report ? "" : report.error().message);
    return std::move(*report);
  }
  // A whole transfer of `hello`, as this server does it today.
  static void transfer(MadeCapture& capture, const net::Endpoint& machine, unsigned port, std::string_view content) {
    capture.datagram(machine, kListener, request("hello", 8));
    capture.datagram(tid(port), machine, oack(8));
    capture.datagram(machine, tid(port), ack(0));
    capture.datagram(tid(port), machine, data(1, content.substr(0, 8)));
    capture.datagram(machine, tid(port), ack(1));
    capture.datagram(tid(port), machine, data(2, content.substr(8)));
    capture.datagram(machine, tid(port), ack(2));
  }

  testing::TemporaryTree tree_;
};

TEST_F(Replays, ATransferThatIsServedAsThenIsTheSame) {
  MadeCapture capture;
  transfer(capture, client(1), kTid, "hello, rack");
  transfer(capture, client(2), kTid + 1, "hello, rack");
  transfer(capture, client(1), kTid + 2, "hello, rack");  // from the port it used before, as ROMs do
  const ReplayReport report = run(capture);
  EXPECT_TRUE(report.same()) << replay_text(report);
  EXPECT_EQ(report.counters.fed, 12U);
  EXPECT_EQ(report.comparison.exchanges, 3U);
  EXPECT_EQ((*report.tftp)[engine::tftpd::Counter::kDone], 3U);
  EXPECT_THAT(replay_text(report), HasSubstr("no differences"));
  EXPECT_EQ(report.counters.without_tid, 0U);
}

TEST_F(Replays, OtherBytesThanThenAreTold) {
  MadeCapture capture;
  transfer(capture, client(1), kTid, "hello, lab!");
  const ReplayReport report = run(capture);
  EXPECT_FALSE(report.same());
  ASSERT_EQ(report.comparison.divergences.size(), 1U);
  const Divergence& first = report.comparison.divergences[0];
  EXPECT_EQ(first.client, "10.0.0.101:2070");
  EXPECT_EQ(first.position, 1U);
  EXPECT_EQ(first.recorded, "DATA 1, 8 bytes");
  EXPECT_EQ(first.produced, "DATA 1, 8 bytes, but other bytes from 11 on");
  EXPECT_THAT(replay_text(report), HasSubstr("1 client differs"));
}

TEST_F(Replays, AFileThatIsGoneIsTold) {
  tree_.remove("hello");
  MadeCapture capture;
  transfer(capture, client(1), kTid, "hello, rack");
  const ReplayReport report = run(capture);
  ASSERT_EQ(report.comparison.divergences.size(), 1U);
  EXPECT_THAT(report.comparison.divergences[0].produced, HasSubstr("ERROR 1"));
}

// The client's ACK was lost, so the server repeated itself by its timer: then and now.
TEST_F(Replays, TimersRunInTheTimeOfTheCapture) {
  MadeCapture capture;
  capture.datagram(client(1), kListener, request("hello", 8));
  capture.datagram(tid(kTid), client(1), oack(8));
  capture.at(5'000).datagram(tid(kTid), client(1), oack(8));
  capture.at(5'100).datagram(client(1), tid(kTid), ack(0));
  capture.datagram(tid(kTid), client(1), data(1, "hello, r"));
  const ReplayReport report = run(capture);
  EXPECT_TRUE(report.same()) << replay_text(report);
  EXPECT_GT(report.comparison.repeats_produced, 0U);
  EXPECT_GT((*report.tftp)[engine::tftpd::Counter::kTimeouts], 0U);
}

TEST_F(Replays, ServicesThatAreNotConfiguredAreLeftOut) {
  MadeCapture capture;
  transfer(capture, client(1), kTid, "hello, rack");
  const ReplayReport report = run(capture, "[http]\nroot = \"/srv\"\n");
  EXPECT_EQ(report.counters.fed, 0U);
  EXPECT_EQ(report.counters.not_served, 4U);
}

// A real ROM's DISCOVER and REQUEST. The offer is made up: what counts is the address it names.
class DhcpReplays : public Replays {
 protected:
  static Bytes reply(dhcp4::MessageType type, net::Ipv4Address address, const net::MacAddress& mac) {
    Bytes message(300);
    message[0] = std::byte{2};
    message[1] = std::byte{1};
    message[2] = std::byte{6};
    bytes::Writer out{std::span(message).subspan(4)};
    out.be32(0x8478'805E);  // the ROM's xid
    bytes::Writer your{std::span(message).subspan(16)};
    your.be32(address.value());
    bytes::Writer chaddr{std::span(message).subspan(28)};
    chaddr.bytes(std::as_bytes(std::span(mac.octets)));
    bytes::Writer options{std::span(message).subspan(dhcp4::kVendorOffset)};
    options.bytes(dhcp4::kCookie);
    for (const unsigned octet : {53U, 1U, static_cast<unsigned>(type), 51U, 4U, 0U, 0U, 14U, 16U, 255U})
      options.u8(static_cast<std::uint8_t>(octet));
    return message;
  }
  const net::Endpoint nobody_{net::Ipv4Address(), net::UdpPort(68)};
  const net::Endpoint all_{net::Ipv4Address::broadcast(), net::UdpPort(67)};
  const net::Endpoint server_{net::Ipv4Address(10, 98, 7, 1), net::UdpPort(67)};
  const net::Ipv4Address address_{10, 98, 7, 64};
  const net::MacAddress mac_{{0x52, 0x54, 0x00, 0xB2, 0xD8, 0xB2}};
};

TEST_F(DhcpReplays, AMachineGetsTheAddressItWasGivenThen) {
  MadeCapture capture;
  capture.datagram(nobody_, all_, dhcp4::octets_of(dhcp4::kIpxeBiosDiscover));
  capture.datagram(server_, {address_, net::UdpPort(68)}, reply(dhcp4::MessageType::kOffer, address_, mac_));
  capture.datagram(nobody_, all_, dhcp4::octets_of(dhcp4::kIpxeBiosRequest));
  capture.at(60'000).datagram(client(1), kListener, request("hello"));  // long after: the end of the capture
  const ReplayReport report = run(capture);
  ASSERT_TRUE(report.dhcp);
  EXPECT_EQ(report.dhcp->offers, 1U);
  EXPECT_EQ(report.dhcp->acks, 1U) << replay_text(report);
  ASSERT_EQ(report.comparison.divergences.size(), 1U) << replay_text(report);
  const Divergence& first = report.comparison.divergences[0];
  EXPECT_EQ(first.client, "52:54:00:b2:d8:b2");
  EXPECT_THAT(first.recorded, HasSubstr("OFFER of 10.98.7.64"));
  EXPECT_THAT(first.produced, HasSubstr("OFFER of 10.98.7.64"));
}

TEST_F(DhcpReplays, LeasesFromBeforeTheCaptureAreKnown) {
  MadeCapture capture;
  capture.datagram(server_, {address_, net::UdpPort(68)}, reply(dhcp4::MessageType::kAck, address_, mac_));
  capture.datagram(server_, {address_, net::UdpPort(68)}, reply(dhcp4::MessageType::kAck, address_, mac_));
  const auto leases = leases_before(*read_capture(capture.file(), {}));
  ASSERT_EQ(leases.size(), 1U);
  EXPECT_EQ(leases[0].address, address_);
  EXPECT_EQ(leases[0].mac, mac_);
  EXPECT_EQ(leases[0].state, LeaseState::kActive);
  EXPECT_EQ(leases[0].ends - leases[0].starts, std::chrono::seconds(3'600));
}

TEST_F(Replays, TheCommandReportsAndItsExitStatusTells) {
  tree_.write("config.toml", config_text());
  MadeCapture good;
  transfer(good, client(1), kTid, "hello, rack");
  MadeCapture bad;
  transfer(bad, client(1), kTid, "hello, lab!");
  const auto write = [&](const char* name, const MadeCapture& capture) {
    tree_.write(name, rackcast::test::text_of(capture.file()));
    return tree_.path(name);
  };
  ReplayOptions options{
      .file = write("good.pcapng", good), .config = tree_.path("config.toml"), .tree = {}, .json = {}};
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(run_replay(options, out, err), 0);
  EXPECT_THAT(out.str(), HasSubstr("no differences"));
  EXPECT_EQ(err.str(), "");

  options.file = write("bad.pcapng", bad);
  options.json = "-";
  out.str("");
  EXPECT_EQ(run_replay(options, out, err), 1);
  const auto json = nlohmann::json::parse(out.str());
  EXPECT_EQ(json.at("same"), false);
  EXPECT_EQ(json.at("differences").at(0).at("recorded"), "DATA 1, 8 bytes");
  EXPECT_EQ(json.at("counters").at("tftp_requests"), 1);

  for (const auto& [file, config, sentence] :
       {std::tuple{tree_.path("none"), options.config, "cannot read"},
        std::tuple{tree_.path("hello"), options.config, "not a pcapng file"},
        std::tuple{options.file, tree_.path("hello"), "run rackcast check-config"}}) {
    err.str("");
    EXPECT_EQ(run_replay({.file = file, .config = config, .tree = {}, .json = {}}, out, err), 1);
    EXPECT_THAT(err.str(), HasSubstr(sentence));
    const std::string said = err.str();
    EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
  }
}

}  // namespace
}  // namespace rackcast::sim
