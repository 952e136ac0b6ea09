#include "tools/sim/deterministic/virtual_server.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "proto/dhcp/message.h"
#include "proto/tftp/packet.h"

namespace rackcast::sim {

namespace {

// A token is a lane's number; with this bit its deadline, without it its turn.
constexpr std::uint64_t kDeadlineBit = std::uint64_t{1} << 32U;

// As many as the daemon opens (tools/rackcastd/lane_plan.h).
constexpr std::size_t kTransferSockets = 16;

// Tables sized for the run, so that ten thousand machines cost what they need and not what a daemon would lay out.
constexpr std::size_t kTableMin = 256;
constexpr std::size_t kSlots = 512;           // a turn may answer 256 completions and 64 datagrams
constexpr std::size_t kMachinesKept = 4'096;  // published records; the daemon keeps 16 384, whatever the number

// ACKs that may wait for the disk: the daemon's, or less for a small run.
std::size_t held_replies(std::size_t machines) {
  return std::clamp(machines / 16, kTableMin, engine::DhcpLimits{}.held_replies_max);
}

std::vector<net::UdpPort> dhcp_ports(const Config& config) {
  if (!config.dhcp) return {};
  if (!engine::needs_boot_port(*config.dhcp)) return {dhcp4::kServerPort};
  return {dhcp4::kServerPort, engine::kBootServerPort};
}

std::vector<io::SocketSpec> specs_of(const io::SimHost& host, const Config& config, bool first_lane) {
  std::vector<io::SocketSpec> specs;
  for (const net::UdpPort port : first_lane ? dhcp_ports(config) : std::vector<net::UdpPort>{}) {
    for (const io::SimNic* nic : host.nics()) {
      io::SocketSpec spec;
      spec.bind = {net::Ipv4Address(), port};
      spec.interface = nic->name;
      spec.broadcast = true;
      spec.frames = true;
      specs.push_back(spec);
    }
  }
  for (const net::Endpoint& listen : config.tftp->listen) {
    io::SocketSpec spec;
    spec.bind = listen;
    spec.steer_by_source = true;
    specs.push_back(spec);
  }
  specs.resize(specs.size() + kTransferSockets);
  return specs;
}

std::vector<engine::DhcpInterface> dhcp_interfaces(const io::SimHost& host, const Config& config) {
  std::vector<engine::DhcpInterface> all;
  for (const io::SimNic* nic : host.nics()) {
    engine::DhcpInterface facts;
    facts.socket = SocketId{static_cast<std::uint16_t>(all.size())};
    if (engine::needs_boot_port(*config.dhcp))
      facts.boot_socket = SocketId{static_cast<std::uint16_t>(host.nics().size() + all.size())};
    facts.index = nic->index;
    facts.name = FixedText<16>(nic->name);
    for (const io::InterfaceAddress& own : nic->addresses) {
      net::Ipv4Prefix prefix;
      prefix.length = own.prefix_bits;
      prefix.base = net::Ipv4Address(own.address.v4().value() & prefix.mask());
      facts.addresses.push_back({own.address.v4(), prefix});
    }
    all.push_back(std::move(facts));
  }
  return all;
}

}  // namespace

VirtualServer::VirtualServer(io::SimHost& host, const VirtualTree& tree, const std::shared_ptr<const Config>& config,
                             const VirtualServerOptions& options, std::uint64_t seed)
    : host_(host), network_(host.network()), tree_(tree) {
  std::vector<std::vector<io::SocketSpec>> specs;
  for (unsigned lane = 0; lane < options.lanes; ++lane) {
    specs.push_back(specs_of(host, *config, lane == 0));
    ports_.push_back(std::make_unique<LanePort>(held_replies(options.machines) + 2 * kTableMin));
  }
  stores_ = std::make_unique<VirtualStores>(network_, tree, ports_, options.stores);
  if (options.seams.wrap_router) wrapped_router_ = options.seams.wrap_router(*stores_);
  io::SimIoOptions io_options;
  io_options.slot_count = kSlots;
  io_options.transmit_delay = options.transmit_delay;
  io_options.turn_target = this;
  io_options.turn_delay = options.turn_delay;
  auto opened = io::SimIo::open_lanes(host, specs, io_options);
  if (!opened) throw std::runtime_error(opened.error().message);  // a layout of ours that cannot be: at start only
  lanes_.resize(options.lanes);
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    lanes_[lane].io = std::move((*opened)[lane]);
    make_lane(lane, specs[lane], lane == 0 ? host.nics().size() * dhcp_ports(*config).size() : 0, config, options,
              seed + lane);
  }
}

VirtualServer::~VirtualServer() {
  for (const auto& port : ports_) port->detach();
  for (LaneSeat& seat : lanes_) {
    // As in the daemon: sends under way still read image bytes, so the backend goes before the lane and its pins.
    seat.wrapped.reset();
    seat.io.reset();
    seat.lane.reset();
  }
  network_.forget(this);
}

