#include "tools/sim/live/address_routes.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "core/errno_text.h"
#include "io_backends/socket/interfaces.h"
#include "io_backends/socket/sockaddr.h"

namespace rackcast::sim {
namespace {

// Ours alone, so that what a killed run left behind can be told from others' routes and flushed.
constexpr std::uint8_t kRouteProtocol = 82;

struct RouteMessage {
  nlmsghdr header;
  rtmsg route;
  rtattr destination_header;
  in_addr destination;
  rtattr device_header;
  std::uint32_t device;
};
static_assert(sizeof(RouteMessage) == NLMSG_ALIGN(sizeof(RouteMessage)), "messages stand back to back");

RouteMessage make_message(const net::Ipv4Prefix& prefix, bool local, bool adding, std::uint32_t device,
                          std::uint32_t sequence) {
  RouteMessage message{};
  message.header.nlmsg_len = sizeof(message);
  message.header.nlmsg_type = adding ? RTM_NEWROUTE : RTM_DELROUTE;
  message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  if (adding) message.header.nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
  message.header.nlmsg_seq = sequence;
  message.route.rtm_family = AF_INET;
  message.route.rtm_dst_len = prefix.length;
  message.route.rtm_table = local ? RT_TABLE_LOCAL : RT_TABLE_MAIN;
  message.route.rtm_protocol = kRouteProtocol;
  message.route.rtm_scope = local ? RT_SCOPE_HOST : RT_SCOPE_LINK;
  message.route.rtm_type = local ? RTN_LOCAL : RTN_UNICAST;
  message.destination_header = {RTA_LENGTH(sizeof(in_addr)), RTA_DST};
  message.destination = io::to_in_addr(prefix.base);
  message.device_header = {RTA_LENGTH(sizeof(std::uint32_t)), RTA_OIF};
  message.device = device;
  return message;
}

bool always_local(net::Ipv4Address address) {
  return address.octet(0) == 127;
}

int read_setting(const std::string& interface, const char* name) {
  std::ifstream file("/proc/sys/net/ipv4/conf/" + interface + "/" + name);
  int value = 0;
  file >> value;
  return file ? value : 0;
}

}  // namespace

Result<AddressRoutes> AddressRoutes::open(const std::string& interface) {
  const auto device = io::interface_index(interface);
  if (!device) return tl::make_unexpected(device.error());
  FileDescriptor netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!netlink.valid()) return fail("cannot open a routing socket: " + errno_text(errno));
  // Answers need not repeat the request: 128 of them fit a default buffer many times over.
  const int on = 1;
  ::setsockopt(netlink.get(), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
  return AddressRoutes(std::move(netlink), device->value(), ::if_nametoindex("lo"));
}

AddressRoutes::~AddressRoutes() {
  if (netlink_.valid()) remove_all();
}

void AddressRoutes::add(net::Ipv4Address address, std::uint8_t prefix_bits) {
  if (always_local(address)) return;
  if (users_[address.value()]++ == 0) queue_.push_back({{address, 32}, true, true});
  add_subnet(address, prefix_bits);
}

void AddressRoutes::add_subnet(net::Ipv4Address address, std::uint8_t prefix_bits) {
  if (interface_ == loopback_ || prefix_bits == 0 || prefix_bits >= 32) return;
  net::Ipv4Prefix prefix{{}, prefix_bits};
  prefix.base = net::Ipv4Address(address.value() & prefix.mask());
  if (std::find(links_.begin(), links_.end(), prefix) != links_.end()) return;
  links_.push_back(prefix);
  queue_.push_back({prefix, false, true});
}

void AddressRoutes::remove(net::Ipv4Address address) {
  const auto found = users_.find(address.value());
  if (found == users_.end()) return;
  if (--found->second > 0) return;
  users_.erase(found);
  // One that waits to be added is dropped by the flush; another's is not ours to remove.
  if (ours_.contains(address.value())) queue_.push_back({{address, 32}, true, false});
}

// Machines come and go between two flushes: whose address nobody holds any more is not added, and what is removed is
// ours once.
bool AddressRoutes::still_wanted(const Request& request) {
  if (!request.local) return true;
  const std::uint32_t address = request.prefix.base.value();
  return request.adding ? users_.contains(address) : ours_.erase(address) > 0;
}

void AddressRoutes::flush() {
  std::vector<Request> requests = std::exchange(queue_, {});
  std::erase_if(requests, [this](const Request& request) { return !still_wanted(request); });
  for (std::size_t at = 0; at < requests.size(); at += kRequestsPerMessage)
    send_batch(std::span(requests).subspan(at, std::min(kRequestsPerMessage, requests.size() - at)));
}

void AddressRoutes::send_batch(std::span<const Request> batch) {
  std::vector<RouteMessage> messages;
  messages.reserve(batch.size());
  const std::uint32_t first = sequence_;
  for (const Request& request : batch)
    messages.push_back(make_message(request.prefix, request.local, request.adding,
                                    request.local ? loopback_ : interface_, sequence_++));
  const std::size_t size = messages.size() * sizeof(RouteMessage);
  if (::send(netlink_.get(), messages.data(), size, 0) != static_cast<ssize_t>(size)) {
    const int error = errno;
    for (const Request& request : batch) answered(request, error);
    return;
  }
  read_answers(batch, first);
}

// The kernel works on the message within send(): every answer is waiting already.
void AddressRoutes::read_answers(std::span<const Request> batch, std::uint32_t first_sequence) {
  alignas(nlmsghdr) std::array<char, 16'384> buffer{};
  for (std::size_t answers = 0; answers < batch.size();) {
    const ssize_t size = ::recv(netlink_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size <= 0) return;
    auto left = static_cast<unsigned>(size);
    for (auto* header = reinterpret_cast<nlmsghdr*>(buffer.data()); NLMSG_OK(header, left);
         header = NLMSG_NEXT(header, left)) {
      const std::uint32_t index = header->nlmsg_seq - first_sequence;
      if (header->nlmsg_type != NLMSG_ERROR || index >= batch.size()) continue;
      nlmsgerr error{};
      std::memcpy(&error, reinterpret_cast<const char*>(header) + NLMSG_HDRLEN, sizeof(error.error));
      ++answers;
      answered(batch[index], -error.error);
    }
  }
}

void AddressRoutes::answered(const Request& request, int error) {
  if (!request.adding) return;
  if (error == EEXIST) return;  // somebody else's: it serves, and is theirs to remove
  if (error != 0) {
    ++refused_;
    last_error_ =
        "the kernel refuses a route for " + std::string(request.prefix.text().view()) + ": " + errno_text(error);
    if (request.local)
      users_.erase(request.prefix.base.value());
    else
      std::erase(links_, request.prefix);
    refusals_.push_back({request.prefix, last_error_});
    return;
  }
  if (request.local) {
    ours_.insert(request.prefix.base.value());
  } else {
    links_ours_.push_back(request.prefix);
  }
}

void AddressRoutes::remove_all() {
  queue_.clear();
  users_.clear();
  for (const std::uint32_t address : ours_) queue_.push_back({{net::Ipv4Address(address), 32}, true, false});
  for (const net::Ipv4Prefix& prefix : links_ours_) queue_.push_back({prefix, false, false});
  links_.clear();
  links_ours_.clear();
  flush();
}

std::string arp_obstacle(const std::string& interface) {
  if (interface == "lo") return {};
  const int ignore = std::max(read_setting("all", "arp_ignore"), read_setting(interface, "arp_ignore"));
  if (ignore == 0) return {};
  return "arp_ignore is " + std::to_string(ignore) + " on " + interface +
         ", so that the kernel would not answer ARP for the machines' addresses; run `sysctl -w "
         "net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf." +
         interface + ".arp_ignore=0` in this namespace";
}

}  // namespace rackcast::sim
