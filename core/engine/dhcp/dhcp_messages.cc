// DECLINE, RELEASE, INFORM (RFC 2131 §4.3.3 to §4.3.5), and what every handler reports.
#include <algorithm>

#include "core/engine/dhcp/dhcp_engine.h"

namespace rackcast::engine {
namespace {

// Everything but `seen`, which changes with every message.
bool says_the_same(const Machine& a, const Machine& b) {
  return a.mac == b.mac && a.address == b.address && a.hostname == b.hostname && a.uuid == b.uuid &&
         a.architecture == b.architecture && a.vendor_class == b.vendor_class && a.boot_file == b.boot_file &&
         a.ipxe == b.ipxe;
}

}  // namespace

void DhcpEngine::on_decline(Exchange& exchange) {
  const Request& request = exchange.request;
  const net::Ipv4Address address = request.subject();
  if (request.server_identifier && !network_.names_us(request)) return drop(DhcpDrop::kOtherServer);
  evaluate(exchange, network_.subnet_of(address, exchange.link), address);
  if (!flag(Parameter::kAllowDeclines, true)) {
    report(exchange, EventKind::kDhcpDecline, address, "ignored");
    return drop(DhcpDrop::kDeclineIgnored);
  }
  const auto abandoned = leases_.abandon(exchange.client.key, address, exchange.now.wall, abandon_time());
  report(exchange, EventKind::kDhcpDecline, address, abandoned ? "abandoned" : "not found");
  if (!abandoned) return drop(DhcpDrop::kNotItsLease);
  if (const HeldReply* held = held_.find(exchange.client.key)) held_.remove(*held);
  ++stats_.declines;
  FixedText<96> sentence("Abandoning IP address ");  // dhcpd's line: another machine uses an address of the pool
  (void)sentence.append(address.text());
  (void)sentence.append(": declined.");
  report(exchange, EventKind::kWarning, address, sentence);
  write_unwatched(exchange.sink, *abandoned);
}

void DhcpEngine::on_release(Exchange& exchange) {
  const Request& request = exchange.request;
  const net::Ipv4Address address = request.subject();
  if (request.server_identifier && !network_.names_us(request)) return drop(DhcpDrop::kOtherServer);
  if (const auto subnet = network_.subnet_of(address, exchange.link))
    (void)take_host(exchange, network_.subnet(*subnet).subnet);
  const auto released = leases_.release(exchange.client, address, exchange.now.wall);
  report(exchange, EventKind::kDhcpRelease, address, released ? "found" : "not found");
  if (!released) return drop(DhcpDrop::kNotItsLease);
  if (const HeldReply* held = held_.find(exchange.client.key)) held_.remove(*held);
  ++stats_.releases;
  write_unwatched(exchange.sink, *released);
  if (const Machine* known = published_.find(request.mac)) {
    Machine machine = *known;
    machine.address = {};
    machine.seen = exchange.now.wall;
    if (exchange.sink.submit(PublishMachine{machine}))
      published_.upsert(machine);
    else
      ++stats_.machines_not_queued;
  }
}

void DhcpEngine::on_inform(Exchange& exchange) {
  const net::Ipv4Address address = exchange.request.client_address();
  const auto subnet = network_.subnet_of(address, exchange.link);
  if (!subnet) {
    report(exchange, EventKind::kDhcpInform, address, "unknown subnet");
    return drop(DhcpDrop::kNoSubnet);
  }
  evaluate(exchange, subnet, address);
  if (!flag(Parameter::kAuthoritative, true)) {
    FixedText<96> tail("not authoritative for subnet ");
    (void)tail.append(network_.subnet(*subnet).subnet.base.text());
    report(exchange, EventKind::kDhcpInform, address, tail);
    return drop(DhcpDrop::kNotAuthoritative);
  }
  report(exchange, EventKind::kDhcpInform, address);
  Reply reply = make_reply(exchange, *subnet, address);
  reply.type = dhcp4::MessageType::kAck;
  reply.yiaddr = {};
  reply.ciaddr = exchange.request.header.ciaddr;
  add_pxe(exchange, reply);
  if (prepare(exchange, reply, EventKind::kDhcpInformAck, address, &DhcpStats::inform_acks)) answer(exchange);
}

// Nobody waits for this row: losing it only means that the lease looks longer than it is after a crash.
void DhcpEngine::write_unwatched(Sink& sink, const Lease& lease) {
  if (!sink.submit(CommitLease{make_ticket(EngineTag::kDhcp, 0), lease})) ++stats_.rows_not_queued;
}

// What the machine had elsewhere, before it was moved, is free again. One a link at most.
void DhcpEngine::release_others(const Now& now, const MachineKey& key, net::Ipv4Address kept, Sink& sink) {
  while (const auto released = leases_.release_other(key, kept, now.wall)) {
    ++stats_.others_released;
    write_unwatched(sink, *released);
  }
}

Event DhcpEngine::event_of(const Exchange& exchange, EventKind kind, net::Ipv4Address address) const {
  const Request& request = exchange.request;
  Event event;
  event.kind = kind;
  event.protocol = Protocol::kDhcp;
  event.at = exchange.now.wall;
  event.mac = request.mac;
  event.address = address;
  if (kind == EventKind::kDhcpRequest && request.server_identifier) event.server = *request.server_identifier;
  event.relay = request.header.giaddr;
  event.hostname = request.hostname;
  event.interface = exchange.interface.name;
  return event;
}

void DhcpEngine::report(Exchange& exchange, EventKind kind, net::Ipv4Address address, std::string_view detail) {
  Event event = event_of(exchange, kind, address);
  event.detail.assign(detail);
  exchange.sink.event(event);
}

void DhcpEngine::warn(const Now& now, net::Ipv4Address address, std::string_view sentence, Sink& sink) {
  Event event;
  event.kind = EventKind::kWarning;
  event.protocol = Protocol::kDhcp;
  event.at = now.wall;
  event.address = address;
  event.detail.assign(sentence);
  sink.event(event);
}

// Called with every address given. A stage that says less about the machine (an installer's DHCP client names no
// architecture) does not make us forget what its firmware said.
void DhcpEngine::publish(const Machine& said, Sink& sink) {
  Machine machine = said;
  const Machine* known = published_.find(machine.mac);
  if (known != nullptr) {
    if (machine.architecture == kArchitectureUnsaid) machine.architecture = known->architecture;
    if (machine.uuid == Machine{}.uuid) machine.uuid = known->uuid;
    if (machine.hostname.empty()) machine.hostname = known->hostname;
    if (machine.boot_file.empty()) machine.boot_file = known->boot_file;
    if (says_the_same(machine, *known)) return;
  }
  if (sink.submit(PublishMachine{machine}))
    published_.upsert(machine);
  else
    ++stats_.machines_not_queued;
}

}  // namespace rackcast::engine
