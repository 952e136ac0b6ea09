// Any datagram through the whole DHCP engine, twice: by broadcast and, once its row is on disk, by unicast. Every
// answer must be a reply a client can read.
#include <cstdlib>

#include "core/engine/dhcp/dhcp_engine.h"
#include "proto/dhcp/options.h"
#include "tests/support/recording_io.h"

namespace rackcast::engine {
namespace {

constexpr net::Ipv4Address kServer{192, 168, 1, 110};

DhcpSetup small_setup() {
  Config config;
  config.dhcp.emplace();
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
  setup.interfaces = {{SocketId{0}, InterfaceIndex{2}, "eth0", {{kServer, {net::Ipv4Address(192, 168, 1, 0), 24}}}}};
  setup.limits.held_replies_max = 2;
  setup.limits.machines_max = 2;
  setup.limits.delayed_max = 2;
  setup.limits.probes_max = 2;
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

void run(std::span<const std::byte> payload) {
  testing::RecordingIo io(2);
  PinTable pins(1);
  testing::RecordingEvents events;
  testing::RecordingRouter router;
  Sink sink(io, pins, events, router, LaneId{0});
  const Now now{MonotonicTime(std::chrono::hours(1)), WallTime(std::chrono::hours(400'000))};
  DhcpEngine engine(small_setup(), now);
  ReceivedDatagram datagram;
  datagram.interface = InterfaceIndex{2};
  datagram.payload = payload;
  for (const net::Ipv4Address destination : {net::Ipv4Address::broadcast(), kServer}) {
    datagram.destination = destination;
    engine.on_datagram(now, datagram, sink);
    for (const Work& work : router.submitted)
      if (const auto* row = std::get_if<CommitLease>(&work)) {
        Completion committed = LeaseCommitted{row->ticket, true};
        engine.on_completion(now, committed, sink);
      }
    router.submitted.clear();
  }
  for (const testing::SentDatagram& sent : io.sent) check(sent);
}

}  // namespace
}  // namespace rackcast::engine

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size <= rackcast::kReceiveBytesMax) rackcast::engine::run(std::as_bytes(std::span(data, size)));
  return 0;
}
