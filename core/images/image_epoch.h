// A counter that moves whenever something under the root may have changed. A lane's path cache compares it with the
// epoch its entry was resolved at: one relaxed load per request. Shared by the store (writes) and every lane (reads).
//
// A moved epoch says "ask again", never "it is different". Where change events do not exist (NFS) or were not seen (a
// renamed parent folder), entries are asked about again after kRevalidateAfter instead.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "core/time.h"

namespace rackcast {

// How long a lane may answer from a resolved path without asking the store again.
inline constexpr Duration kRevalidateAfter = std::chrono::seconds(2);
// ... and how long while it asks, unless the epoch moved: who wants a file that is known does not wait behind all that
// others have asked the store for.
inline constexpr Duration kStaleMax = std::chrono::seconds(10);
static_assert(kRevalidateAfter < kStaleMax);

class ImageEpoch {
 public:
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }
  void bump() { value_.fetch_add(1, std::memory_order_release); }

 private:
  std::atomic<std::uint64_t> value_{1};
};

}  // namespace rackcast
