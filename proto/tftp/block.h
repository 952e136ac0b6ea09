// TFTP block counting: what the wire carries (16 bits, wraps) and where the file is (64 bits, never wraps) are two
// types with one conversion pair, and nothing else in rackcast converts between them.
//
//   index   0      1 ... 65535   65536   65537 ...      0 is "nothing yet": the ACK that answers an OACK
//   to 0    0      1 ... 65535       0       1 ...      RFC 1350 leaves the wrap open; nearly every client does this
//   to 1    0      1 ... 65535       1       2 ...      a few old clients; a per-class setting
//
// Pure functions on values: any thread, no allocation, O(1), defined for every input.
#pragma once

#include <cstdint>

#include "proto/bytes/strong_id.h"

namespace rackcast::tftp {

using BlockNumber = StrongId<struct BlockNumberTag, std::uint16_t>;  // as in DATA and ACK, RFC 1350 section 5
using BlockIndex =
    StrongId<struct BlockIndexTag, std::uint64_t>;  // DATA blocks of the file from 1; 0 = before the first

// The block number that follows 65535.
enum class Rollover : std::uint8_t { kToZero, kToOne };

// A window must stay below half a period, or an ACK of its far end would unwrap to the past.
inline constexpr std::uint64_t kUnwrapWindowBlocksMax = 32'767;

[[nodiscard]] BlockNumber to_wire(BlockIndex index, Rollover rollover);

// The index nearest to `base` (the present window's base: the last acknowledged block) that to_wire() turns into
// `wire`. Exact for every index at most kUnwrapWindowBlocksMax away from `base`; a tie goes to the older block. Under
// kToOne only index 0 has the number 0, however far that is: the engine sees an old ACK and drops it.
[[nodiscard]] BlockIndex from_wire(BlockNumber wire, BlockIndex base, Rollover rollover);

}  // namespace rackcast::tftp
