// Addresses for thousands of machines without an address on any interface: routes of type `local` make the kernel take
// them for its own (AnyIP), so that it receives on them, answers ARP for them and lets sockets send from them.
//
//   add(10.99.0.100, 24)   local 10.99.0.100/32 dev lo      and, once: 10.99.0.0/24 dev INTERFACE scope link
//
// What was added is removed by remove_all() and the destructor, and nothing else: a route that was there before stays.
// Requests are collected and go to the kernel in few messages per flush(). One thread. rtnetlink(7).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/file_descriptor.h"
#include "core/result.h"
#include "proto/net/address.h"

namespace rackcast::sim {

// An address or subnet that the kernel would not route.
struct RefusedRoute {
  net::Ipv4Prefix prefix;
  std::string reason;  // one sentence
};

class AddressRoutes {
 public:
  // `interface`: where the machines stand. On "lo" everything in 127/8 is local already, and nothing is done for it.
  static Result<AddressRoutes> open(const std::string& interface);
  AddressRoutes(AddressRoutes&&) noexcept = default;
  AddressRoutes& operator=(AddressRoutes&&) = delete;
  AddressRoutes(const AddressRoutes&) = delete;
  AddressRoutes& operator=(const AddressRoutes&) = delete;
  ~AddressRoutes();

  // The machines' subnet is on the interface's link, so that a server in it is reached. Effective after flush().
  void add_subnet(net::Ipv4Address address, std::uint8_t prefix_bits);

  // With the subnet. Effective after flush(). Several machines may hold one address (a server that leases it twice):
  // counted.
  void add(net::Ipv4Address address, std::uint8_t prefix_bits);
  void remove(net::Ipv4Address address);

  // Sends what was collected; the kernel has answered when it returns.
  void flush();
  [[nodiscard]] bool pending() const { return !queue_.empty(); }

  // What the kernel refused since the last call: nobody holds it any more, and add() asks for it anew.
  [[nodiscard]] std::vector<RefusedRoute> take_refused() { return std::exchange(refusals_, {}); }
  // Routes that the kernel refused, ever, and the last reason.
  [[nodiscard]] std::size_t refused() const { return refused_; }
  [[nodiscard]] const std::string& last_error() const { return last_error_; }

  void remove_all();

 private:
  struct Request {
    net::Ipv4Prefix prefix;
    bool local = true;  // type `local` on lo; else scope `link` on the interface
    bool adding = true;
  };
  static constexpr std::size_t kRequestsPerMessage = 128;

  AddressRoutes(FileDescriptor netlink, std::uint32_t interface, std::uint32_t loopback)
      : netlink_(std::move(netlink)), interface_(interface), loopback_(loopback) {}

  [[nodiscard]] bool still_wanted(const Request& request);
  void send_batch(std::span<const Request> batch);
  void read_answers(std::span<const Request> batch, std::uint32_t first_sequence);
  void answered(const Request& request, int error);

  FileDescriptor netlink_;
  std::uint32_t interface_ = 0;
  std::uint32_t loopback_ = 0;
  std::uint32_t sequence_ = 0;
  std::vector<Request> queue_;
  std::unordered_map<std::uint32_t, std::uint32_t> users_;  // address -> machines that hold it
  std::unordered_set<std::uint32_t> ours_;                  // addresses for which the kernel has our route
  std::vector<net::Ipv4Prefix> links_;                      // asked for
  std::vector<net::Ipv4Prefix> links_ours_;
  std::vector<RefusedRoute> refusals_;  // one for each request at most
  std::size_t refused_ = 0;
  std::string last_error_;
};

// Would the kernel answer ARP for such addresses on `interface`? Empty, or one sentence that says what to change.
[[nodiscard]] std::string arp_obstacle(const std::string& interface);

}  // namespace rackcast::sim
