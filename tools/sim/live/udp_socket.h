// What the live engine's UDP sockets have in common: sending from an address of one machine or another (IP_PKTINFO,
// ip(7)), and hearing nothing. One thread.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <span>

#include "proto/net/address.h"

namespace rackcast::sim {

// Ancillary data that names the source address of one datagram.
struct alignas(cmsghdr) SourceControl : std::array<std::byte, CMSG_SPACE(sizeof(in_pktinfo))> {};
void write_source(net::Ipv4Address source, SourceControl& control);

// False: the kernel takes it not; errno says why.
[[nodiscard]] bool send_from(int socket, net::Ipv4Address source, const net::Endpoint& to,
                             std::span<const std::byte> payload);

// Whatever comes to this socket is dropped in the kernel, and nobody is told "port unreachable".
void make_deaf(int socket);

}  // namespace rackcast::sim
