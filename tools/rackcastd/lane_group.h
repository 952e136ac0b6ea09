// The datagram lanes of the daemon: their sockets (opened while still root), then their threads, engines and counters.
//
//   LaneGroup::open(config)   interfaces looked up, sockets bound, in lane order
//   (privileges drop)
//   start(…)                  one LaneThread per lane
//   stop()                    running transfers end, or the grace does
//
// Thread: the main one; report() from any.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/config/config.h"
#include "core/engine/dhcp/dhcp_engine.h"
#include "core/engine/tftp/tftp_engine.h"
#include "core/events/event_pump.h"
#include "core/images/image_store.h"
#include "core/runtime/lane_thread.h"
#include "core/runtime/work_router.h"
#include "io_backends/socket/interfaces.h"
#include "io_backends/socket/socket_set.h"
#include "tools/rackcastd/lane_plan.h"
#include "tools/rackcastd/pool_report.h"
#include "tools/rackcastd/published.h"

namespace rackcast {

// What a lane tells the outside, a few times a second.
struct LaneReport {
  const char* backend = "";  // static storage
  LaneCounters lane;
  IoStats io;
  std::optional<engine::DhcpStats> dhcp;
  std::optional<LeaseTableStats> leases;
  PoolReport pools;
  std::optional<engine::tftpd::Counters> tftp;
  std::optional<AdmissionCounters> tftp_admission;
  QuirkCounts quirks;
};

struct LaneServices {
  std::shared_ptr<const Config> config;
  EventPump& pump;
  ImageStore* images = nullptr;    // null without [tftp]
  LeaseStore* leases = nullptr;    // null without [dhcp]
  UploadStore* uploads = nullptr;  // null without upload_dir
  // Shows each lease that the store knows; called on the DHCP lane's thread, while start() waits. Null: there are none.
  std::function<Result<void>(const std::function<void(const Lease&)>&)> read_leases;
  std::string name_map;  // the text of [tftp].map_file, which has no errors
  std::function<void(const Machine&)> on_machine;
  ThreadedWorkRouter::OnProbe on_probe;          // null: addresses are not probed
  std::function<void(std::string)> on_fallback;  // one clear line when io_uring is forbidden; any thread
};

class LaneGroup {
 public:
  [[nodiscard]] static Result<std::unique_ptr<LaneGroup>> open(const Config& config);
  ~LaneGroup();

  // Where completions for the lanes go; valid from open() on.
  [[nodiscard]] bool post(LaneId lane, Completion completion) {
    return ports_[lane.value()]->post(std::move(completion));
  }

  [[nodiscard]] Result<void> start(LaneServices services);
  // May reconfigure() put this in force? Error: it needs a restart.
  [[nodiscard]] Result<void> check(const Config& config) const { return can_serve(opened_.front().plan, config); }
  // Looks the interfaces' addresses up again. Error: one is gone or was made anew, so that its sockets are dead; the
  // lanes have the new configuration all the same.
  [[nodiscard]] Result<void> reconfigure(const std::shared_ptr<const Config>& config);
  void stop();

  // Served ones, in order, as they were at start or at the last reconfigure(). Main thread.
  [[nodiscard]] std::span<const io::InterfaceFacts> interfaces() const { return interfaces_; }
  [[nodiscard]] std::size_t size() const { return ports_.size(); }
  [[nodiscard]] LanePort& port(std::size_t lane) { return *ports_[lane]; }
  [[nodiscard]] LaneReport report(std::size_t lane) const { return reports_[lane]->read(); }
  [[nodiscard]] std::uint64_t mailbox_refused() const;

 private:
  struct Opened {
    LanePlan plan;
    std::optional<io::SocketSet> sockets;  // taken by the lane's thread
  };

  // What a lane was given, for its report; the lane owns them. Null: not on this lane.
  struct Engines {
    const engine::DhcpEngine* dhcp = nullptr;
    const engine::TftpEngine* tftp = nullptr;
  };

  LaneGroup() = default;
  [[nodiscard]] Result<std::unique_ptr<Lane>> make_lane(std::size_t index, PacketIo& io, LaneServices& services);
  [[nodiscard]] Result<Engines> add_engines(std::size_t index, PacketIo& io, LaneServices& services, LaneSetup& setup);

  std::vector<io::InterfaceFacts> interfaces_;
  std::vector<Opened> opened_;
  std::vector<std::unique_ptr<LanePort>> ports_;
  std::vector<std::unique_ptr<Published<LaneReport>>> reports_;
  std::unique_ptr<ThreadedWorkRouter> router_;
  std::shared_ptr<ServiceTotals> tftp_totals_ = std::make_shared<ServiceTotals>();
  std::shared_ptr<UploadPace> upload_pace_ = std::make_shared<UploadPace>();
  std::shared_ptr<engine::tftpd::SharedRates> tftp_rates_ = std::make_shared<engine::tftpd::SharedRates>();
  std::vector<std::unique_ptr<LaneThread>> threads_;  // last: joined before what they use goes
};

}  // namespace rackcast
