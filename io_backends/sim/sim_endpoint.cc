#include "io_backends/sim/sim_endpoint.h"

#include <utility>

namespace rackcast::io {

Result<std::unique_ptr<SimEndpoint>> SimEndpoint::open(SimHost& host, const SimSocketSpec& spec) {
  std::unique_ptr<SimEndpoint> endpoint(new SimEndpoint(host));
  endpoint->socket_ = host.open(spec, *endpoint);
  if (!endpoint->socket_) {
    return fail("UDP " + std::string(spec.bind.text().view()) + " on " + host.name() +
                ": the port is in use, or there is no interface " + spec.interface);
  }
  return endpoint;
}

SimEndpoint::~SimEndpoint() {
  if (socket_) host_.close(*socket_);
}

SimSendResult SimEndpoint::send(const SimSendRequest& request, std::span<const std::byte> payload) {
  return host_.send(*socket_, request, {}, payload);
}

SimSendResult SimEndpoint::send_to(const net::Endpoint& peer, std::span<const std::byte> payload) {
  SimSendRequest request;
  request.peer = peer;
  return send(request, payload);
}

bool SimEndpoint::join_group(const net::IpAddress& group, InterfaceIndex interface) {
  return host_.join_group(*socket_, group, interface);
}

void SimEndpoint::on_arrival(SimSocketId, const SimArrival& arrival) {
  const SimFrame& frame = host_.network().frames().at(arrival.frame);
  const SimDatagram datagram{frame.source,   frame.destination, arrival.local, arrival.nic->index,
                             frame.hardware, frame.ttl,         frame.payload};
  if (on_datagram) {
    on_datagram(datagram);
    return;
  }
  if (inbox_.size() == kInboxMax) {
    ++dropped_;
    return;
  }
  inbox_.push_back({datagram, frame.payload});
}

std::optional<SimMail> SimEndpoint::take() {
  if (inbox_.empty()) return std::nullopt;
  std::optional<SimMail> mail(std::move(inbox_.front()));
  inbox_.pop_front();
  return mail;
}

}  // namespace rackcast::io
