// Datagrams and fetch events nobody would send, at a rack of one machine of any profile: it answers each with a bounded
// number of its own, and always has a deadline while it runs.
//
//   input: profile, then { kind, size, bytes }...    kind: what happens, and how much of the datagram is made to fit
#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "tools/sim/machines/mac_plan.h"
#include "tools/sim/machines/rack.h"

namespace rackcast::sim {
namespace {

constexpr net::Ipv4Address kServer{10, 99, 0, 1};
// One call may end one transfer, begin the next and answer a stray.
constexpr std::size_t kSendsPerCallMax = 8;

class Peer final : public Carrier, public Observer {
 public:
  void send_dhcp(MachineId, const DhcpSend&, std::span<const std::byte> message) override {
    dhcp.assign(message.begin(), message.end());
    ++sends;
  }
  void send_tftp(MachineId, net::UdpPort from, const net::Endpoint& to, std::span<const std::byte>) override {
    port = from;
    if (to.port != net::UdpPort(69)) tid = to;
    ++sends;
  }
  void fetch(MachineId, const FetchRequest& request) override {
    fetch_id = request.id;
    ++sends;
  }
  void cancel_fetches(MachineId) override {}
  void use_address(MachineId, net::Ipv4Address, std::uint8_t) override {}
  void on_stage(Instant, MachineId, Stage) override {}
  void on_lease(Instant, MachineId, const LeaseReceived&) override {}
  void on_file(Instant, MachineId, const FileReceived&) override {}
  void on_bytes(Instant, MachineId, std::uint64_t) override {}
  void on_incident(Instant, MachineId, Incident) override {}
  void on_failure(Instant, MachineId, Failure failure, std::string_view detail) override {
    if (failure == Failure::kNone || detail.empty()) std::abort();
  }

  std::vector<std::byte> dhcp;
  net::UdpPort port;
  net::Endpoint tid{kServer, net::UdpPort(30'000)};
  FetchId fetch_id;
  std::size_t sends = 0;
};

enum Kind : std::uint8_t { kDhcp, kDhcpThatFits, kTftp, kFetchDone, kFetchFailed, kTime, kReset, kKinds };

// The machine's own message, turned around: op, xid, chaddr and yiaddr fit; what follows is the fuzzer's.
std::vector<std::byte> fitting(const std::vector<std::byte>& sent, std::span<const std::byte> bytes) {
  std::vector<std::byte> reply(sent.begin(),
                               sent.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(sent.size(), 240)));
  if (reply.size() < 240) return reply;
  reply[0] = std::byte{2};
  constexpr std::array<std::uint8_t, 4> kYiaddr{10, 99, 0, 100};
  std::copy_n(std::as_bytes(std::span(kYiaddr)).begin(), 4, reply.begin() + 16);
  reply.insert(reply.end(), bytes.begin(), bytes.end());
  return reply;
}

void step(Rack& rack, Peer& peer, Instant& now, std::uint8_t kind, std::span<const std::byte> bytes) {
  const MachineId id(0);
  switch (kind % kKinds) {
    case kDhcp:
      rack.on_dhcp(now, id, {kServer, net::UdpPort(67)}, net::UdpPort(68), bytes);
      break;
    case kDhcpThatFits:
      rack.on_dhcp(now, id, {kServer, net::UdpPort(67)}, net::UdpPort(68), fitting(peer.dhcp, bytes));
      break;
    case kTftp:
      rack.on_tftp(now, id, peer.port, kind < 128 ? peer.tid : net::Endpoint{kServer, net::UdpPort(kind)}, bytes);
      break;
    case kFetchDone:
      rack.on_fetch(now, id,
                    {.id = peer.fetch_id,
                     .done = true,
                     .status = 200,
                     .bytes = bytes.size(),
                     .text = {reinterpret_cast<const char*>(bytes.data()), bytes.size()}});
      break;
    case kFetchFailed:
      rack.on_fetch(now, id, {.id = peer.fetch_id, .done = kind < 128, .failure = Failure::kNotFound, .bytes = kind});
      break;
    case kTime:
      now = std::max(now, std::min(rack.next_deadline(), now + std::chrono::hours(10)));
      rack.on_deadline(now);
      if (rack.next_deadline() <= now) std::abort();
      break;
    case kReset:
      rack.power_on(now, id);
      break;
  }
}

void run(std::span<const std::byte> input) {
  const auto next = [&input] {
    const auto byte = std::to_integer<std::uint8_t>(input.front());
    input = input.subspan(1);
    return byte;
  };
  const Profile& profile = all_profiles()[next() % all_profiles().size()];
  RunFacts facts;
  facts.server = kServer;
  facts.packages = {"a.rpm", "b.rpm"};
  Peer peer;
  const RackMachine machine{.identity = identity_of(MachineId(0)), .profile = &profile, .seed = 1};
  Rack rack(std::span(&machine, 1), facts, peer, peer);
  Instant now{std::chrono::seconds(1)};
  rack.power_on(now, MachineId(0));
  while (input.size() >= 2) {
    const std::uint8_t kind = next();
    const std::size_t claimed = next();
    const std::size_t size = std::min(claimed, input.size());
    peer.sends = 0;
    step(rack, peer, now, kind, input.first(size));
    input = input.subspan(size);
    if (peer.sends > kSendsPerCallMax) std::abort();
    if (rack.running() > 0 && rack.next_deadline() == kNever) std::abort();
  }
}

}  // namespace
}  // namespace rackcast::sim

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 0) rackcast::sim::run(std::as_bytes(std::span(data, size)));
  return 0;
}
