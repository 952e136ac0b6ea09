#include "io_backends/socket/join_group.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "io_backends/socket/sockaddr.h"

namespace rackcast::io {

bool join_multicast_group(int socket, const net::IpAddress& group, InterfaceIndex interface) {
  if (!group.is_multicast()) return false;
  if (group.is_v4()) {
    ip_mreqn request{};
    request.imr_multiaddr = to_in_addr(group.v4());
    request.imr_ifindex = static_cast<int>(interface.value());
    return ::setsockopt(socket, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof(request)) == 0 || errno == EADDRINUSE;
  }
  ipv6_mreq request{};
  request.ipv6mr_multiaddr = to_in6_addr(group.v6());
  request.ipv6mr_interface = interface.value();
  return ::setsockopt(socket, IPPROTO_IPV6, IPV6_JOIN_GROUP, &request, sizeof(request)) == 0 || errno == EADDRINUSE;
}

}  // namespace rackcast::io
