// Addresses looked at before they are offered, ports held back by spanning tree, other servers, too many who wait.
#include "tests/core/engine/dhcp/rack.h"

namespace rackcast::engine::dhcp_test {
namespace {

using std::chrono::milliseconds;

Config probing_config(ConflictProbe probe = ConflictProbe::kArp) {
  Config config = rack_config();
  config.dhcp->conflict_probe = probe;
  return config;
}

// The probes that wait to be answered.
std::vector<ProbeAddress> probes(Rack& rack) {
  std::vector<ProbeAddress> found;
  for (const Work& work : rack.harness.router.submitted)
    if (const auto* probe = std::get_if<ProbeAddress>(&work)) found.push_back(*probe);
  return found;
}

// Answers the oldest probe.
void answer(Rack& rack, bool in_use) {
  auto& submitted = rack.harness.router.submitted;
  const auto first = std::find_if(submitted.begin(), submitted.end(),
                                  [](const Work& work) { return std::holds_alternative<ProbeAddress>(work); });
  ASSERT_NE(first, submitted.end());
  const Ticket ticket = std::get<ProbeAddress>(*first).ticket;
  submitted.erase(first);
  rack.complete(AddressProbed{ticket, in_use});
}

TEST(DhcpProbe, AnOfferWaitsForTheLook) {
  Rack rack(probing_config());
  rack.deliver(discover(1));
  EXPECT_EQ(rack.take(), nullptr);
  const auto asked = probes(rack);
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].address, ip(2));
  EXPECT_EQ(asked[0].method, ProbeMethod::kArp);
  EXPECT_EQ(asked[0].interface, InterfaceIndex{2});
  EXPECT_EQ(asked[0].source, kServer);
  EXPECT_EQ(asked[0].client, mac(1));
  EXPECT_EQ(asked[0].timeout, seconds(1));
  answer(rack, false);
  const auto offer = rack.take();
  ASSERT_NE(offer, nullptr);
  EXPECT_EQ(offer->yiaddr(), ip(2));
  // And no second look at what it was offered, nor at what it has.
  EXPECT_NE(rack.ask(discover(1)), nullptr);
  EXPECT_EQ(rack.ask(selecting(1, ip(2)))->type(), MessageType::kAck);
  EXPECT_NE(rack.ask(discover(1)), nullptr);
  EXPECT_EQ(rack.engine.stats().probes, 1U);
}

TEST(DhcpProbe, ARetransmissionAsksForNoSecondLookAndIsAnsweredOnce) {
  Rack rack(probing_config());
  rack.deliver(discover(1));
  ClientMessage again = discover(1);
  again.header.xid = dhcp4::Xid{0xABCD};
  rack.deliver(again);
  EXPECT_EQ(probes(rack).size(), 1U);
  answer(rack, false);
  const auto offer = rack.take();
  ASSERT_NE(offer, nullptr);
  EXPECT_EQ(offer->message.header.xid, dhcp4::Xid{0xABCD});
}

TEST(DhcpProbe, AnAddressInUseIsAbandonedAndAnotherLookedAtAtOnce) {
  Rack rack(probing_config());
  rack.deliver(discover(1));
  answer(rack, true);
  EXPECT_EQ(rack.take(), nullptr);
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kAbandoned);
  const auto asked = probes(rack);
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].address, ip(3));
  bool told = false;
  for (const Event& event : rack.take_events())
    told = told || event.detail.view() == "Abandoning IP address 192.168.1.2: pinged before offer";
  EXPECT_TRUE(told);
  answer(rack, false);
  EXPECT_EQ(rack.take()->yiaddr(), ip(3));
  rack.commit();
  ASSERT_EQ(rack.rows.size(), 1U);
  EXPECT_EQ(rack.rows[0].state, LeaseState::kAbandoned);
  EXPECT_EQ(rack.engine.stats().probes_answered, 1U);
}

