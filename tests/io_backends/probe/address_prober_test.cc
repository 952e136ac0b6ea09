// The prober's bytes, and its thread against the kernel's own stack: a veth pair in a network namespace of the test's,
// where that is allowed. 10.9.0.2 is somebody's, 10.9.0.3 is nobody's.
#include "io_backends/probe/address_prober.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <condition_variable>
#include <cstdlib>
#include <map>
#include <mutex>

#include "proto/net/checksum.h"

namespace rackcast::io {
namespace {

using std::chrono::milliseconds;

constexpr std::uint16_t kIdentifier = 0x1234;

std::vector<std::byte> reply_packet(std::size_t option_bytes, std::uint8_t type, std::uint16_t identifier) {
  std::vector<std::byte> packet(20 + option_bytes + 8);
  packet[0] = static_cast<std::byte>(0x40U | ((20 + option_bytes) / 4));
  for (std::size_t i = 0; i < 4; ++i) packet[12 + i] = static_cast<std::byte>(i + 1);
  packet[20 + option_bytes] = static_cast<std::byte>(type);
  packet[20 + option_bytes + 4] = static_cast<std::byte>(identifier >> 8U);
  packet[20 + option_bytes + 5] = static_cast<std::byte>(identifier & 0xFFU);
  return packet;
}

TEST(ProbePackets, AnEchoRequestSumsToNothing) {
  const auto packet = encode_echo_request(kIdentifier, 7);
  EXPECT_EQ(std::to_integer<int>(packet[0]), 8);
  EXPECT_EQ(net::internet_checksum(packet), 0);
}

TEST(ProbePackets, OnlyAReplyToOursCounts) {
  const net::Ipv4Address from(1, 2, 3, 4);
  EXPECT_EQ(echo_reply_from(reply_packet(0, 0, kIdentifier), kIdentifier), from);
  EXPECT_EQ(echo_reply_from(reply_packet(8, 0, kIdentifier), kIdentifier), from) << "behind IP options";
  EXPECT_FALSE(echo_reply_from(reply_packet(0, 8, kIdentifier), kIdentifier)) << "a request";
  EXPECT_FALSE(echo_reply_from(reply_packet(0, 0, kIdentifier + 1), kIdentifier)) << "another program's";
  auto packet = reply_packet(8, 0, kIdentifier);
  for (std::size_t size = 0; size < packet.size(); ++size)
    EXPECT_FALSE(echo_reply_from(std::span(packet).first(size), kIdentifier)) << size;
  packet[0] = std::byte{0x42};
  EXPECT_FALSE(echo_reply_from(packet, kIdentifier)) << "a header shorter than a header";
}

// What the lanes would be told.
class Answers {
 public:
  bool take(const AddressProbed& probed) {
    const std::scoped_lock lock(mutex_);
    in_use_[probed.ticket.value()] = probed.in_use;
    came_.notify_all();
    return true;
  }
  std::optional<bool> wait(std::uint64_t ticket) {
    std::unique_lock lock(mutex_);
    came_.wait_for(lock, std::chrono::seconds(10), [&] { return in_use_.contains(ticket); });
    const auto found = in_use_.find(ticket);
    return found == in_use_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::map<std::uint64_t, bool> in_use_;
};

bool run(const char* command) {
  return std::system(command) == 0;  // NOLINT(cert-env33-c)
}

class Prober : public ::testing::Test {
 protected:
  void SetUp() override {
    if (unshare(CLONE_NEWNET) != 0) GTEST_SKIP() << "no network namespace of its own is allowed here";
    if (!run("ip link add probe0 type veth peer name probe1 2>/dev/null && ip link set lo up && "
             "ip addr add 10.9.0.1/24 dev probe0 && ip addr add 10.9.0.2/24 dev probe1 && "
             "ip link set probe0 up && ip link set probe1 up"))
      GTEST_SKIP() << "no veth pair can be made here";
    auto facts = interface_addresses("probe0");
    auto other = interface_addresses("probe1");
    ASSERT_TRUE(facts && other);
    here_ = *facts;
    other_mac_ = other->mac;
    auto sockets = ProbeSockets::open(std::span(&here_, 1));
    ASSERT_TRUE(sockets) << sockets.error().message;
    auto prober = AddressProber::start(std::move(*sockets),
                                       [this](LaneId, const AddressProbed& probed) { return answers_.take(probed); });
    ASSERT_TRUE(prober);
    prober_ = std::move(*prober);
  }

  std::optional<bool> ask(ProbeMethod method, net::Ipv4Address address, net::MacAddress client = {}) {
    ProbeAddress probe;
    probe.ticket = Ticket{++tickets_};
    probe.method = method;
    probe.address = address;
    probe.source = {10, 9, 0, 1};
    if (method == ProbeMethod::kArp) probe.interface = here_.index;
    probe.client = client;
    probe.timeout = milliseconds(200);
    EXPECT_TRUE(prober_->submit(LaneId{0}, probe));
    return answers_.wait(tickets_);
  }

  InterfaceFacts here_;
  net::MacAddress other_mac_;
  Answers answers_;
  std::uint64_t tickets_ = 0;
  std::unique_ptr<AddressProber> prober_;
};

TEST_F(Prober, ArpFindsWhoHasAnAddress) {
  EXPECT_EQ(ask(ProbeMethod::kArp, {10, 9, 0, 2}), true);
  EXPECT_EQ(ask(ProbeMethod::kArp, {10, 9, 0, 3}), false);
  EXPECT_EQ(ask(ProbeMethod::kArp, {10, 9, 0, 2}, other_mac_), false) << "the client has it already";
  EXPECT_EQ(prober_->counters().asked, 3U);
  EXPECT_EQ(prober_->counters().in_use, 1U);
}

TEST_F(Prober, AnEchoFindsWhoHasAnAddress) {
  EXPECT_EQ(ask(ProbeMethod::kIcmp, {10, 9, 0, 2}), true);
  EXPECT_EQ(ask(ProbeMethod::kIcmp, {10, 9, 0, 3}), false);
}

TEST_F(Prober, AQuestionThatCannotBeAskedIsAnsweredAtOnce) {
  EXPECT_EQ(ask(ProbeMethod::kIcmp, {203, 0, 113, 1}), false) << "no route";
  EXPECT_EQ(prober_->counters().not_asked, 1U);
}

}  // namespace
}  // namespace rackcast::io
