#include "tests/conformance/kernel_world.h"

#include "io_backends/io_uring/ring.h"
#include "io_backends/make_io.h"
#include "io_backends/socket/interfaces.h"
#include "tests/conformance/kernel_peer.h"
#include "tests/conformance/namespaces.h"

namespace rackcast::testing {
namespace {

class KernelWorld final : public World {
 public:
  KernelWorld(BackendKind kind, const NamespacePair& namespaces) : kind_(std::move(kind)), namespaces_(namespaces) {}
  ~KernelWorld() override { forget_stuck(); }

  [[nodiscard]] Result<Lanes> open_lanes(std::span<const std::vector<io::SocketSpec>> specs) override {
    auto sets = io::SocketSet::open_lanes(specs);
    if (!sets) return tl::make_unexpected(sets.error());
    Lanes lanes;
    for (io::SocketSet& set : *sets) {
      auto lane = open_backend(std::move(set));
      if (!lane) return tl::make_unexpected(lane.error());
      lanes.push_back(std::move(*lane));
    }
    return lanes;
  }

  [[nodiscard]] InterfaceIndex server_interface() const override { return *io::interface_index("srv0"); }
  [[nodiscard]] std::string server_interface_name() const override { return "srv0"; }

  [[nodiscard]] std::unique_ptr<Peer> open_peer(const net::IpAddress& address, net::UdpPort port) override {
    const InsideNamespace inside(namespaces_.clients(), namespaces_.server());
    return make_kernel_peer(address, port);
  }

  [[nodiscard]] std::unique_ptr<FrameListener> open_frame_listener(net::UdpPort port) override {
    const InsideNamespace inside(namespaces_.clients(), namespaces_.server());
    return make_kernel_frame_listener(port);
  }

  // Nobody answers ARP for it, so what is sent there waits in the neighbour queue and counts against the send buffer.
  [[nodiscard]] net::IpAddress stuck_address() override {
    forget_stuck();
    return net::Ipv4Address(10, 77, 8, 1);
  }

  // The neighbour becomes known, so everything that waits for it leaves.
  void unstick() override {
    known_ = true;
    const auto known = run_program(
        {"ip", "neighbour", "replace", "10.77.8.1", "lladdr", "02:00:00:00:08:01", "dev", "srv0", "nud", "permanent"});
    require(known.has_value(), "resolve the stuck neighbour");
  }

  void pass() override {}

 private:
  void forget_stuck() {
    if (!known_) return;
    known_ = false;
    const auto forgotten = run_program({"ip", "neighbour", "delete", "10.77.8.1", "dev", "srv0"});
    require(forgotten.has_value(), "forget the stuck neighbour");
  }

  Result<std::unique_ptr<PacketIo>> open_backend(io::SocketSet set) {
    io::IoOptions options;
    options.slot_count = kSlotsUnderTest;
    options.segmentation_offload = kind_.offload;
    auto made = io::make_packet_io(kind_.backend == std::string_view("io_uring") ? IoKind::kIoUring : IoKind::kSocket,
                                   std::move(set), options);
    if (!made) return tl::make_unexpected(made.error());
    if (!made->fallback_reason.empty()) return fail(made->fallback_reason);
    return std::move(made->io);
  }

  BackendKind kind_;
  const NamespacePair& namespaces_;
  bool known_ = false;
};

}  // namespace

Result<std::unique_ptr<World>> make_kernel_world(const BackendKind& kind) {
  if (kind.backend == "io_uring") {
    if (auto available = io::io_uring_available(); !available) return tl::make_unexpected(available.error());
  }
  static const Result<NamespacePair> namespaces = NamespacePair::create();  // a process leaves its host but once
  if (!namespaces) return tl::make_unexpected(namespaces.error());
  return std::unique_ptr<World>(std::make_unique<KernelWorld>(kind, *namespaces));
}

}  // namespace rackcast::testing