// Two relays of one network repeat each message, two networks may each have a machine with the same address.
TEST(DhcpProbe, OnlyAMessageOfTheSameLinkReplacesTheOneThatWaits) {
  Rack rack(probing_config());
  rack.deliver(discover(1));
  ASSERT_EQ(probes(rack).size(), 1U);
  ClientMessage elsewhere = discover(1);
  elsewhere.header.giaddr = kRelay;
  rack.deliver(elsewhere, {0, kServer, {kRelay, dhcp4::kServerPort}});
  EXPECT_EQ(probes(rack).size(), 1U);
  EXPECT_EQ(rack.drops(DhcpDrop::kOtherLink), 1U);
  answer(rack, false);
  auto offer = rack.take();
  ASSERT_NE(offer, nullptr);
  EXPECT_EQ(offer->yiaddr(), ip(2));
  EXPECT_TRUE(offer->message.header.giaddr.is_any());
  // And by the network's other relay (VRRP): the latest is answered, once.
  ClientMessage copy = discover(2);
  copy.header.giaddr = kRelay;
  rack.deliver(copy, {0, kServer, {kRelay, dhcp4::kServerPort}});
  constexpr net::Ipv4Address kOtherRelay{172, 16, 5, 2};
  copy.header.giaddr = kOtherRelay;
  rack.deliver(copy, {0, kServer, {kOtherRelay, dhcp4::kServerPort}});
  EXPECT_EQ(probes(rack).size(), 1U);
  answer(rack, false);
  offer = rack.take();
  ASSERT_NE(offer, nullptr);
  EXPECT_EQ(offer->message.header.giaddr, kOtherRelay);
}

// A router with proxy ARP answers for every address: one DISCOVER must not abandon the pool, nor go round in it.
TEST(DhcpProbe, AMessageMeetsFewConflictsAndThenItsMachineHasToAskAgain) {
  Rack rack(probing_config());
  rack.deliver(discover(1));
  unsigned looks = 0;
  for (; looks < 10 && !probes(rack).empty(); ++looks) answer(rack, true);
  EXPECT_EQ(looks, 3U);
  EXPECT_EQ(rack.drops(DhcpDrop::kInUse), 1U);
  EXPECT_EQ(rack.take(), nullptr);
  rack.commit();  // the abandoned addresses' rows
  rack.deliver(discover(1));
  ASSERT_EQ(probes(rack).size(), 1U);
  EXPECT_EQ(probes(rack)[0].address, ip(5)) << "its next try goes on from there";
  answer(rack, false);
  EXPECT_EQ(rack.take()->yiaddr(), ip(5));
}

TEST(DhcpProbe, WithThePoolAbandonedAMessageReclaimsNothingThatItFoundInUse) {
  Config config = probing_config();
  config.dhcp->subnets[0] = make_subnet("192.168.1.0/24", "192.168.1.50", "192.168.1.51");
  Rack rack(config);
  rack.deliver(discover(1));
  unsigned looks = 0;
  for (; looks < 10 && !probes(rack).empty(); ++looks) answer(rack, true);
  EXPECT_EQ(looks, 2U) << "each address once";
  EXPECT_EQ(rack.drops(DhcpDrop::kPoolExhausted), 1U);
  rack.commit();
  // The next try takes back the one that has rested longest, once; then another.
  for (const unsigned last : {50U, 51U}) {
    rack.pass(seconds(4));
    rack.deliver(discover(1));
    ASSERT_EQ(probes(rack).size(), 1U);
    EXPECT_EQ(probes(rack)[0].address, ip(last));
    answer(rack, true);
    EXPECT_TRUE(probes(rack).empty());
    rack.commit();
  }
  rack.pass(seconds(8));
  rack.deliver(discover(1));
  answer(rack, false);  // the squatter is gone
  EXPECT_EQ(rack.take()->yiaddr(), ip(50));
}

TEST(DhcpProbe, ReservationsAndAddressesJustLeasedAreNotLookedAt) {
  Config config = probing_config();
  HostConfig host;
  host.mac = mac(9);
  host.address = ip(200);
  config.dhcp->hosts = {host};
  config.dhcp->subnets[0].lease_seconds = {600, 600};
  Rack rack(config);
  EXPECT_EQ(rack.ask(discover(9))->yiaddr(), ip(200));
  rack.deliver(discover(1));
  answer(rack, false);
  EXPECT_EQ(rack.take()->yiaddr(), ip(2));
  EXPECT_EQ(rack.ask(selecting(1, ip(2)))->type(), MessageType::kAck);
  rack.pass(seconds(630));  // ended half a minute ago
  EXPECT_EQ(rack.ask(discover(1))->yiaddr(), ip(2));
  rack.pass(hours(1));
  rack.deliver(discover(1));
  EXPECT_EQ(probes(rack).size(), 1U) << "long enough for somebody else to have taken it";
}

