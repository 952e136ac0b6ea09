// The simulated network: virtual time, hosts, switches (segments), cables with faults. Everything is a function of the
// seed and of what is called in which order; there is no thread and no clock in it.
//
//     host --nic--[link]-- segment (switch) --[link]--nic-- host        (or a light port instead of nic and host)
//
// A segment forwards unicast to the owner of the address, a frame to the owner of its MAC, broadcast to every interface
// with a listener on that port, multicast to members. Between segments an ideal router carries unicast. Time does not
// start at zero, so that an unset time shows.
//
//     while (!done) { network.advance_to(std::min(network.next_event_time(), next deadline of mine)); run my lanes; }
//
// Single-threaded. Allocates while it grows; nothing in steady state once pools have reached their size.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/time.h"
#include "io_backends/sim/event_queue.h"
#include "io_backends/sim/frame_pool.h"
#include "io_backends/sim/sim_host.h"

namespace rackcast::io {

struct NetworkCounters {
  std::uint64_t sent = 0;       // datagrams that left a host
  std::uint64_t delivered = 0;  // to a socket, each receiver counted
  std::uint64_t lost = 0;
  std::uint64_t duplicated = 0;
  std::uint64_t reordered = 0;
  std::uint64_t partitioned = 0;
  std::uint64_t fragments_dropped = 0;
  std::uint64_t queue_full = 0;
  std::uint64_t nobody_there = 0;  // no such address or MAC
  std::uint64_t no_socket = 0;     // came to a host, nothing listens
};

// What became of a datagram, beside being delivered.
enum class SimFault : std::uint8_t {
  kLost,  // by chance, partition, dropped fragments or a full queue
  kDuplicated,
  kReordered,
  kNobodyThere,
};

// Sees every datagram: for checkers and recorders. Frames are lent for the call; it must not send.
class SimTap {
 public:
  virtual void on_sent(const SimFrame& frame) = 0;     // left its sender
  virtual void on_arrived(const SimFrame& frame) = 0;  // came out at one receiver's end
  virtual void on_fault(const SimFrame& frame, SimFault fault) = 0;

