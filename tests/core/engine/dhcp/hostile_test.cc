// Mutated packets, a hundred thousand of them, over a small pool: no crash, every answer well formed and within its
// bounds, and no address in force for two machines.
#include "tests/core/engine/dhcp/rack.h"

#include <map>
#include <random>

namespace rackcast::engine::dhcp_test {
namespace {

constexpr int kPackets = 50'000;  // per seed

class Hostile {
 public:
  explicit Hostile(std::uint32_t seed) : random_(seed), rack_(small_config(), small_limits()) {}

  void run() {
    for (int i = 0; i < kPackets && !::testing::Test::HasFatalFailure(); ++i) {
      step();
      check_answers();
      check_leases();
    }
    // The storm reached what it was to reach.
    const DhcpStats& stats = rack_.engine.stats();
    EXPECT_GT(stats.acks, 100U);
    EXPECT_GT(stats.naks, 100U);
    EXPECT_GT(stats.offers, 100U);
    EXPECT_GT(stats.bootp_replies, 10U);
    EXPECT_GT(stats.releases, 10U);
    EXPECT_GT(stats.declines, 10U);
    EXPECT_GT(stats.drop(DhcpDrop::kPoolExhausted), 10U);
    EXPECT_GT(stats.drop(DhcpDrop::kNotDurable), 10U);
  }

 private:
  static Config small_config() {
    Config config = rack_config();
    config.dhcp->subnets[0].ranges = {{ip(2), ip(12)}};
    HostConfig host;
    host.mac = mac(3);
    host.address = ip(5);
    config.dhcp->hosts = {host};
    return config;
  }
  static DhcpLimits small_limits() {
    DhcpLimits limits;
    limits.leases.abandon_hold = seconds(600);
    limits.leases.offer_holds_max = 9;
    limits.held_replies_max = 5;
    limits.machines_max = 8;
    return limits;
  }
  [[nodiscard]] unsigned below(unsigned bound) { return static_cast<unsigned>(random_()) % bound; }

  dhcp4::Octets message() {
    const unsigned machine = below(25);
    const net::Ipv4Address address = ip(below(16));
    switch (below(10)) {
      case 0:
        return octets_of(dhcp4::kCaptures[below(static_cast<unsigned>(dhcp4::kCaptures.size()))]);
      case 1:
      case 2:
        return discover(machine).octets();
      case 3:
      case 4:
        return selecting(machine, address).octets();
      case 5:
        return init_reboot(machine, address).octets();
      case 6:
        return from_address(MessageType::kRequest, machine, address).octets();
      case 7:
        return from_address(MessageType::kRelease, machine, address).octets();
      case 8:
        return ClientMessage(MessageType::kDecline, machine).with(OptionCode::kRequestedAddress, address).octets();
      default:
        return ClientMessage(std::nullopt, machine).octets();
    }
  }

  void mutate(dhcp4::Octets& octets) {
    for (unsigned i = below(3); i > 0; --i) octets[below(static_cast<unsigned>(octets.size()))] = std::byte(below(256));
    if (below(20) == 0) octets.resize(below(static_cast<unsigned>(octets.size()) + 1));
    if (below(40) == 0) octets.resize(octets.size() + below(400), std::byte(below(256)));
    if (octets.size() > kReceiveBytesMax) octets.resize(kReceiveBytesMax);
  }

  void step() {
    dhcp4::Octets octets = message();
    if (below(3) != 0) mutate(octets);
    rack_.deliver(octets, below(4) == 0 ? by_unicast(ip(below(16))) : Arrival{.socket = below(2)});
    if (below(3) == 0) rack_.commit(below(4) != 0);
    if (below(8) == 0) rack_.pass(seconds(below(200)));
    if (below(5'000) == 0) rack_.swap(small_config());
  }

  void check_answers() {
    for (testing::SentDatagram& sent : rack_.harness.io.sent) {
      ASSERT_GE(sent.payload.size(), 300U);
      ASSERT_LE(sent.payload.size(), kReplyBytesMax);
      const auto message = dhcp4::parse_message(sent.payload);
      ASSERT_TRUE(message);
      ASSERT_EQ(message->header.op, dhcp4::Op::kReply);
      std::vector<std::byte> scratch(sent.payload.size());
      const dhcp4::Options options(*message, scratch);
      if (!message->has_cookie) continue;  // a BOOTP client's vendor area, returned
      ASSERT_FALSE(options.faults().overran || options.faults().missing_end || options.faults().contradiction);
      if (options.message_type() == MessageType::kAck && !message->header.yiaddr.is_any()) note_ack(message->header);
    }
    rack_.harness.io.sent.clear();
    rack_.harness.events.events.clear();
  }

  // An ACK may only name an address that nobody else was promised and still has.
  void note_ack(const dhcp4::Header& header) {
    const auto lease = rack_.engine.leases().find(header.yiaddr);
    ASSERT_TRUE(lease);
    ASSERT_EQ(lease->mac, *header.mac());
    ASSERT_EQ(lease->state, LeaseState::kActive);
  }

  void check_leases() {
    std::map<net::Ipv4Address, net::MacAddress> now_active;
    rack_.engine.leases().for_each([&](const Lease& lease) {
      if (lease.state != LeaseState::kActive) return;
      EXPECT_TRUE(now_active.emplace(lease.address, lease.mac).second);
      const auto before = active_.find(lease.address);
      // From one machine to another only by way of an end: within one step nothing ends and is given again.
      EXPECT_TRUE(before == active_.end() || before->second == lease.mac);
    });
    EXPECT_TRUE(!now_active.contains(ip(5)) || now_active[ip(5)] == mac(3));
    EXPECT_LE(rack_.engine.leases().offers(), small_limits().leases.offer_holds_max);
    EXPECT_LE(rack_.engine.in_flight(), small_limits().held_replies_max);
    ASSERT_FALSE(::testing::Test::HasNonfatalFailure());
    active_ = std::move(now_active);
  }

  std::mt19937 random_;
  Rack rack_;
  std::map<net::Ipv4Address, net::MacAddress> active_;
};

TEST(DhcpHostile, MutatedPacketsNeverBreakAPromise) {
  for (const std::uint32_t seed : {1U, 20'261'124U}) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    Hostile(seed).run();
  }
}

}  // namespace
}  // namespace rackcast::engine::dhcp_test
