#include "tools/rackcastd/measures.h"

#include <array>
#include <string>
#include <string_view>

namespace rackcast {

namespace {

// One row per counter of a plain struct.
template <typename Struct>
struct Row {
  std::string_view name;
  std::string_view help;
  std::uint64_t Struct::*value;
  bool counter = true;
};

constexpr std::array kLaneRows = {
    Row<LaneCounters>{"lane_turns_total", "loop turns", &LaneCounters::turns},
    Row<LaneCounters>{"lane_unrouted_total", "datagrams on sockets no engine owns", &LaneCounters::unrouted},
    Row<LaneCounters>{"lane_datagrams_total", "datagrams given to an engine", &LaneCounters::datagrams},
    Row<LaneCounters>{"lane_wrong_interface_total", "datagrams from interfaces that are not served",
                      &LaneCounters::wrong_interface},
    Row<LaneCounters>{"lane_completions_total", "answers taken from the mailbox", &LaneCounters::completions},
    Row<LaneCounters>{"lane_images_dropped_total", "image references dropped on the lane: the store's queue was full",
                      &LaneCounters::images_dropped},
    Row<LaneCounters>{"lane_pins_full_total", "images that found no room in the pin table", &LaneCounters::pins_full},
    Row<LaneCounters>{"lane_images_pinned", "images and pieces that transfers read from", &LaneCounters::images_pinned,
                      false},
    Row<LaneCounters>{"lane_in_flight", "transfers running and replies waiting", &LaneCounters::in_flight, false},
};

constexpr std::array kIoRows = {
    Row<IoStats>{"io_datagrams_received_total", "datagrams received", &IoStats::datagrams_received},
    Row<IoStats>{"io_bytes_received_total", "payload bytes received", &IoStats::bytes_received},
    Row<IoStats>{"io_truncated_total", "datagrams longer than a receive buffer", &IoStats::truncated},
    Row<IoStats>{"io_receive_overflow_total", "datagrams the kernel dropped: receive buffer full",
                 &IoStats::receive_overflow},
    Row<IoStats>{"io_receive_ring_empty_total", "receive buffers ran out and the ring was re-armed",
                 &IoStats::receive_ring_empty},
    Row<IoStats>{"io_datagrams_sent_total", "datagrams sent", &IoStats::datagrams_sent},
    Row<IoStats>{"io_bytes_sent_total", "payload bytes sent", &IoStats::bytes_sent},
    Row<IoStats>{"io_bursts_offloaded_total", "bursts sent by segmentation offload", &IoStats::bursts_offloaded},
    Row<IoStats>{"io_offload_refused_total", "bursts that had to go one by one", &IoStats::offload_refused},
    Row<IoStats>{"io_send_blocked_total", "sends that waited for buffer space", &IoStats::send_blocked},
    Row<IoStats>{"io_send_unreachable_total", "datagrams without a way to the peer", &IoStats::send_unreachable},
    Row<IoStats>{"io_send_failed_total", "datagrams the kernel refused", &IoStats::send_failed},
    Row<IoStats>{"io_frames_sent_total", "frames to a MAC", &IoStats::frames_sent},
    Row<IoStats>{"io_slots_exhausted_total", "times no transmit slot was free", &IoStats::slots_exhausted},
    Row<IoStats>{"io_wakes_total", "times another thread woke the lane", &IoStats::wakes},
};

constexpr std::array kImageRows = {
    Row<ImageStoreStats>{"images", "images held", &ImageStoreStats::images, false},
    Row<ImageStoreStats>{"images_bytes", "bytes mapped by images", &ImageStoreStats::live_bytes, false},
    Row<ImageStoreStats>{"images_loads_total", "copies made from disk", &ImageStoreStats::loads},
    Row<ImageStoreStats>{"images_not_found_total", "paths without a file", &ImageStoreStats::not_found},
    Row<ImageStoreStats>{"images_links_out_total", "links that leave the root, refused", &ImageStoreStats::links_out},
    Row<ImageStoreStats>{"images_copies_retried_total", "files that changed while they were copied",
                         &ImageStoreStats::copies_retried},
    Row<ImageStoreStats>{"images_out_of_memory_total", "copies that found no memory", &ImageStoreStats::out_of_memory},
    Row<ImageStoreStats>{"images_evicted_total", "images dropped for the budget", &ImageStoreStats::evicted},
    Row<ImageStoreStats>{"images_superseded_total", "generations replaced by a newer one",
                         &ImageStoreStats::superseded},
    Row<ImageStoreStats>{"images_hits_total", "requests answered from what is held", &ImageStoreStats::hits},
    Row<ImageStoreStats>{"images_coalesced_total", "requests that joined a load under way",
                         &ImageStoreStats::coalesced},
    Row<ImageStoreStats>{"images_unreadable_total", "files the daemon may not read", &ImageStoreStats::unreadable},
    Row<ImageStoreStats>{"images_not_regular_total", "folders and devices asked for", &ImageStoreStats::not_regular},
    Row<ImageStoreStats>{"images_copies_given_up_total", "files that changed at every try to copy them",
                         &ImageStoreStats::copies_given_up},
    Row<ImageStoreStats>{"images_read_failed_total", "files the disk could not give", &ImageStoreStats::read_failed},
    Row<ImageStoreStats>{"images_above_budget_total", "files served in pieces", &ImageStoreStats::above_budget},
    Row<ImageStoreStats>{"images_pieces_total", "pieces read", &ImageStoreStats::pieces},
    Row<ImageStoreStats>{"images_pieces_shared_total", "pieces answered by one that lives",
                         &ImageStoreStats::pieces_shared},
    Row<ImageStoreStats>{"images_pieces_refused_total", "pieces beyond the limit", &ImageStoreStats::pieces_refused},
    Row<ImageStoreStats>{"images_waiters_refused_total", "requests beyond those that may wait for loads",
                         &ImageStoreStats::waiters_refused},
    Row<ImageStoreStats>{"images_submits_refused_total", "requests that found a queue full",
                         &ImageStoreStats::submits_refused},
    Row<ImageStoreStats>{"images_spellings_refused_total",
                         "... that of names asked for in any case: somebody asks for many that are not there",
                         &ImageStoreStats::spellings_refused},
    Row<ImageStoreStats>{"images_answers_lost_total", "answers that found a mailbox full",
                         &ImageStoreStats::answers_lost},
    Row<ImageStoreStats>{"images_roots_changed_total", "directories that took the place of the TFTP root",
                         &ImageStoreStats::roots_changed},
    Row<ImageStoreStats>{"images_roots_missing_total", "looks that found no directory at the TFTP root's path",
                         &ImageStoreStats::roots_missing},
    Row<ImageStoreStats>{"images_spelling_entries_total", "folder entries looked at for names asked for in any case",
                         &ImageStoreStats::spelling_entries},
    Row<ImageStoreStats>{"images_spellings_cut_total",
                         "names asked for in any case whose folders hold more entries than are looked at: asked in the "
                         "right case they are found",
                         &ImageStoreStats::spellings_cut},
    Row<ImageStoreStats>{"images_pieces_changed_total", "large files that changed under a transfer",
                         &ImageStoreStats::pieces_changed},
};

static_assert(sizeof(LaneCounters) == kLaneRows.size() * sizeof(std::uint64_t), "every counter has its row");
static_assert(sizeof(IoStats) == kIoRows.size() * sizeof(std::uint64_t), "every counter has its row");
static_assert(sizeof(ImageStoreStats) == kImageRows.size() * sizeof(std::uint64_t) + sizeof(ChangeWatcherStats),
              "every counter has its row");

class Collector {
 public:
  template <typename Struct, std::size_t kRows>
  void add(const Struct& values, const std::array<Row<Struct>, kRows>& rows) {
    for (const Row<Struct>& row : rows) add(row.name, row.help, values.*row.value, row.counter);
  }

