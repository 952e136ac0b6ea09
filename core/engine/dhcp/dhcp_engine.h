// The DHCP server: parse -> classify -> decide -> encode, over the lease table (RFC 2131, RFC 951/1534, PXE).
//
//   request.h        bytes -> Request            network.h       which subnet, which of our addresses, which host entry
//   decisions        dhcp_engine.cc (DISCOVER, REQUEST, BOOTP), dhcp_messages.cc (DECLINE, RELEASE, INFORM)
//   dhcp_answer.cc   commit, hold, answer        reply_builder.h Reply -> bytes     reply_address.h  where it goes
//
// Promises. An OFFER holds the address for 120 s and does not wait for the disk. An ACK that promises something new
// waits until its row is on disk (CommitLease -> LeaseCommitted), its request kept in HeldReplies meanwhile; a
// retransmission writes no second row. A row that cannot be written means no ACK: the client asks again. An ACK that
// changes nothing and has more than 75 % of its lease left is answered at once, with the time that is left.
//
// Authority. mode = "authoritative": a REQUEST that is wrong is refused with a NAK. Two silences remain: a machine we
// do not know that reboots on the right network (another server may know it), and a REQUEST that names another server.
// A REQUEST for an address of ours that is free and that nobody is known to have is granted when it answers an offer,
// or renews or rebinds: after the lease file was lost, that keeps running machines running.
//
// One machine, one address per link: the key is [dhcp] machine_key's (see lease_table.h).
//
// Thread: one lane's, like every engine. Memory: all tables are laid out at construction; a configuration swap hands
// the lease table its new layout. Datagrams while a swap is in the mailbox are answered by the old configuration.
// Existing leases, offers and held ACKs survive the swap.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "core/counter_row.h"
#include "core/engine/dhcp/drop_reason.h"
#include "core/engine/dhcp/held_replies.h"
#include "core/engine/dhcp/network.h"
#include "core/engine/dhcp/reply_builder.h"
#include "core/engine/engine.h"
#include "core/leases/lease_table.h"
#include "core/machines/machine_table.h"

namespace rackcast::engine {

struct DhcpLimits {
  LeaseLimits leases;
  std::size_t held_replies_max = 1'024;  // ACKs waiting for the disk; at 1 ms a commit that is a million ACKs a second
  Duration held_time_max = std::chrono::seconds(10);  // a client has asked again twice by then
  std::size_t machines_max = 16'384;                  // last published record of each; the oldest makes room
};

struct DhcpSetup {
  std::shared_ptr<const Config> config;
  std::vector<DhcpInterface> interfaces;
  std::vector<Lease> leases;  // what the store knows
  std::uint64_t seed = 0;     // random
  bool frame_to_mac = true;   // IoCapabilities::frame_to_mac
  DhcpLimits limits;
};

struct DhcpStats {
  std::uint64_t received = 0;
  std::uint64_t offers = 0;
  std::uint64_t acks = 0;
  std::uint64_t naks = 0;
  std::uint64_t inform_acks = 0;
  std::uint64_t bootp_replies = 0;
  std::uint64_t declines = 0;
  std::uint64_t releases = 0;
  std::uint64_t acks_unwritten = 0;       // answered from the durable row
  std::uint64_t held_duplicates = 0;      // retransmissions of a REQUEST whose ACK waits for the disk
  std::uint64_t rows_not_queued = 0;      // RELEASE or DECLINE that the store's queue had no room for
  std::uint64_t machines_not_queued = 0;  // PublishMachine likewise; published with the next ACK
  std::uint64_t leases_not_restored = 0;  // beyond LeaseLimits::leases_max
  std::uint64_t relay_ports_refused = 0;  // 82.19 not from giaddr, or from port 0: answered on port 67
  std::array<std::uint64_t, kDhcpDropCount> drops{};

