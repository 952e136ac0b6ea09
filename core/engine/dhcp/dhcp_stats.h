// The DHCP engine's counters, and the table that names them.
#pragma once

#include <array>
#include <cstdint>

#include "core/counter_row.h"
#include "core/engine/dhcp/drop_reason.h"

namespace rackcast::engine {

struct DhcpStats {
  std::uint64_t received = 0;
  std::uint64_t offers = 0;
  std::uint64_t acks = 0;
  std::uint64_t naks = 0;
  std::uint64_t inform_acks = 0;
  std::uint64_t bootp_replies = 0;
  std::uint64_t declines = 0;
  std::uint64_t releases = 0;
  std::uint64_t others_released = 0;      // leases that ended since their machine has one elsewhere
  std::uint64_t acks_unwritten = 0;       // answered from the durable row
  std::uint64_t acks_shortened = 0;       // with what is left of the durable row: the new one could not be written
  std::uint64_t held_duplicates = 0;      // retransmissions of a REQUEST whose ACK waits for the disk
  std::uint64_t rows_not_queued = 0;      // RELEASE or DECLINE that the store's queue had no room for
  std::uint64_t machines_not_queued = 0;  // PublishMachine likewise; published with the next ACK
  std::uint64_t leases_not_restored = 0;  // beyond LeaseLimits::leases_max
  std::uint64_t relay_ports_refused = 0;  // 82.19 not from giaddr, or from port 0: answered on port 67
  std::uint64_t delayed = 0;              // replies that waited for their class's delay
  std::uint64_t delays_full = 0;          // answered at once, as too many waited
  std::uint64_t proxy_offers = 0;
  std::uint64_t boot_server_acks = 0;
  std::uint64_t probes = 0;             // addresses looked at before they were offered or given
  std::uint64_t probes_answered = 0;    // by somebody who had them
  std::uint64_t probes_not_queued = 0;  // offered without a look
  std::uint64_t late_starters = 0;      // machines unheard for more than 20 s, or three tries of iPXE: spanning tree
  std::uint64_t other_servers = 0;      // different ones that clients named
  std::uint64_t auto_config_forbidden = 0;  // RFC 2563's OFFERs, which offer nothing
  std::uint64_t groups_not_joined = 0;      // discovery group, once per interface and reload
  std::uint64_t rules_overran = 0;          // evaluations that met a bound of core/policy
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
    CounterRow<DhcpStats>{"others_released", "leases ended by one-lease-per-client", &DhcpStats::others_released},
    CounterRow<DhcpStats>{"acks_unwritten", "ACKs answered from the durable row", &DhcpStats::acks_unwritten},
    CounterRow<DhcpStats>{"acks_shortened", "renewals answered with the rest of the lease on disk",
                          &DhcpStats::acks_shortened},
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
    CounterRow<DhcpStats>{"delayed", "replies that waited for their class's delay", &DhcpStats::delayed},
    CounterRow<DhcpStats>{"delays_full", "replies sent without their delay because too many waited",
                          &DhcpStats::delays_full},
    CounterRow<DhcpStats>{"proxy_offers", "offers made as a proxy, without an address", &DhcpStats::proxy_offers},
    CounterRow<DhcpStats>{"boot_server_acks", "boot server requests answered", &DhcpStats::boot_server_acks},
    CounterRow<DhcpStats>{"probes", "addresses probed before they were offered or given", &DhcpStats::probes},
    CounterRow<DhcpStats>{"probes_answered", "addresses that somebody used already", &DhcpStats::probes_answered},
    CounterRow<DhcpStats>{"probes_not_queued", "addresses offered unprobed because the prober was busy",
                          &DhcpStats::probes_not_queued},
    CounterRow<DhcpStats>{"late_starters", "machines unanswered for over 20 s, or 3 tries: spanning tree suspected",
                          &DhcpStats::late_starters},
    CounterRow<DhcpStats>{"other_servers", "different DHCP servers that clients chose instead of this one",
                          &DhcpStats::other_servers},
    CounterRow<DhcpStats>{"auto_config_forbidden", "clients without an address told to make up none (RFC 2563)",
                          &DhcpStats::auto_config_forbidden},
    CounterRow<DhcpStats>{"groups_not_joined", "times PXE's discovery group could not be joined on an interface",
                          &DhcpStats::groups_not_joined},
    CounterRow<DhcpStats>{"rules_overran", "messages whose rules met a bound", &DhcpStats::rules_overran},
};
static_assert(sizeof(DhcpStats) == (kDhcpRows.size() + kDhcpDropCount) * sizeof(std::uint64_t),
              "every counter has its row; those of drops are in kDhcpDrops");

}  // namespace rackcast::engine
