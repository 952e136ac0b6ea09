// One simulated machine: walks its profile's steps from power-on to installed. A state machine: time, datagrams and
// fetch events in; datagrams, fetches and reports out, through its Carrier and its Observer.
//
//   off -> step 0 -> step 1 -> ... -> done       any step may fail; a reset begins anew, power-off silences
//
// A step waits for one part: the DHCP client, the TFTP client, or fetches of the carrier's. Every wait has an end: the
// clients give up, and a fetch whose carrier says nothing for kFetchGuard is given up here.
//
// Single-threaded; owned by a Rack (rack.h), not moved: carrier and observer may be called from every member function.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/sim/machines/dhcp_client.h"
#include "tools/sim/machines/loader_config.h"
#include "tools/sim/machines/location.h"
#include "tools/sim/machines/machine_facts.h"
#include "tools/sim/machines/profile.h"
#include "tools/sim/machines/tftp_client.h"

namespace rackcast::sim {

inline constexpr std::size_t kFetchesMax = 8;               // of one machine at once
inline constexpr std::size_t kChainsMax = 4;                // iPXE scripts that name another
inline constexpr Span kFetchGuard = std::chrono::hours(6);  // no carrier is silent so long about a living fetch
inline constexpr std::uint8_t kStaticPrefixBits = 24;       // of an address that no DHCP server gave

class Machine {
 public:
  // What it borrows outlives it.
  struct Setup {
    MachineIdentity identity;
    const Profile& profile;
    ReadingPace pace;
    net::Ipv4Address address;  // without DHCP; any() otherwise
    std::uint64_t seed = 0;
    const RunFacts& facts;
    Carrier& carrier;
    Observer& observer;
  };
  explicit Machine(const Setup& setup);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  void power_on(Instant now);
  void power_off(Instant now);
  void on_dhcp(Instant now, const net::Endpoint& from, net::UdpPort to, std::span<const std::byte> message);
  void on_tftp(Instant now, net::UdpPort to, const net::Endpoint& from, std::span<const std::byte> payload);
  void on_fetch(Instant now, const FetchEvent& event);
  void on_deadline(Instant now);
  void end(Instant now);                                        // fails with kRunEnded if it is still running
  void on_local_failure(Instant now, std::string_view detail);  // its carrier cannot carry for it: kLocal

  [[nodiscard]] Instant deadline() const;
  [[nodiscard]] bool listens_to_dhcp() const { return dhcp_.listens(); }
  [[nodiscard]] bool running() const { return running_; }
  [[nodiscard]] Stage stage() const { return stage_; }

 private:
  struct ActiveFetch {
    FetchId id;
    bool active = false;
    std::uint32_t package = 0;
    Instant started{};
    std::uint64_t bytes = 0;
  };
  // How a file ended; views lent for the call.
  struct FileEnd {
    Failure failure = Failure::kNone;
    std::string_view detail;
    std::string_view text;
  };

  // The walk (machine.cc).
  void walk(Instant now);
  bool begin_step(Instant now);  // false: nothing to wait for
  bool begin_dhcp(Instant now);
  void end_dhcp(Instant now);
  void step_done(Instant now);
  void enter(Instant now, Stage stage);
  void finish(Instant now);
  void fail(Instant now, Failure failure, std::string_view detail);
  void forget(Instant now);
  [[nodiscard]] const Step& step() const { return profile_.steps[step_]; }
  [[nodiscard]] bool is_skipped(const Step& step) const;
  [[nodiscard]] bool uses_dhcp() const;
  [[nodiscard]] MachineWorld world();

  // Files one after the other (machine_files.cc).
  bool begin_boot_file(Instant now);
  bool begin_next_name(Instant now);
  bool begin_kernel(Instant now);
  bool begin_next_initrd(Instant now);
  bool begin_kickstart(Instant now);
  bool begin_file(Instant now, const Location& location, bool keep_text);
  void end_tftp(Instant now, PartStatus status);
  void end_file(Instant now, const FileEnd& end);
  void end_lookup(Instant now, const FileEnd& end);
  void end_configuration(Instant now, const FileEnd& end);
  void end_kickstart(Instant now, const FileEnd& end);
  [[nodiscard]] std::string boot_file_name() const;
  [[nodiscard]] std::string_view next_template();
  [[nodiscard]] Location root() const;
  [[nodiscard]] LoaderVariables variables() const;
  void report_file(Instant now, const FileReceived& file);

  // Fetches, and the packages among them (machine_fetches.cc).
  bool begin_packages(Instant now);
  void start_packages(Instant now);
  void start_fetch(Instant now, ActiveFetch& slot, const Location& location, bool keep_text);
  void cancel_fetches();
  ActiveFetch& first_fetch();
  ActiveFetch* find_fetch(FetchId id);
  [[nodiscard]] std::size_t active_fetches() const;
  [[nodiscard]] Location package_location(std::uint32_t package) const;

  const Profile& profile_;
  const RunFacts& facts_;
  Carrier& carrier_;
  Observer& observer_;
  MachineIdentity identity_;
  ReadingPace pace_;
  net::Ipv4Address static_address_;
  net::Ipv4Address address_;  // in use
  Random random_;

  Stage stage_ = Stage::kOff;
  bool running_ = false;
  bool loading_packages_ = false;
  std::uint8_t step_ = 0;
  std::uint8_t name_ = 0;       // of the step's names, or of the initrds
  std::uint8_t ip_digits_ = 0;  // of {ip-hex}: the next to try; 0 outside of it
  std::uint8_t chains_ = 0;
  std::uint32_t next_fetch_ = 1;
  std::uint32_t next_package_ = 0;
  Instant guard_ = kNever;

  DhcpClient dhcp_;
  DhcpLease lease_;
  TftpClient tftp_;
  Location current_;    // the file under way, or the last
  Location found_;      // what kLookups found
  Location base_;       // whose folder names are relative to
  Location kickstart_;  // its path is empty where there is none
  Location packages_;   // the folder of packages
  LoaderConfig config_;
  std::vector<ActiveFetch> fetches_;  // kFetchesMax at most; as many as were needed at once
};

// A rack of ten thousand is to fit a laptop: see tools/sim/machines/README.md for what the heap adds.
inline constexpr std::size_t kMachineBytesMax = 1'536;
static_assert(sizeof(Machine) <= kMachineBytesMax);

}  // namespace rackcast::sim
