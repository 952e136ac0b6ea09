// The simulator's clients, which judge answers as firmware does, against the proxyDHCP engine beside another server
// that owns the addresses, and against a server with a PXE menu. Each must end with the boot file that is its own.
#include <gtest/gtest.h>

#include "core/engine/dhcp/dhcp_engine.h"
#include "tests/support/recording_io.h"
#include "tests/tools/sim/machines/part_world.h"
#include "tools/sim/machines/dhcp_client.h"
#include "tools/sim/machines/profiles/habits.h"

namespace rackcast::sim {
namespace {

constexpr net::Ipv4Address kAddressServer{192, 168, 1, 7};
constexpr net::Ipv4Address kBootServer{192, 168, 1, 110};
constexpr SocketId kSocket67{0};
constexpr SocketId kSocket4011{1};
constexpr int kStepsMax = 200;

// One DHCP server on the wire, its rows durable at once.
class Server {
 public:
  Server(Config config, net::Ipv4Address address)
      : address_(address),
        engine_({std::make_shared<Config>(std::move(config)), interfaces(), {}, 1, true, {}}, now_) {}

  // What it answers, by the port it answers from.
  struct Answer {
    net::UdpPort from;
    net::UdpPort to;
    std::vector<std::byte> message;
  };
  std::vector<Answer> ask(const DhcpSend& how, std::span<const std::byte> message) {
    if (!how.broadcast && how.server != address_) return {};
    const bool boot_port = !how.broadcast && how.server_port == kBootServerPort;
    ReceivedDatagram datagram;
    datagram.peer = {how.source, how.source_port};
    datagram.destination = how.broadcast ? net::Ipv4Address::broadcast() : address_;
    datagram.local = {address_, boot_port ? kBootServerPort : dhcp4::kServerPort};
    datagram.interface = InterfaceIndex{2};
    datagram.socket = boot_port ? kSocket4011 : kSocket67;
    datagram.payload = message;
    engine_.on_datagram(now_, datagram, harness_.sink);
    for (Work& work : std::exchange(harness_.router.submitted, {}))
      if (const auto* row = std::get_if<CommitLease>(&work)) {
        Completion durable = LeaseCommitted{row->ticket, true};
        engine_.on_completion(now_, durable, harness_.sink);
      }
    std::vector<Answer> answers;
    for (testing::SentDatagram& sent : std::exchange(harness_.io.sent, {}))
      answers.push_back({sent.to.socket == kSocket4011 ? kBootServerPort : dhcp4::kServerPort, sent.to.peer.port,
                         std::move(sent.payload)});
    return answers;
  }

 private:
  std::vector<engine::DhcpInterface> interfaces() const {
    return {{kSocket67, InterfaceIndex{2}, "eth0", {{address_, {net::Ipv4Address(192, 168, 1, 0), 24}}}, kSocket4011}};
  }

