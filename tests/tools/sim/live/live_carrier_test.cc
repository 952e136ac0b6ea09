// The carrier's own refusals: what a machine may not use, or this host cannot give it, ends that machine by name.
#include "tools/sim/live/live_carrier.h"

#include <gmock/gmock.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

#include "tests/tools/sim/live/own_namespace.h"

namespace rackcast::sim {
namespace {

using net::Ipv4Address;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Ipv4Address kOffice(192, 168, 1, 9);
constexpr Ipv4Address kLoopback(127, 0, 0, 1);

class FailureLog final : public Observer {
 public:
  void on_stage(Instant, MachineId, Stage) override {}
  void on_lease(Instant, MachineId, const LeaseReceived&) override {}
  void on_file(Instant, MachineId, const FileReceived&) override {}
  void on_bytes(Instant, MachineId, std::uint64_t) override {}
  void on_incident(Instant, MachineId, Incident) override {}
  void on_failure(Instant, MachineId, Failure failure, std::string_view detail) override {
    failures.push_back(failure);
    details.emplace_back(detail);
  }

  std::vector<Failure> failures;
  std::vector<std::string> details;
};

// Machines without DHCP, all with the same address, switched on but not flushed yet.
class RunningCarrier {
 public:
  RunningCarrier(const LiveNetwork& network, Ipv4Address own, Ipv4Address server, std::uint32_t count = 1)
      : plan_(plan_of(count)), machines_(machines_at(own, count)) {
    facts_.server = server;
    facts_.skipped_stages = 1U << static_cast<unsigned>(Stage::kDhcp);
    auto opened = LiveCarrier::open(network, plan_);
    if (!opened) {
      ADD_FAILURE() << opened.error().message;
      return;
    }
    carrier_ = std::move(*opened);
    rack_ = std::make_unique<Rack>(machines_, facts_, *carrier_, log);
    carrier_->attach(*rack_);
    for (std::uint32_t i = 0; i < count; ++i) rack_->power_on(carrier_->timer().now(), MachineId{i});
  }

  LiveCarrier& carrier() { return *carrier_; }
  Rack& rack() { return *rack_; }
  FailureLog log;

 private:
  static RunPlan plan_of(std::uint32_t count) {
    RunPlan plan;
    plan.machines.resize(count);
    return plan;
  }
  static std::vector<RackMachine> machines_at(Ipv4Address own, std::uint32_t count) {
    std::vector<RackMachine> machines(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      machines[i].identity.id = MachineId{i};
      machines[i].profile = find_profile("bios-pxelinux");
      machines[i].address = own;
    }
    return machines;
  }

