#include "io_backends/socket/socket_set.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "core/errno_text.h"
#include "io_backends/socket/sockaddr.h"
#include "io_backends/socket/steering.h"

namespace rackcast::io {
namespace {

constexpr std::chrono::seconds kBindPatience{2};
constexpr std::chrono::milliseconds kBindRetry{20};

bool set_option(int fd, int level, int name, int value) {
  return ::setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

std::string describe(const SocketSpec& spec, const net::Endpoint& bind) {
  std::string text = spec.purpose.empty() ? "UDP " : spec.purpose + " (UDP) ";
  text += bind.text().view();
  if (!spec.interface.empty()) text += " on " + spec.interface;
  return text;
}

tl::unexpected<Error> bind_error(const SocketSpec& spec, const net::Endpoint& bind, int error) {
  const std::string what = describe(spec, bind);
  const std::string port = std::to_string(bind.port.value());
  switch (error) {
    case EADDRINUSE:
      return fail(what + ": the port is in use; stop the program that holds it (`ss -lunp 'sport = :" + port +
                  "'` names it) or listen on another address");
    case EACCES:
      return fail(what + ": no permission to bind port " + port + "; start as root or with CAP_NET_BIND_SERVICE");
    case EADDRNOTAVAIL:
      return fail(what + ": this host does not have that address; add it to an interface or listen on 0.0.0.0");
    default:
      return fail(what + ": cannot bind: " + errno_text(error));
  }
}

Result<void> bind_to_interface(int fd, const SocketSpec& spec) {
  if (spec.interface.empty()) return {};
  const auto size = static_cast<socklen_t>(spec.interface.size());
  if (spec.interface.size() < IFNAMSIZ &&
      ::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, spec.interface.data(), size) == 0) {
    return {};
  }
  const int error = spec.interface.size() < IFNAMSIZ ? errno : ENODEV;
  if (error == ENODEV) return fail("interface " + spec.interface + " does not exist; `ip link` lists those that do");
  if (error == EPERM) {
    return fail("interface " + spec.interface + ": no permission to bind a socket to it; start as root or with " +
                "CAP_NET_RAW");
  }
  return fail("interface " + spec.interface + ": " + errno_text(error));
}

void set_buffers(int fd, int bytes) {
  // FORCE needs CAP_NET_ADMIN; without it the kernel caps at net.core.{r,w}mem_max, which still works, less well.
  if (!set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes)) set_option(fd, SOL_SOCKET, SO_RCVBUF, bytes);
  if (!set_option(fd, SOL_SOCKET, SO_SNDBUFFORCE, bytes)) set_option(fd, SOL_SOCKET, SO_SNDBUF, bytes);
}

bool set_ipv4_options(int fd, const SocketSpec& spec) {
  return set_option(fd, IPPROTO_IP, IP_PKTINFO, spec.tells_local ? 1 : 0) &&
         set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT) &&
         set_option(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0) &&
         set_option(fd, IPPROTO_IP, IP_MULTICAST_TTL, spec.multicast_ttl) &&
         set_option(fd, IPPROTO_IP, IP_MULTICAST_LOOP, spec.multicast_loop ? 1 : 0);
}

bool set_ipv6_options(int fd, const SocketSpec& spec) {
  return set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) &&
         set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, spec.tells_local ? 1 : 0) &&
         set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT) &&
         set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0) &&
         set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, spec.multicast_ttl) &&
         set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, spec.multicast_loop ? 1 : 0);
}

Result<FileDescriptor> create_socket(const SocketSpec& spec, const net::Endpoint& bind, bool reuse_port) {
  const bool ipv6 = bind.address.is_v6();
  FileDescriptor fd(::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) {
    const char* hint = errno == EAFNOSUPPORT ? "; this kernel has no IPv6, remove [::] addresses" : "";
    return fail(describe(spec, bind) + ": cannot open a socket: " + errno_text(errno) + hint);
  }
  if (auto bound = bind_to_interface(fd.get(), spec); !bound) return tl::make_unexpected(bound.error());
  bool ok = set_option(fd.get(), SOL_SOCKET, SO_RXQ_OVFL, 1);
  ok = ok && (ipv6 ? set_ipv6_options(fd.get(), spec) : set_ipv4_options(fd.get(), spec));
  if (spec.broadcast) ok = ok && set_option(fd.get(), SOL_SOCKET, SO_BROADCAST, 1);
  if (spec.share_port) ok = ok && set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (reuse_port) ok = ok && set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  if (!ok) return fail(describe(spec, bind) + ": the kernel refuses a socket option: " + errno_text(errno));
  set_buffers(fd.get(), spec.buffer_bytes);
  return fd;
}

