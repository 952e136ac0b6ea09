#include "tools/sim/replay/capture.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "proto/dhcp/message.h"
#include "proto/net/udp6_frame.h"
#include "proto/net/udp_frame.h"
#include "proto/pcapng/reader.h"
#include "proto/tftp/packet.h"

namespace rackcast::sim {

namespace {

struct Udp {
  net::Endpoint source;
  net::Endpoint destination;
  std::span<const std::byte> payload;
};

// Captures on the sending host hold unfinished checksums, so they are not looked at.
std::optional<Udp> read_udp(std::span<const std::byte> frame) {
  constexpr auto kCheck = net::UdpChecksumCheck::kTrusted;
  if (const auto v4 = net::parse_udp_frame(frame, kCheck))
    return Udp{{v4->source, v4->source_port}, {v4->destination, v4->destination_port}, v4->payload};
  if (const auto v6 = net::parse_udp6_frame(frame, kCheck))
    return Udp{{v6->source, v6->source_port}, {v6->destination, v6->destination_port}, v6->payload};
  return std::nullopt;
}

class CaptureReader {
 public:
  CaptureReader(std::span<const std::byte> file, const CaptureRules& rules) : reader_(file), rules_(rules) {}

  Result<Capture> read() {
    while (const auto packet = reader_.next()) take(*packet);
    if (reader_.reject() != pcapng::Reject::kNone) {
      if (capture_.frames == 0) return fail(std::string(pcapng::text(reader_.reject())));
      capture_.damage = pcapng::text(reader_.reject());
    }
    std::stable_sort(capture_.datagrams.begin(), capture_.datagrams.end(),
                     [](const CapturedDatagram& a, const CapturedDatagram& b) { return a.time < b.time; });
    settle_interfaces();
    return std::move(capture_);
  }

 private:
  void take(const pcapng::Packet& packet) {
    ++capture_.frames;
    const pcapng::Interface& interface = reader_.interfaces()[packet.interface];
    remember(packet.interface, interface);
    if (interface.link_type != pcapng::kLinkTypeEthernet) {
      ++capture_.not_udp;
      return;
    }
    const auto udp = read_udp(packet.data);
    if (!udp) {
      ++(packet.data.size() < packet.original_bytes ? capture_.cut : capture_.not_udp);
      return;
    }
    CapturedDatagram datagram;
    datagram.time = WallTime(Duration(static_cast<std::int64_t>(packet.time_ns)));
    datagram.source = udp->source;
    datagram.destination = udp->destination;
    datagram.interface = packet.interface;
    datagram.payload = udp->payload;
    if (!classify(datagram)) {
      ++capture_.unrelated;
      return;
    }
    capture_.datagrams.push_back(datagram);
  }

  void remember(std::uint32_t number, const pcapng::Interface& interface) {
    if (number >= capture_.interfaces.size()) capture_.interfaces.resize(number + 1);
    CapturedInterface& known = capture_.interfaces[number];
    if (!known.name.empty() || !known.addresses.empty()) return;
    known.name = std::string(interface.name);
    known.addresses = interface.addresses;
  }

  [[nodiscard]] bool classify(CapturedDatagram& datagram) { return classify_dhcp(datagram) || classify_tftp(datagram); }

  [[nodiscard]] bool classify_dhcp(CapturedDatagram& datagram) {
    const auto is_dhcp = [](net::UdpPort port) { return port == dhcp4::kServerPort || port == dhcp4::kClientPort; };
    if (!is_dhcp(datagram.source.port) && !is_dhcp(datagram.destination.port)) return false;
    const auto message = dhcp4::parse_message(datagram.payload);
    if (!message) return false;
    datagram.dialogue = Dialogue::kDhcp;
    datagram.to_server = message->header.op == dhcp4::Op::kRequest;
    if (!datagram.to_server) servers_[datagram.interface].insert(datagram.source.address);
    return datagram.to_server || message->header.op == dhcp4::Op::kReply;
  }

  [[nodiscard]] bool classify_tftp(CapturedDatagram& datagram) {
    datagram.dialogue = Dialogue::kTftp;
    const auto& ports = rules_.tftp_ports;
    if (std::find(ports.begin(), ports.end(), datagram.destination.port) != ports.end() &&
        tftp::parse_request(datagram.payload)) {
      clients_[datagram.source] = datagram.destination.address;
      servers_[datagram.interface].insert(datagram.destination.address);
      datagram.to_server = true;
      return true;
    }
    const auto from = clients_.find(datagram.source);
    datagram.to_server = from != clients_.end() && from->second == datagram.destination.address;
    if (datagram.to_server) return true;
    const auto to = clients_.find(datagram.destination);
    return to != clients_.end() && to->second == datagram.source.address;
  }

  // Captures of others do not tell the server's addresses: those that were asked and that answered.
  void settle_interfaces() {
    if (capture_.interfaces.empty()) capture_.interfaces.emplace_back();
    for (std::size_t i = 0; i < capture_.interfaces.size(); ++i) {
      CapturedInterface& interface = capture_.interfaces[i];
      if (!interface.addresses.empty()) continue;
      for (const net::IpAddress& server : servers_[static_cast<std::uint32_t>(i)]) {
        const bool usable = server.is_v4() && !server.v4().is_broadcast() && !server.is_multicast() && !server.is_any();
        if (usable) interface.addresses.push_back({server.v4(), net::Ipv4Address(255, 255, 255, 0)});
      }
    }
  }

  pcapng::Reader reader_;
  const CaptureRules& rules_;
  Capture capture_;
  std::map<net::Endpoint, net::IpAddress> clients_;  // of TFTP: whom they asked
  std::map<std::uint32_t, std::set<net::IpAddress>> servers_;
};

}  // namespace

Result<Capture> read_capture(std::span<const std::byte> file, const CaptureRules& rules) {
  return CaptureReader(file, rules).read();
}

}  // namespace rackcast::sim