  // A table that stands beside its struct: bare names of counters.
  template <typename Struct, std::size_t kRows>
  void add(const Struct& values, const std::array<CounterRow<Struct>, kRows>& rows, const std::string& prefix) {
    for (const CounterRow<Struct>& row : rows)
      add(prefix + std::string(row.name) + "_total", row.help, values.*row.value);
  }

  void add(std::string_view name, std::string_view help, std::uint64_t value, bool counter = true,
           std::vector<std::pair<std::string, std::string>> labels = {}) {
    for (Measure& known : measures_) {
      if (known.name != name || known.labels != labels) continue;
      known.value += static_cast<double>(value);  // another lane's share
      return;
    }
    measures_.push_back({std::string(name), std::string(help), static_cast<double>(value), std::move(labels), counter});
  }

  std::vector<Measure> take() { return std::move(measures_); }

 private:
  std::vector<Measure> measures_;
};

static_assert(PoolReport::kPoolsMax == 64, "a help text below names it");
void add_pools(Collector& out, const PoolReport& report) {
  out.add("leases_records", "addresses the lease table knows something of", report.records, false);
  out.add("leases_offers", "offers outstanding", report.offers, false);
  out.add("pools_together", "pools beyond the first 64, whose addresses are told together as \"others\"", report.others,
          false);
  const auto add_pool = [&](const std::string& name, const PoolUse& use) {
    const auto add = [&](const char* state, std::uint64_t value) {
      out.add("pool_addresses", "addresses of a pool, named by its first range, by state", value, false,
              {{"pool", name}, {"state", state}});
    };
    const std::uint64_t taken = use.active + use.offered + use.resting;
    add("active", use.active);
    add("offered", use.offered);
    add("abandoned", use.resting);
    add("free", use.addresses - std::min(use.addresses, taken));
  };
  for (const PoolReport::Pool& pool : std::span(report.pools).first(report.count))
    add_pool(std::string(pool.first_range.first.text().view()) + "-" + std::string(pool.first_range.last.text().view()),
             pool.use);
  if (report.others > 0) add_pool("others", report.others_use);
}

void add_lane(Collector& out, const LaneReport& report) {
  out.add(report.lane, kLaneRows);
  out.add(report.io, kIoRows);
  if (report.dhcp) {
    out.add(*report.dhcp, engine::kDhcpRows, "dhcp_");
    for (const engine::DhcpDropSpec& drop : engine::kDhcpDrops)
      out.add("dhcp_drops_total", "messages without an answer, by reason", report.dhcp->drop(drop.reason), true,
              {{"reason", std::string(drop.name)}});
  }
  if (report.leases) {
    out.add(*report.leases, kLeaseTableRows, "leases_");
    add_pools(out, report.pools);
  }
  if (report.tftp) {
    for (const engine::tftpd::CounterInfo& info : engine::tftpd::kCounterTable)
      out.add("tftp_" + std::string(info.name) + "_total", info.hint, (*report.tftp)[info.counter]);
  }
  if (report.tftp_admission) {
    out.add(*report.tftp_admission, kAdmissionCounterRows, "tftp_admission_");
    for (const AdmissionReasonRow& row : kAdmissionReasons) {
      const auto reason = static_cast<std::size_t>(row.reason);
      const std::vector<std::pair<std::string, std::string>> labels{{"reason", std::string(row.name)}};
      out.add("tftp_refused_total", "transfers that limits refused, by reason", report.tftp_admission->refused[reason],
              true, labels);
      out.add("tftp_delayed_total", "times a transfer had to wait for its turn, by reason",
              report.tftp_admission->delayed[reason], true, labels);
    }
  }
  for (const QuirkInfo& info : quirk_table())
    out.add("quirks_total", "answers fitted to clients that follow no standard, by quirk", report.quirks[info.quirk],
            true, {{"quirk", std::string(info.name)}});
}

}  // namespace

std::vector<Measure> measures_of(const LaneGroup* lanes, const ImageStore* images, const LeaseStore* leases,
                                 const UploadStore* uploads, const io::StreamServer* streams) {
  Collector out;
  if (lanes != nullptr) {
    for (std::size_t i = 0; i < lanes->size(); ++i) add_lane(out, lanes->report(i));
    out.add("mailbox_refused_total", "completions that found a lane's mailbox full", lanes->mailbox_refused());
  }
  if (images != nullptr) {
    const ImageStoreStats stats = images->stats();
    out.add(stats, kImageRows);
    out.add("images_folders_watched", "folders watched for changes", stats.watcher.folders, false);
    out.add("images_changes_total", "changes seen under the root", stats.watcher.changes);
    out.add("images_lookups_total", "folders looked for on behalf of the watcher", stats.watcher.lookups);
    out.add("images_watches_refused_total", "folders that could not be watched", stats.watcher.watches_refused);
  }
  if (leases != nullptr) out.add(leases->stats(), kLeaseStoreRows, "lease_store_");
  if (uploads != nullptr) out.add(uploads->stats(), kUploadStoreRows, "upload_store_");
  if (streams != nullptr) {
    const io::StreamTotals totals = streams->totals();
    for (const io::StreamCounterRow& row : io::kStreamCounterRows) {
      const bool gauge = row.total == &io::StreamTotals::connections_open;
      out.add("stream_" + std::string(row.name) + (gauge ? "" : "_total"), row.help, totals.*row.total, !gauge);
    }
  }
  return out.take();
}

}  // namespace rackcast
