// Engine datagrams per second on the sim backend: a lane with its engine, a hundred clients on a simulated network, no
// kernel. What is measured is everything but the kernel: engine, lane, contract, and the simulation itself, so it is a
// floor of the engine's speed. `items_per_second` counts the server's datagrams, both ways.
//   build/release/bench/engine_bench --benchmark_repetitions=9 --benchmark_report_aggregates_only
#include <benchmark/benchmark.h>

#include <array>
#include <memory>
#include <vector>

#include "core/engine/dhcp/dhcp_engine.h"
#include "core/engine/tftp/tftp_engine.h"
#include "core/images/image_epoch.h"
#include "core/runtime/lane.h"
#include "io_backends/sim/sim_endpoint.h"
#include "io_backends/sim/sim_io.h"
#include "io_backends/sim/sim_network.h"
#include "tests/support/heap_image.h"
#include "tests/support/tftp_reader.h"
#include "tools/sim/machines/dhcp_request.h"
#include "tools/sim/machines/profiles/habits.h"

namespace rackcast {
namespace {

constexpr std::size_t kClients = 100;
constexpr std::size_t kTids = 16;
constexpr std::size_t kFileBytes = 300'000;
const net::Ipv4Address kServer(10, 0, 0, 1);

class QuietEvents final : public EventSink {
 public:
  void emit(const Event&) override {}
};

// Answers work at once, with one image and a disk that never fails.
class InstantRouter final : public WorkRouter {
 public:
  explicit InstantRouter(LanePort& port)
      : port_(port), image_(std::make_shared<testing::HeapImage>(testing::random_bytes(kFileBytes, 1), 1)) {}

  bool submit(LaneId, Work& work) override {
    if (const auto* load = std::get_if<LoadImage>(&work))
      return port_.post(ImageLoaded{load->ticket, load->path, ImageStatus::kLoaded, image_, 1});
    if (const auto* commit = std::get_if<CommitLease>(&work)) return port_.post(LeaseCommitted{commit->ticket, true});
    return true;
  }

 private:
  LanePort& port_;
  std::shared_ptr<const Image> image_;
};

// One server, its lane, and client hosts with an address each.
class Rack {
 public:
  explicit Rack(net::UdpPort port, bool broadcast = false) : router_(port_) {
    segment_ = network_.add_segment();
    io::SimHost& server = network_.add_host("server");
    auto& nic = server.add_nic(segment_, {{2, 0, 0, 0, 0, 1}});
    server.add_address(nic, kServer, 16);
    interface_ = nic.index;
    std::vector<std::vector<io::SocketSpec>> lanes(1);
    for (std::size_t i = 0; i <= kTids; ++i) {
      io::SocketSpec spec;
      spec.broadcast = broadcast;
      if (i == 0) spec.bind.port = port;
      lanes[0].push_back(spec);
    }
    io_ = std::move((*io::SimIo::open_lanes(server, lanes))[0]);
  }

  void run(std::unique_ptr<engine::Engine> engine) {
    LaneSetup setup;
    setup.route.assign(1 + kTids, 0);
    setup.engines.push_back(std::move(engine));
    lane_ = std::make_unique<Lane>(std::move(setup), *io_, port_, events_, router_);
  }

  std::unique_ptr<io::SimEndpoint> add_client(std::size_t number, std::uint16_t client_port) {
    io::SimHost& host = network_.add_host("client");
    const auto low = static_cast<std::uint8_t>(number % 250 + 2);
    auto& nic = host.add_nic(segment_, {{2, 1, 0, 0, 0, low}});
    host.add_address(nic, net::Ipv4Address(10, 0, 1, low), 16);
    io::SimSocketSpec spec;
    spec.bind.port = net::UdpPort{client_port};
    spec.broadcast = true;
    return std::move(*io::SimEndpoint::open(host, spec));
  }

  // One step of virtual time, then the lane until it has nothing more to do.
  void step() {
    const MonotonicTime soon = now() + std::chrono::milliseconds(10);
    network_.advance_to(std::min({network_.next_event_time(), lane_->next_deadline(), soon}));
    lane_->turn(network_.now().monotonic);
    while (io_->has_work()) lane_->turn(network_.now().monotonic);
  }

  [[nodiscard]] std::uint64_t datagrams() const {
    return io_->stats().datagrams_received + io_->stats().datagrams_sent;
  }
  [[nodiscard]] MonotonicTime now() const { return network_.now().monotonic; }
  [[nodiscard]] Now both_clocks() const { return network_.now(); }
  [[nodiscard]] InterfaceIndex interface() const { return interface_; }

 private:
  io::SimNetwork network_;
  io::SegmentId segment_;
  InterfaceIndex interface_;
  LanePort port_;
  InstantRouter router_;
  QuietEvents events_;
  std::unique_ptr<io::SimIo> io_;
  std::unique_ptr<Lane> lane_;
};

struct TftpMachine {
  std::unique_ptr<testing::TftpReader> client;
  std::unique_ptr<io::SimEndpoint> endpoint;