  [[nodiscard]] std::uint64_t drop(DhcpDrop reason) const { return drops[static_cast<std::size_t>(reason)]; }
};

inline constexpr std::array kDhcpRows{
    CounterRow<DhcpStats>{"received", "messages received", &DhcpStats::received},
    CounterRow<DhcpStats>{"offers", "OFFERs sent", &DhcpStats::offers},
    CounterRow<DhcpStats>{"acks", "ACKs sent", &DhcpStats::acks},
    CounterRow<DhcpStats>{"naks", "NAKs sent", &DhcpStats::naks},
    CounterRow<DhcpStats>{"inform_acks", "INFORMs answered", &DhcpStats::inform_acks},
    CounterRow<DhcpStats>{"bootp_replies", "BOOTP replies sent", &DhcpStats::bootp_replies},
    CounterRow<DhcpStats>{"declines", "DECLINEs heard", &DhcpStats::declines},
    CounterRow<DhcpStats>{"releases", "RELEASEs heard", &DhcpStats::releases},
    CounterRow<DhcpStats>{"acks_unwritten", "ACKs answered from the durable row", &DhcpStats::acks_unwritten},
    CounterRow<DhcpStats>{"held_duplicates", "requests repeated while their ACK waited for the disk",
                          &DhcpStats::held_duplicates},
    CounterRow<DhcpStats>{"rows_not_queued", "RELEASEs and DECLINEs that found the lease store's queue full",
                          &DhcpStats::rows_not_queued},
    CounterRow<DhcpStats>{"machines_not_queued",
                          "machine records that could not be passed on; they are with the next ACK",
                          &DhcpStats::machines_not_queued},
    CounterRow<DhcpStats>{"leases_not_restored", "known leases that found no room in the lease table",
                          &DhcpStats::leases_not_restored},
    CounterRow<DhcpStats>{"relay_ports_refused",
                          "relayed requests answered on port 67 though they asked for their own port",
                          &DhcpStats::relay_ports_refused},
};
static_assert(sizeof(DhcpStats) == (kDhcpRows.size() + kDhcpDropCount) * sizeof(std::uint64_t),
              "every counter has its row; those of drops are in kDhcpDrops");

class DhcpEngine final : public Engine {
 public:
  // `now`: leases that have run out by then are history.
  DhcpEngine(DhcpSetup setup, const Now& now);

  void on_datagram(const Now& now, const ReceivedDatagram& datagram, Sink& sink) override;
  void on_completion(const Now& now, Completion& completion, Sink& sink) override;
  void on_deadline(const Now& now, Sink& sink) override;
  [[nodiscard]] MonotonicTime next_deadline() const override { return next_deadline_; }
  [[nodiscard]] std::size_t in_flight() const override { return held_.size(); }

  [[nodiscard]] const DhcpStats& stats() const { return stats_; }
  [[nodiscard]] const QuirkCounts& quirks() const { return quirks_; }
  [[nodiscard]] const LeaseTable& leases() const { return leases_; }
  [[nodiscard]] const Network& network() const { return network_; }

 private:
  // The message in hand.
  struct Exchange {
    const Now& now;
    const Request& request;
    const DhcpInterface& interface;
    Sink& sink;
    Link link;
    LeaseClient client;
  };
  enum class Verdict : std::uint8_t { kGrant, kWrongNetwork, kIncorrect, kUnavailable, kUnknown };

  void dispatch(Exchange& exchange);

  // dhcp_engine.cc
  void on_discover(Exchange& exchange);
  void on_request(Exchange& exchange);
  void on_bootp(Exchange& exchange);
  [[nodiscard]] OfferResult choose_address(Exchange& exchange, bool bootp, std::size_t& subnet);
  [[nodiscard]] Verdict judge(const Exchange& exchange, net::Ipv4Address address, std::size_t& subnet) const;

  // dhcp_messages.cc
  void on_decline(Exchange& exchange);
  void on_release(Exchange& exchange);
  void on_inform(Exchange& exchange);
  void write_unwatched(Exchange& exchange, const Lease& lease);
  void drop(DhcpDrop reason) { ++stats_.drops[static_cast<std::size_t>(reason)]; }
  [[nodiscard]] Event event_of(const Exchange& exchange, EventKind kind, net::Ipv4Address address) const;
  void report(Exchange& exchange, EventKind kind, net::Ipv4Address address, std::string_view detail = {});
  void publish(Exchange& exchange, net::Ipv4Address address, const Reply& reply);

  // dhcp_answer.cc
  void grant(Exchange& exchange, net::Ipv4Address address, std::size_t subnet);
  void commit(Exchange& exchange, const Lease& lease);
  void on_committed(const Now& now, const LeaseCommitted& committed, Sink& sink);
  void acknowledge(Exchange& exchange, const Lease& lease, std::size_t subnet, std::optional<std::uint32_t> seconds);
  void refuse(Exchange& exchange, std::string_view message);
  [[nodiscard]] Reply make_reply(const Exchange& exchange, std::size_t subnet, net::Ipv4Address address) const;
  [[nodiscard]] bool send(Exchange& exchange, const Reply& reply);
  [[nodiscard]] std::uint32_t lease_seconds(const Request& request, const SubnetConfig& subnet) const;

  void swap_config(const Now& now, const ConfigSwapped& swapped);
  void set_deadline(const Now& now);

  DhcpLimits limits_;
  std::uint64_t seed_;
  bool frame_to_mac_;
  Network network_;
  LeaseTable leases_;
  HeldReplies held_;
  MachineTable published_;
  bool stopping_ = false;
  MonotonicTime next_deadline_ = kNever;
  DhcpStats stats_;
  QuirkCounts quirks_;
};

}  // namespace rackcast::engine