void VirtualServer::make_lane(std::size_t number, const std::vector<io::SocketSpec>& specs, std::size_t dhcp_sockets,
                              const std::shared_ptr<const Config>& config, const VirtualServerOptions& options,
                              std::uint64_t seed) {
  LaneSeat& seat = lanes_[number];
  LaneSetup setup;
  setup.id = LaneId{static_cast<std::uint16_t>(number)};
  const std::size_t machines = std::max<std::size_t>(options.machines, kTableMin);
  if (dhcp_sockets > 0) {
    engine::DhcpSetup dhcp{.config = config, .interfaces = dhcp_interfaces(host_, *config)};
    dhcp.seed = seed;
    dhcp.limits.leases.leases_max = machines + kTableMin + options.strangers;
    dhcp.limits.leases.offer_holds_max = machines + options.strangers;
    dhcp.limits.held_replies_max = held_replies(machines);
    dhcp.limits.delayed_max = kTableMin;
    dhcp.limits.dialogues_max = machines + kTableMin;
    dhcp.limits.probes_max = held_replies(machines);
    dhcp.limits.machines_max = std::min(machines, kMachinesKept);
    auto made = std::make_unique<engine::DhcpEngine>(std::move(dhcp), network_.now());
    dhcp_ = made.get();
    setup.engines.push_back(std::move(made));
  }
  engine::TftpSetup tftp{.config = config, .root = config->tftp->root};
  const std::size_t listeners = specs.size() - dhcp_sockets - kTransferSockets;
  for (std::size_t i = dhcp_sockets; i < specs.size(); ++i) {
    const SocketId socket{static_cast<std::uint16_t>(i)};
    (i < dhcp_sockets + listeners ? tftp.listeners : tftp.tids.v4).push_back(socket);
  }
  tftp.epoch = &tree_.epoch();
  tftp.totals = tftp_totals_;
  tftp.seed = seed ^ 0x7F7F'7F7FU;
  tftp.limits.transfers_max = machines + kTableMin;
  tftp.limits.cache_paths = kTableMin * 2;
  tftp.limits.machines_max = std::min(machines, kMachinesKept);
  tftp.limits.sources_max = machines;
  auto made = std::make_unique<engine::TftpEngine>(std::move(tftp));
  seat.tftp = made.get();
  setup.engines.push_back(options.seams.wrap_tftp ? options.seams.wrap_tftp(std::move(made)) : std::move(made));
  for (std::size_t i = 0; i < specs.size(); ++i)
    setup.route.push_back(i < dhcp_sockets ? std::uint8_t{0} : static_cast<std::uint8_t>(setup.engines.size() - 1));
  if (options.seams.wrap_io) seat.wrapped = options.seams.wrap_io(*seat.io);
  PacketIo& packet_io = seat.wrapped ? *seat.wrapped : *seat.io;
  WorkRouter& router = wrapped_router_ ? *wrapped_router_ : *stores_;
  setup.images_pinned_max = kTableMin + (options.resident_bytes_max == ~std::uint64_t{0} ? 0 : machines);
  seat.lane = std::make_unique<Lane>(std::move(setup), packet_io, *ports_[number], events_, router);
  ports_[number]->attach(packet_io);
}

void VirtualServer::on_event(std::uint64_t token) {
  const auto number = static_cast<std::size_t>(token & ~kDeadlineBit);
  LaneSeat& seat = lanes_[number];
  const MonotonicTime now = network_.now().monotonic;
  if ((token & kDeadlineBit) != 0) {
    if (now < seat.armed_for) return;  // an earlier one was armed after this
    seat.armed_for = rackcast::kNever;
    if (seat.lane->next_deadline() > now) return arm(number);
  }
  seat.lane->turn(now);
  arm(number);
}

void VirtualServer::arm(std::size_t number) {
  LaneSeat& seat = lanes_[number];
  const MonotonicTime deadline = seat.lane->next_deadline();
  if (deadline >= seat.armed_for) return;
  seat.armed_for = deadline;
  network_.schedule(std::max(deadline, network_.now().monotonic), this, kDeadlineBit | number);
}

std::size_t VirtualServer::in_flight() const {
  std::size_t sum = 0;
  for (const LaneSeat& seat : lanes_) sum += seat.lane->in_flight();
  return sum;
}

std::size_t VirtualServer::pins_in_use() const {
  std::size_t sum = 0;
  for (const LaneSeat& seat : lanes_) sum += seat.lane->pins().in_use();
  return sum;
}

std::size_t VirtualServer::slots_in_use() const {
  std::size_t sum = 0;
  for (const LaneSeat& seat : lanes_) sum += seat.io->capabilities().slots - seat.io->slots_free();
  return sum;
}

std::size_t VirtualServer::datagrams_held() const {
  std::size_t sum = 0;
  for (const LaneSeat& seat : lanes_) sum += seat.io->waiting();
  return sum;
}

}  // namespace rackcast::sim
