// Was this seen before? For what is to be reported once per machine or once per server. Fixed memory: what was noted
// long ago may be forgotten, and be reported once more. Keys are hashes; two that meet count as one.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace rackcast::engine {

template <std::size_t kSets>
class SeenOnce {
 public:
  // True the first time; notes it. `hash` is seeded: keys come from the network.
  [[nodiscard]] bool note(std::uint64_t hash) {
    hash |= 1U;  // 0 marks a free place
    Set& set = sets_[(hash >> 1U) % kSets];
    if (std::find(set.hashes.begin(), set.hashes.end(), hash) != set.hashes.end()) return false;
    set.hashes[set.next] = hash;
    set.next = (set.next + 1) % set.hashes.size();
    return true;
  }

 private:
  struct Set {
    std::array<std::uint64_t, 4> hashes{};
    std::size_t next = 0;
  };
  std::array<Set, kSets> sets_{};
};

}  // namespace rackcast::engine
