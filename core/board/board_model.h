// The boot board: every machine that was seen, by MAC, with its stages. Fed by the event pump and by the machine
// records of the DHCP lane; read by the API. Machines that we gave no address (they booted before this process, or
// another server leases) are strangers: kept by address, apart, until a lease names them. Only a transfer that its
// client has answered makes one, since anybody can forge a request.
//
// Bounded: kMachinesMax and kStrangersMax; beyond either, the one of its kind that was quiet longest makes room, and is
// counted. Thread: any; one mutex, never held while something is formatted. Allocates; never on a lane.
#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/board/machine_track.h"
#include "core/events/event_pump.h"
#include "core/machines/machine.h"

namespace rackcast {

struct Config;  // core/config/config.h

struct BoardStats {
  std::size_t machines = 0;
  std::uint64_t evicted = 0;
  std::uint64_t events = 0;
  std::array<std::uint64_t, kStages> at_stage{};  // machines by their present stage
  std::uint64_t stuck = 0;
  std::uint64_t bytes_sent = 0;  // by every transfer since start
  std::uint64_t transfers_done = 0;
  std::uint64_t transfers_failed = 0;
  std::uint64_t not_found = 0;
  std::uint64_t refused = 0;
};

class BoardModel final : public EventConsumer {
 public:
  static constexpr std::size_t kMachinesMax = 100'000;
  static constexpr std::size_t kStrangersMax = 4'096;

  // `boot_files`: the configured NBPs, as paths under the TFTP root. The limits only for tests.
  explicit BoardModel(std::vector<std::string> boot_files, std::size_t machines_max = kMachinesMax,
                      std::size_t strangers_max = kStrangersMax);

  void on_event(const Event& event) override;
  void on_machine(const Machine& machine);                   // from PublishMachine
  void set_boot_files(std::vector<std::string> boot_files);  // after a reload

  // By address, then MAC.
  [[nodiscard]] std::vector<MachineView> machines(WallTime now) const;
  [[nodiscard]] BoardStats stats(WallTime now) const;

 private:
  using List = std::list<MachineTrack>;  // the one heard of latest is first
  // Seeded: the network chooses the keys.
  struct KeyHash {
    std::uint64_t seed;
    std::size_t operator()(const net::MacAddress& mac) const { return net::hash(mac, seed); }
    std::size_t operator()(const net::IpAddress& address) const { return net::hash(address, seed); }
  };

  MachineTrack* by_mac(const net::MacAddress& mac);  // made when new; null for no MAC
  // Null when unknown and not to be made.
  MachineTrack* by_address(const net::IpAddress& address, bool make_stranger);
  List& list_of(const MachineTrack& machine) { return machine.mac.is_zero() ? strangers_ : machines_; }
  List::iterator touch(List::iterator machine);
  List::iterator make(List& list, std::size_t max);
  void evict(List& list);
  void assign_address(const net::MacAddress& mac, const net::IpAddress& address);
  void on_dhcp(const Event& event);
  void on_transfer(const Event& event);

  const std::size_t machines_max_;
  const std::size_t strangers_max_;
  mutable std::mutex mutex_;  // guards all below
  std::vector<std::string> boot_files_;
  List machines_;
  List strangers_;
  std::unordered_map<net::MacAddress, List::iterator, KeyHash> macs_;
  std::unordered_map<net::IpAddress, List::iterator, KeyHash> addresses_;  // each machine's latest
  BoardStats totals_;
};

// The NBPs a configuration names, as paths under the TFTP root (URLs left out).
[[nodiscard]] std::vector<std::string> boot_files_of(const Config& config);

}  // namespace rackcast