TEST(DhcpProbe, ABootpClientIsGivenNothingBeforeTheLook) {
  Rack rack(probing_config());
  rack.deliver(ClientMessage(std::nullopt, 1));
  ClientMessage again(std::nullopt, 1);
  again.header.xid = dhcp4::Xid{0xABCD};
  rack.deliver(again);
  EXPECT_EQ(rack.take(), nullptr);
  ASSERT_EQ(probes(rack).size(), 1U);
  EXPECT_EQ(probes(rack)[0].address, ip(2));
  answer(rack, true);
  ASSERT_EQ(probes(rack).size(), 1U);
  EXPECT_EQ(probes(rack)[0].address, ip(3));
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kAbandoned);
  answer(rack, false);
  EXPECT_EQ(rack.take(), nullptr) << "it waits for the disk";
  rack.commit();
  const auto reply = rack.take();
  ASSERT_NE(reply, nullptr);
  EXPECT_EQ(reply->yiaddr(), ip(3));
  EXPECT_EQ(reply->message.header.xid, dhcp4::Xid{0xABCD});
  EXPECT_NE(rack.ask(ClientMessage(std::nullopt, 1)), nullptr) << "what it has is not looked at";
  EXPECT_EQ(rack.engine.stats().probes, 2U);
  std::size_t told = 0;
  for (const Event& event : rack.take_events()) told += event.kind == EventKind::kBootpRequest ? 1U : 0U;
  EXPECT_EQ(told, 3U) << "one line for each message";
}

TEST(DhcpProbe, AReservedBootpClientIsNotKeptWaiting) {
  Config config = probing_config();
  HostConfig host;
  host.mac = mac(9);
  host.address = ip(200);
  config.dhcp->hosts = {host};
  Rack rack(config);
  EXPECT_EQ(rack.ask(ClientMessage(std::nullopt, 9))->yiaddr(), ip(200));
  EXPECT_EQ(rack.engine.stats().probes, 0U);
}

TEST(DhcpProbe, BehindARelayAnEchoIsAsked) {
  Rack rack(probing_config());
  ClientMessage message = discover(1);
  message.header.giaddr = kRelay;
  rack.deliver(message, {0, kServer, {kRelay, dhcp4::kServerPort}});
  ASSERT_EQ(probes(rack).size(), 1U);
  EXPECT_EQ(probes(rack)[0].method, ProbeMethod::kIcmp);
  EXPECT_EQ(probes(rack)[0].interface, InterfaceIndex{});
  answer(rack, false);
  EXPECT_EQ(rack.take()->to.peer, (net::Endpoint{kRelay, dhcp4::kServerPort}));
}

TEST(DhcpProbe, ABusyProberDelaysNobody) {
  Rack rack(probing_config());
  rack.harness.router.full = true;
  rack.deliver(discover(1));
  EXPECT_EQ(rack.take()->yiaddr(), ip(2));
  EXPECT_EQ(rack.engine.stats().probes_not_queued, 1U);
}

TEST(DhcpProbe, OfTooManyTheOneThatWaitsLongestMakesRoom) {
  DhcpLimits limits;
  limits.probes_max = 2;
  Rack rack(probing_config(), limits);
  for (unsigned n = 1; n <= 3; ++n) {
    rack.deliver(discover(n));
    rack.pass(milliseconds(10));
  }
  EXPECT_EQ(rack.drops(DhcpDrop::kProbesFull), 1U);
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kFree) << "its offer is withdrawn";
  answer(rack, false);  // the one that made room
  EXPECT_EQ(rack.take(), nullptr);
  answer(rack, false);
  EXPECT_EQ(rack.take()->message.header.mac(), mac(2));
}

TEST(DhcpProbe, AProberThatDoesNotComeBackIsNotWaitedForForEver) {
  Rack rack(probing_config());
  rack.deliver(discover(1));
  rack.pass(seconds(6));
  EXPECT_EQ(rack.take()->yiaddr(), ip(2));
  answer(rack, true);  // far too late
  EXPECT_EQ(rack.take(), nullptr);
  EXPECT_EQ(rack.state(ip(2)), LeaseState::kOffered);
}

