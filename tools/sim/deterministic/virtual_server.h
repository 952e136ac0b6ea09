// The server of a deterministic run: the daemon's own engines on its own lanes, over the simulated network, with stores
// that answer in virtual time. What the daemon does with threads, sockets and disks is done here with events.
//
//   network --frames--> SimIo --turn--> Lane(DhcpEngine, TftpEngine) --work--> VirtualStores --completions--> Lane
//
// Thread: the world's. Destroy before the network.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/config/config.h"
#include "core/engine/dhcp/dhcp_engine.h"
#include "core/engine/tftp/tftp_engine.h"
#include "core/runtime/lane.h"
#include "io_backends/sim/sim_io.h"
#include "tools/sim/deterministic/rack_layout.h"
#include "tools/sim/deterministic/virtual_stores.h"
#include "tools/sim/deterministic/virtual_tree.h"

namespace rackcast::sim {

// What stands between an engine and its world in tests that break the one or the other on purpose. Identity by default.
struct ServerSeams {
  std::function<std::unique_ptr<PacketIo>(PacketIo&)> wrap_io;          // null: the backend itself
  std::function<std::unique_ptr<WorkRouter>(WorkRouter&)> wrap_router;  // null: the stores themselves
  std::function<std::unique_ptr<engine::Engine>(std::unique_ptr<engine::Engine>)> wrap_tftp;  // null: the engine itself
};

struct VirtualServerOptions {
  unsigned lanes = 1;
  std::uint32_t machines = 100;  // sizes its tables
  std::uint32_t strangers = 0;   // who only take leases
  TftpChoices tftp;
  DhcpChoices dhcp;
  std::uint64_t uplink_bits_per_second = 10'000'000'000;  // 0: no limit
  std::uint64_t resident_bytes_max = ~std::uint64_t{0};   // larger images go in pieces
  StoreTimes stores;
  Duration turn_delay = std::chrono::microseconds(10);  // how long a lane's turn takes to come round
  Duration transmit_delay = std::chrono::microseconds(5);
  ServerSeams seams;
};

class VirtualServer final : private io::SimEventTarget {
 public:
  // `host` has its interfaces and addresses already. `config`: [dhcp] and [tftp] as in the daemon's. References outlive
  // it.
  VirtualServer(io::SimHost& host, const VirtualTree& tree, const std::shared_ptr<const Config>& config,
                const VirtualServerOptions& options, std::uint64_t seed);
  ~VirtualServer();

  // `told`: VirtualStores::on_probe.
  void watch_probes(std::function<void(const ProbeAddress&, MonotonicTime answered)> told) {
    stores_->on_probe = std::move(told);
  }

  // --- What checkers and reports read.
  [[nodiscard]] std::size_t in_flight() const;  // transfers and held replies, all lanes
  [[nodiscard]] std::size_t pins_in_use() const;
  [[nodiscard]] std::size_t slots_in_use() const;
  [[nodiscard]] std::size_t datagrams_held() const;  // received, not polled
  [[nodiscard]] const VirtualStores& stores() const { return *stores_; }
  [[nodiscard]] std::size_t lanes() const { return lanes_.size(); }
  [[nodiscard]] const engine::tftpd::Counters& tftp(std::size_t lane) const { return lanes_[lane].tftp->counters(); }
  [[nodiscard]] const QuirkCounts& tftp_quirks(std::size_t lane) const { return lanes_[lane].tftp->quirks(); }
  [[nodiscard]] const engine::DhcpEngine* dhcp() const { return dhcp_; }
  [[nodiscard]] const IoStats& io(std::size_t lane) const { return lanes_[lane].io->stats(); }

 private:
  struct LaneSeat {
    std::unique_ptr<io::SimIo> io;
    std::unique_ptr<PacketIo> wrapped;
    std::unique_ptr<Lane> lane;
    const engine::TftpEngine* tftp = nullptr;
    MonotonicTime armed_for = rackcast::kNever;  // a deadline's event is scheduled
  };
  class QuietEvents final : public EventSink {
   public:
    void emit(const Event&) override {}
  };

  void on_event(std::uint64_t token) override;
  void arm(std::size_t lane);
  void make_lane(std::size_t lane, const std::vector<io::SocketSpec>& specs, std::size_t dhcp_sockets,
                 const std::shared_ptr<const Config>& config, const VirtualServerOptions& options, std::uint64_t seed);

  io::SimHost& host_;
  io::SimNetwork& network_;
  const VirtualTree& tree_;
  QuietEvents events_;
  std::vector<std::unique_ptr<LanePort>> ports_;
  std::unique_ptr<VirtualStores> stores_;
  std::unique_ptr<WorkRouter> wrapped_router_;
  std::shared_ptr<ServiceTotals> tftp_totals_ = std::make_shared<ServiceTotals>();  // of all lanes
  std::vector<LaneSeat> lanes_;
  const engine::DhcpEngine* dhcp_ = nullptr;  // lane 0's
};

}  // namespace rackcast::sim
