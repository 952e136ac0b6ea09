// A rack and a small server of every protocol it needs, joined by a network that may lose, repeat and reorder, under
// virtual time and one seed. The server is the test's own: correct, slow-witted, and nothing of the product's.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "proto/tftp/packet.h"
#include "tests/tools/sim/machines/recording.h"
#include "tools/sim/machines/mac_plan.h"
#include "tools/sim/machines/rack.h"

namespace rackcast::sim::test {

struct NetworkFaults {
  double loss = 0;
  double duplicate = 0;
  Span jitter{};  // up to; more than the gap between datagrams reorders them
};

class BootWorld : public Carrier, public Observer {
 public:
  // What one machine did, seen from outside.
  struct Seen {
    std::vector<Stage> stages;
    std::vector<SeenFile> files;
    std::vector<std::string> requests;       // RRQs as sent: name, then options, NULs as blanks
    std::vector<Span> patience;              // of each fetch
    std::vector<std::string> fetched;        // "http://10.99.0.1/ks.cfg", in order
    std::vector<std::uint16_t> tftp_errors;  // codes of ERRORs sent
    std::array<int, kIncidentCount> incidents{};
    Failure failure = Failure::kNone;
    std::string detail;
    std::uint64_t bytes = 0;
    std::vector<net::Ipv4Address> leases;
  };

  explicit BootWorld(const std::vector<const Profile*>& profiles, RunFacts facts = {}, std::uint64_t seed = 1);

  // The server's trees: names without their first slash.
  std::map<std::string, std::string> tftp_files;
  std::map<std::string, std::string> web_files;  // HTTP and FTP
  // What a machine is given to boot: by architecture, and whether it says it is iPXE.
  std::map<std::uint16_t, std::string> boot_files;
  std::map<std::uint16_t, std::string> ipxe_boot_files;
  NetworkFaults faults;
  ReadingPace pace;

  void power_on_all();
  void run(Span limit);  // until no machine runs, or the limit
  [[nodiscard]] Rack& rack() { return *rack_; }
  [[nodiscard]] const Seen& seen(std::uint32_t machine = 0) const { return seen_[machine]; }
  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] static net::Ipv4Address address_of(std::uint32_t machine);

  void send_dhcp(MachineId machine, const DhcpSend& how, std::span<const std::byte> message) override;
  void send_tftp(MachineId machine, net::UdpPort from, const net::Endpoint& to,
                 std::span<const std::byte> payload) override;
  void fetch(MachineId machine, const FetchRequest& request) override;
  void cancel_fetches(MachineId machine) override;
  void use_address(MachineId machine, net::Ipv4Address address, std::uint8_t prefix_bits) override;
  void on_stage(Instant now, MachineId machine, Stage stage) override;
  void on_lease(Instant now, MachineId machine, const LeaseReceived& lease) override;
  void on_file(Instant now, MachineId machine, const FileReceived& file) override;
  void on_bytes(Instant now, MachineId machine, std::uint64_t bytes) override;
  void on_incident(Instant now, MachineId machine, Incident incident) override;
  void on_failure(Instant now, MachineId machine, Failure failure, std::string_view detail) override;

 private:
  struct Event {
    Instant at;
    std::uint64_t order;
    std::function<void()> what;
    friend bool operator>(const Event& a, const Event& b) { return std::tie(a.at, a.order) > std::tie(b.at, b.order); }
  };
  struct Transfer {
    MachineId machine;
    net::UdpPort port;
    const std::string* file = nullptr;
    std::vector<std::byte> oack;
    std::size_t blksize = 512;
    std::uint64_t window = 1;
    std::uint64_t acked = 0;
    int tries = 0;
    std::uint64_t clock = 0;  // of its present time-out
    [[nodiscard]] std::uint64_t blocks() const { return file->size() / blksize + 1; }
  };

  void at(Span delay, std::function<void()> what);
  void carry(std::function<void()> what);  // once, never or twice, by the faults
  void answer_dhcp(MachineId machine, const std::vector<std::byte>& message);
  void answer_tftp(MachineId machine, net::UdpPort from, net::UdpPort to, const std::vector<std::byte>& payload);
  void open_transfer(MachineId machine, net::UdpPort from, const tftp::Request& request);
  void send_window(net::UdpPort tid);
  void arm(net::UdpPort tid);
  void reply(MachineId machine, net::UdpPort to, net::UdpPort from, std::vector<std::byte> payload);
  [[nodiscard]] bool chance(double share);

  RunFacts facts_;
  Random random_;
  std::vector<RackMachine> machines_;
  std::unique_ptr<Rack> rack_;
  std::vector<Seen> seen_;
  std::vector<std::uint64_t> fetch_epoch_;
  std::map<std::uint16_t, Transfer> transfers_;  // by TID
  std::uint16_t next_tid_ = 30'000;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t order_ = 0;
  Instant now_{std::chrono::seconds(5)};  // not zero, so that what was never set shows
};

// The bytes of the demo tree's configuration, and files large enough to have many blocks.
void fill_demo_tree(BootWorld& world);
[[nodiscard]] std::string patterned(std::size_t size, std::uint64_t seed);

}  // namespace rackcast::sim::test
