// The engine allocates nothing after construction, but for a reload that moves pools or reservations: counted while a
// thousand machines go from DISCOVER to ACK and renew, by way of rules, classes, a pool with permits and a limit.
#include <array>
#include <cstring>

#include "tests/core/engine/dhcp/rack.h"
#include "tests/core/engine/dhcp/rules.h"
#include "tests/support/allocation_count.h"
#include "tests/support/one_slot_io.h"

namespace rackcast::engine::dhcp_test {
namespace {

constexpr unsigned kMachines = 1'000;

// Remembers the last reply's address and type.
class LastReplyIo final : public testing::OneSlotIo {
 public:
  std::uint64_t replies = 0;
  net::Ipv4Address yiaddr;
  MessageType type{};

 private:
  void on_commit(const TxSlot& slot) override {
    ++replies;
    const auto octets = slot.header(slot.datagrams().front());
    const auto message = dhcp4::parse_message(octets);
    yiaddr = message->header.yiaddr;
    type = dhcp4::Options(*message, {}).message_type().value_or(MessageType{});
  }
};

// Holds the one row that waits.
class OneRowRouter final : public WorkRouter {
 public:
  std::optional<Ticket> waiting;
  bool submit(LaneId, Work& work) override {
    if (const auto* const row = std::get_if<CommitLease>(&work)) waiting = row->ticket;
    return true;
  }
};

class NoEvents final : public EventSink {
 public:
  void emit(const Event&) override {}
};

class DhcpAllocation : public ::testing::Test {
 protected:
  DhcpAllocation() : engine_(setup(), now_) {}

  static DhcpSetup setup() {
    Config config = rack_config();
    SubnetConfig wide = make_subnet("10.0.0.0/16", "10.0.1.0", "10.0.255.254");
    wide.hostname = "station{{last_octet}}.a.com";
    RuleText text(*config.dhcp);
    text.add_class("pxe", "substring (option vendor-class-identifier, 0, 9) = \"PXEClient\"",
                   "filename \"pxelinux.0\"; next-server 10.0.0.1;")
        .lease_limit = kMachines;
    text.add_class("named", "", "option root-path \"/named\";");
    config.dhcp->rules = text.rules(
        "option space ipxe; option ipxe-encap-opts code 175 = encapsulate ipxe; "
        "option ipxe.no-pxedhcp code 176 = unsigned integer 8; option ipxe.no-pxedhcp 1; "
        "option domain-name = concat (\"net-\", binary-to-ascii (10, 8, \".\", leased-address)); "
        "if known { option root-path \"/known\"; } elsif exists host-name { add \"named\"; }");
    ClassConfig& spawning = text.add_class("each", "");
    spawning.spawn = text.data("hardware");
    PoolConfig pool;
    pool.ranges = std::exchange(wide.ranges, {});
    pool.allow = {{PermitKind::kMembersOf, 0}, {PermitKind::kKnownClients}};
    wide.pools = {pool};
    wide.rules = text.rules("option routers 10.0.0.1; default-lease-time 7200;");
    config.dhcp->subnets = {wide};
    HostConfig host;
    host.identity.option = OptionKey{kDhcpSpace, 60};
    host.identity.option_value.resize(8);
    config.dhcp->hosts = {host};
    return DhcpSetup{std::make_shared<Config>(std::move(config)), Rack::interfaces(), 99, true, {}};
  }

  static ClientMessage pxe(ClientMessage message) {
    return message.with(OptionCode::kVendorClass, "PXEClient:Arch:00000:UNDI:002001")
        .with(OptionCode::kHostName, "node")
        .with(OptionCode::kParameterRequestList, std::string("\x01\x03\x0f\x11\x43\xaf", 6));
  }

  // Counts what the engine alone allocates.
  void ask(const ClientMessage& message) {
    const dhcp4::Octets octets = message.octets();
    ReceivedDatagram datagram;
    datagram.peer = {net::Ipv4Address{}, dhcp4::kClientPort};
    datagram.destination = net::Ipv4Address::broadcast();
    datagram.local = {kServer2, dhcp4::kServerPort};
    datagram.interface = InterfaceIndex{3};
    datagram.socket = SocketId{1};
    datagram.payload = octets;
    const std::uint64_t before = testing::allocation_count();
    engine_.on_datagram(now_, datagram, sink_);
    if (router_.waiting) {
      Completion durable = LeaseCommitted{*std::exchange(router_.waiting, std::nullopt), true};
      engine_.on_completion(now_, durable, sink_);
    }
    if (engine_.next_deadline() <= now_.monotonic) engine_.on_deadline(now_, sink_);
    allocations_ += testing::allocation_count() - before;
    now_.monotonic += std::chrono::milliseconds(1);
    now_.wall += std::chrono::milliseconds(1);
  }

  Now now_{MonotonicTime(std::chrono::hours(1)), WallTime(std::chrono::hours(24 * 365 * 50))};
  LastReplyIo io_;
  PinTable pins_{16};
  NoEvents events_;
  OneRowRouter router_;
  Sink sink_{io_, pins_, events_, router_, LaneId{0}};
  DhcpEngine engine_;
  std::uint64_t allocations_ = 0;
};

TEST_F(DhcpAllocation, IsZeroWhileAThousandMachinesGetTheirAddresses) {
  for (unsigned machine = 0; machine < kMachines; ++machine) {
    ask(pxe(discover(machine)));
    ASSERT_EQ(io_.type, MessageType::kOffer);
    ask(pxe(selecting(machine, io_.yiaddr, kServer2)));
    ASSERT_EQ(io_.type, MessageType::kAck);
    ask(pxe(init_reboot(machine, io_.yiaddr)));
    ASSERT_EQ(io_.type, MessageType::kAck);
  }
  EXPECT_EQ(io_.replies, 3 * kMachines);
  EXPECT_EQ(allocations_, 0U);
}

}  // namespace
}  // namespace rackcast::engine::dhcp_test
