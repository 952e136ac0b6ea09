// A whole installation night in one process and under virtual time: the server's engines, a rack of machines, and the
// network between them. One plan and one seed give one run, to the last datagram.
//
//   RunPlan --power, restarts--> Rack of machines --Carrier--> SimNetwork, VirtualStreams --> VirtualServer
//                                    |                              |
//                                 Observer                        SimTap     (verdict, checkers)
//
//   World world(options, observer, tap);
//   world.run();          until every machine is done or failed, or the plan's time is over
//   world.settle(bound);  machines are silent: the server forgets what it still had for them
//
// Thread: one. Memory: below 4 KiB per machine, the server's tables included (bench/sim); the tree is shared.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "io_backends/sim/sim_network.h"
#include "tools/sim/deterministic/dhcp_relay.h"
#include "tools/sim/deterministic/hostile_traffic.h"
#include "tools/sim/deterministic/rack_layout.h"
#include "tools/sim/deterministic/virtual_server.h"
#include "tools/sim/deterministic/virtual_streams.h"
#include "tools/sim/deterministic/virtual_tree.h"
#include "tools/sim/machines/observer.h"
#include "tools/sim/machines/rack.h"
#include "tools/sim/scenario/power_plan.h"
#include "tools/sim/scenario/scenario.h"

namespace rackcast::sim {

// A file that is replaced while the run goes on.
struct Replacement {
  Instant at{};
  std::string path;
  std::shared_ptr<const FileContent> content;
};

struct WorldOptions {
  const RunPlan* plan = nullptr;      // borrowed, outlives the world
  const TreeContent* tree = nullptr;  // borrowed for the construction
  RunFacts facts;                     // the server's address is the world's to fill in; packages too, when empty
  VirtualServerOptions server;
  std::uint64_t stream_bytes_per_second = 1'250'000'000;
  std::vector<Replacement> replacements;
};

class World final : private Carrier,
                    private StreamClients,
                    private io::SimPortReceiver,
                    private io::SimEventTarget,
                    private io::SimTap {
 public:
  // `observer` and `tap` (null: none) outlive it.
  World(WorldOptions options, Observer& observer, io::SimTap* tap = nullptr);
  ~World() override;

  // Until nothing is left to do or time is over; then what still runs has failed with kRunEnded.
  void run();
  // One step for those who look in between: false when run() would be over.
  [[nodiscard]] bool step();
  void run_out();  // after the last step
  // Virtual time goes on, machines switched off, until the server has nothing in flight or `bound` is over: which?
  [[nodiscard]] bool settle(Span bound);
  void rest(Span time);  // further time

  [[nodiscard]] Instant now() const { return Instant(network_.now().monotonic - start_); }
  [[nodiscard]] const Rack& rack() const { return *rack_; }
  [[nodiscard]] const RackLayout& layout() const { return layout_; }
  [[nodiscard]] const VirtualServer& server() const { return *server_; }
  [[nodiscard]] const VirtualStreams& streams() const { return *streams_; }
  [[nodiscard]] const VirtualTree& tree() const { return tree_; }
  [[nodiscard]] io::SimNetwork& network() { return network_; }
  // Of every address that the server has looked at: for whom, and when it will know.
  void watch_probes(std::function<void(const net::MacAddress& client, Instant answered)> told);
  [[nodiscard]] net::Ipv4Address address_of(MachineId machine) const {  // what it was given lately; any(): none
    return latest_address_[machine.value()];
  }
  [[nodiscard]] const RunFacts& facts() const { return facts_; }
  // Of every datagram that arrived: when, where, how long, its first bytes. Equal for equal runs.
  [[nodiscard]] std::uint64_t trace_hash() const { return trace_hash_; }
  [[nodiscard]] std::uint64_t datagrams_lost_way() const { return lost_way_; }

 private:
  enum class AgendaItem : std::uint64_t { kPower, kUncut, kReplace };

  void build_network();
  void give_addresses(std::vector<RackMachine>& machines) const;
  void build_machines(Observer& observer);
  void add_agenda();

  // Carrier
  void send_dhcp(MachineId machine, const DhcpSend& how, std::span<const std::byte> message) override;
  void send_tftp(MachineId machine, net::UdpPort from, const net::Endpoint& to,
                 std::span<const std::byte> payload) override;
  void fetch(MachineId machine, const FetchRequest& request) override;
  void cancel_fetches(MachineId machine) override;
  void use_address(MachineId machine, net::Ipv4Address address, std::uint8_t prefix_bits) override;
  // StreamClients
  [[nodiscard]] StreamPath path_of(MachineId machine) const override;
  void on_fetch(MachineId machine, const FetchEvent& event) override;
  // SimPortReceiver
  void on_frame(io::PortId port, const io::SimFrame& frame) override;
  [[nodiscard]] bool hears_broadcast(io::PortId port, net::UdpPort to) const override;
  // SimTap
  void on_sent(const io::SimFrame& frame) override;
  void on_arrived(const io::SimFrame& frame) override;
  void on_fault(const io::SimFrame& frame, io::SimFault fault) override;
  // The agenda: power and cables by plan.
  void on_event(std::uint64_t token) override;
  [[nodiscard]] bool over() const;
  void at(Instant time, AgendaItem item, std::size_t which);
  void arm_power();
  void switch_on(MachineId machine);

  WorldOptions options_;
  const RunPlan& plan_;
  RackLayout layout_;
  RunFacts facts_;
  io::LinkFaults cable_;
  io::LinkFaults cut_;
  io::SimNetwork network_;
  MonotonicTime start_;
  VirtualTree tree_;
  PowerPlan power_;
  io::SimTap* tap_;
  std::vector<std::unique_ptr<DhcpRelay>> relays_;
  std::unique_ptr<VirtualServer> server_;
  std::unique_ptr<VirtualStreams> streams_;
  std::unique_ptr<HostileTraffic> hostile_;
  std::unique_ptr<Rack> rack_;
  std::vector<io::SegmentId> segments_;
  std::vector<net::Ipv4Address> latest_address_;  // by machine
  std::size_t agenda_left_ = 0;
  bool is_over_ = false;           // run_out() was called
  std::vector<std::byte> joined_;  // a datagram that came in two parts
  std::uint64_t trace_hash_ = 0;
  std::uint64_t lost_way_ = 0;  // machines had no address to send from
};

}  // namespace rackcast::sim
