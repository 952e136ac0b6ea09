// Counters of one stream thread: written by that thread alone, read by any (relaxed: sums for people, no ordering).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace rackcast::io {

class StreamCounter {
 public:
  void add(std::uint64_t count = 1) { value_.store(value_.load(kOrder) + count, kOrder); }
  void subtract(std::uint64_t count = 1) { value_.store(value_.load(kOrder) - count, kOrder); }
  [[nodiscard]] std::uint64_t get() const { return value_.load(kOrder); }

 private:
  static constexpr std::memory_order kOrder = std::memory_order_relaxed;
  std::atomic<std::uint64_t> value_{0};
};

template <typename Cell>
struct StreamCounterSet {
  Cell connections_accepted{};
  Cell connections_open{};
  Cell connections_refused{};
  Cell accept_failed{};
  Cell http_requests{};
  Cell http_bad_requests{};
  Cell ftp_sessions{};
  Cell ftp_commands{};
  Cell ftp_bounces_refused{};
  Cell ftp_wrong_peers{};
  Cell ftp_ports_exhausted{};
  Cell not_found{};
  Cell transfers_started{};
  Cell transfers_done{};
  Cell transfers_failed{};
  Cell files_changed{};
  Cell read_failed{};
  Cell timeouts{};
  Cell bytes_sent{};
  Cell images_served{};
  Cell cold_reads{};
  Cell listings{};
  Cell listings_cut{};
  Cell refused_address{};
  Cell refused_time{};
  Cell refused_instances{};
  Cell refused_per_source{};
  Cell refused_connection_rate{};
  Cell refused_sources_full{};
  Cell delayed_instances{};
  Cell delayed_per_source{};
  Cell delayed_connection_rate{};
  Cell waits_given_up{};
  Cell deactivations{};
};
using StreamCounters = StreamCounterSet<StreamCounter>;  // live, one per thread
using StreamTotals = StreamCounterSet<std::uint64_t>;    // a copy or a sum

