// A lane with the daemon's DHCP and TFTP engines under virtual time, fed with the clients' half of a capture at its
// recorded times. What the engines send meanwhile goes into a Comparison, beside what the server sent then.
//
// What a capture cannot tell is settled so that it does not show: TIDs are mapped to those of the recording, exchange
// by exchange; a machine's address is the one it was given then (its lease is known before); work takes no time.
// Single-threaded; allocates; a function of the capture, the configuration and the tree.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/config/config.h"
#include "core/engine/dhcp/dhcp_engine.h"
#include "core/engine/tftp/tftp_engine.h"
#include "core/runtime/lane.h"
#include "tools/sim/replay/capture.h"
#include "tools/sim/replay/comparison.h"
#include "tools/sim/replay/instant_work.h"
#include "tools/sim/replay/replay_io.h"

namespace rackcast::sim {

struct ReplayCounters {
  std::uint64_t fed = 0;          // datagrams given to an engine
  std::uint64_t not_served = 0;   // DHCP or TFTP is not configured
  std::uint64_t without_tid = 0;  // of a transfer that the engine never began
};

class ReplayWorld {
 public:
  // All outlive the world. `tree`: where TFTP files are.
  ReplayWorld(const Capture& capture, std::shared_ptr<const Config> config, std::optional<RootDirectory> tree,
              Comparison& comparison);

  void run();

  [[nodiscard]] const ReplayCounters& counters() const { return counters_; }
  [[nodiscard]] const engine::DhcpEngine* dhcp() const { return dhcp_; }  // null: not configured
  [[nodiscard]] const engine::TftpEngine* tftp() const { return tftp_; }

 private:
  class QuietEvents final : public EventSink {
   public:
    void emit(const Event&) override {}
  };
  // Which TID served each exchange of a client, then and now.
  struct Tids {
    std::map<std::size_t, net::UdpPort> recorded;
    std::map<std::size_t, SocketId> produced;
  };

  [[nodiscard]] LaneSetup make_engines();
  void add_dhcp(LaneSetup& setup);
  void add_tftp(LaneSetup& setup);
  void feed(const CapturedDatagram& datagram);
  void advance_to(WallTime time);
  void turn(MonotonicTime at);
  void collect();
  [[nodiscard]] std::optional<SocketId> socket_for(const CapturedDatagram& datagram) const;
  [[nodiscard]] std::optional<SocketId> transfer_socket(const CapturedDatagram& datagram) const;
  [[nodiscard]] net::IpAddress local_address(const CapturedDatagram& datagram) const;
  [[nodiscard]] MonotonicTime monotonic(WallTime time) const { return kStart + (time - begin_); }
  [[nodiscard]] WallTime wall(MonotonicTime time) const { return begin_ + (time - kStart); }

  // Not zero, so that an unset time shows.
  static constexpr MonotonicTime kStart{std::chrono::hours(1)};

  const Capture& capture_;
  std::shared_ptr<const Config> config_;
  Comparison& comparison_;
  WallTime begin_;
  ReplayIo io_;
  LanePort port_;
  InstantWork work_;
  QuietEvents events_;
  std::vector<net::UdpPort> listener_ports_;  // of the listeners, from first_listener_ on
  std::uint16_t first_listener_ = 0;
  const engine::DhcpEngine* dhcp_ = nullptr;  // the lane's
  const engine::TftpEngine* tftp_ = nullptr;
  std::unique_ptr<Lane> lane_;
  std::map<net::Endpoint, Tids> tids_;
  ReplayCounters counters_;
};

// What the lease table has to know beforehand, so that every machine gets the address it was given in the capture.
[[nodiscard]] std::vector<Lease> leases_before(const Capture& capture);

}  // namespace rackcast::sim
