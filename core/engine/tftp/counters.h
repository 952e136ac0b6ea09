// Every reason the TFTP engine counts, in one table: enum, name, and what an operator can conclude or do. Metrics,
// status and documents read it. Plain integers of one lane; written by the lane's thread only.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace rackcast::engine::tftpd {

enum class Counter : std::uint8_t {
  // Requests
  kRequests,
  kNamesMapped,
  kNameRefused,
  kBlocksClamped,
  kDuplicateRequests,
  kDroppedTruncated,
  kDroppedGroupAddressed,
  kDroppedSpoofed,
  kDroppedStopping,
  kDroppedTableFull,
  kDroppedCacheFull,
  kDroppedLoadQueueFull,
  kTurnsWaited,
  kTurnsGivenUp,
  kGarbage,
  kRequestOffPort,
  // Refusals
  kNotFound,
  kPathRejected,
  kLinkRefused,
  kWriteRefused,
  kModeRefused,
  kReadFailed,
  kPinsFull,
  kUnknownTid,
  kAnswersDropped,
  // Transfers
  kStarted,
  kDone,
  kDoneUnconfirmed,
  kSizeProbes,
  kPeerError,
  kOptionsRefusedByPeer,
  kPeerSilent,
  kNeverAnswered,
  kSuperseded,
  kEvictedUnconfirmed,
  kGuessedTid,
  kImageTimeout,
  kImageChanged,
  kBusyTimeout,
  // Blocks
  kBlocksSent,
  kBlocksResent,
  kBytesAcknowledged,
  kTimeouts,
  kGoBacks,
  kAcksDuplicate,
  kAcksStale,
  kAcksBeyondWindow,
  kLateDatagrams,
  kUnexpectedPackets,
  kSlotsExhausted,
  // Pacing
  kBurstsHalved,
  kBurstsRestored,
  kPauses,
  kTotalRateWaits,
  kFloorBursts,
  // Images
  kCacheHits,
  kCacheMisses,
  kCacheNegativeHits,
  kPiecesAsked,
  kPiecesBusy,
  kCount_,
};

struct CounterInfo {
  Counter counter;
  std::string_view name;
  std::string_view hint;
};