// The table a metrics page, a log line and the sum walk.
struct StreamCounterRow {
  std::string_view name;
  std::string_view help;
  std::uint64_t StreamTotals::*total;
  StreamCounter StreamCounters::*counter;
};
inline constexpr std::array kStreamCounterRows{
    StreamCounterRow{"connections_accepted", "connections accepted", &StreamTotals::connections_accepted,
                     &StreamCounters::connections_accepted},
    StreamCounterRow{"connections_open", "connections open now", &StreamTotals::connections_open,
                     &StreamCounters::connections_open},
    StreamCounterRow{"connections_refused", "connections over the limit, told to come back",
                     &StreamTotals::connections_refused, &StreamCounters::connections_refused},
    StreamCounterRow{"accept_failed", "accepts that failed: no descriptors left, no memory",
                     &StreamTotals::accept_failed, &StreamCounters::accept_failed},
    StreamCounterRow{"http_requests", "HTTP requests answered", &StreamTotals::http_requests,
                     &StreamCounters::http_requests},
    StreamCounterRow{"http_bad_requests", "HTTP request heads that could not be read or were refused",
                     &StreamTotals::http_bad_requests, &StreamCounters::http_bad_requests},
    StreamCounterRow{"ftp_sessions", "FTP control connections begun", &StreamTotals::ftp_sessions,
                     &StreamCounters::ftp_sessions},
    StreamCounterRow{"ftp_commands", "FTP commands answered", &StreamTotals::ftp_commands,
                     &StreamCounters::ftp_commands},
    StreamCounterRow{"ftp_bounces_refused", "FTP PORT or EPRT to another address or a privileged port",
                     &StreamTotals::ftp_bounces_refused, &StreamCounters::ftp_bounces_refused},
    StreamCounterRow{"ftp_wrong_peers", "FTP data connections from another address than the control connection's",
                     &StreamTotals::ftp_wrong_peers, &StreamCounters::ftp_wrong_peers},
    StreamCounterRow{"ftp_ports_exhausted", "FTP passive requests without a free port",
                     &StreamTotals::ftp_ports_exhausted, &StreamCounters::ftp_ports_exhausted},
    StreamCounterRow{"not_found", "paths that do not exist or leave the root", &StreamTotals::not_found,
                     &StreamCounters::not_found},
    StreamCounterRow{"transfers_started", "file transfers started", &StreamTotals::transfers_started,
                     &StreamCounters::transfers_started},
    StreamCounterRow{"transfers_done", "file transfers completed", &StreamTotals::transfers_done,
                     &StreamCounters::transfers_done},
    StreamCounterRow{"transfers_failed", "file transfers cut, for any reason", &StreamTotals::transfers_failed,
                     &StreamCounters::transfers_failed},
    StreamCounterRow{"files_changed", "transfers cut because the file was rewritten in place or truncated",
                     &StreamTotals::files_changed, &StreamCounters::files_changed},
    StreamCounterRow{"read_failed", "transfers cut because the file could not be read", &StreamTotals::read_failed,
                     &StreamCounters::read_failed},
    StreamCounterRow{"timeouts", "connections ended by a time-out", &StreamTotals::timeouts, &StreamCounters::timeouts},
    StreamCounterRow{"bytes_sent", "bytes of file content sent", &StreamTotals::bytes_sent,
                     &StreamCounters::bytes_sent},
    StreamCounterRow{"images_served", "transfers sent from the image store", &StreamTotals::images_served,
                     &StreamCounters::images_served},
    StreamCounterRow{"cold_reads", "turns whose pages had to be read from disk first", &StreamTotals::cold_reads,
                     &StreamCounters::cold_reads},
    StreamCounterRow{"listings", "directories listed", &StreamTotals::listings, &StreamCounters::listings},
    StreamCounterRow{"listings_cut", "directories with more names than a listing holds", &StreamTotals::listings_cut,
                     &StreamCounters::listings_cut},
    StreamCounterRow{"refused_address", "connections refused because of only_from or no_access",
                     &StreamTotals::refused_address, &StreamCounters::refused_address},
    StreamCounterRow{"refused_time", "connections refused because of access_times", &StreamTotals::refused_time,
                     &StreamCounters::refused_time},
    StreamCounterRow{"refused_instances", "transfers refused because of instances", &StreamTotals::refused_instances,
                     &StreamCounters::refused_instances},
    StreamCounterRow{"refused_per_source", "transfers refused because of per_source", &StreamTotals::refused_per_source,
                     &StreamCounters::refused_per_source},
    StreamCounterRow{"refused_connection_rate", "transfers refused because of cps",
                     &StreamTotals::refused_connection_rate, &StreamCounters::refused_connection_rate},
    StreamCounterRow{"refused_sources_full", "transfers refused because the table of sources was full",
                     &StreamTotals::refused_sources_full, &StreamCounters::refused_sources_full},
    StreamCounterRow{"delayed_instances", "transfers held because of instances", &StreamTotals::delayed_instances,
                     &StreamCounters::delayed_instances},
    StreamCounterRow{"delayed_per_source", "transfers held because of per_source", &StreamTotals::delayed_per_source,
                     &StreamCounters::delayed_per_source},
    StreamCounterRow{"delayed_connection_rate", "transfers held because of cps", &StreamTotals::delayed_connection_rate,
                     &StreamCounters::delayed_connection_rate},
    StreamCounterRow{"waits_given_up", "held transfers that were told to come back", &StreamTotals::waits_given_up,
                     &StreamCounters::waits_given_up},
    StreamCounterRow{"deactivations", "times a service was switched off because of cps", &StreamTotals::deactivations,
                     &StreamCounters::deactivations},
};
static_assert(sizeof(StreamTotals) == kStreamCounterRows.size() * sizeof(std::uint64_t), "every counter has its row");

inline void add_counters(StreamTotals& totals, const StreamCounters& counters) {
  for (const StreamCounterRow& row : kStreamCounterRows) totals.*row.total += (counters.*row.counter).get();
}

}  // namespace rackcast::io
