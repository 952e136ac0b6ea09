// The state of one transfer: one client endpoint reading one image through one of our transfer ports (TID).
//
//   kFree -> kWaitingImage -> kWaitingTurn -> kOackSent -> kSending -> kLingering -> kFree
//            (path not cached) (admission)    (options)    (DATA)      (ended; absorbs what is still under way)
//   kHeldBack, before any answer: the address had its answers (answer_budget.h).
//
// Plain data in a table sized at construction; the engine's lane only. Blocks are counted by 64-bit index from 1.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "core/engine/tftp/burst_limit.h"
#include "core/engine/tftp/netascii.h"
#include "core/engine/tftp/terms.h"
#include "core/packet_io.h"
#include "core/time.h"
#include "proto/bytes/fixed_text.h"

namespace rackcast::engine::tftpd {

using TransferIndex = std::uint32_t;
inline constexpr TransferIndex kNoTransfer = 0xFFFF'FFFF;
using CacheIndex = std::uint32_t;  // of a path in the lane's ImageCache
inline constexpr CacheIndex kNoEntry = 0xFFFF'FFFF;
inline constexpr std::uint64_t kLastBlockUnknown = std::numeric_limits<std::uint64_t>::max();

enum class TransferState : std::uint8_t {
  kFree,
  kWaitingImage,
  kWaitingTurn,
  kHeldBack,
  kOackSent,
  kSending,
  kLingering
};

// Membership in one list of transfers, by index.
struct Links {
  TransferIndex previous = kNoTransfer;
  TransferIndex next = kNoTransfer;
};

// How a client names files.
struct NameTraits {
  bool backslashes = false;  // it separates by them
  bool candidates = false;   // an E rule of the map file: `path` is the name as asked, and there are several to try
};

struct Transfer {
  Destination to;  // `socket` is the TID
  TransferState state = TransferState::kFree;
  bool confirmed = false;      // the peer answered at our TID, which it was told or guessed
  bool error_strayed = false;  // an ERROR of the peer came at another TID: who sends one to this may have guessed
  bool image_came = false;     // which queue of the unconfirmed it is in
  bool starved = false;        // in the queue of those that wait for their turn to send
  bool admitted = false;       // counts as running in core/admission
  bool awaits_piece = false;
  bool store_busy = false;  // the store last said so when it was asked for the piece
  NameTraits name;
  std::uint8_t names = 0;    // other names the file was looked for under (core/quirks/other_names.h)
  bool gap = false;          // went back to a gap the client reported, and it has not caught up yet
  std::uint8_t tries = 0;    // retransmissions since the last progress
  std::uint8_t answers = 0;  // sent before the peer was confirmed
  BurstLimit burst;
  std::uint8_t granted = 0;  // blocks that it may send by the caps and has not
  Terms terms;
  PinId image = kNoPin;
  PinId piece = kNoPin;      // of an image that is not resident
  std::uint32_t serial = 0;  // tells uses of this slot apart, in tickets
  std::uint32_t retransmits = 0;
  CacheIndex cache_entry = kNoEntry;  // among whose waiters it is

  std::uint64_t size_bytes = 0;
  std::uint64_t acked = 0;                 // highest block acknowledged in order
  std::uint64_t next = 1;                  // next block to send
  std::uint64_t highest = 0;               // highest block ever sent
  std::uint64_t last = kLastBlockUnknown;  // the final, short or empty, block
  // Blocks below this were sent twice: an ACK below it may have been caused by the second copy, and must not cause a
  // third.
  std::uint64_t resend_floor = 0;
  NetasciiPosition translated_acked;  // netascii: where block acked + 1 begins
  NetasciiPosition translated_next;

  MonotonicTime deadline;            // when the peer's silence is acted on
  MonotonicTime armed_for = kNever;  // what the timer wheel holds; at or before `deadline`, or re-armed
  MonotonicTime answered_at;
  MonotonicTime flight_at;                 // when block acked + 1 was sent last
  Duration round_trip_min{};               // the shortest seen; zero: none yet
  MonotonicTime burst_at;                  // last burst under caps
  MonotonicTime moved_at;                  // last progress
  MonotonicTime piece_wanted_at = kNever;  // since when a piece is wanted that has not come
  MonotonicTime progress_at;
  MonotonicTime linger_until;
  std::uint64_t progress_next = 0;  // bytes at which progress is told next

  std::uint64_t id = 0;  // in events; 0 until started
  std::uint64_t path_hash = 0;
  // The peer asked anew while this one was running, or this is what it asked: which of the two goes on shows when the
  // peer answers either.
  TransferIndex rival = kNoTransfer;
  Links queue;          // unconfirmed or lingering
  Links waiting;        // for the same path to be resolved, for its turn to start, or for its turn to send
  FixedText<160> path;  // for events; cut when longer, the cache entry has it whole
};
static_assert(sizeof(Transfer) < 512, "a million transfers fit in half a GiB");

// A doubly linked list of transfers through one of their Links. O(1), no allocation.
template <Links Transfer::*kLinks>
class TransferList {
 public:
  [[nodiscard]] TransferIndex front() const { return head_; }
  [[nodiscard]] TransferIndex back() const { return tail_; }
  [[nodiscard]] bool empty() const { return head_ == kNoTransfer; }

  void push_back(std::span<Transfer> all, TransferIndex index) {
    all[index].*kLinks = {tail_, kNoTransfer};
    (tail_ == kNoTransfer ? head_ : (all[tail_].*kLinks).next) = index;
    tail_ = index;
  }

  void push_front(std::span<Transfer> all, TransferIndex index) {
    all[index].*kLinks = {kNoTransfer, head_};
    (head_ == kNoTransfer ? tail_ : (all[head_].*kLinks).previous) = index;
    head_ = index;
  }

  void remove(std::span<Transfer> all, TransferIndex index) {
    const Links links = all[index].*kLinks;
    (links.previous == kNoTransfer ? head_ : (all[links.previous].*kLinks).next) = links.next;
    (links.next == kNoTransfer ? tail_ : (all[links.next].*kLinks).previous) = links.previous;
    all[index].*kLinks = {};
  }

 private:
  TransferIndex head_ = kNoTransfer;
  TransferIndex tail_ = kNoTransfer;
};

using WaiterList = TransferList<&Transfer::waiting>;

}  // namespace rackcast::engine::tftpd
