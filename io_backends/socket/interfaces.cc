#include "io_backends/socket/interfaces.h"

#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <memory>

#include "core/errno_text.h"
#include "core/file_descriptor.h"
#include "io_backends/socket/sockaddr.h"

namespace rackcast::io {
namespace {

Error no_such_interface(std::string_view name) {
  return Error{"interface " + std::string(name) + " does not exist; `ip link` lists those that do"};
}

std::uint8_t prefix_bits(const sockaddr* mask) {
  if (mask == nullptr) return 0;
  unsigned bits = 0;
  if (mask->sa_family == AF_INET) {
    const auto parsed = read_sockaddr(mask, sizeof(sockaddr_in));
    bits = parsed ? static_cast<unsigned>(std::popcount(parsed->endpoint.address.v4().value())) : 0;
  } else if (mask->sa_family == AF_INET6) {
    const auto parsed = read_sockaddr(mask, sizeof(sockaddr_in6));
    if (parsed) {
      for (const std::uint8_t octet : parsed->endpoint.address.octets())
        bits += static_cast<unsigned>(std::popcount(octet));
    }
  }
  return static_cast<std::uint8_t>(bits);
}

std::uint32_t read_mtu(int any_socket, const std::string& name) {
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  if (::ioctl(any_socket, SIOCGIFMTU, &request) != 0) return 0;
  return static_cast<std::uint32_t>(request.ifr_mtu);
}

void add_entry(const ifaddrs& entry, InterfaceFacts& facts) {
  facts.up = (entry.ifa_flags & IFF_UP) != 0;
  facts.loopback = (entry.ifa_flags & IFF_LOOPBACK) != 0;
  if (entry.ifa_addr == nullptr) return;
  const int family = entry.ifa_addr->sa_family;
  if (family == AF_PACKET) {
    sockaddr_ll link{};
    std::memcpy(&link, entry.ifa_addr, sizeof(link));
    if (link.sll_halen == facts.mac.octets.size()) {
      std::copy_n(std::begin(link.sll_addr), facts.mac.octets.size(), facts.mac.octets.begin());
    }
  } else if (family == AF_INET || family == AF_INET6) {
    const std::size_t size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    const auto address = read_sockaddr(entry.ifa_addr, size);
    if (address) facts.addresses.push_back({address->endpoint.address, prefix_bits(entry.ifa_netmask)});
  }
}

// Address labels such as "eth0:1" belong to eth0.
std::string_view link_name(const char* label) {
  const std::string_view name(label);
  return name.substr(0, name.find(':'));
}

}  // namespace

bool ipv6_is_on() {
  return FileDescriptor(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)).valid();
}

Result<InterfaceIndex> interface_index(std::string_view name) {
  const std::string copy(name);
  const unsigned index = ::if_nametoindex(copy.c_str());
  if (index == 0) return tl::make_unexpected(no_such_interface(name));
  return InterfaceIndex{index};
}

Result<std::vector<InterfaceFacts>> all_interfaces() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return fail(std::string("cannot list network interfaces: ") + errno_text(errno));
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, ::freeifaddrs);
  const FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  std::vector<InterfaceFacts> found;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    const std::string_view name = link_name(entry->ifa_name);
    auto it = std::find_if(found.begin(), found.end(), [&](const InterfaceFacts& f) { return f.name == name; });
    if (it == found.end()) {
      it = found.emplace(found.end());
      it->name = name;
      it->index = InterfaceIndex{::if_nametoindex(it->name.c_str())};
      it->mtu = read_mtu(socket.get(), it->name);
    }
    add_entry(*entry, *it);
  }
  return found;
}

Result<InterfaceFacts> interface_addresses(std::string_view name) {
  auto all = all_interfaces();
  if (!all) return tl::make_unexpected(all.error());
  const auto it = std::find_if(all->begin(), all->end(), [&](const InterfaceFacts& f) { return f.name == name; });
  if (it == all->end()) return tl::make_unexpected(no_such_interface(name));
  return std::move(*it);
}

}  // namespace rackcast::io
