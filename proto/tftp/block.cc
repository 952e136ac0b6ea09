#include "proto/tftp/block.h"

#include <algorithm>

namespace rackcast::tftp {
namespace {

// How the numbers of one rollover rule repeat: every `period` blocks, from index `first` on.
struct Cycle {
  std::uint64_t first;
  std::uint64_t period;
};

constexpr Cycle cycle_of(Rollover rollover) {
  return rollover == Rollover::kToOne ? Cycle{1, 65'535} : Cycle{0, 65'536};
}

}  // namespace

BlockNumber to_wire(BlockIndex index, Rollover rollover) {
  const Cycle cycle = cycle_of(rollover);
  if (index.value() < cycle.first) return BlockNumber(0);
  return BlockNumber(static_cast<std::uint16_t>((index.value() - cycle.first) % cycle.period + cycle.first));
}

BlockIndex from_wire(BlockNumber wire, BlockIndex base, Rollover rollover) {
  const Cycle cycle = cycle_of(rollover);
  if (wire.value() < cycle.first) return BlockIndex(0);
  const std::uint64_t from = std::max(base.value(), cycle.first);
  const std::uint64_t phase = (from - cycle.first) % cycle.period;
  const std::uint64_t forward = (wire.value() - cycle.first + cycle.period - phase) % cycle.period;
  const std::uint64_t backward = cycle.period - forward;
  const bool has_past = from - cycle.first >= backward;
  if (forward <= kUnwrapWindowBlocksMax || !has_past) return BlockIndex(from + forward);
  return BlockIndex(from - backward);
}

}  // namespace rackcast::tftp
