// What is seen on the wire besides requests to be served: addresses that somebody uses already, ports that spanning
// tree holds back, other servers.
#include <algorithm>

#include "core/engine/dhcp/dhcp_engine.h"

namespace rackcast::engine {
namespace {

constexpr Duration kProbeTimeout = std::chrono::seconds(1);  // dhcpd's ping-timeout
constexpr Duration kProbeCltt = std::chrono::seconds(60);    // dhcpd's ping-cltt-secs
// The prober has its own time-out; this is for one that does not come back.
constexpr Duration kProberGrace = std::chrono::seconds(5);
// Addresses in use that one message may meet; then its machine has to ask again. (dhcpd: one.) Where a router answers
// for every address (proxy ARP), a message costs the pool no more than these.
constexpr unsigned kConflictsMax = 3;

// A switch's port forwards nothing for its first 30 s (field notes 27).
constexpr std::uint16_t kLateSeconds = 20;
// GRUB puts the low bits of Unix time there; and where somebody has asked in vain for minutes, it is not spanning tree,
// which lets a port through after 50 s at the latest.
constexpr std::uint16_t kLateSecondsMax = 300;
// iPXE puts the number of its try there, from 1, above two bits for the offers that it has. Its tries are 0, 1, 3 and 7
// s from the start; it gives up at 15 s, and so never says 20.
constexpr unsigned kIpxeTryShift = 2;
constexpr std::uint16_t kIpxeOffersMask = 3;
constexpr std::uint16_t kIpxeLateTry = 4;

}  // namespace

bool DhcpEngine::joins_probe(Exchange& exchange, EventKind kind) {
  HeldDiscover* waiting = probing_.find(exchange.client.key);
  if (waiting == nullptr) return false;
  // A copy by another relay of the same link is as good. On another link it is not the one that waits for an answer:
  // the machine was moved, or two have one key. It asks again.
  if (waiting->link != link_of(exchange)) {
    report(exchange, kind, {}, "another message of it waits on another network");
    drop(DhcpDrop::kOtherLink);
    return true;
  }
  waiting->keep(exchange.datagram);  // the latest xid, flags and relay are what the client listens for
  report(exchange, kind, {});
  return true;
}

std::optional<Lease> DhcpEngine::record_before(const Exchange& exchange) const {
  if (network_.dhcp().conflict_probe == ConflictProbe::kOff) return std::nullopt;
  return leases_.find(exchange.client, link_of(exchange));
}

// `before`: the client's record before the address was chosen. An address that it has, was offered, or has just given
// up is its own: nobody else has had a chance to take it.
bool DhcpEngine::wants_probe(const Exchange& exchange, const Choice& chosen, const std::optional<Lease>& before) const {
  if (network_.dhcp().conflict_probe == ConflictProbe::kOff || chosen.reserved) return false;
  if (exchange.probed == chosen.address || !flag(Parameter::kPingCheck, true)) return false;
  if (!before || before->address != chosen.address) return true;
  switch (before->state) {
    case LeaseState::kActive:
    case LeaseState::kOffered:
      return false;
    case LeaseState::kExpired:
    case LeaseState::kReleased: {
      const auto seconds = outcome_.number(Parameter::kPingClttSeconds);
      const Duration recent = seconds ? Duration(std::chrono::seconds(*seconds)) : kProbeCltt;
      return exchange.now.wall - before->ends > recent;
    }
    default:
      return true;
  }
}

// False: it cannot be looked at now, and is offered as it is.
bool DhcpEngine::probe(Exchange& exchange, net::Ipv4Address address) {
  const Request& request = exchange.request;
  if (probing_.full()) {
    const HeldDiscover& oldest = probing_.oldest();
    leases_.withdraw_offers(oldest.key);  // or its next DISCOVER would be offered the address without a look
    probing_.remove(oldest);
    drop(DhcpDrop::kProbesFull);
  }
  ProbeAddress work;
  work.address = address;
  work.client = request.mac;
  const auto subnet = network_.subnet_of(address, exchange.link);
  work.source = network_.source_address(request, exchange.interface,
                                        subnet ? network_.subnet(*subnet).subnet : net::Ipv4Prefix{});
  const auto timeout = outcome_.number(Parameter::kPingTimeoutMs);
  work.timeout = timeout ? Duration(std::chrono::milliseconds(*timeout)) : kProbeTimeout;
  // Behind a relay there is no ARP.
  const bool here = !request.header.is_relayed();
  if (here) work.interface = exchange.interface.index;
  work.method = here && network_.dhcp().conflict_probe == ConflictProbe::kArp ? ProbeMethod::kArp : ProbeMethod::kIcmp;
  HeldDiscover& held = probing_.add(exchange.client.key, exchange.now.monotonic + work.timeout + kProberGrace);
  held.address = address;
  held.link = link_of(exchange);
  held.conflicts = exchange.conflicts;
  held.rest = abandon_time();
  held.keep(exchange.datagram);
  work.ticket = probing_.ticket_of(held);
  if (exchange.sink.submit(work)) {
    ++stats_.probes;
    return true;
  }
  probing_.remove(held);
  ++stats_.probes_not_queued;
  return false;
}

void DhcpEngine::on_probed(const Now& now, const AddressProbed& probed, Sink& sink) {
  const HeldDiscover* waiting = probing_.find(probed.ticket);
  if (waiting == nullptr) return;  // it made room, or its machine went on to something else
  const HeldDiscover held = *waiting;
  probing_.remove(*waiting);
  ReceivedDatagram datagram = held.datagram;
  datagram.payload = std::span(held.octets).first(held.datagram.payload.size());
  leases_.expire(now.wall);
  if (!probed.in_use) return receive(now, datagram, sink, held.address, held.conflicts);
  ++stats_.probes_answered;
  if (const auto abandoned = leases_.abandon(held.key, held.address, now.wall, held.rest))
    write_unwatched(sink, *abandoned);
  FixedText<96> sentence("Abandoning IP address ");  // dhcpd's line
  (void)sentence.append(held.address.text());
  (void)sentence.append(": pinged before offer");
  warn(now, held.address, sentence, sink);
  const unsigned conflicts = held.conflicts + 1;
  if (conflicts == kConflictsMax) return drop(DhcpDrop::kInUse);
  receive(now, datagram, sink, net::Ipv4Address{}, conflicts);  // and another address is looked at
}

void DhcpEngine::watch_for_spanning_tree(Exchange& exchange) {
  const Request& request = exchange.request;
  const std::uint16_t secs = request.header.secs;
  const bool late = request.ipxe ? secs >> kIpxeTryShift >= kIpxeLateTry && (secs & kIpxeOffersMask) == 0
                                 : secs > kLateSeconds && secs <= kLateSecondsMax;
  if (!late || !late_.note(net::hash(request.mac, seed_))) return;
  ++stats_.late_starters;
  FixedText<96> sentence(request.mac.text());
  (void)sentence.append(request.ipxe ? " (iPXE) has asked 3 times in vain" : " has asked for more than 20 s");
  (void)sentence.append(": spanning tree suspected on its port");
  report(exchange, EventKind::kWarning, {}, sentence);
}

// A client chose another server. A proxy has one beside it by design.
void DhcpEngine::watch_for_servers(Exchange& exchange) {
  const net::Ipv4Address server = *exchange.request.server_identifier;
  if (!servers_.note(net::hash(net::IpAddress(server), seed_))) return;
  ++stats_.other_servers;
  FixedText<96> sentence("Another DHCP server is on this network: ");
  (void)sentence.append(server.text());
  (void)sentence.append(", chosen by ");
  (void)sentence.append(exchange.request.mac.text());
  report(exchange, EventKind::kWarning, server, sentence);
}

}  // namespace rackcast::engine