  RunPlan plan_;
  RunFacts facts_;
  std::vector<RackMachine> machines_;
  std::unique_ptr<LiveCarrier> carrier_;
  std::unique_ptr<Rack> rack_;
};

LiveNetwork on_loopback(Reach reach = {}) {
  LiveNetwork network;
  network.dhcp = false;
  network.reach = reach;
  return network;
}

// In a namespace of its own, so that a carrier that does not refuse harms nobody.
class LiveCarrierTest : public InOwnNamespace {};

TEST_F(LiveCarrierTest, AnAddressBeyondReachIsNotUsed) {
  RunningCarrier running(on_loopback(), kOffice, kLoopback);
  EXPECT_FALSE(running.carrier().routes().pending());
  EXPECT_FALSE(running.carrier().owns(kOffice));
  EXPECT_TRUE(running.log.failures.empty()) << "not from within a call of the machine's";
  running.carrier().flush();
  EXPECT_THAT(running.log.failures, ElementsAre(Failure::kLocal));
  EXPECT_THAT(running.log.details.at(0), HasSubstr("192.168.1.9 is not on loopback"));
  EXPECT_EQ(running.rack().running(), 0U);
}

TEST_F(LiveCarrierTest, AServerBeyondReachIsSentNothing) {
  RunningCarrier running(on_loopback(), Ipv4Address(127, 1, 0, 1), kOffice);  // its first file by TFTP
  running.carrier().flush();
  EXPECT_THAT(running.log.failures, ElementsAre(Failure::kLocal));
  EXPECT_THAT(running.log.details.at(0), HasSubstr("192.168.1.9"));
  EXPECT_EQ(running.carrier().tftp().unsent(), 0U) << "the kernel was not even asked";
}

TEST_F(LiveCarrierTest, AUrlBeyondReachIsNotFetched) {
  RunningCarrier running(on_loopback(), Ipv4Address(127, 1, 0, 1), kLoopback);
  running.carrier().flush();
  ASSERT_TRUE(running.log.failures.empty());
  FetchRequest request;
  request.server = {kOffice, net::UdpPort{80}};
  request.path = "/ks.cfg";
  running.carrier().fetch(MachineId{0}, request);
  running.carrier().flush();
  EXPECT_THAT(running.log.failures, ElementsAre(Failure::kLocal));
  EXPECT_THAT(running.log.details.at(0), HasSubstr("192.168.1.9"));
}

TEST_F(LiveCarrierTest, AResetMachineIsNotFailedForWhatItDidBefore) {
  RunningCarrier running(on_loopback(), kOffice, kLoopback);
  running.rack().power_off(running.carrier().timer().now(), MachineId{0});
  running.carrier().flush();
  EXPECT_TRUE(running.log.failures.empty());
}

// This thread may not change routes while it lives; what is permitted stays, so that it can be taken up again.
class WithoutNetAdmin {
 public:
  WithoutNetAdmin() {
    EXPECT_EQ(::syscall(SYS_capget, &header_, before_.data()), 0);
    auto less = before_;
    less[0].effective &= ~(1U << static_cast<unsigned>(CAP_NET_ADMIN));
    EXPECT_EQ(::syscall(SYS_capset, &header_, less.data()), 0);
  }
  ~WithoutNetAdmin() { ::syscall(SYS_capset, &header_, before_.data()); }
  WithoutNetAdmin(const WithoutNetAdmin&) = delete;
  WithoutNetAdmin& operator=(const WithoutNetAdmin&) = delete;

 private:
  __user_cap_header_struct header_{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> before_{};
};

TEST_F(LiveCarrierTest, AMachineWhoseRouteIsRefusedFailsAndSaysWhy) {
  RunningCarrier running(on_loopback({.everywhere = true}), kOffice, kLoopback, 2);
  {
    const WithoutNetAdmin unprivileged;
    running.carrier().flush();
  }
  EXPECT_THAT(running.log.failures, ElementsAre(Failure::kLocal, Failure::kLocal)) << "both hold the address";
  EXPECT_THAT(running.log.details.at(0), HasSubstr("refuses a route for 192.168.1.9/32"));
  EXPECT_FALSE(running.carrier().owns(kOffice));

  running.rack().power_on(running.carrier().timer().now(), MachineId{1});  // and is asked for anew
  running.carrier().flush();
  EXPECT_EQ(running.log.failures.size(), 2U);
  EXPECT_EQ(running.rack().running(), 1U);
}

TEST_F(LiveCarrierTest, AMachineWhoseSubnetIsRefusedFailsToo) {
  ASSERT_TRUE(rackcast::testing::run_program({"ip", "link", "set", "sim0", "down"}));
  LiveNetwork network = on_loopback({.everywhere = true});
  network.interface = "sim0";
  RunningCarrier running(network, Ipv4Address(10, 93, 0, 5), Ipv4Address(10, 93, 0, 1));
  running.carrier().flush();
  ASSERT_TRUE(rackcast::testing::run_program({"ip", "link", "set", "sim0", "up"}));
  EXPECT_THAT(running.log.failures, ElementsAre(Failure::kLocal));
  EXPECT_THAT(running.log.details.at(0), HasSubstr("refuses a route for 10.93.0.0/24"));
}

TEST_F(LiveCarrierTest, WithinReachItIsUsed) {
  RunningCarrier running(on_loopback({.everywhere = true}), kOffice, kLoopback);
  EXPECT_TRUE(running.carrier().owns(kOffice));
  running.carrier().flush();
  EXPECT_TRUE(running.log.failures.empty());
  EXPECT_EQ(running.rack().running(), 1U);
}

}  // namespace
}  // namespace rackcast::sim
