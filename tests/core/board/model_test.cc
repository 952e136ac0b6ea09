#include <gtest/gtest.h>

#include <algorithm>

#include <thread>

#include "core/board/board_model.h"
#include "core/config/config.h"
#include "tests/core/board/events_of.h"

namespace rackcast {
namespace {

using namespace std::chrono_literals;
using namespace testing_board;
using Kind = EventKind;

class Board : public ::testing::Test {
 protected:
  void dora(WallTime at) {
    model_.on_event(dhcp(Kind::kDhcpDiscover, at));
    model_.on_event(dhcp(Kind::kDhcpOffer, at + 1ms));
    model_.on_event(dhcp(Kind::kDhcpRequest, at + 2ms));
    model_.on_event(dhcp(Kind::kDhcpAck, at + 3ms));
  }
  void firmware(WallTime at) {
    model_.on_event(dhcp(Kind::kDhcpDiscover, at));
    model_.on_event(dhcp(Kind::kDhcpOffer, at + 1ms));
    model_.on_machine(record(at + 3ms, "PXEClient:Arch:00000:UNDI:002001"));
    model_.on_event(dhcp(Kind::kDhcpAck, at + 3ms));
  }
  void fetch(WallTime at, std::string_view path, std::uint64_t bytes = 1000) {
    const std::uint64_t id = ++transfer_;
    model_.on_event(transfer(Kind::kTransferStarted, at, path, id, 0, bytes));
    model_.on_event(transfer(Kind::kTransferDone, at + 10ms, path, id, bytes, bytes));
  }
  void install(WallTime at) {
    firmware(at);
    fetch(at + 1s, "pxelinux.0");
    fetch(at + 2s, "pxelinux.cfg/default");
    fetch(at + 3s, "vmlinuz");
    fetch(at + 4s, "initrd.img");
    dora(at + 20s);
    fetch(at + 21s, "ks.cfg");
    fetch(at + 30s, "Packages/bash.rpm");
  }
  MachineView only(WallTime now) {
    const auto all = model_.machines(now);
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? MachineView{} : all[0];
  }
  BoardModel model_{{"loader.bin"}};
  std::uint64_t transfer_ = 0;
};

TEST_F(Board, ShowsAMachinePassEveryStage) {
  EXPECT_TRUE(model_.machines(kStart).empty());
  model_.on_event(dhcp(Kind::kDhcpDiscover, kStart));
  EXPECT_EQ(only(kStart).stage, Stage::kDiscover);
  model_.on_event(dhcp(Kind::kDhcpOffer, kStart));
  EXPECT_EQ(only(kStart).stage, Stage::kOffer);
  model_.on_event(dhcp(Kind::kDhcpAck, kStart));
  EXPECT_EQ(only(kStart).stage, Stage::kAck);
  fetch(kStart + 1s, "pxelinux.0");
  EXPECT_EQ(only(kStart + 1s).stage, Stage::kNbp);
  fetch(kStart + 2s, "pxelinux.cfg/default");
  EXPECT_EQ(only(kStart + 2s).stage, Stage::kConfig);
  fetch(kStart + 3s, "vmlinuz");
  EXPECT_EQ(only(kStart + 3s).stage, Stage::kKernel);
  fetch(kStart + 4s, "initrd.img");
  EXPECT_EQ(only(kStart + 4s).stage, Stage::kInitrd);
  dora(kStart + 5s);
  EXPECT_EQ(only(kStart + 5s).stage, Stage::kInitrd) << "Linux asks for its address again: no step back";
  fetch(kStart + 6s, "ks.cfg");
  EXPECT_EQ(only(kStart + 6s).stage, Stage::kKickstart);
  fetch(kStart + 7s, "Packages/bash.rpm");
  EXPECT_EQ(only(kStart + 8s).stage, Stage::kPackages);
  const MachineView done = only(kStart + 20s);
  EXPECT_EQ(done.stage, Stage::kDone);
  EXPECT_TRUE(done.done);
  EXPECT_EQ(done.boots, 1U);
  EXPECT_EQ(done.address, kAddress);
  EXPECT_FALSE(done.stuck_since);
  for (std::size_t i = 0; i < kStages; ++i) EXPECT_TRUE(done.stages[i].first) << i;
  EXPECT_EQ(done.stages[static_cast<std::size_t>(Stage::kKernel)].first, kStart + 3s);
  EXPECT_EQ(done.stages[static_cast<std::size_t>(Stage::kKernel)].last, kStart + 3s + 10ms);
}

TEST_F(Board, FollowsATransferInPercentRateAndRetransmits) {
  firmware(kStart);
  constexpr std::uint64_t kTotal = 10'000'000;
  WallTime now = kStart + 1s;
  model_.on_event(transfer(Kind::kTransferStarted, now, "initrd.img", 1, 0, kTotal));
  EXPECT_EQ(only(now).percent, 0.0);
  for (std::uint64_t done = 1'000'000; done <= 5'000'000; done += 1'000'000) {
    now += 1s;
    Event event = transfer(Kind::kTransferProgress, now, "initrd.img", 1, done, kTotal);
    event.retransmits = static_cast<std::uint32_t>(done / 1'000'000);
    model_.on_event(event);
  }
  const MachineView half = only(now);
  EXPECT_EQ(half.file, "initrd.img");
  EXPECT_EQ(half.percent, 50.0);
  EXPECT_EQ(half.bytes_done, 5'000'000U);
  EXPECT_EQ(half.bytes_total, kTotal);
  EXPECT_EQ(half.bytes_boot, 5'000'000U);
  EXPECT_EQ(half.retransmits, 5U);
  EXPECT_NEAR(half.rate_bytes_per_s, 1'000'000, 300'000);
  EXPECT_LT(only(now + 60s).rate_bytes_per_s, 1);
}

TEST_F(Board, TwoTransfersAtOnceAddUp) {
  firmware(kStart);
  for (std::uint64_t id = 1; id <= 2; ++id)
    model_.on_event(transfer(Kind::kTransferStarted, kStart + 1s, "a.rpm", id, 0, 1000));
  Event other = transfer(Kind::kTransferStarted, kStart + 1s, "b.rpm", 1, 0, 1000);  // same number, other protocol
  other.protocol = Protocol::kHttp;
  model_.on_event(other);
  for (std::uint64_t id = 1; id <= 2; ++id)
    model_.on_event(transfer(Kind::kTransferDone, kStart + 2s, "a.rpm", id, 1000, 1000));
  EXPECT_EQ(only(kStart + 2s).bytes_boot, 2000U);
  EXPECT_FALSE(only(kStart + 10s).done) << "one still runs";
  other.kind = Kind::kTransferDone;
  other.bytes_done = 1000;
  other.at = kStart + 11s;
  model_.on_event(other);
  EXPECT_EQ(only(kStart + 11s).bytes_boot, 3000U);
  EXPECT_TRUE(only(kStart + 16s).done);
}

TEST_F(Board, WhatAMachineSendsIsNoStepOfItsBoot) {
  firmware(kStart);
  for (const Kind kind : {Kind::kTransferStarted, Kind::kTransferDone}) {
    Event event = transfer(kind, kStart + 1s, "192.168.1.7-vmlinuz", 1, kind == Kind::kTransferDone ? 1000 : 0, 1000);
    event.upload = true;
    model_.on_event(event);
  }
  const MachineView view = only(kStart + 2s);
  EXPECT_EQ(view.stage, Stage::kAck);
  EXPECT_EQ(view.file, "192.168.1.7-vmlinuz") << "and it is seen";
  EXPECT_EQ(view.bytes_boot, 0U);
  EXPECT_EQ(model_.stats(kStart + 2s).bytes_sent, 0U);
  EXPECT_EQ(model_.stats(kStart + 2s).transfers_done, 1U);
}

TEST_F(Board, DoneWaitsForQuietAndIsTakenBackByMorePackages) {
  install(kStart);
  const WallTime last = kStart + 30s + 10ms;
  EXPECT_FALSE(only(last + 4s).done);
  EXPECT_TRUE(only(last + 5s).done);
  fetch(last + 60s, "Packages/zsh.rpm");
  EXPECT_FALSE(only(last + 61s).done);
  EXPECT_EQ(only(last + 61s).stage, Stage::kPackages);
  EXPECT_TRUE(only(last + 70s).done);
}

TEST_F(Board, AListOfPackagesAloneIsNotDone) {
  firmware(kStart);
  fetch(kStart + 1s, "vmlinuz");
  fetch(kStart + 2s, ".treeinfo");
  EXPECT_EQ(only(kStart + 60s).stage, Stage::kPackages);
  EXPECT_FALSE(only(kStart + 60s).done);
}

TEST_F(Board, AnAddressReleasedByTheInstallerIsDone) {
  firmware(kStart);
  fetch(kStart + 1s, "vmlinuz");
  model_.on_event(dhcp(Kind::kDhcpRelease, kStart + 2s));
  EXPECT_FALSE(only(kStart + 3s).done);
  fetch(kStart + 4s, "ks.cfg");
  model_.on_event(dhcp(Kind::kDhcpRelease, kStart + 5s));
  EXPECT_TRUE(only(kStart + 5s).done);
}

TEST_F(Board, FirmwareAfterAnInstallIsANewBoot) {
  install(kStart);
  firmware(kStart + 600s);
  const MachineView view = only(kStart + 601s);
  EXPECT_EQ(view.boots, 2U);
  EXPECT_EQ(view.stage, Stage::kAck);
  EXPECT_FALSE(view.done);
  EXPECT_EQ(view.bytes_boot, 0U);
  EXPECT_EQ(view.stages[static_cast<std::size_t>(Stage::kDiscover)].first, kStart + 600s);
  EXPECT_FALSE(view.stages[static_cast<std::size_t>(Stage::kKernel)].first);
}

TEST_F(Board, TheInstalledSystemAskingForAnAddressStaysDone) {
  install(kStart);
  const WallTime later = kStart + 600s;
  model_.on_event(dhcp(Kind::kDhcpDiscover, later));
  model_.on_event(dhcp(Kind::kDhcpOffer, later));
  model_.on_machine(record(later, ""));
  model_.on_event(dhcp(Kind::kDhcpAck, later));
  EXPECT_TRUE(only(later + 1s).done);
  EXPECT_EQ(only(later + 1s).boots, 1U);
  // Its record unchanged, the firmware is told by what it fetches.
  dora(later + 100s);
  fetch(later + 101s, "pxelinux.0");
  const MachineView view = only(later + 102s);
  EXPECT_EQ(view.boots, 2U);
  EXPECT_EQ(view.stage, Stage::kNbp);
  EXPECT_EQ(view.stages[static_cast<std::size_t>(Stage::kDiscover)].first, later + 100s);
}

TEST_F(Board, AnNbpAfterAKernelIsANewBootButAModuleIsNot) {
  firmware(kStart);
  fetch(kStart + 1s, "pxelinux.0");
  fetch(kStart + 2s, "ipxe.efi");
  fetch(kStart + 3s, "vmlinuz");
  EXPECT_EQ(only(kStart + 3s).boots, 1U);
  fetch(kStart + 4s, "vesamenu.c32");
  EXPECT_EQ(only(kStart + 4s).boots, 1U);
  fetch(kStart + 5s, "loader.bin");  // configured, so an NBP
  EXPECT_EQ(only(kStart + 5s).boots, 2U);
  EXPECT_EQ(only(kStart + 5s).stage, Stage::kNbp);
}

TEST_F(Board, StuckSinceTheLastProgress) {
  model_.on_event(dhcp(Kind::kDhcpDiscover, kStart));
  EXPECT_FALSE(only(kStart + 10s).stuck_since);
  // Asking again and again is no progress.
  for (int i = 1; i < 20; ++i) model_.on_event(dhcp(Kind::kDhcpDiscover, kStart + i * 1s));
  EXPECT_EQ(only(kStart + 20s).stuck_since, kStart);
  firmware(kStart + 21s);
  EXPECT_FALSE(only(kStart + 22s).stuck_since);
  EXPECT_EQ(only(kStart + 60s).stuck_since, kStart + 21s + 3ms) << "firmware with an address that fetches nothing";
  fetch(kStart + 61s, "pxelinux.0");
  EXPECT_FALSE(only(kStart + 62s).stuck_since);
  EXPECT_TRUE(only(kStart + 120s).stuck_since);
  fetch(kStart + 121s, "vmlinuz");
  fetch(kStart + 122s, "initrd.img");
  EXPECT_FALSE(only(kStart + 240s).stuck_since) << "Linux starts";
  EXPECT_EQ(only(kStart + 320s).stuck_since, kStart + 122s + 10ms);
}

TEST_F(Board, ATransferThatMovesNothingIsStuckHoweverOftenItIsAskedFor) {
  firmware(kStart);
  for (std::uint64_t i = 1; i < 60; ++i) {
    model_.on_event(transfer(Kind::kTransferStarted, kStart + i * 1s, "pxelinux.0", i, 0, 13'000));
    model_.on_event(transfer(Kind::kTransferFailed, kStart + i * 1s + 900ms, "pxelinux.0", i, 0, 13'000));
  }
  EXPECT_EQ(only(kStart + 60s).stuck_since, kStart + 1s);
  model_.on_event(transfer(Kind::kTransferStarted, kStart + 61s, "pxelinux.0", 99, 0, 13'000));
  model_.on_event(transfer(Kind::kTransferProgress, kStart + 62s, "pxelinux.0", 99, 512, 13'000));
  EXPECT_FALSE(only(kStart + 63s).stuck_since);
  EXPECT_EQ(only(kStart + 90s).stuck_since, kStart + 62s);
}

TEST_F(Board, APlainDhcpClientIsNeverStuck) {
  dora(kStart);
  EXPECT_FALSE(only(kStart + 3600s).stuck_since);
}

TEST_F(Board, ATransferWhoseEndWasLostIsForgotten) {
  install(kStart);
  model_.on_event(transfer(Kind::kTransferStarted, kStart + 40s, "Packages/lost.rpm", 999, 0, 100));
  EXPECT_FALSE(only(kStart + 100s).done);
  EXPECT_TRUE(only(kStart + 161s).done);
}

TEST_F(Board, CountsWhatWasNotFoundAndRefusedByReason) {
  firmware(kStart);
  for (int i = 0; i < 12; ++i) model_.on_event(transfer(Kind::kNotFound, kStart + 1s, "pxelinux.cfg/C0A80107", 0));
  for (int i = 0; i < 40; ++i) {
    Event event = transfer(Kind::kRefused, kStart + 1s, "x", 0);
    const std::string reason = i < 3 ? "too many from one address" : "reason " + std::to_string(i);
    event.detail.assign(reason);
    model_.on_event(event);
  }
  const MachineView view = only(kStart + 2s);
  EXPECT_EQ(view.not_found, 12U);
  EXPECT_EQ(view.stage, Stage::kAck) << "what is not there is no progress";
  ASSERT_EQ(view.refusals.size(), kReasonsMax + 1);
  EXPECT_EQ(view.refusals[0].reason, "too many from one address");
  EXPECT_EQ(view.refusals[0].count, 3U);
  EXPECT_EQ(view.refusals.back().reason, "other");
  EXPECT_EQ(view.refusals.back().count, 30U);
}

TEST_F(Board, CountsDhcpRequestsThatWereNotServed) {
  Event event = dhcp(Kind::kDhcpDiscover, kStart);
  event.detail = "network 192.168.1.0/24: no free leases";
  model_.on_event(event);
  model_.on_event(event);
  const MachineView view = only(kStart);
  ASSERT_EQ(view.refusals.size(), 1U);
  EXPECT_EQ(view.refusals[0].count, 2U);
}

TEST_F(Board, KnowsAMachineByItsAddressUntilALeaseNamesIt) {
  fetch(kStart, "vmlinuz");
  EXPECT_TRUE(only(kStart).mac.is_zero());
  model_.on_event(dhcp(Kind::kDhcpAck, kStart + 1s));
  const MachineView view = only(kStart + 1s);
  EXPECT_EQ(view.mac, kMac);
  EXPECT_EQ(view.stage, Stage::kKernel);
}

TEST_F(Board, AnAddressGivenToAnotherMachineMovesItsTransfersThere) {
  dora(kStart);
  const net::MacAddress second{{2, 0, 0, 0, 0, 9}};
  model_.on_event(dhcp(Kind::kDhcpAck, kStart + 1s, second));
  fetch(kStart + 2s, "vmlinuz");
  const auto all = model_.machines(kStart + 2s);
  ASSERT_EQ(all.size(), 2U);
  for (const MachineView& view : all) EXPECT_EQ(view.stage, view.mac == second ? Stage::kKernel : Stage::kAck);
}

TEST_F(Board, EventsThatNameTheMacNeedNoLease) {
  Event event = transfer(Kind::kTransferStarted, kStart, "vmlinuz", 1);
  event.mac = kMac;
  model_.on_event(event);
  EXPECT_EQ(only(kStart).mac, kMac);
  EXPECT_EQ(only(kStart).address, kAddress);
}

TEST_F(Board, IgnoresWhatBelongsToNoMachine) {
  Event event = transfer(Kind::kTransferStarted, kStart, "vmlinuz", 1);
  event.address = net::IpAddress();
  model_.on_event(event);
  model_.on_event(Event{});
  model_.on_event(dhcp(Kind::kDhcpDiscover, kStart, net::MacAddress{}));
  EXPECT_TRUE(model_.machines(kStart).empty());
}

TEST_F(Board, MoreTransfersThanAreFollowedAreCountedAndTheirBytesKept) {
  firmware(kStart);
  for (std::uint64_t i = 1; i <= kRunningMax + 10; ++i)
    model_.on_event(transfer(Kind::kTransferStarted, kStart + 1s, "a.rpm", i, 0, 100));
  for (std::uint64_t i = 1; i <= kRunningMax + 10; ++i)
    model_.on_event(transfer(Kind::kTransferDone, kStart + 2s, "a.rpm", i, 100, 100));
  const MachineView view = only(kStart + 2s);
  EXPECT_EQ(view.not_followed, 10U);
  EXPECT_EQ(view.bytes_boot, 100 * (kRunningMax + 10));
}

TEST(BoardModel, ForgetsTheMachineThatWasQuietLongest) {
  BoardModel model({}, 3);
  const auto mac = [](std::uint8_t last) { return net::MacAddress{{2, 0, 0, 0, 0, last}}; };
  for (std::uint8_t i = 1; i <= 3; ++i) model.on_event(dhcp(Kind::kDhcpDiscover, kStart, mac(i)));
  model.on_event(dhcp(Kind::kDhcpDiscover, kStart + 1s, mac(1)));
  model.on_event(dhcp(Kind::kDhcpDiscover, kStart + 2s, mac(4)));
  const auto all = model.machines(kStart + 2s);
  ASSERT_EQ(all.size(), 3U);
  for (const MachineView& view : all) EXPECT_NE(view.mac, mac(2));
  EXPECT_EQ(model.stats(kStart + 2s).evicted, 1U);
  // The address index holds no machine that is gone.
  for (std::uint8_t i = 10; i < 30; ++i) {
    Event ack = dhcp(Kind::kDhcpAck, kStart + 3s, mac(i));
    ack.address = net::IpAddress(net::Ipv4Address(10, 0, 0, i));
    model.on_event(ack);
  }
  Event event = transfer(Kind::kTransferDone, kStart + 4s, "vmlinuz", 1);
  event.address = net::IpAddress(net::Ipv4Address(10, 0, 0, 10));
  model.on_event(event);
  EXPECT_EQ(model.machines(kStart + 4s).size(), 4U) << "three machines and a stranger";
}

TEST(BoardModel, WhatAnybodyCanForgeMakesNoMachine) {
  BoardModel model({});
  for (const Kind kind : {Kind::kNotFound, Kind::kRefused, Kind::kTransferStarted, Kind::kTransferFailed})
    model.on_event(transfer(kind, kStart, "vmlinuz", 1));
  EXPECT_TRUE(model.machines(kStart).empty());
  EXPECT_EQ(model.stats(kStart).not_found, 1U);
  Event started = transfer(Kind::kTransferStarted, kStart, "a.rpm", 2);
  started.protocol = Protocol::kHttp;
  model.on_event(started);
  EXPECT_EQ(model.machines(kStart).size(), 1U) << "a TCP connection is not forged";
}

TEST(BoardModel, StrangersPushOutStrangersNotMachines) {
  BoardModel model({}, 3, 2);
  for (std::uint8_t i = 1; i <= 3; ++i)
    model.on_event(dhcp(Kind::kDhcpDiscover, kStart, net::MacAddress{{2, 0, 0, 0, 0, i}}));
  for (std::uint8_t i = 1; i <= 5; ++i) {
    Event done = transfer(Kind::kTransferDone, kStart + 1s, "vmlinuz", i, 5, 5);
    done.address = net::IpAddress(net::Ipv4Address(10, 0, 0, i));
    model.on_event(done);
  }
  const auto all = model.machines(kStart + 1s);
  EXPECT_EQ(std::count_if(all.begin(), all.end(), [](const MachineView& view) { return view.mac.is_zero(); }), 2);
  EXPECT_EQ(all.size(), 5U);
  // A lease names a stranger: it moves over, and the machine that was quiet longest makes room.
  Event ack = dhcp(Kind::kDhcpAck, kStart + 2s, net::MacAddress{{2, 0, 0, 0, 0, 9}});
  ack.address = net::IpAddress(net::Ipv4Address(10, 0, 0, 5));
  model.on_event(ack);
  EXPECT_EQ(model.machines(kStart + 2s).size(), 4U);
}

TEST(BoardModel, CountsMachinesByStage) {
  BoardModel model({});
  model.on_event(dhcp(Kind::kDhcpDiscover, kStart));
  model.on_event(transfer(Kind::kTransferDone, kStart, "vmlinuz", 1, 500, 500));
  model.on_event(transfer(Kind::kTransferFailed, kStart, "vmlinuz", 2, 20, 500));
  const BoardStats stats = model.stats(kStart + 3600s);
  EXPECT_EQ(stats.machines, 2U);
  EXPECT_EQ(stats.at_stage[static_cast<std::size_t>(Stage::kDiscover)], 1U);
  EXPECT_EQ(stats.at_stage[static_cast<std::size_t>(Stage::kKernel)], 1U);
  EXPECT_EQ(stats.stuck, 2U);
  EXPECT_EQ(stats.bytes_sent, 520U);
  EXPECT_EQ(stats.transfers_done, 1U);
  EXPECT_EQ(stats.transfers_failed, 1U);
}

TEST(BoardModel, IsReadWhileItIsFed) {
  BoardModel model({});
  std::thread reader([&] {
    for (int i = 0; i < 100; ++i) {
      (void)model.machines(kStart);
      (void)model.stats(kStart);
    }
  });
  for (int i = 0; i < 3000; ++i)
    model.on_event(dhcp(Kind::kDhcpAck, kStart, net::MacAddress{{2, 0, 0, 0, 0, static_cast<std::uint8_t>(i % 100)}}));
  reader.join();
  EXPECT_EQ(model.machines(kStart).size(), 100U);
}

TEST(BootFilesOf, AreTheConfiguredNbps) {
  Config config;
  config.dhcp.emplace();
  config.dhcp->boot.by_architecture = {{"bios", "/pxelinux.0"}, {"efi64", "http://{{server}}/x.efi"}, {"default", "a"}};
  config.dhcp->hosts.push_back({});
  config.dhcp->hosts[0].filename = "a";
  EXPECT_EQ(boot_files_of(config), (std::vector<std::string>{"a", "pxelinux.0"}));
  EXPECT_TRUE(boot_files_of(Config{}).empty());
}

}  // namespace
}  // namespace rackcast
