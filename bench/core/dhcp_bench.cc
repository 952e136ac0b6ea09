// The DHCP engine alone: DISCOVER -> OFFER and REQUEST -> ACK in memory, without a network and with a disk that answers
// a group of rows at once, as the lease store does. `items_per_second` counts messages; its inverse is CPU per message.
//   build/release/bench/dhcp_bench --benchmark_repetitions=9 --benchmark_report_aggregates_only
#include <benchmark/benchmark.h>

#include <chrono>
#include <memory>
#include <vector>

#include "core/engine/dhcp/dhcp_engine.h"
#include "proto/dhcp/message.h"
#include "tests/support/one_slot_io.h"
#include "tools/sim/machines/dhcp_request.h"
#include "tools/sim/machines/profiles/habits.h"

namespace rackcast {
namespace {

constexpr std::uint32_t kRound = 1'024;         // machines that ask one after the other, and then request
constexpr std::uint32_t kMachines = 512 << 10;  // different ones; then the first come back, their leases having ended
constexpr std::size_t kGroup = 32;              // rows of one commit
constexpr std::size_t kMessageBytesMax = 600;
const net::Ipv4Address kServer(10, 0, 0, 1);
const net::Ipv4Prefix kSubnet{net::Ipv4Address(10, 0, 0, 0), 8};

class QuietEvents final : public EventSink {
 public:
  void emit(const Event&) override {}
};

// Keeps the tickets of a group that waits for the disk.
class GroupRouter final : public WorkRouter {
 public:
  std::vector<Ticket> waiting;
  bool submit(LaneId, Work& work) override {
    if (const auto* const row = std::get_if<CommitLease>(&work)) waiting.push_back(row->ticket);
    return true;
  }
};

// Remembers what was given last.
class LastReply final : public testing::OneSlotIo {
 public:
  net::Ipv4Address yiaddr;
  std::uint64_t replies = 0;

 private:
  void on_commit(const TxSlot& slot) override {
    ++replies;
    const auto message = dhcp4::parse_message(slot.header(slot.datagrams().front()));
    if (message) yiaddr = message->header.yiaddr;
  }
};

engine::DhcpSetup make_setup() {
  auto config = std::make_shared<Config>();
  SubnetConfig& subnet = config->dhcp.emplace().subnets.emplace_back();
  subnet.subnet = kSubnet;
  subnet.ranges = {{net::Ipv4Address(10, 16, 0, 0), net::Ipv4Address(10, 31, 255, 255)}};
  subnet.routers = {kServer};
  config->dhcp->boot.by_architecture["bios"] = "pxelinux.0";
  engine::DhcpSetup setup{.config = config};
  setup.interfaces = {{SocketId{0}, InterfaceIndex{3}, "eth0", {{kServer, kSubnet}}}};
  return setup;
}

// The engine, and machines that speak as a BIOS ROM does.
class Wire {
 public:
  Wire() : engine_(make_setup(), now_) {
    router_.waiting.reserve(2 * kGroup);
    addresses_.resize(kRound);
  }

  // A round's messages are written beforehand: what is timed is the engine's work.
  void write_discovers(std::uint32_t first) {
    messages_.clear();
    for (std::uint32_t i = 0; i < kRound; ++i) write(first + i, {.xid = dhcp4::Xid{first + i}});
  }
  void write_requests(std::uint32_t first) {
    messages_.clear();
    for (std::uint32_t i = 0; i < kRound; ++i)
      write(first + i, {.type = dhcp4::MessageType::kRequest,
                        .xid = dhcp4::Xid{first + i},
                        .requested = addresses_[i],
                        .server = kServer});
  }

  // Seconds that the engine took.
  double ask_all() {
    const auto start = std::chrono::steady_clock::now();
    for (std::uint32_t i = 0; i < kRound; ++i) {
      receive(messages_[i]);
      if (router_.waiting.size() == kGroup) commit();
      addresses_[i] = io_.yiaddr;
    }
    commit();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  void pass_time(Duration duration) {
    now_.monotonic += duration;
    now_.wall += duration;
    while (engine_.next_deadline() <= now_.monotonic) engine_.on_deadline(now_, sink_);
  }

  [[nodiscard]] const engine::DhcpStats& stats() const { return engine_.stats(); }

 private:
  void write(std::uint32_t number, const sim::DhcpRequest& request) {
    sim::MachineIdentity identity;
    identity.mac = {{0x52, 0x54, 0, static_cast<std::uint8_t>(number >> 16U), static_cast<std::uint8_t>(number >> 8U),
                     static_cast<std::uint8_t>(number)}};
    std::vector<std::byte>& out = messages_.emplace_back(kMessageBytesMax);
    out.resize(sim::encode_dhcp(request, sim::habits::kBiosRomDhcp, identity, out).size());
  }

  void receive(std::span<const std::byte> message) {
    ReceivedDatagram datagram;
    datagram.peer = {net::Ipv4Address{}, dhcp4::kClientPort};
    datagram.destination = net::Ipv4Address::broadcast();
    datagram.local = {kServer, dhcp4::kServerPort};
    datagram.interface = InterfaceIndex{3};
    datagram.socket = SocketId{0};
    datagram.payload = message;
    engine_.on_datagram(now_, datagram, sink_);
  }

  void commit() {
    for (const Ticket ticket : router_.waiting) {
      Completion durable = LeaseCommitted{ticket, true};
      engine_.on_completion(now_, durable, sink_);
    }
    router_.waiting.clear();
  }

  Now now_{MonotonicTime(std::chrono::hours(1)), WallTime(std::chrono::hours(24 * 365 * 50))};
  LastReply io_;
  PinTable pins_{16};
  QuietEvents events_;
  GroupRouter router_;
  Sink sink_{io_, pins_, events_, router_, LaneId{0}};
  engine::DhcpEngine engine_;
  std::vector<std::vector<std::byte>> messages_;
  std::vector<net::Ipv4Address> addresses_;
};

enum class Timed : std::uint8_t { kDiscover, kRequest };

void run(benchmark::State& state, Timed timed) {
  Wire wire;
  std::uint32_t first = 0;
  std::uint64_t rounds = 0;
  for (auto _ : state) {
    wire.write_discovers(first);
    const double discovers = wire.ask_all();
    wire.write_requests(first);
    const double requests = wire.ask_all();
    state.SetIterationTime(timed == Timed::kDiscover ? discovers : requests);
    ++rounds;
    first += kRound;
    if (first == kMachines) {
      wire.pass_time(std::chrono::hours(24));
      first = 0;
    }
  }
  if (wire.stats().offers != rounds * kRound || wire.stats().acks != rounds * kRound ||
      wire.stats().acks_unwritten != 0)
    state.SkipWithError("a machine was not served, or by no new row");
  state.SetItemsProcessed(static_cast<std::int64_t>(rounds * kRound));
}

void DiscoverToOffer(benchmark::State& state) {
  run(state, Timed::kDiscover);
}
void RequestToAck(benchmark::State& state) {
  run(state, Timed::kRequest);
}
BENCHMARK(DiscoverToOffer)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(RequestToAck)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rackcast
