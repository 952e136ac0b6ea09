// One machine's row of the boot board: where it is on its way, what it fetches, and since when nothing has happened.
// Derived from traffic alone: events, and the machine record the DHCP lane publishes (which firmware it runs). Time is
// the event's or an argument. Owned by BoardModel, under its lock.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/board/rate_meter.h"
#include "core/board/stage.h"
#include "core/event.h"
#include "core/machines/machine.h"
#include "core/time.h"

namespace rackcast {

// "Stuck": no progress for this long where the machine is. DHCP answers in a round trip; a boot loader goes on at once;
// then Linux starts (minutes on big machines, without a byte on the network) and the installer works on its disks.
inline constexpr Duration kStuckInDhcp = std::chrono::seconds(10);
inline constexpr Duration kStuckInBootLoader = std::chrono::seconds(30);
inline constexpr Duration kStuckInTransfer = std::chrono::seconds(15);  // a transfer that runs and moves nothing
inline constexpr Duration kStuckAfterKernel = std::chrono::seconds(180);
inline constexpr Duration kStuckInInstaller = std::chrono::seconds(600);
// Packages fetched and quiet for this long: done. More packages afterwards take it back.
inline constexpr Duration kQuietWhenDone = std::chrono::seconds(5);

// A transfer that was not heard of for this long has ended without our being told (its last event was lost).
inline constexpr Duration kTransferForgotten = std::chrono::seconds(120);

inline constexpr std::size_t kRunningMax = 64;  // transfers followed per machine; more are counted, not followed
inline constexpr std::size_t kReasonsMax = 8;   // different refusal reasons kept; the rest is "other"

struct StageTimes {
  std::optional<WallTime> first;
  std::optional<WallTime> last;
};

struct Refusal {
  std::string reason;
  std::uint64_t count = 0;
};

// A machine as it is shown, at one moment.
struct MachineView {
  net::MacAddress mac;  // zero: known by its address only
  net::IpAddress address;
  std::string hostname;
  std::uint16_t architecture = 0xFFFF;  // option 93; 0xFFFF = never said
  Stage stage = Stage::kDiscover;
  std::array<StageTimes, kStages> stages;
  std::string file;
  std::optional<double> percent;  // of `file`, 0 to 100
  std::uint64_t bytes_done = 0;   // of `file`
  std::uint64_t bytes_total = 0;  // 0 = unknown
  std::uint64_t bytes_boot = 0;   // all that was sent in this boot
  double rate_bytes_per_s = 0;
  std::uint64_t retransmits = 0;
  std::uint64_t not_found = 0;
  std::uint64_t not_followed = 0;  // transfers beyond kRunningMax
  std::vector<Refusal> refusals;
  std::optional<WallTime> stuck_since;
  std::uint32_t boots = 0;
  bool done = false;
  WallTime seen;
};

class MachineTrack {
 public:
  // DHCP and BOOTP kinds.
  void on_dhcp(const Event& event);
  // Transfer kinds, not found and refused.
  void on_transfer(const Event& event, const PathClass& path);
  void on_machine(const Machine& machine);

  [[nodiscard]] MachineView view(WallTime now) const;

  net::MacAddress mac;
  net::IpAddress address;

 private:
  struct Running {
    Protocol protocol = Protocol::kTftp;
    std::uint64_t transfer = 0;
    std::uint64_t bytes_done = 0;
    std::uint32_t retransmits = 0;
    WallTime at;  // of its latest event
  };

  void on_discover(const Event& event);
  void on_address(const Event& event, Stage stage);
  void reach(Stage stage, WallTime at);  // notes the time; a stage further than before is progress
  void progress(WallTime at);
  void start_boot(WallTime at);              // a new cycle: stages, file and counts from scratch
  void follow(const Event& event);           // what a transfer moved since its last event
  Running* running_for(const Event& event);  // null: not followed
  void refuse(const Event& event);
  void end(const Event& event);
  [[nodiscard]] bool transferring(WallTime now) const;
  [[nodiscard]] bool reached(Stage stage) const { return furthest_ && *furthest_ >= stage; }
  [[nodiscard]] bool is_done(WallTime now) const;
  [[nodiscard]] std::optional<WallTime> stuck_since(WallTime now) const;
  [[nodiscard]] Duration patience(WallTime now) const;

  std::string hostname_;
  std::uint16_t architecture_ = 0xFFFF;
  bool netboots_ = false;                // firmware, or it fetched boot files: an ACK is not the end of its way
  bool firmware_ = false;                // the latest published record is a PXE or HTTP boot ROM's
  std::optional<WallTime> asked_again_;  // a DISCOVER after the install: the firmware's, or the installed system's?
  std::array<std::optional<WallTime>, 3> dhcp_at_;  // latest DISCOVER, OFFER and ACK, whatever boot they belong to
  std::optional<Stage> furthest_;
  std::array<StageTimes, kStages> stages_;
  std::vector<Running> running_;
  std::uint64_t not_followed_ = 0;
  bool package_fetched_ = false;
  std::optional<WallTime> released_at_;  // DHCPRELEASE from the installer on: it is done
  std::string file_;
  std::uint64_t file_done_ = 0;
  std::uint64_t file_total_ = 0;
  std::uint64_t bytes_boot_ = 0;
  RateMeter rate_;
  std::uint64_t retransmits_ = 0;
  std::uint64_t not_found_ = 0;
  std::vector<Refusal> refusals_;
  WallTime progress_at_;
  WallTime traffic_at_;  // of the latest transfer event
  WallTime seen_;
  std::uint32_t boots_ = 0;
};

}  // namespace rackcast
