// Any datagram through the whole DHCP engine, as server and as proxy: by broadcast, by unicast and to port 4011, with
// rules, classes, probes and delays. Every answer must be a reply a client can read.
#include <cstdio>
#include <cstdlib>

#include "core/engine/dhcp/dhcp_engine.h"
#include "core/policy/parse_rules.h"
#include "proto/dhcp/options.h"
#include "tests/support/recording_io.h"

namespace rackcast::engine {
namespace {

constexpr net::Ipv4Address kServer{192, 168, 1, 110};

// What the rules may ask and say, once.
struct FuzzRules {
  std::shared_ptr<OptionCatalog> catalog = std::make_shared<OptionCatalog>();
  Rules global;
  ClassConfig limited;
  ClassConfig spawning;

  FuzzRules() {
    std::vector<std::string> variables;
    std::vector<RuleProblem> problems;
    RuleParseContext context;
    context.catalog = catalog.get();
    context.definitions_allowed = true;
    context.variables = &variables;
    global = parse_rules(
        "option space ipxe; option ipxe-encap-opts code 175 = encapsulate ipxe; "
        "option ipxe.no-pxedhcp code 176 = unsigned integer 8; option ipxe.no-pxedhcp 1; "
        "option root-path = concat (option host-name, \"/\", binary-to-ascii (16, 8, \":\", hardware)); "
        "if exists agent.circuit-id { option domain-name = option agent.circuit-id; } use-host-decl-names on;",
        context, problems);
    limited.name = "limited";
    limited.match_if = parse_condition("substring (option vendor-class-identifier, 0, 3) = \"PXE\"", context, problems);
    limited.lease_limit = 2;
    limited.rules = parse_rules("filename \"x.0\"; server-name \"boot\"; reply-delay-ms 5;", context, problems);
    spawning.name = "spawning";
    spawning.spawn = parse_data("option agent.remote-id", context, problems);
    spawning.lease_limit = 1;
    for (const RuleProblem& problem : problems) std::fprintf(stderr, "%s\n", problem.message.c_str());
    if (!problems.empty()) std::abort();
  }
};

DhcpSetup small_setup(bool proxy) {
  static const FuzzRules rules;
  Config config;
  config.dhcp.emplace();
  config.dhcp->mode = proxy ? DhcpMode::kProxy : DhcpMode::kAuthoritative;
  config.dhcp->catalog = rules.catalog;
  config.dhcp->rules = rules.global;
  config.dhcp->classes = {rules.limited, rules.spawning};
  config.dhcp->pxe.emplace();
  config.dhcp->pxe->menu = {{1, "a", "a"}, {2, "b", "b.0"}};
  config.dhcp->conflict_probe = ConflictProbe::kArp;
  HostConfig host;
  host.name = "port";
  host.identity.circuit_id = {std::byte{'e'}};
  host.address = net::Ipv4Address(192, 168, 1, 9);
  config.dhcp->hosts = {host};
  SubnetConfig subnet;
  subnet.subnet = {net::Ipv4Address(192, 168, 1, 0), 24};
  subnet.ranges = {{{192, 168, 1, 2}, {192, 168, 1, 5}}};
  subnet.bootp = true;
  subnet.routers = {{192, 168, 1, 254}};
  subnet.domain = "a.com";
  subnet.hostname = "station{{last_octet}}";
  config.dhcp->subnets = {subnet};
  config.dhcp->boot.by_architecture = {{"bios", "pxelinux.0"}, {"default", "any.efi"}};
  config.dhcp->boot.http = "http://{{server}}/a.efi";
  DhcpSetup setup;
  setup.config = std::make_shared<const Config>(std::move(config));
  setup.interfaces = {
      {SocketId{0}, InterfaceIndex{2}, "eth0", {{kServer, {net::Ipv4Address(192, 168, 1, 0), 24}}}, SocketId{1}}};
  setup.limits.held_replies_max = 2;
  setup.limits.machines_max = 2;
  setup.limits.delayed_max = 2;
  setup.limits.probes_max = 2;
  setup.limits.billed_max = 4;
  return setup;
}

void check(const testing::SentDatagram& sent) {
  const auto message = dhcp4::parse_message(sent.payload);
  if (!message || message->header.op != dhcp4::Op::kReply || sent.payload.size() < dhcp4::kMessageSizeMin ||
      sent.payload.size() > kReplyBytesMax)
    std::abort();
  std::array<std::byte, kReplyBytesMax> scratch;
  const dhcp4::Options options(*message, scratch);
  if (options.has(dhcp4::OptionCode::kMessageType) && (options.faults().overran || options.faults().missing_end))
    std::abort();
}

void run(std::span<const std::byte> payload, bool proxy) {
  testing::RecordingIo io(2);
  PinTable pins(1);
  testing::RecordingEvents events;
  testing::RecordingRouter router;
  Sink sink(io, pins, events, router, LaneId{0});
  const Now now{MonotonicTime(std::chrono::hours(1)), WallTime(std::chrono::hours(400'000))};
  DhcpEngine engine(small_setup(proxy), now);
  ReceivedDatagram datagram;
  datagram.interface = InterfaceIndex{2};
  datagram.payload = payload;
  struct Way {
    net::Ipv4Address destination;
    net::UdpPort port;
  };
  for (const Way& way : {Way{net::Ipv4Address::broadcast(), dhcp4::kServerPort}, Way{kServer, dhcp4::kServerPort},
                         Way{kServer, kBootServerPort}}) {
    datagram.destination = way.destination;
    datagram.local = {kServer, way.port};
    datagram.socket = SocketId{static_cast<std::uint16_t>(way.port == kBootServerPort ? 1 : 0)};
    engine.on_datagram(now, datagram, sink);
    for (const Work& work : std::exchange(router.submitted, {})) {
      Completion answer = StopLane{};
      if (const auto* row = std::get_if<CommitLease>(&work)) answer = LeaseCommitted{row->ticket, true};
      if (const auto* probe = std::get_if<ProbeAddress>(&work))
        answer = AddressProbed{probe->ticket, probe->address.octet(3) == 2};
      if (!std::holds_alternative<StopLane>(answer)) engine.on_completion(now, answer, sink);
    }
  }
  const Now later{now.monotonic + std::chrono::seconds(10), now.wall + std::chrono::seconds(10)};
  engine.on_deadline(later, sink);
  for (const testing::SentDatagram& sent : io.sent) check(sent);
}

}  // namespace
}  // namespace rackcast::engine

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size <= rackcast::kReceiveBytesMax)
    for (const bool proxy : {false, true}) rackcast::engine::run(std::as_bytes(std::span(data, size)), proxy);
  return 0;
}