 protected:
  ~SimTap() = default;
};

// Whom a datagram is for: an interface of a host, or a port.
struct SimTarget {
  SimNic* nic = nullptr;
  std::optional<PortId> port;
  [[nodiscard]] bool found() const { return nic != nullptr || port.has_value(); }
  friend bool operator==(const SimTarget&, const SimTarget&) = default;
};

struct SimNetworkOptions {
  std::uint64_t seed = 1;
  MonotonicTime start = MonotonicTime(std::chrono::hours(1));
  WallTime wall_start = WallTime(std::chrono::seconds(1'790'000'000));
  LinkFaults faults;                        // of every link until changed
  std::size_t frames_preallocated = 4'096;  // datagrams in flight before the pool grows
  std::size_t payload_reserve = 2'048;      // of each of them
  // The bodies that hosts send live longer than their flight: datagrams to ports then borrow them, which spares ten
  // thousand machines as many copies of the same image. Off: copied, so that bytes freed too early do not show.
  bool borrow_bodies = false;
};

class SimNetwork final : private SimEventTarget {
 public:
  explicit SimNetwork(SimNetworkOptions options = {});
  ~SimNetwork() = default;  // after everything that is attached to it

  // Building.
  SegmentId add_segment();
  SimHost& add_host(std::string name);
  [[nodiscard]] SimNic& nic(NicId id) { return *nics_[id.value()]; }
  void set_all_faults(const LinkFaults& faults);  // of every host's link there is, both directions
  void set_tap(SimTap* tap) { tap_ = tap; }       // null: nobody looks

  // Ports. `faults` and `receiver` outlive the network's last event.
  PortId add_port(SegmentId segment, net::MacAddress mac, const LinkFaults& faults, SimPortReceiver& receiver);
  void reserve_ports(std::size_t count);
  void set_address(PortId port, net::Ipv4Address address);  // instead of its previous one; any(): none
  void set_faults(PortId port, const LinkFaults& faults) { ports_[port.value()].faults = &faults; }
  void join_group(PortId port, const net::IpAddress& group);
  [[nodiscard]] const SimPort& port(PortId id) const { return ports_[id.value()]; }
  // One datagram as the port's own frame. The payload is copied before it returns.
  void send(PortId from, const net::Endpoint& source, const net::Endpoint& destination,
            std::span<const std::byte> payload);

  // Time.
  [[nodiscard]] Now now() const { return {now_, wall_start_ + (now_ - start_)}; }
  [[nodiscard]] MonotonicTime next_event_time() const { return events_.next_time(); }
  // Runs everything due until `time`, in order, then it is `time`. Not from within an event. The past: no effect.
  void advance_to(MonotonicTime time);
  // `task` runs when it is `at` (or at once in the next advance). Allocates; for clients, not for lanes.
  void schedule(MonotonicTime at, std::function<void()> task);
  // `target->on_event(token)` at `at`.
  void schedule(MonotonicTime at, SimEventTarget* target, std::uint64_t token) { events_.push(at, target, token); }
  void forget(const SimEventTarget* target) { events_.forget(target); }

  [[nodiscard]] FramePool& frames() { return frames_; }
  [[nodiscard]] bool borrows_bodies() const { return borrow_bodies_; }
  [[nodiscard]] NetworkCounters& counters() { return counters_; }
  [[nodiscard]] const NetworkCounters& counters() const { return counters_; }
  [[nodiscard]] SeededRandom& random() { return random_; }

  // For SimHost. ------------------------------------------------------------------------------------------------------
  SimNic& add_nic(SimHost& host, SegmentId segment, net::MacAddress mac);
  void set_owner(SimNic& nic, const net::IpAddress& address, bool present);
  void set_listening(SimNic& nic, net::UdpPort port, bool present);
  void set_member(SimNic& nic, const net::IpAddress& group);
  // Who has this address: on `segment`, or anywhere.
  [[nodiscard]] SimTarget owner_on(SegmentId segment, const net::IpAddress& address) const;
  [[nodiscard]] SimTarget owner_anywhere(const net::IpAddress& address) const;
  // Takes over one reference to `frame`. `unicast`: whom it is for; nobody when it is for a group or a MAC.
  void transmit(SimNic& from, const SimTarget& unicast, FrameIndex frame);

 private:
  struct AddressHash {
    std::size_t operator()(const net::IpAddress& a) const { return net::hash(a, 0); }
    std::size_t operator()(const net::MacAddress& m) const { return net::hash(m, 0); }
  };
  struct Listening {
    SimNic* nic;
    std::uint32_t sockets;
  };
  struct Segment {
    std::unordered_map<net::IpAddress, SimNic*, AddressHash> owners;
    std::unordered_map<net::MacAddress, SimNic*, AddressHash> macs;
    std::unordered_map<net::IpAddress, std::vector<SimTarget>, AddressHash> members;
    std::unordered_map<std::uint16_t, std::vector<Listening>> listeners;  // in the order of binding
    std::vector<PortId> ports;
  };

  void on_event(std::uint64_t token) override;  // an arrival, or a task
  void set_member(SegmentId segment, const net::IpAddress& group, const SimTarget& member);
  // A datagram is at the switch: on to everyone it is for. `from`: its sender, who hears no group of its own.
  void forward(SegmentId segment, const SimTarget& from, const SimTarget& unicast, const Passage& passage,
               FrameIndex frame);
  void forward_to_group(const Segment& segment, const SimTarget& from, MonotonicTime entered, FrameIndex frame);
  void send_to(const SimTarget& to, MonotonicTime entered, FrameIndex frame);
  // O(ports of the segment): only DHCP writes frames to a MAC.
  [[nodiscard]] SimTarget owner_of(const Segment& segment, const net::MacAddress& mac) const;
  void nobody_there(FrameIndex frame);
  // Counts and tells what happened on one cable.
  void note(const Passage& passage, FrameIndex frame);
  void count(LinkVerdict verdict);

  MonotonicTime start_;
  MonotonicTime now_;
  WallTime wall_start_;
  bool borrow_bodies_;
  LinkFaults default_faults_;
  SeededRandom random_;
  EventQueue events_;
  FramePool frames_;
  NetworkCounters counters_;
  std::deque<SimHost> hosts_;
  std::deque<Segment> segments_;
  std::vector<std::unique_ptr<SimNic>> nics_;
  std::unordered_map<net::IpAddress, SimNic*, AddressHash> owners_;  // the router's view
  std::vector<SimPort> ports_;
  std::unordered_map<std::uint32_t, PortId> ports_by_address_;
  SimTap* tap_ = nullptr;  // borrowed
  std::unordered_map<std::uint64_t, std::function<void()>> tasks_;
  std::uint64_t next_task_ = 0;
};

}  // namespace rackcast::io
