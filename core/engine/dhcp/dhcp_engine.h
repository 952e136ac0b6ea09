// The DHCP server: parse -> classify -> decide -> evaluate -> encode, over the lease table (RFC 2131, RFC 951/1534,
// PXE).
//
//   request.h        bytes -> Request            network.h       which subnet, which of our addresses, which host entry
//   client_policy.h  what the rules give         dhcp_choose.cc  which address
//   decisions        dhcp_engine.cc (DISCOVER, REQUEST, BOOTP), dhcp_messages.cc (DECLINE, RELEASE, INFORM),
//                    dhcp_boot_server.cc (proxyDHCP, port 4011), dhcp_watch.cc (conflicts, other servers)
//   dhcp_answer.cc   commit, hold, answer        reply_builder.h Reply -> bytes     reply_address.h  where it goes
//
// Promises. An OFFER holds the address for 120 s and does not wait for the disk. An ACK that promises something new
// waits, encoded, until its row is on disk (CommitLease -> LeaseCommitted); a retransmission writes no second row. A
// row that cannot be written means an ACK with what is left of the lease that is on disk, or none; while the store
// fails nothing new is offered, but for a trial a second (dhcp_store.cc). An ACK that changes nothing and has more than
// 75 % of its lease left (dhcp-cache-threshold) is answered at once, with the time that is left. The rules are
// evaluated once, when the message comes.
//
// Authority. mode = "authoritative": a REQUEST that is wrong is refused with a NAK, unless a rule says `not
// authoritative` and the network is at fault. Two silences remain: a machine we do not know that reboots on the right
// network (another server may know it), and a REQUEST that names another server. A REQUEST for an address of ours that
// is free and that nobody is known to have is granted when it answers an offer, or renews or rebinds: after the lease
// file was lost, that keeps running machines running. mode = "proxy": boot information for clients that boot, and no
// addresses; whose an address is, is heard from their REQUESTs to the server that gives them.
//
// Conflicts. With conflict_probe an address that is new to its machine is looked at before it is offered, or given to a
// BOOTP client, elsewhere (ProbeAddress -> AddressProbed), while the message is kept; one that somebody uses is
// abandoned and another is looked at, a few times for one message (kConflictsMax). Never for reservations.
//
// One machine, one address per link: the key is chaddr, or what machine_key says (see lease_table.h).
//
// Thread: one lane's, like every engine. Memory: all tables are laid out at construction; a configuration swap is the
// only allocation afterwards, off the data path. Datagrams while a swap is in the mailbox are answered by the old
// configuration. Existing leases, offers and held ACKs survive the swap.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/engine/dhcp/class_limits.h"
#include "core/engine/dhcp/delayed_replies.h"
#include "core/engine/dhcp/dhcp_stats.h"
#include "core/engine/dhcp/dialogues.h"
#include "core/engine/dhcp/network.h"
#include "core/engine/dhcp/reply_builder.h"
#include "core/engine/dhcp/seen_once.h"
#include "core/engine/dhcp/waiting.h"
#include "core/engine/engine.h"
#include "core/leases/lease_table.h"
#include "core/machines/machine_table.h"

namespace rackcast::engine {

struct DhcpLimits {
  LeaseLimits leases;
  std::size_t held_replies_max = 1'024;  // ACKs waiting for the disk; at 1 ms a commit that is a million ACKs a second
  Duration held_time_max = std::chrono::seconds(10);  // a client has asked again twice by then
  std::size_t machines_max = 16'384;                  // last published record of each; the oldest makes room
  std::size_t delayed_max = 1'024;                    // replies waiting for their class's delay
  std::size_t billed_max = 65'536;                    // leases of classes with a limit
  std::size_t dialogues_max = 16'384;                 // DISCOVERs of firmware whose REQUEST is to follow
  std::size_t probes_max = 1'024;                     // DISCOVERs and BOOTREQUESTs waiting for a look at an address
};

struct DhcpSetup {
  std::shared_ptr<const Config> config;
  std::vector<DhcpInterface> interfaces;
  std::uint64_t seed = 0;    // random
  bool frame_to_mac = true;  // IoCapabilities::frame_to_mac
  DhcpLimits limits;
};

class DhcpEngine final : public Engine {
 public:
  DhcpEngine(DhcpSetup setup, const Now& now);

  // Before anything else: each lease that the store knows, in any order, then settle() once. Those that have run out by
  // `now` are history.
  void restore(const Now& now, const Lease& lease);
  void settle(const Now& now);

