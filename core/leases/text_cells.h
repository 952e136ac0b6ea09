// Where the lease table keeps what differs in length from lease to lease: the host name, the client identifier, the
// relay's option 82. Cells of 32 bytes, chained; most leases need one, many none. Bounded by grow(); full: a lease is
// kept without its texts, and its owner counts that. Thread: the owner's.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/leases/lease.h"
#include "core/leases/segmented_array.h"

namespace rackcast {

class TextCells {
 public:
  using Handle = std::uint32_t;
  static constexpr Handle kNone = 0;

  void grow(std::size_t cells) { cells_.grow(cells); }
  // Keeps the lease's three texts. kNone: it has none. Nullopt: no room.
  [[nodiscard]] std::optional<Handle> keep(const Lease& lease);
  void release(Handle handle);
  // Fills in the three texts; `lease`'s were empty.
  void read(Handle handle, Lease& lease) const;
  [[nodiscard]] std::size_t used() const { return used_; }

 private:
  static constexpr std::size_t kCellBytes = 28;
  struct Cell {
    Handle next;  // of the same chain, or of the free ones; 0: the end
    std::array<char, kCellBytes> bytes;
  };
  static constexpr std::size_t kLengths = 3;  // a byte each, before the texts

  [[nodiscard]] Handle take();

  SegmentedArray<Cell> cells_;  // cell n has handle n + 1
  Handle free_ = kNone;
  std::uint32_t made_ = 0;  // cells below were used once
  std::size_t used_ = 0;
};

}  // namespace rackcast