  void send_outbox() {
    for (const auto& sent : client->outbox()) endpoint->send_to(sent.to, std::as_bytes(std::span(sent.payload)));
    client->outbox().clear();
  }
};

void TftpOnSim(benchmark::State& state) {
  Rack rack(net::UdpPort{69});
  ImageEpoch epoch;
  auto config = std::make_shared<Config>();
  config->tftp.emplace().root = "/";
  engine::TftpSetup setup{.config = config, .root = "/"};
  setup.listeners = {SocketId{0}};
  for (std::uint16_t i = 1; i <= kTids; ++i) setup.tids.v4.push_back(SocketId{i});
  setup.epoch = &epoch;
  rack.run(std::make_unique<engine::TftpEngine>(std::move(setup)));

  testing::ReaderPlan plan{.file = "vmlinuz"};
  plan.habits = {
      .options = testing::kAskBlksize, .blksize = 1'468, .windowsize = static_cast<std::uint16_t>(state.range(0))};
  if (state.range(0) > 1) plan.habits.options = testing::kAskWindow;
  std::vector<TftpMachine> machines(kClients);
  for (std::size_t i = 0; i < kClients; ++i) machines[i].endpoint = rack.add_client(i, 2'000);
  std::size_t over = 0;
  for (TftpMachine& machine : machines) {
    machine.endpoint->on_datagram = [&machine, &rack, &over](const io::SimDatagram& datagram) {
      const bool was_over = machine.client->over();
      machine.client->on_datagram(rack.now(), datagram.from, datagram.payload);
      machine.send_outbox();
      over += !was_over && machine.client->over() ? 1U : 0U;
    };
  }
  std::uint64_t datagrams = 0;
  for (auto _ : state) {
    const std::uint64_t before = rack.datagrams();
    over = 0;
    for (TftpMachine& machine : machines) {
      machine.client = std::make_unique<testing::TftpReader>(plan, net::Endpoint{kServer, net::UdpPort{69}});
      machine.client->start(rack.now());
      machine.send_outbox();
    }
    while (over < kClients) rack.step();
    for (const TftpMachine& machine : machines)
      if (!machine.client->done() || machine.client->bytes() != kFileBytes)
        state.SkipWithError("a client got the wrong bytes");
    datagrams += rack.datagrams() - before;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(datagrams));
}
BENCHMARK(TftpOnSim)->Arg(1)->Arg(16)->ArgName("window")->Unit(benchmark::kMillisecond);

// A BIOS ROM's.
std::vector<std::byte> discover(std::uint32_t number) {
  sim::MachineIdentity identity;
  identity.mac = {{0x52, 0x54, 0, 0, static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)}};
  std::vector<std::byte> out(sim::kDhcpMessageBytesMax);
  out.resize(sim::encode_dhcp({.xid = dhcp4::Xid{number}}, sim::habits::kBiosRomDhcp, identity, out).size());
  return out;
}

void DhcpDiscoverOnSim(benchmark::State& state) {
  Rack rack(dhcp4::kServerPort, true);
  auto config = std::make_shared<Config>();
  SubnetConfig& subnet = config->dhcp.emplace().subnets.emplace_back();
  subnet.subnet = {net::Ipv4Address(10, 0, 0, 0), 16};
  subnet.ranges = {{net::Ipv4Address(10, 0, 16, 0), net::Ipv4Address(10, 0, 31, 255)}};
  config->dhcp->boot.by_architecture["bios"] = "pxelinux.0";
  engine::DhcpSetup setup{.config = config};
  setup.interfaces = {{SocketId{0}, rack.interface(), "eth0", {{kServer, subnet.subnet}}}};
  rack.run(std::make_unique<engine::DhcpEngine>(std::move(setup), rack.both_clocks()));

  const auto client = rack.add_client(0, 68);
  std::uint64_t offers = 0;
  client->on_datagram = [&](const io::SimDatagram&) { ++offers; };
  io::SimSendRequest everybody;
  everybody.peer = {net::Ipv4Address::broadcast(), dhcp4::kServerPort};
  everybody.interface = rack.interface();  // hosts here have one each, with the same index
  std::vector<std::vector<std::byte>> messages;
  for (std::uint32_t i = 0; i < kClients; ++i) messages.push_back(discover(i));
  std::uint64_t datagrams = 0;
  for (auto _ : state) {
    const std::uint64_t before = rack.datagrams();
    offers = 0;
    for (const auto& message : messages) client->send(everybody, message);
    const MonotonicTime patience = rack.now() + std::chrono::seconds(1);
    while (offers < kClients && rack.now() < patience) rack.step();
    if (offers != kClients) state.SkipWithError("DISCOVERs without an OFFER");
    datagrams += rack.datagrams() - before;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(datagrams));
}
BENCHMARK(DhcpDiscoverOnSim)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rackcast
