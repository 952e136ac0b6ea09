#include "tools/rackcastd/lane_group.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "core/random_seed.h"
#include "io_backends/make_io.h"

namespace rackcast {

namespace {

InterfaceAddresses own_addresses(const io::InterfaceFacts& interface) {
  InterfaceAddresses own{.name = FixedText<16>(interface.name), .addresses = {}};
  for (const io::InterfaceAddress& address : interface.addresses) {
    if (!address.address.is_v4()) continue;
    net::Ipv4Prefix prefix;
    prefix.length = address.prefix_bits;
    prefix.base = net::Ipv4Address(address.address.v4().value() & prefix.mask());
    own.addresses.push_back({address.address.v4(), prefix});
  }
  return own;
}

// Loopback aside, which hears nobody else.
bool every_interface_served(std::span<const io::InterfaceFacts> served) {
  const auto all = io::all_interfaces();
  if (!all) return false;
  return std::all_of(all->begin(), all->end(), [&](const io::InterfaceFacts& one) {
    return one.loopback || !one.up ||
           std::any_of(served.begin(), served.end(), [&](const auto& known) { return known.index == one.index; });
  });
}

engine::DhcpInterface dhcp_facts(const io::InterfaceFacts& interface, SocketId socket) {
  InterfaceAddresses own = own_addresses(interface);
  return {socket, interface.index, own.name, std::move(own.addresses)};
}

}  // namespace

Result<std::unique_ptr<LaneGroup>> LaneGroup::open(const Config& config) {
  std::unique_ptr<LaneGroup> group(new LaneGroup);
  for (const std::string& name : config.server.interfaces) {
    auto facts = io::interface_addresses(name);
    if (!facts) return tl::make_unexpected(facts.error());
    group->interfaces_.push_back(std::move(*facts));
  }
  auto plans = plan_lanes(config, group->interfaces_, io::ipv6_is_on());
  std::vector<std::vector<io::SocketSpec>> specs;
  specs.reserve(plans.size());
  for (const LanePlan& plan : plans) specs.push_back(plan.specs);
  auto sockets = io::SocketSet::open_lanes(specs);
  if (!sockets) return tl::make_unexpected(sockets.error());
  for (std::size_t i = 0; i < plans.size(); ++i) {
    group->opened_.push_back({std::move(plans[i]), std::move((*sockets)[i])});
    group->ports_.push_back(std::make_unique<LanePort>());
    group->reports_.push_back(std::make_unique<Published<LaneReport>>());
  }
  return group;
}

LaneGroup::~LaneGroup() {
  stop();
}

Result<void> LaneGroup::start(LaneServices services) {
  router_ = std::make_unique<ThreadedWorkRouter>(services.images, services.leases, ports_, services.on_machine,
                                                 services.uploads, services.on_probe);
  const auto& cores = services.config->server.cores;
  bool fell_back = false;
  for (std::size_t i = 0; i < opened_.size(); ++i) {
    LaneThreadSetup setup;
    setup.id = LaneId{static_cast<std::uint16_t>(i)};
    if (!cores.empty()) setup.core = cores[i];
    setup.make_io = [&, i]() -> Result<std::unique_ptr<PacketIo>> {
      auto made = io::make_packet_io(services.config->server.io, *std::exchange(opened_[i].sockets, std::nullopt));
      if (!made) return tl::make_unexpected(made.error());
      if (!made->fallback_reason.empty() && !std::exchange(fell_back, true))
        services.on_fallback(opened_.size() > 1 ? "lane " + std::to_string(i) + ": " + made->fallback_reason
                                                : made->fallback_reason);
      return std::move(made->io);
    };
    setup.make_lane = [&, i](PacketIo& packet_io) { return make_lane(i, packet_io, services); };
    auto thread = LaneThread::start(std::move(setup), *ports_[i]);
    if (!thread) return tl::make_unexpected(thread.error());
    threads_.push_back(std::move(*thread));
  }
  return {};
}

Result<std::unique_ptr<Lane>> LaneGroup::make_lane(std::size_t index, PacketIo& packet_io, LaneServices& services) {
  LaneSetup setup;
  setup.id = LaneId{static_cast<std::uint16_t>(index)};
  for (const io::InterfaceFacts& interface : interfaces_) setup.interfaces.push_back(interface.index);
  const auto made = add_engines(index, packet_io, services, setup);
  if (!made) return tl::make_unexpected(made.error());
  const Engines engines = *made;

  auto lane = std::make_unique<Lane>(std::move(setup), packet_io, *ports_[index], *services.pump.add_queue(), *router_);
  lane->on_publish = [&report = *reports_[index], &packet_io, engines](const Lane& self) {
    LaneReport now;
    now.backend = packet_io.capabilities().name;
    now.lane = self.counters();
    now.io = packet_io.stats();
    if (engines.dhcp != nullptr) {
      now.dhcp = engines.dhcp->stats();
      now.quirks.add(engines.dhcp->quirks());
      now.leases = engines.dhcp->leases().stats();
      now.pools = pool_report(engines.dhcp->leases());
    }
    if (engines.tftp != nullptr) {
      now.tftp = engines.tftp->counters();
      now.quirks.add(engines.tftp->quirks());
      now.tftp_admission = engines.tftp->admission();
    }
    report.offer(now);
  };
  lane->on_publish(*lane);
  return lane;
}

Result<LaneGroup::Engines> LaneGroup::add_engines(std::size_t index, PacketIo& packet_io, LaneServices& services,
                                                  LaneSetup& setup) {
  const LanePlan& plan = opened_[index].plan;
  engine::DhcpSetup dhcp{.config = services.config};
  engine::TftpSetup tftp{.config = services.config};
  for (std::size_t i = 0; i < plan.sockets.size(); ++i) {
    const SocketId socket{static_cast<std::uint16_t>(i)};
    const PlannedSocket& planned = plan.sockets[i];
    if (planned.role == SocketRole::kDhcp)
      dhcp.interfaces.push_back(dhcp_facts(interfaces_[planned.interface], socket));
    if (planned.role == SocketRole::kBootServer)  // behind all of port 67's, in the same order
      dhcp.interfaces[planned.interface].boot_socket = socket;
    if (planned.role == SocketRole::kTftpListener) tftp.listeners.push_back(socket);
    if (planned.role == SocketRole::kTftpTransfer) (planned.ipv6 ? tftp.tids.v6 : tftp.tids.v4).push_back(socket);
  }

  Engines engines;
  std::uint8_t tftp_engine = 0;
  if (!dhcp.interfaces.empty()) {
    dhcp.seed = random_seed();
    dhcp.frame_to_mac = packet_io.capabilities().frame_to_mac;
    const Now now = packet_io.now();
    auto made = std::make_unique<engine::DhcpEngine>(std::move(dhcp), now);
    if (services.read_leases) {
      // One after the other from the disk into the table: there is never a second copy of them in memory.
      auto read = services.read_leases([&](const Lease& lease) { made->restore(now, lease); });
      if (!read) return tl::make_unexpected(read.error());
      made->settle(now);
    }
    engines.dhcp = made.get();
    setup.engines.push_back(std::move(made));
    tftp_engine = 1;
  }
  if (!tftp.listeners.empty()) {
    tftp.root = services.config->tftp->root;
    tftp.limits = engine::limits_for(services.config->tftp->transfers_max);
    tftp.epoch = &services.images->epoch();
    for (const io::InterfaceFacts& interface : interfaces_) tftp.mtus.push_back({interface.index, interface.mtu});
    tftp.unseen_interfaces_served = every_interface_served(interfaces_);
    tftp.totals = tftp_totals_;
    tftp.shared_rates = tftp_rates_;
    tftp.upload_pace = upload_pace_;
    if (!services.name_map.empty()) tftp.name_map = NameMap::parse(services.name_map).map;  // each lane has its own
    tftp.seed = random_seed();
    auto made = std::make_unique<engine::TftpEngine>(std::move(tftp));
    engines.tftp = made.get();
    setup.engines.push_back(std::move(made));
  }
  for (const PlannedSocket& planned : plan.sockets) {
    const bool is_dhcp = planned.role == SocketRole::kDhcp || planned.role == SocketRole::kBootServer;
    setup.route.push_back(is_dhcp ? std::uint8_t{0} : tftp_engine);
  }
  return engines;
}

Result<void> LaneGroup::reconfigure(const std::shared_ptr<const Config>& config) {
  Result<void> outcome;
  auto addresses = std::make_shared<std::vector<InterfaceAddresses>>();
  auto mtus = std::make_shared<std::vector<InterfaceMtu>>();
  for (io::InterfaceFacts& known : interfaces_) {
    auto present = io::interface_addresses(known.name);
    if (!present || present->index != known.index) {
      outcome = fail("interface " + known.name +
                     " is gone or was made anew: nobody is answered there until the daemon is restarted");
      continue;
    }
    known = std::move(*present);
    addresses->push_back(own_addresses(known));
    mtus->push_back({known.index, known.mtu});
  }
  // A full mailbox drains within a turn; the lanes are alive, so this ends. Main thread.
  for (const auto& port : ports_)
    while (!port->post(ConfigSwapped{config, addresses, mtus})) std::this_thread::yield();
  return outcome;
}

void LaneGroup::stop() {
  for (const auto& thread : threads_) thread->request_stop();
  for (const auto& thread : threads_) thread->join();
  threads_.clear();
}

std::uint64_t LaneGroup::mailbox_refused() const {
  std::uint64_t sum = 0;
  for (const auto& port : ports_) sum += port->refused();
  return sum;
}

}  // namespace rackcast
