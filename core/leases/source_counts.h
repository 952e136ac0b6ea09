// How many addresses are offered and leased through each relay, and through each port of a relay: what LeaseCaps are
// measured by. Kept only while a cap is set. Thread: the owner's. Bounded by grow(): every record in force counts for
// at most two sources.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/leases/segmented_array.h"
#include "core/leases/slot_index.h"
#include "proto/net/address.h"

namespace rackcast {

// A source, as a seeded hash of what names it; no two meet but by a chance of 2^-64 that nobody can steer.
using SourceTag = std::uint64_t;

// Nullopt: the client is on our own wire, or says nothing. A port is the remote id with the circuit id (RFC 3046 §3.2:
// the first is unique by itself), else the relay with the circuit id, else the relay.
[[nodiscard]] std::optional<SourceTag> relay_tag(net::Ipv4Address relay, std::uint64_t seed);
[[nodiscard]] std::optional<SourceTag> port_tag(net::Ipv4Address relay, std::string_view relay_info,
                                                std::uint64_t seed);

class SourceCounts {
 public:
  SourceCounts() : index_(0) {}

  void grow(std::size_t sources);
  [[nodiscard]] std::uint32_t count(SourceTag tag) const;
  // One more; the handle is to be given to remove() once. kNoSlot: no room, and nothing was counted.
  [[nodiscard]] std::uint32_t add(SourceTag tag);
  void remove(std::uint32_t handle);

 private:
  struct Source {
    SourceTag tag;
    std::uint32_t count;
    std::uint32_t next_free;  // + 1; 0: the end
  };

  [[nodiscard]] std::uint32_t find(SourceTag tag) const;

  SegmentedArray<Source> sources_;
  SlotIndex index_;
  std::uint32_t made_ = 0;
  std::uint32_t free_ = 0;  // + 1
};

}  // namespace rackcast