  void on_datagram(const Now& now, const ReceivedDatagram& datagram, Sink& sink) override;
  void on_completion(const Now& now, Completion& completion, Sink& sink) override;
  void on_deadline(const Now& now, Sink& sink) override;
  [[nodiscard]] MonotonicTime next_deadline() const override { return next_deadline_; }
  [[nodiscard]] std::size_t in_flight() const override { return held_.size() + delayed_.size(); }

  [[nodiscard]] const DhcpStats& stats() const { return stats_; }
  [[nodiscard]] const QuirkCounts& quirks() const { return quirks_; }
  [[nodiscard]] const LeaseTable& leases() const { return leases_; }
  [[nodiscard]] const Network& network() const { return network_; }

 private:
  // The message in hand.
  struct Exchange {
    const Now& now;
    const ReceivedDatagram& datagram;
    const Request& request;
    const DhcpInterface& interface;
    Sink& sink;
    Link link;
    std::span<const HostIndex::Entry> hosts;  // the sender's
    LeaseClient client;
    ClientFacts facts;
    std::optional<net::Ipv4Address> probed;  // the message waited; for this address, which is nobody's
    unsigned conflicts = 0;                  // addresses that it was to be offered and that somebody uses
    ClassLimits::Account billed = 0;         // what the lease counts for; 0: nothing
    bool alone = false;                      // the machine's leases on other networks end (one-lease-per-client)
  };
  // An address that may be given, and where it is.
  struct Choice {
    OfferFailure failure = OfferFailure::kPoolEmpty;
    net::Ipv4Address address;
    std::size_t subnet = 0;
    bool reserved = false;
    bool kept_out = false;  // kPoolEmpty: there are pools, and their permits keep the client out of each
  };
  enum class Verdict : std::uint8_t { kGrant, kWrongNetwork, kIncorrect, kUnavailable, kUnknown };

  // dhcp_engine.cc
  // `probed`, `conflicts`: see Exchange; any(): it waited, for an address that is somebody's.
  void receive(const Now& now, const ReceivedDatagram& datagram, Sink& sink, std::optional<net::Ipv4Address> probed,
               unsigned conflicts);
  void dispatch(Exchange& exchange);
  void on_discover(Exchange& exchange);
  void on_request(Exchange& exchange);
  void on_bootp(Exchange& exchange);
  void fail_offer(Exchange& exchange, EventKind kind, const Choice& choice);
  void on_committed(const Now& now, const LeaseCommitted& committed, Sink& sink);
  void swap_config(const Now& now, const ConfigSwapped& swapped, Sink& sink);
  void set_deadline(const Now& now);

  // dhcp_choose.cc
  [[nodiscard]] LeaseClient client_of(const Request& request) const;
  void take_stashed_relay(Request& request, const MachineKey& key) const;
  // The client's host entry for the subnet, which counts as one of its keys from now on. Null: it has none.
  const HostConfig* take_host(Exchange& exchange, const net::Ipv4Prefix& subnet) const;
  void forget_client_identifier(Exchange& exchange);
  [[nodiscard]] Choice choose_address(Exchange& exchange, bool bootp);
  [[nodiscard]] Verdict judge(Exchange& exchange, net::Ipv4Address address, std::size_t& subnet) const;
  // Every class of the client's that limits its leases has as many: reported and counted. Else the first with room is
  // billed for the address.
  [[nodiscard]] bool is_over_limit(Exchange& exchange, EventKind kind, net::Ipv4Address address);
  [[nodiscard]] bool may_use_pool(const Exchange& exchange, std::uint32_t pool, bool bootp) const;
  [[nodiscard]] bool is_kept_out(const Exchange& exchange, bool bootp) const;

  // dhcp_messages.cc
  void on_decline(Exchange& exchange);
  void on_release(Exchange& exchange);
  void on_inform(Exchange& exchange);
  void write_unwatched(Sink& sink, const Lease& lease);
  void release_others(const Now& now, const MachineKey& key, net::Ipv4Address kept, Sink& sink);
  void drop(DhcpDrop reason) { ++stats_.drops[static_cast<std::size_t>(reason)]; }
  [[nodiscard]] Event event_of(const Exchange& exchange, EventKind kind, net::Ipv4Address address) const;
  void report(Exchange& exchange, EventKind kind, net::Ipv4Address address, std::string_view detail = {});
  void warn(const Now& now, net::Ipv4Address address, std::string_view sentence, Sink& sink);
  void publish(const Machine& machine, Sink& sink);