  Now now_{MonotonicTime(std::chrono::hours(1)), WallTime(std::chrono::hours(400'000))};
  net::Ipv4Address address_;
  testing::EngineHarness harness_;
  engine::DhcpEngine engine_;
};

Config address_config() {
  Config config;
  config.dhcp.emplace();
  SubnetConfig subnet;
  subnet.subnet = {net::Ipv4Address(192, 168, 1, 0), 24};
  subnet.ranges = {{{192, 168, 1, 20}, {192, 168, 1, 99}}};
  config.dhcp->subnets = {subnet};
  return config;
}

void add_boot(Config& config) {
  if (!config.dhcp) config.dhcp.emplace();
  config.dhcp->boot.by_architecture = {{"bios", "pxelinux.0"}, {"efi64", "shimx64.efi"}};
  config.dhcp->boot.ipxe = {{"default", "boot.ipxe"}};
  config.dhcp->boot.http = "http://{{server}}/ipxe.efi";
}

Config proxy_config() {
  Config config;
  add_boot(config);
  config.dhcp->mode = DhcpMode::kProxy;
  return config;
}

struct Outcome {
  PartStatus status = PartStatus::kIdle;
  DhcpLease lease;
  std::string detail;
  std::size_t messages = 0;
};

Outcome run(const DhcpHabits& habits, std::span<Server* const> servers) {
  test::PartWorld it;
  DhcpClient client;
  Outcome outcome;
  client.start(it.now, it.world(), habits);
  std::size_t heard = 0;
  outcome.status = PartStatus::kRunning;
  for (int step = 0; step < kStepsMax && outcome.status == PartStatus::kRunning; ++step) {
    if (heard < it.carrier.dhcp.size()) {
      const auto sent = it.carrier.dhcp[heard++];
      for (Server* const server : servers)
        for (const Server::Answer& answer : server->ask(sent.how, sent.message)) {
          if (outcome.status != PartStatus::kRunning) break;
          const PartStatus status =
              client.on_datagram(it.now, it.world(), {answer.from, answer.to}, answer.message, outcome.lease);
          if (status != PartStatus::kIdle) outcome.status = status;
        }
      continue;
    }
    it.now = client.deadline();
    outcome.status = client.on_deadline(it.now, it.world());
  }
  outcome.messages = it.carrier.dhcp.size();
  if (outcome.status == PartStatus::kFailed) outcome.detail = client.detail();
  return outcome;
}

struct Row {
  const char* name;
  const DhcpHabits& habits;
  const char* file;
  bool collects = true;  // offers, for a while; the simulator's ROMs take the first with an address
};
const Row kRows[] = {{"BIOS ROM", habits::kBiosRomDhcp, "pxelinux.0", false},
                     {"old ROM", habits::kOldRomDhcp, "pxelinux.0", false},
                     {"iPXE, BIOS", habits::kIpxeBiosDhcp, "boot.ipxe"},
                     {"iPXE, UEFI", habits::kIpxeEfiDhcp, "boot.ipxe"},
                     {"EDK2", habits::kEdk2Dhcp, "shimx64.efi"}};

TEST(ProxyDialogue, EveryPxeClientBootsWhatTheProxySays) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.name);
    Server addresses(address_config(), kAddressServer);
    Server proxy(proxy_config(), kBootServer);
    Server* const forth[] = {&addresses, &proxy};
    Server* const back[] = {&proxy, &addresses};
    for (const auto& order : {std::span(forth), std::span(back)}) {
      if (!row.collects && order.front() == &addresses) continue;
      const Outcome outcome = run(row.habits, order);
      ASSERT_EQ(outcome.status, PartStatus::kDone) << outcome.detail;
      EXPECT_EQ(outcome.lease.server, kAddressServer);
      EXPECT_EQ(outcome.lease.boot_file, row.file);
      EXPECT_EQ(outcome.lease.next_server, kBootServer);
    }
  }
}

TEST(ProxyDialogue, APlainClientNeverHearsTheProxy) {
  Server addresses(address_config(), kAddressServer);
  Server proxy(proxy_config(), kBootServer);
  Server* const both[] = {&proxy, &addresses};
  const Outcome outcome = run(habits::kUdhcpcDhcp, both);
  ASSERT_EQ(outcome.status, PartStatus::kDone) << outcome.detail;
  EXPECT_EQ(outcome.lease.boot_file, "");
  Server* const alone[] = {&proxy};
  EXPECT_EQ(run(habits::kUdhcpcDhcp, alone).status, PartStatus::kFailed);
}

TEST(ProxyDialogue, AServerThatSendsUefiToPort4011AnswersThere) {
  Config config = address_config();
  add_boot(config);
  config.dhcp->pxe.emplace();
  config.dhcp->pxe->menu = {{1, "Install", "pxelinux"}};
  Server server(config, kBootServer);
  Server* const one[] = {&server};
  const Outcome outcome = run(habits::kEdk2Dhcp, one);
  ASSERT_EQ(outcome.status, PartStatus::kDone) << outcome.detail;
  EXPECT_EQ(outcome.lease.boot_file, "shimx64.efi");
  EXPECT_EQ(outcome.lease.server, kBootServer);
}

}  // namespace
}  // namespace rackcast::sim
