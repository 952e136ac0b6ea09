// The state of one upload: one client endpoint sending one file to one of our transfer ports (TID).
//
//   kFree -> kReceiving <-> kHandingOver -> kWriting -> kPaced -> kReceiving
//                |          (buffer full    (buffer is  (ACK held back
//                |           or file over)   away)       for the rate)
//                '---> kDallying (the file is there; the last ACK is repeated) -> kFree
//   any that fails -> kDraining (until the store has forgotten it and the buffer is back) -> kFree
//
// Plain data in a table sized at construction; the engine's lane only. Blocks are counted by 64-bit index from 1.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>

#include "core/engine/tftp/terms.h"
#include "core/packet_io.h"
#include "core/time.h"
#include "core/upload_buffer.h"

namespace rackcast::engine::tftpd {

using UploadIndex = std::uint32_t;
inline constexpr UploadIndex kNoUpload = std::numeric_limits<UploadIndex>::max();

enum class UploadState : std::uint8_t { kFree, kReceiving, kHandingOver, kWriting, kPaced, kDallying, kDraining };

struct Upload {
  UploadState state = UploadState::kFree;
  bool confirmed = false;    // data came to our TID, which the peer was told or guessed
  bool admitted = false;     // counts as running in core/admission
  bool last = false;         // the last block is in the buffer
  bool in_store = false;     // the store holds a file of it
  bool abandon_due = false;  // ... and must be told to drop it
  bool gap_told = false;     // this gap was reported; once is enough (RFC 7440 section 4)
  bool after_cr = false;     // netascii: see translate_back()
  std::uint8_t tries = 0;    // ACKs repeated since the last progress
  std::uint8_t answers = 0;  // sent before the peer was confirmed
  Destination to;            // `socket` is the TID
  Terms terms;
  UploadName name;
  std::shared_ptr<UploadBuffer> buffer;  // null while the store has it
  std::uint32_t serial = 0;              // tells uses of this place apart, in tickets
  std::uint64_t expected_bytes = 0;      // by option tsize; 0: not told
  std::uint64_t bytes = 0;               // received in order, as they came
  std::uint64_t block = 0;               // the last received in order
  std::uint64_t in_window = 0;           // blocks since the last ACK
  std::uint64_t unpaced = 0;             // bytes that have not passed UploadPace
  std::uint32_t retransmits = 0;
  MonotonicTime deadline;
  MonotonicTime armed_for = kNever;
  MonotonicTime moved_at;
  MonotonicTime answered_at;
  MonotonicTime progress_at;
  MonotonicTime waits_since = kNever;  // for its turn
  std::uint64_t id = 0;                // in events; 0 until data came
};

}  // namespace rackcast::engine::tftpd