  // dhcp_evaluate.cc: the rules, once per message; what they gave is in outcome_
  void evaluate(Exchange& exchange, std::optional<std::size_t> subnet, net::Ipv4Address address);
  // A rule that keeps the client from being served at all: reported as the tail of `kind`'s line, and counted.
  [[nodiscard]] bool is_denied(Exchange& exchange, EventKind kind, net::Ipv4Address address);
  // Option 54 is one of our addresses, or what a rule says that it is to be.
  [[nodiscard]] bool is_named(Exchange& exchange);
  [[nodiscard]] bool flag(Parameter parameter, bool unsaid) const;
  [[nodiscard]] std::uint32_t lease_seconds(const Request& request) const;
  [[nodiscard]] std::optional<Duration> abandon_time() const;
  [[nodiscard]] Reply make_reply(const Exchange& exchange, std::optional<std::size_t> subnet, net::Ipv4Address address);

  // dhcp_boot_server.cc
  void on_proxy_discover(Exchange& exchange);
  void on_proxy_request(Exchange& exchange);
  void on_boot_server(Exchange& exchange);
  void add_pxe(const Exchange& exchange, Reply& reply) const;
  // The discovery group of [dhcp.pxe], where it is not listened to yet.
  [[nodiscard]] std::optional<net::Ipv4Address> group_to_join() const;
  void join_group(const Now& now, Sink& sink);

  // dhcp_watch.cc
  // Precondition: the client is on a link of ours.
  [[nodiscard]] std::uint32_t link_of(const Exchange& exchange) const {
    return network_.link_number(exchange.link.subnets().front());
  }
  // The message is one more of a machine that waits for a look at its address.
  [[nodiscard]] bool joins_probe(Exchange& exchange, EventKind kind);
  // The machine's record before an address is chosen; nullopt also where no address is looked at.
  [[nodiscard]] std::optional<Lease> record_before(const Exchange& exchange) const;
  [[nodiscard]] bool wants_probe(const Exchange& exchange, const Choice& chosen,
                                 const std::optional<Lease>& before) const;
  [[nodiscard]] bool probe(Exchange& exchange, net::Ipv4Address address);
  void on_probed(const Now& now, const AddressProbed& probed, Sink& sink);
  void watch_for_spanning_tree(Exchange& exchange);
  void watch_for_servers(Exchange& exchange);

  // dhcp_answer.cc
  void grant(Exchange& exchange, net::Ipv4Address address, std::size_t subnet);
  void commit(Exchange& exchange, const Lease& lease);
  void refuse(Exchange& exchange, std::string_view message);
  void forbid_auto_config(Exchange& exchange);
  // The reply as it will leave, in ready_. False: it cannot be written.
  [[nodiscard]] bool prepare(const Exchange& exchange, const Reply& reply, EventKind kind, net::Ipv4Address address,
                             std::uint64_t DhcpStats::*counter);
  void answer(Exchange& exchange);  // ready_, now or after its delay
  void leave(const Now& now, const ReadyReply& reply, MonotonicTime asked, Sink& sink);
  void transmit(const Now& now, const ReadyReply& reply, Sink& sink);

  // dhcp_store.cc
  [[nodiscard]] bool answer_as_it_stands(const Now& now, HeldReply& held, Sink& sink);
  [[nodiscard]] bool may_promise(const Exchange& exchange);

  static constexpr std::size_t kLateSets = 1'024;  // machines, by four
  static constexpr std::size_t kServerSets = 16;

  DhcpLimits limits_;
  std::uint64_t seed_;
  bool frame_to_mac_;
  Network network_;
  LeaseTable leases_;
  HeldReplies held_;
  DelayedReplies delayed_;
  HeldDiscovers probing_;
  std::optional<ClassLimits> class_limits_;  // where some class has one
  SeenOnce<kLateSets> late_;
  SeenOnce<kServerSets> servers_;
  MachineTable published_;
  Dialogues dialogues_;
  // Of the message in hand; here because they are large.
  Outcome outcome_;
  Membership membership_;
  ParsedMessage parsed_;
  ReadyReply ready_;
  std::optional<net::Ipv4Address> joined_;  // or refused, until the next reload
  BootVia boot_via_ = BootVia::kNothing;    // of [dhcp.boot]'s file, where no rule names another
  bool stopping_ = false;
  bool store_failing_ = false;  // as of its last answer, or of what it told by itself
  MonotonicTime next_trial_{};  // of a new lease, while it fails
  MonotonicTime next_deadline_ = kNever;
  DhcpStats stats_;
  QuirkCounts quirks_;
};

}  // namespace rackcast::engine