// In the order of the enum.
inline constexpr std::array<CounterInfo, static_cast<std::size_t>(Counter::kCount_)> kCounterTable{{
    {Counter::kRequests, "requests", "read requests that parsed"},
    {Counter::kNamesMapped, "names_mapped", "names that a rule of the map file changed"},
    {Counter::kNameRefused, "name_refused", "names that a rule of the map file refuses"},
    {Counter::kBlocksClamped, "blocks_clamped", "requests whose block size was cut to the interface's MTU"},
    {Counter::kDuplicateRequests, "duplicate_requests", "a client repeated a request: first answers are lost or late"},
    {Counter::kDroppedTruncated, "dropped_truncated", "longer than any TFTP request or ACK"},
    {Counter::kDroppedGroupAddressed, "dropped_group_addressed", "sent to a broadcast or multicast address"},
    {Counter::kDroppedSpoofed, "dropped_spoofed", "from an address or port that nobody can be answered at"},
    {Counter::kDroppedStopping, "dropped_stopping", "the server is stopping, or TFTP is off"},
    {Counter::kDroppedTableFull, "dropped_table_full", "transfers_max reached by live clients: raise it, or add lanes"},
    {Counter::kDroppedCacheFull, "dropped_cache_full", "too many paths wait for the disk at once; the client repeats"},
    {Counter::kDroppedLoadQueueFull, "dropped_load_queue_full", "the image store's queue is full; the client repeats"},
    {Counter::kTurnsWaited, "turns_waited", "transfers that waited for others to end: instances, per_source or cps"},
    {Counter::kTurnsGivenUp, "turns_given_up", "clients that went away before it was their turn: raise the limits"},
    {Counter::kGarbage, "garbage", "bytes that are no TFTP packet"},
    {Counter::kRequestOffPort, "request_off_port", "a request sent to a transfer's port"},
    {Counter::kNotFound, "not_found", "normal: loaders probe for names; see the board for which"},
    {Counter::kPathRejected, "path_rejected", "a name that leaves the root, or is too long"},
    {Counter::kLinkRefused, "link_refused", "a link that leaves the root: copy the file, or move the link's target"},
    {Counter::kWriteRefused, "write_refused", "this server does not accept files"},
    {Counter::kModeRefused, "mode_refused", "a transfer mode other than octet and netascii"},
    {Counter::kReadFailed, "read_failed", "the disk or memory failed: see the image store's counters"},
    {Counter::kPinsFull, "pins_full", "more distinct images in use on a lane than it can pin"},
    {Counter::kUnknownTid, "unknown_tid", "a client goes on with a transfer that is over: it was restarted or gave up"},
    {Counter::kAnswersDropped, "answers_dropped", "no transmit slot for a short answer; the client repeats"},
    {Counter::kStarted, "started", "transfers whose first data was sent"},
    {Counter::kDone, "done", "transfers acknowledged to the last block"},
    {Counter::kDoneUnconfirmed, "done_unconfirmed", "everything sent, only the last ACK never came"},
    {Counter::kSizeProbes, "size_probes", "normal: firmware asks the size first and aborts"},
    {Counter::kPeerError, "peer_error", "the client ended the transfer"},
    {Counter::kOptionsRefusedByPeer, "options_refused_by_peer", "the client did not take the options it asked for"},
    {Counter::kPeerSilent, "peer_silent", "a client went away in the middle of a transfer"},
    {Counter::kNeverAnswered, "never_answered", "a client asked and never answered: firewall, route, or forged source"},
    {Counter::kSuperseded, "superseded", "a client asked anew before its transfer was over"},
    {Counter::kEvictedUnconfirmed, "evicted_unconfirmed",
     "the table was full of clients that never answered: an attack"},
    {Counter::kGuessedTid, "guessed_tid",
     "an ACK at a port its transfer does not use: forged clients that guess, an attack"},
    {Counter::kImageTimeout, "image_timeout", "the disk did not deliver a boot file in time"},
    {Counter::kImageChanged, "image_changed", "an image above the budget was changed in place while it was sent"},
    {Counter::kBusyTimeout, "busy_timeout", "too many transfers of images above the budget at once: raise cache_bytes"},
    {Counter::kBlocksSent, "blocks_sent", "DATA packets, resent ones included"},
    {Counter::kBlocksResent, "blocks_resent", "loss on the way to a client, or a slow client"},
    {Counter::kBytesAcknowledged, "bytes_acknowledged", "goodput"},
    {Counter::kTimeouts, "timeouts", "retransmit timers that expired"},
    {Counter::kGoBacks, "go_backs", "windows resumed at the gap the client reported"},
    {Counter::kAcksDuplicate, "acks_duplicate", "ignored, so that duplicates do not breed"},
    {Counter::kAcksStale, "acks_stale", "older than the window; ignored"},
    {Counter::kAcksBeyondWindow, "acks_beyond_window", "of blocks that were not sent; ignored"},
    {Counter::kLateDatagrams, "late_datagrams", "for a transfer that just ended; ignored"},
    {Counter::kUnexpectedPackets, "unexpected_packets", "DATA or OACK sent to a server"},
    {Counter::kSlotsExhausted, "slots_exhausted", "back-pressure: transfers waited for a transmit slot"},
    {Counter::kBurstsHalved, "bursts_halved", "a peer lost blocks of a window: its bursts are halved, pauses between"},
    {Counter::kBurstsRestored, "bursts_restored", "eight windows without loss: the peer's bursts are doubled again"},
    {Counter::kPauses, "pauses",
     "bursts that waited for a millisecond tick: after loss, or for the cap of a machine or network"},
    {Counter::kTotalRateWaits, "total_rate_waits", "bursts that waited for their turn because of rate_mbit"},
    {Counter::kFloorBursts, "floor_bursts",
     "bursts above the caps, so that nobody is under 1000 B/s: the caps are too low"},
    {Counter::kCacheHits, "cache_hits", "requests answered from the lane's path cache"},
    {Counter::kCacheMisses, "cache_misses", "requests that asked the image store"},
    {Counter::kCacheNegativeHits, "cache_negative_hits", "not-found answers from the lane's path cache"},
    {Counter::kPiecesAsked, "pieces_asked", "reads of images above the budget"},
    {Counter::kPiecesBusy, "pieces_busy", "the image store held as many pieces as it may; the transfer asked again"},
}};

[[nodiscard]] constexpr std::string_view hint(Counter counter) {
  return kCounterTable[static_cast<std::size_t>(counter)].hint;
}

class Counters {
 public:
  void add(Counter counter, std::uint64_t amount = 1) { values_[static_cast<std::size_t>(counter)] += amount; }
  [[nodiscard]] std::uint64_t operator[](Counter counter) const { return values_[static_cast<std::size_t>(counter)]; }

 private:
  std::array<std::uint64_t, static_cast<std::size_t>(Counter::kCount_)> values_{};
};

}  // namespace rackcast::engine::tftpd
