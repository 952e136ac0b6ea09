// A DHCP engine on a small rack's network, with the test as every client, relay and disk:
//
//   eth0 (socket 0, index 2)  192.168.1.110/24   subnet 192.168.1.0/24, range .2-.253 by default
//   eth1 (socket 1, index 3)  10.0.0.1/24        subnet 10.0.0.0/24, range .10-.19
//   behind a relay            172.16.5.1         subnet 172.16.5.0/24, range .100-.199
//
// Time stands still unless pass() is called. Rows wait until commit() is.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/engine/dhcp/dhcp_engine.h"
#include "proto/dhcp/message_writer.h"
#include "proto/dhcp/options.h"
#include "tests/proto/dhcp/captured_messages.h"
#include "tests/support/recording_io.h"

namespace rackcast::engine::dhcp_test {

using dhcp4::MessageType;
using dhcp4::OptionCode;
using std::chrono::hours;
using std::chrono::seconds;

inline constexpr net::Ipv4Address kServer{192, 168, 1, 110};
inline constexpr net::Ipv4Address kServer2{10, 0, 0, 1};
inline constexpr net::Ipv4Address kRelay{172, 16, 5, 1};
inline constexpr net::Ipv4Address kElsewhere{192, 168, 1, 7};  // another DHCP server

inline net::MacAddress mac(unsigned n) {
  return {{0x52, 0x54, 0x00, 0x12, static_cast<std::uint8_t>(n >> 8U), static_cast<std::uint8_t>(n)}};
}
inline net::Ipv4Address ip(unsigned last) {
  return {192, 168, 1, static_cast<std::uint8_t>(last)};
}

inline SubnetConfig make_subnet(const char* prefix, const char* first, const char* last) {
  SubnetConfig subnet;
  subnet.subnet = *net::Ipv4Prefix::parse(prefix);
  if (*first != '\0') subnet.ranges = {{*net::Ipv4Address::parse(first), *net::Ipv4Address::parse(last)}};
  return subnet;
}

inline Config rack_config() {
  Config config;
  config.dhcp.emplace();
  SubnetConfig main = make_subnet("192.168.1.0/24", "192.168.1.2", "192.168.1.253");
  main.bootp = true;
  main.routers = {ip(254)};
  main.dns = {{222, 88, 88, 88}};
  main.domain = "a.com";
  main.lease_seconds = {21'600, 43'200};
  main.hostname = "station{{last_octet}}.a.com";
  config.dhcp->subnets = {main, make_subnet("10.0.0.0/24", "10.0.0.10", "10.0.0.19"),
                          make_subnet("172.16.5.0/24", "172.16.5.100", "172.16.5.199")};
  config.dhcp->boot.by_architecture = {{"bios", "pxelinux.0"}, {"efi64", "ipxe.efi"}};
  config.dhcp->boot.ipxe = {{"efi64", "http://{{server}}/boot.ipxe"}};
  config.dhcp->boot.http = "http://{{server}}/ipxe.efi";
  return config;
}

// What a client sends. Options go out in the order given, 53 first.
struct ClientMessage {
  std::optional<MessageType> type;
  dhcp4::Header header;
  std::vector<std::pair<OptionCode, std::string>> options;

  explicit ClientMessage(std::optional<MessageType> t, unsigned machine) : type(t) {
    header.set_mac(mac(machine));
    header.xid = dhcp4::Xid{0x1000 + machine};
  }
  ClientMessage& with(OptionCode code, std::string value) {
    options.emplace_back(code, std::move(value));
    return *this;
  }
  ClientMessage& with(OptionCode code, net::Ipv4Address address) {
    std::string value;
    for (unsigned i = 0; i < 4; ++i) value.push_back(static_cast<char>(address.octet(i)));
    return with(code, value);
  }
  [[nodiscard]] dhcp4::Octets octets() const {
    dhcp4::Octets out(1'472);
    dhcp4::MessageWriter writer(out, header, {.size_bytes_max = out.size()});
    if (type) writer.put_u8(OptionCode::kMessageType, static_cast<std::uint8_t>(*type));
    for (const auto& [code, value] : options) writer.put_text(code, value);
    const auto size = writer.finish().size();
    out.resize(size);
    return out;
  }
};

inline ClientMessage discover(unsigned machine) {
  return ClientMessage(MessageType::kDiscover, machine);
}
inline ClientMessage selecting(unsigned machine, net::Ipv4Address address, net::Ipv4Address server = kServer) {
  return ClientMessage(MessageType::kRequest, machine)
      .with(OptionCode::kServerIdentifier, server)
      .with(OptionCode::kRequestedAddress, address);
}
inline ClientMessage init_reboot(unsigned machine, net::Ipv4Address address) {
  return ClientMessage(MessageType::kRequest, machine).with(OptionCode::kRequestedAddress, address);
}
inline ClientMessage from_address(MessageType type, unsigned machine, net::Ipv4Address address) {
  ClientMessage message(type, machine);
  message.header.ciaddr = address;
  return message;
}

// What came back. Owns the bytes its views borrow.
class Answer {
 public:
  explicit Answer(testing::SentDatagram sent)
      : to(sent.to),
        octets(std::move(sent.payload)),
        scratch_(octets.size()),
        message(*dhcp4::parse_message(octets)),
        options(message, scratch_) {}
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  Destination to;
  std::vector<std::byte> octets;