// The one machine in a second that is offered something while the store fails has to pass its look, too.
TEST(DhcpProbe, TheTrialOfAStoreThatFailsIsJudgedOnce) {
  Rack rack(probing_config());
  rack.deliver(selecting(1, ip(2)));
  rack.commit(false);
  ASSERT_EQ(rack.drops(DhcpDrop::kNotDurable), 1U);
  rack.deliver(discover(2));  // the trial
  ASSERT_EQ(probes(rack).size(), 1U);
  answer(rack, false);
  const auto offer = rack.take();
  ASSERT_NE(offer, nullptr);
  EXPECT_EQ(rack.ask(selecting(2, offer->yiaddr()))->type(), MessageType::kAck);
  rack.deliver(discover(3));  // within the same second: the store works again
  EXPECT_EQ(probes(rack).size(), 1U);
}

TEST(DhcpOverload, OfTooManyAcksTheOldestMakesRoom) {
  DhcpLimits limits;
  limits.held_replies_max = 2;
  Rack rack(rack_config(), limits);
  for (unsigned n = 1; n <= 3; ++n) {
    rack.deliver(selecting(n, ip(n + 1)));
    rack.pass(milliseconds(1));
  }
  EXPECT_EQ(rack.drops(DhcpDrop::kHeldFull), 1U);
  auto submitted = std::exchange(rack.harness.router.submitted, {});
  std::vector<net::Ipv4Address> answered;
  for (const Work& work : submitted) {
    rack.complete(LeaseCommitted{std::get<CommitLease>(work).ticket, true});
    if (const auto ack = rack.take()) answered.push_back(ack->yiaddr());
  }
  EXPECT_EQ(answered, (std::vector<net::Ipv4Address>{ip(3), ip(4)}));
}

TEST(DhcpWatch, SpanningTreeIsSuspectedOncePerMachine) {
  Rack rack;
  const auto heard = [&](unsigned machine, std::uint16_t secs, bool ipxe = false) {
    ClientMessage message = discover(machine);
    message.header.secs = secs;
    if (ipxe) message.with(OptionCode::kUserClass, "iPXE");
    (void)rack.take_events();
    (void)rack.ask(message);
    std::size_t count = 0;
    for (const Event& event : rack.take_events())
      if (event.detail.view().find("spanning tree suspected") != std::string_view::npos) ++count;
    return count;
  };
  EXPECT_EQ(heard(1, 20), 0U);
  EXPECT_EQ(heard(1, 28), 1U);
  EXPECT_EQ(heard(1, 36), 0U);
  EXPECT_EQ(heard(2, 28), 1U);
  EXPECT_EQ(heard(3, 12, true), 0U) << "iPXE's tries, not seconds: the third, 3 s after the first";
  EXPECT_EQ(heard(3, 16 + 2, true), 0U) << "the fourth, but it has an offer";
  EXPECT_EQ(heard(3, 16, true), 1U) << "the fourth, and nobody has heard it";
  EXPECT_EQ(heard(3, 20, true), 0U);
  EXPECT_EQ(heard(4, 0xBEEF), 0U) << "GRUB's clock";
  EXPECT_EQ(heard(5, 301), 0U) << "no switch holds a port back for so long";
  EXPECT_EQ(rack.engine.stats().late_starters, 3U);
}

TEST(DhcpWatch, AnotherServerIsReportedOnce) {
  Rack rack;
  for (unsigned n = 1; n <= 3; ++n) (void)rack.ask(selecting(n, ip(77), kElsewhere));
  EXPECT_EQ(rack.engine.stats().other_servers, 1U);
  EXPECT_EQ(rack.drops(DhcpDrop::kOtherServer), 3U);
  std::size_t told = 0;
  for (const Event& event : rack.take_events())
    if (event.detail.view() == "Another DHCP server is on this network: 192.168.1.7, chosen by 52:54:00:12:00:01")
      ++told;
  EXPECT_EQ(told, 1U);
}

}  // namespace
}  // namespace rackcast::engine::dhcp_test
