#include "core/engine/dhcp/reply_address.h"

namespace rackcast::engine {
namespace {

bool has_address(const Request& request) {
  const bool may_say_so = request.kind == RequestKind::kRenewing || request.kind == RequestKind::kRebinding ||
                          request.kind == RequestKind::kInform;
  return may_say_so && !request.client_address().is_any();
}

}  // namespace

bool may_choose_port(const Request& request) {
  return request.header.is_relayed() && request.relay_port && request.peer.port != net::UdpPort{} &&
         request.peer.address == net::IpAddress(request.header.giaddr);
}

Destination reply_destination(const Request& request, const Reply& reply, const DhcpInterface& interface,
                              bool frame_to_mac) {
  Destination to;
  to.source = reply.source;
  to.socket = request.socket;
  // RFC 2131 §4.3.5: to an INFORM directly, past the relay it came by.
  if (request.kind == RequestKind::kInform && !request.header.ciaddr.is_any()) {
    to.peer = {request.header.ciaddr, dhcp4::kClientPort};
    return to;
  }
  if (request.header.is_relayed()) {
    to.peer = {request.header.giaddr, may_choose_port(request) ? request.peer.port : dhcp4::kServerPort};
    return to;
  }
  if (request.kind == RequestKind::kBootServer && request.peer.port != net::UdpPort{} && request.peer.address.is_v4() &&
      !request.peer.address.v4().is_any()) {
    to.peer = request.peer;
    return to;
  }
  if (!reply.is_nak() && has_address(request)) {
    to.peer = {request.client_address(), dhcp4::kClientPort};
    return to;
  }
  to.interface = interface.index;
  if (reply.is_nak() || reply.broadcast || request.header.broadcast || !frame_to_mac || reply.yiaddr.is_any()) {
    to.peer = {net::Ipv4Address::broadcast(), dhcp4::kClientPort};
    return to;
  }
  to.peer = {reply.yiaddr, dhcp4::kClientPort};
  to.hardware = request.mac;
  return to;
}

}  // namespace rackcast::engine
