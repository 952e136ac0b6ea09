// A transfer under way allocates nothing, whatever its length, and a machine stays below its promised size.
#include <gtest/gtest.h>

#include "tests/support/allocation_count.h"
#include "tests/tools/sim/machines/part_world.h"
#include "tools/sim/machines/mac_plan.h"
#include "tools/sim/machines/rack.h"

namespace rackcast::sim {
namespace {

using rackcast::testing::allocation_count;

class SilentCarrier : public Carrier {
 public:
  void send_dhcp(MachineId, const DhcpSend&, std::span<const std::byte>) override {}
  void send_tftp(MachineId, net::UdpPort from, const net::Endpoint&, std::span<const std::byte>) override {
    port = from;
    ++sent;
  }
  void fetch(MachineId, const FetchRequest&) override {}
  void cancel_fetches(MachineId) override {}
  void use_address(MachineId, net::Ipv4Address, std::uint8_t) override {}
  net::UdpPort port;
  std::uint64_t sent = 0;
};

TEST(SteadyState, ALongTransferAllocatesNothing) {
  RunFacts facts;
  facts.server = test::kServer;
  facts.skipped_stages = 1U << static_cast<unsigned>(Stage::kDhcp);
  SilentCarrier carrier;
  test::RecordingObserver observer;
  const RackMachine machine{.identity = identity_of(MachineId(0)),
                            .profile = find_profile("plain"),
                            .address = net::Ipv4Address(10, 99, 0, 100),
                            .seed = 1};
  Rack rack(std::span(&machine, 1), facts, carrier, observer);
  Instant now{std::chrono::seconds(1)};
  rack.power_on(now, MachineId(0));
  const net::Endpoint tid{test::kServer, net::UdpPort(30'000)};
  std::array<std::byte, 516> data{std::byte{0}, std::byte{3}};
  const std::uint64_t before = allocation_count();
  constexpr std::uint32_t kBlocks = 10'000;
  for (std::uint32_t block = 1; block <= kBlocks; ++block) {
    data[2] = static_cast<std::byte>(block >> 8U);
    data[3] = static_cast<std::byte>(block);
    now += std::chrono::microseconds(100);
    rack.on_tftp(now, MachineId(0), carrier.port, tid, data);
    if (rack.next_deadline() <= now) rack.on_deadline(now);
  }
  EXPECT_EQ(allocation_count(), before);
  EXPECT_EQ(carrier.sent, kBlocks + 1);
  EXPECT_EQ(observer.bytes, kBlocks * std::uint64_t{512});
}

}  // namespace
}  // namespace rackcast::sim
