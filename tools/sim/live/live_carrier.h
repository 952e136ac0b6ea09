// The Carrier over real sockets: gives every machine its address, MAC and ports, applies the scenario's weather to its
// datagrams, and hands what comes in to the machine it is for.
//
// Outgoing datagrams collect until flush(), once a turn. A machine whose address or peer this host may not or cannot
// serve fails there too (kLocal): a carrier does not call back from within a call. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/result.h"
#include "tools/sim/live/address_routes.h"
#include "tools/sim/live/carrier_counts.h"
#include "tools/sim/live/dhcp_link.h"
#include "tools/sim/live/event_loop.h"
#include "tools/sim/live/fetcher.h"
#include "tools/sim/live/frame_link.h"
#include "tools/sim/live/network_guard.h"
#include "tools/sim/live/tftp_ports.h"
#include "tools/sim/live/weather.h"
#include "tools/sim/machines/rack.h"
#include "tools/sim/scenario/scenario.h"

namespace rackcast::sim {

// Where the machines stand.
struct LiveNetwork {
  std::string interface = "lo";
  bool dhcp = true;
  std::optional<net::Ipv4Address> relay;  // DHCP goes through it instead of as frames
  net::Ipv4Address server;                // needed with `relay`
  Reach reach;
};

class LiveCarrier final : public Carrier, private DhcpReceiver, private TftpReceiver, private FetchReceiver {
 public:
  // Opens everything, or says in one sentence what is missing. `plan` outlives the carrier.
  static Result<std::unique_ptr<LiveCarrier>> open(const LiveNetwork& network, const RunPlan& plan);
  ~LiveCarrier() override = default;

  // Before the first turn; outlives the last.
  void attach(Rack& rack) { rack_ = &rack; }

  // One turn of the loop: waits until something happens or `until`, delivers, and sends what came of it.
  void turn(Instant until);
  void flush();

  [[nodiscard]] const RunTimer& timer() const { return timer_; }
  [[nodiscard]] DhcpLink* dhcp() { return dhcp_.get(); }
  [[nodiscard]] TftpPorts& tftp() { return *tftp_; }
  [[nodiscard]] AddressRoutes& routes() { return routes_; }
  [[nodiscard]] const Fetcher& fetcher() const { return *fetcher_; }
  [[nodiscard]] const CarrierCounts& counts() const { return counts_; }
  // Who answered first, by DHCP or TFTP; any() before.
  [[nodiscard]] net::Ipv4Address answered_by() const { return answered_by_; }
  [[nodiscard]] std::uint8_t prefix_bits() const { return prefix_bits_; }  // of the machines' subnet; 0: none yet
  [[nodiscard]] bool owns(net::Ipv4Address address) const { return by_address_.contains(address.value()); }
  [[nodiscard]] std::uint64_t dropped_here();
  // What went wrong on this host; empty where nothing did.
  [[nodiscard]] std::vector<std::string> notes();

  void send_dhcp(MachineId machine, const DhcpSend& how, std::span<const std::byte> message) override;
  void send_tftp(MachineId machine, net::UdpPort from, const net::Endpoint& to,
                 std::span<const std::byte> payload) override;
  void fetch(MachineId machine, const FetchRequest& request) override;
  void cancel_fetches(MachineId machine) override;
  void use_address(MachineId machine, net::Ipv4Address address, std::uint8_t prefix_bits) override;

 private:
  struct Port {  // one machine's
    net::Ipv4Address address;
    PortMap ports;
  };

  LiveCarrier(const RunPlan& plan, Reach reach, AddressRoutes routes);
  void on_dhcp_to_mac(Instant now, const net::MacAddress& mac, const net::Endpoint& from, net::UdpPort to,
                      std::span<const std::byte> message) override;
  void on_dhcp_to_address(Instant now, const net::Endpoint& to, const net::Endpoint& from,
                          std::span<const std::byte> message) override;
  void on_tftp_datagram(Instant now, net::Ipv4Address local, std::uint8_t socket, const net::Endpoint& from,
                        std::span<const std::byte> payload) override;
  void on_fetch_event(Instant now, MachineId machine, const FetchEvent& event) override;
  void put_tftp(Port& port, net::UdpPort from, const net::Endpoint& to, std::span<const std::byte> payload);
  void deliver_dhcp(Instant now, MachineId machine, const net::Endpoint& from, net::UdpPort to,
                    std::span<const std::byte> message);

  [[nodiscard]] const MachinePlan& plan_of(MachineId machine) const { return plan_.machines[machine.value()]; }
  [[nodiscard]] bool is_cut(Instant now, MachineId machine);
  // How often the datagram goes now: 0, 1 or 2. A late one is put aside.
  template <typename MakeHeld>
  unsigned weather(Instant now, MachineId machine, MakeHeld make_held);
  void release_held(Instant now);
  void release_cut_fetches(Instant now);
  void carry(Instant now, const HeldDatagram& held);
  void give_up_address(MachineId machine);
  // False: the machine fails at the next flush.
  [[nodiscard]] bool may_use(MachineId machine, const net::IpAddress& address);
  void find_routeless();  // those whose route the kernel refused fail too
  void fail_troubled();

  const RunPlan& plan_;
  const Reach reach_;
  RunTimer timer_;
  EventLoop loop_;
  AddressRoutes routes_;
  std::unique_ptr<TftpPorts> tftp_;
  std::unique_ptr<DhcpLink> dhcp_;
  FrameLink* frames_ = nullptr;  // dhcp_, where it is one
  std::unique_ptr<Fetcher> fetcher_;
  WeatherMaker weather_;
  HeldDatagrams held_;
  std::multimap<Instant, FetchOrder> cut_fetches_;
  std::vector<Port> machines_;
  std::unordered_map<std::uint32_t, MachineId> by_address_;
  std::map<std::uint32_t, std::string> troubled_;  // machines that are to fail, and why
  Rack* rack_ = nullptr;
  CarrierCounts counts_;
  net::Ipv4Address answered_by_;
  std::uint8_t prefix_bits_ = 0;
};

}  // namespace rackcast::sim