 private:
  std::vector<std::byte> scratch_;

 public:
  dhcp4::Message message;
  dhcp4::Options options;

  [[nodiscard]] std::optional<MessageType> type() const { return options.message_type(); }
  [[nodiscard]] net::Ipv4Address yiaddr() const { return message.header.yiaddr; }
  [[nodiscard]] std::string text(OptionCode code) const {
    const auto value = options.get(code);
    return value ? std::string(reinterpret_cast<const char*>(value->data()), value->size()) : "(absent)";
  }
  // Codes in the order they were written.
  [[nodiscard]] std::vector<unsigned> order() const {
    std::vector<unsigned> codes;
    dhcp4::OptionWalker walker(message.options);
    while (const auto option = walker.next()) codes.push_back(static_cast<unsigned>(option->code));
    return codes;
  }
};

struct Arrival {
  unsigned socket = 0;
  net::Ipv4Address destination = net::Ipv4Address::broadcast();
  net::Endpoint peer{net::Ipv4Address{}, dhcp4::kClientPort};
};
inline Arrival by_unicast(net::Ipv4Address from, net::Ipv4Address to = kServer) {
  return {0, to, {from, dhcp4::kClientPort}};
}

class Rack {
 public:
  explicit Rack(Config config = rack_config(), DhcpLimits limits = {}, const std::vector<Lease>& known = {},
                bool frame_to_mac = true, std::vector<DhcpInterface> own = interfaces())
      : engine(DhcpSetup{std::make_shared<Config>(std::move(config)), std::move(own), 99, frame_to_mac, limits}, now) {
    for (const Lease& lease : known) engine.restore(now, lease);
    engine.settle(now);
  }

  static std::vector<DhcpInterface> interfaces() {
    return {{SocketId{0}, InterfaceIndex{2}, "eth0", {{kServer, *net::Ipv4Prefix::parse("192.168.1.0/24")}}},
            {SocketId{1}, InterfaceIndex{3}, "eth1", {{kServer2, *net::Ipv4Prefix::parse("10.0.0.0/24")}}}};
  }

  void deliver(const dhcp4::Octets& octets, const Arrival& arrival = {}) {
    ReceivedDatagram datagram;
    datagram.peer = arrival.peer;
    datagram.destination = arrival.destination;
    datagram.local = {arrival.socket == 0 ? kServer : kServer2, dhcp4::kServerPort};
    datagram.interface = InterfaceIndex{arrival.socket == 0 ? 2U : 3U};
    datagram.socket = SocketId{static_cast<std::uint16_t>(arrival.socket)};
    datagram.payload = octets;
    engine.on_datagram(now, datagram, harness.sink);
  }
  void deliver(const ClientMessage& message, const Arrival& arrival = {}) { deliver(message.octets(), arrival); }

  void complete(Completion completion) { engine.on_completion(now, completion, harness.sink); }

  // The disk: answers every row that waits. PublishMachine records are kept aside.
  void commit(bool durable = true) {
    auto submitted = std::move(harness.router.submitted);
    harness.router.submitted.clear();
    for (Work& work : submitted) {
      if (auto* row = std::get_if<CommitLease>(&work)) {
        rows.push_back(row->lease);
        complete(LeaseCommitted{row->ticket, durable});
      } else if (auto* publication = std::get_if<PublishMachine>(&work)) {
        published.push_back(publication->machine);
      }
    }
    if (!harness.router.submitted.empty()) commit(durable);
  }

  // The only datagram sent since the last take, or null.
  std::unique_ptr<Answer> take() {
    EXPECT_LE(harness.io.sent.size(), 1U);
    if (harness.io.sent.empty()) return nullptr;
    auto answer = std::make_unique<Answer>(std::move(harness.io.sent.front()));
    harness.io.sent.clear();
    return answer;
  }
  template <typename Message>
  std::unique_ptr<Answer> ask(const Message& message, const Arrival& arrival = {}) {
    deliver(message, arrival);
    commit();
    return take();
  }
  // DISCOVER to ACK.
  net::Ipv4Address lease(unsigned machine) {
    const auto offer = ask(discover(machine));
    if (offer == nullptr) return {};
    const auto ack = ask(selecting(machine, offer->yiaddr()));
    return ack != nullptr && ack->type() == MessageType::kAck ? ack->yiaddr() : net::Ipv4Address{};
  }
  void pass(Duration time) {
    now.monotonic += time;
    now.wall += time;
    if (engine.next_deadline() <= now.monotonic) engine.on_deadline(now, harness.sink);
  }
  void swap(Config config) { complete(ConfigSwapped{std::make_shared<Config>(std::move(config))}); }
  [[nodiscard]] LeaseState state(net::Ipv4Address address) const {
    const auto lease = engine.leases().find(address);
    return lease ? lease->state : LeaseState::kFree;
  }
  [[nodiscard]] std::uint64_t drops(DhcpDrop reason) const { return engine.stats().drop(reason); }
  // The events since the last call, as "kind address detail".
  std::vector<Event> take_events() { return std::exchange(harness.events.events, {}); }

  Now now{MonotonicTime(hours(1)), WallTime(hours(24 * 365 * 50))};
  testing::EngineHarness harness;
  DhcpEngine engine;
  std::vector<Lease> rows;  // that reached the disk, or were refused by it
  std::vector<Machine> published;
};

}  // namespace rackcast::engine::dhcp_test
