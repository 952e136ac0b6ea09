// What the lane's sockets are to TFTP: which are asked, and from which transfers answer. Laid out at construction; the
// lane's thread only.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "core/packet_io.h"
#include "proto/net/address.h"

namespace rackcast::engine {

// Sockets that transfers answer from. An IPv6 socket takes no IPv4 (IPV6_V6ONLY), so each family has its own. A family
// without any is answered from the listener that was asked.
struct TftpTids {
  std::vector<SocketId> v4;
  std::vector<SocketId> v6;
  [[nodiscard]] const std::vector<SocketId>& of(const net::Endpoint& peer) const {
    return peer.address.is_v6() ? v6 : v4;
  }
};

namespace tftpd {

enum class SocketRole : std::uint8_t { kNone /* another engine's */, kListener, kTid };

class SocketRoles {
 public:
  // A socket that is both is a listener.
  SocketRoles(const std::vector<SocketId>& listeners, TftpTids tids) : tids_(std::move(tids)) {
    for (const SocketId socket : tids_.v4) assign(socket, SocketRole::kTid);
    for (const SocketId socket : tids_.v6) assign(socket, SocketRole::kTid);
    for (const SocketId socket : listeners) assign(socket, SocketRole::kListener);
  }

  [[nodiscard]] SocketRole of(SocketId socket) const {
    return socket.value() < roles_.size() ? roles_[socket.value()] : SocketRole::kNone;
  }
  [[nodiscard]] const std::vector<SocketId>& tids_of(const net::Endpoint& peer) const { return tids_.of(peer); }

 private:
  void assign(SocketId socket, SocketRole role) {
    if (socket.value() >= roles_.size()) roles_.resize(socket.value() + std::size_t{1}, SocketRole::kNone);
    roles_[socket.value()] = role;
  }

  TftpTids tids_;
  std::vector<SocketRole> roles_;  // by SocketId
};

}  // namespace tftpd
}  // namespace rackcast::engine