// A daemon that was killed leaves its ring to the kernel, which lets go of the ring's sockets a moment later: whoever
// starts it again at once must not fail for that.
bool bind_patiently(int fd, const SocketAddress& address, socklen_t size) {
  const auto until = std::chrono::steady_clock::now() + kBindPatience;
  while (::bind(fd, &address.any, size) != 0) {
    if (errno != EADDRINUSE || std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(kBindRetry);
  }
  return true;
}

Result<SocketSet::Socket> open_socket(const SocketSpec& spec, const net::Endpoint& bind, bool reuse_port) {
  auto fd = create_socket(spec, bind, reuse_port);
  if (!fd) return tl::make_unexpected(fd.error());
  SocketAddress address;
  const socklen_t size = write_sockaddr(bind, 0, address);
  if (!bind_patiently(fd->get(), address, size)) return bind_error(spec, bind, errno);
  socklen_t bound_size = sizeof(address);
  if (::getsockname(fd->get(), &address.any, &bound_size) != 0) return bind_error(spec, bind, errno);
  const auto local = read_sockaddr(&address, bound_size);
  return SocketSet::Socket{std::move(*fd), spec, local ? local->endpoint : bind};
}

// A member joins silently a group that another program of the same user made: a bind without SO_REUSEPORT tells.
Result<void> check_port_free(const SocketSpec& spec) {
  if (spec.bind.port.value() == 0) return {};
  auto probe = open_socket(spec, spec.bind, false);
  if (!probe) return tl::make_unexpected(probe.error());
  return {};
}

// The reuseport groups under construction: members are the specs of different lanes that ask for the same place.
class SteeredGroups {
 public:
  explicit SteeredGroups(std::span<const std::vector<SocketSpec>> lanes) : lanes_(lanes) {}

  Result<SocketSet::Socket> open_member(const SocketSpec& spec, std::size_t occurrence) {
    const auto members = count_members(spec);
    if (members <= 1) return open_socket(spec, spec.bind, false);
    for (const Group& group : groups_) {
      if (same_place(*group.spec, spec) && group.occurrence == occurrence) return open_socket(spec, group.bound, true);
    }
    if (auto free = check_port_free(spec); !free) return tl::make_unexpected(free.error());
    auto first = open_socket(spec, spec.bind, true);
    if (!first) return first;
    auto steered = attach_source_steering(first->fd.get(), spec.bind.address.is_v6(), members);
    if (!steered) return tl::make_unexpected(steered.error());
    groups_.push_back({&spec, occurrence, first->local});
    return first;
  }

  static bool same_place(const SocketSpec& a, const SocketSpec& b) {
    return a.steer_by_source && b.steer_by_source && a.bind == b.bind && a.interface == b.interface;
  }

 private:
  struct Group {
    const SocketSpec* spec;  // the first member's, in lanes_
    std::size_t occurrence;  // the n-th such spec of each lane (only port 0 can have more than one)
    net::Endpoint bound;
  };

  std::uint32_t count_members(const SocketSpec& spec) const {
    return static_cast<std::uint32_t>(std::count_if(lanes_.begin(), lanes_.end(), [&](const auto& lane) {
      return std::any_of(lane.begin(), lane.end(), [&](const SocketSpec& s) { return same_place(s, spec); });
    }));
  }

  std::span<const std::vector<SocketSpec>> lanes_;
  std::vector<Group> groups_;
};

Result<FileDescriptor> open_frame_socket() {
  // SOCK_DGRAM: the kernel writes the link header with the interface's own source address. Protocol 0: receives
  // nothing.
  FileDescriptor fd(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) {
    const char* hint = errno == EPERM ? "; start as root or with CAP_NET_RAW" : "";
    return fail(std::string("cannot open a packet socket, needed to answer machines without an address: ") +
                errno_text(errno) + hint);
  }
  set_buffers(fd.get(), kSocketBufferBytes);
  return fd;
}

}  // namespace

Result<std::vector<SocketSet>> SocketSet::open_lanes(std::span<const std::vector<SocketSpec>> lanes) {
  SteeredGroups groups(lanes);
  std::vector<SocketSet> sets;
  for (const std::vector<SocketSpec>& specs : lanes) {
    SocketSet set;
    for (std::size_t i = 0; i < specs.size(); ++i) {
      const SocketSpec& spec = specs[i];
      const auto earlier = std::count_if(specs.begin(), specs.begin() + static_cast<std::ptrdiff_t>(i),
                                         [&](const SocketSpec& s) { return SteeredGroups::same_place(s, spec); });
      auto socket = spec.steer_by_source ? groups.open_member(spec, static_cast<std::size_t>(earlier))
                                         : open_socket(spec, spec.bind, false);
      if (!socket) return tl::make_unexpected(socket.error());
      set.sockets_.push_back(std::move(*socket));
      if (spec.frames && !set.frame_socket_) {
        auto frames = open_frame_socket();
        if (!frames) return tl::make_unexpected(frames.error());
        set.frame_socket_ = std::move(*frames);
      }
    }
    sets.push_back(std::move(set));
  }
  return sets;
}

Result<SocketSet> SocketSet::open(std::vector<SocketSpec> specs) {
  const std::vector<std::vector<SocketSpec>> lanes{std::move(specs)};
  auto sets = open_lanes(lanes);
  if (!sets) return tl::make_unexpected(sets.error());
  return std::move(sets->front());
}

}  // namespace rackcast::io
