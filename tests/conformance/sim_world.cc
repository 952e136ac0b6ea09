#include "tests/conformance/sim_world.h"

#include <map>

#include "io_backends/sim/sim_endpoint.h"
#include "io_backends/sim/sim_io.h"

namespace rackcast::testing {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLimit = 5s;
constexpr Duration kSoon = 50ms;
constexpr Duration kIdleStep = 1ms;

std::optional<io::SimMail> next_mail(io::SimEndpoint& endpoint, Duration limit) {
  io::SimNetwork& network = endpoint.host().network();
  const MonotonicTime end = network.now().monotonic + limit;
  while (endpoint.waiting() == 0 && network.next_event_time() <= end) network.advance_to(network.next_event_time());
  return endpoint.take();
}

class SimPeer final : public Peer {
 public:
  SimPeer(std::unique_ptr<io::SimEndpoint> endpoint, const net::IpAddress& address)
      : endpoint_(std::move(endpoint)), address_(address) {}

  [[nodiscard]] net::Endpoint endpoint() const override { return {address_, endpoint_->local_endpoint().port}; }
  void send(const net::Endpoint& to, std::span<const std::byte> payload) override {
    io::SimSendRequest request;
    request.peer = to;
    request.interface = endpoint_->host().nics().front()->index;
    endpoint_->send(request, payload);
  }
  [[nodiscard]] bool join(const net::IpAddress& group) override { return endpoint_->join_group(group); }
  [[nodiscard]] std::optional<PeerDatagram> receive() override { return receive_within(kLimit); }
  [[nodiscard]] std::optional<PeerDatagram> receive_soon() override { return receive_within(kSoon); }

 private:
  std::optional<PeerDatagram> receive_within(Duration limit) {
    auto mail = next_mail(*endpoint_, limit);
    if (!mail) return std::nullopt;
    return PeerDatagram{std::move(mail->payload), mail->facts.from, mail->facts.ttl};
  }

  std::unique_ptr<io::SimEndpoint> endpoint_;
  net::IpAddress address_;
};

class SimFrameListener final : public FrameListener {
 public:
  explicit SimFrameListener(std::unique_ptr<io::SimEndpoint> endpoint) : endpoint_(std::move(endpoint)) {}

  [[nodiscard]] net::MacAddress mac() const override { return endpoint_->host().nics().front()->mac; }
  [[nodiscard]] std::optional<SeenFrame> receive() override {
    auto mail = next_mail(*endpoint_, kLimit);
    if (!mail || !mail->facts.hardware) return std::nullopt;
    return SeenFrame{*mail->facts.hardware, mail->facts.from, mail->facts.to, std::move(mail->payload)};
  }

 private:
  std::unique_ptr<io::SimEndpoint> endpoint_;
};

class SimWorld final : public World {
 public:
  explicit SimWorld(const BackendKind& kind) : kind_(kind), server_(network_.add_host("server")) {
    io::SimNic& nic = server_.add_nic(segment_, {{2, 0, 0, 0, 0, 1}}, "srv0");
    server_.add_address(nic, server_address(1), 16);
    server_.add_address(nic, server_address(2), 16);
    server_.add_address(nic, server_address_v6(), 64);
    io::SimHost& clients = add_machine(peer_address(), 16);
    clients.add_address(*clients.nics().front(), peer_address_v6(), 64);
    hosts_[peer_address_v6()] = &clients;
  }

  [[nodiscard]] Result<Lanes> open_lanes(std::span<const std::vector<io::SocketSpec>> specs) override {
    io::SimIoOptions options;
    options.slot_count = kSlotsUnderTest;
    options.segmentation_offload = kind_.offload;
    auto opened = io::SimIo::open_lanes(server_, specs, options);
    if (!opened) return tl::make_unexpected(opened.error());
    Lanes lanes;
    for (auto& lane : *opened) lanes.push_back(std::move(lane));
    return lanes;
  }

  [[nodiscard]] InterfaceIndex server_interface() const override { return server_.nics().front()->index; }
  [[nodiscard]] std::string server_interface_name() const override { return "srv0"; }

  // Any address that is no client's yet becomes a machine of its own; groups and "any" are the first client's.
  [[nodiscard]] std::unique_ptr<Peer> open_peer(const net::IpAddress& address, net::UdpPort port) override {
    const bool shared = address.is_multicast() || address.is_any();
    const net::IpAddress owner = shared ? peer_address() : address;
    const auto it = hosts_.find(owner);
    io::SimHost& host = it != hosts_.end() ? *it->second : add_machine(owner, 16);
    return std::make_unique<SimPeer>(open_endpoint(host, {address, port}), owner);
  }

  [[nodiscard]] std::unique_ptr<FrameListener> open_frame_listener(net::UdpPort port) override {
    io::SimHost& bare = network_.add_host("bare");
    bare.add_nic(segment_, next_mac());
    return std::make_unique<SimFrameListener>(open_endpoint(bare, {net::Ipv4Address{}, port}));
  }

  // Nobody has the address; ARP gives up after some virtual seconds and lets go of the buffer by itself.
  [[nodiscard]] net::IpAddress stuck_address() override { return net::Ipv4Address(10, 77, 8, 1); }
  void unstick() override {}

  void pass() override {
    const MonotonicTime next = network_.next_event_time();
    network_.advance_to(next == kNever ? network_.now().monotonic + kIdleStep : next);
  }

 private:
  static std::unique_ptr<io::SimEndpoint> open_endpoint(io::SimHost& host, const net::Endpoint& bind) {
    io::SimSocketSpec spec;
    spec.bind = bind;
    spec.broadcast = true;
    spec.shared = true;
    return std::move(*io::SimEndpoint::open(host, spec));
  }

  net::MacAddress next_mac() {
    ++machines_;
    return {{2, 0, 0, 1, static_cast<std::uint8_t>(machines_ >> 8U), static_cast<std::uint8_t>(machines_)}};
  }

  io::SimHost& add_machine(const net::IpAddress& address, std::uint8_t prefix_bits) {
    io::SimHost& host = network_.add_host("machine");
    host.add_address(host.add_nic(segment_, next_mac()), address, prefix_bits);
    hosts_[address] = &host;
    return host;
  }

  BackendKind kind_;
  io::SimNetwork network_;
  io::SegmentId segment_ = network_.add_segment();
  io::SimHost& server_;
  std::map<net::IpAddress, io::SimHost*> hosts_;
  unsigned machines_ = 0;
};

}  // namespace

Result<std::unique_ptr<World>> make_sim_world(const BackendKind& kind) {
  return std::unique_ptr<World>(std::make_unique<SimWorld>(kind));
}

}  // namespace rackcast::testing
