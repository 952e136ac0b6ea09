#include "tools/sim/deterministic/dhcp_relay.h"

#include <stdexcept>

#include "proto/dhcp/message.h"

namespace rackcast::sim {

namespace {

constexpr std::size_t kHopsOffset = 3;
constexpr std::size_t kGiaddrOffset = 24;
constexpr std::uint8_t kHopsMax = 16;  // RFC 1542 §4.1.1

}  // namespace

DhcpRelay::DhcpRelay(io::SimHost& host, net::Ipv4Address server)
    : own_(host.nics().front()->addresses.front().address.v4()),
      server_(server),
      interface_(host.nics().front()->index) {
  io::SimSocketSpec spec;
  spec.bind = {net::Ipv4Address(), dhcp4::kServerPort};
  spec.broadcast = true;
  auto opened = io::SimEndpoint::open(host, spec);
  if (!opened) throw std::runtime_error(opened.error().message);  // at start only
  endpoint_ = std::move(*opened);
  endpoint_->on_datagram = [this](const io::SimDatagram& datagram) { on_datagram(datagram); };
}

void DhcpRelay::on_datagram(const io::SimDatagram& datagram) {
  const auto message = dhcp4::parse_message(datagram.payload);
  if (!message) return;
  scratch_.assign(datagram.payload.begin(), datagram.payload.end());
  if (message->header.op == dhcp4::Op::kRequest) return to_server(scratch_);
  if (message->header.op == dhcp4::Op::kReply && message->header.giaddr == own_) to_machine(scratch_);
}

void DhcpRelay::to_server(std::span<std::byte> message) {
  const auto hops = std::to_integer<std::uint8_t>(message[kHopsOffset]);
  if (hops >= kHopsMax) return;
  message[kHopsOffset] = static_cast<std::byte>(hops + 1);
  bool relayed = false;
  for (unsigned i = 0; i < 4; ++i) relayed = relayed || message[kGiaddrOffset + i] != std::byte{0};
  for (unsigned i = 0; i < 4 && !relayed; ++i) message[kGiaddrOffset + i] = static_cast<std::byte>(own_.octet(i));
  endpoint_->send_to({server_, dhcp4::kServerPort}, message);
}

void DhcpRelay::to_machine(std::span<const std::byte> message) {
  const dhcp4::Header header = dhcp4::parse_message(message)->header;
  const auto mac = header.mac();
  io::SimSendRequest request;
  request.interface = interface_;
  const net::Ipv4Address known = header.ciaddr.is_any() ? header.yiaddr : header.ciaddr;
  if (header.broadcast || known.is_any() || !mac) {
    request.peer = {net::Ipv4Address::broadcast(), dhcp4::kClientPort};
  } else {
    request.peer = {known, dhcp4::kClientPort};
    request.hardware = *mac;
  }
  endpoint_->send(request, message);
}

}  // namespace rackcast::sim
