// A machine's own randomness: SplitMix64. Eight bytes of state, the same numbers from the same seed on every host,
// which <random>'s distributions do not promise.
#pragma once

#include <cstdint>

namespace rackcast::sim {

class Random {
 public:
  constexpr explicit Random(std::uint64_t seed) : state_(seed) {}

  constexpr std::uint64_t next() {
    state_ += 0x9E37'79B9'7F4A'7C15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58'476D'1CE4'E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D0'49BB'1331'11EBU;
    return z ^ (z >> 31U);
  }
  // 0 ... bound - 1; 0 for bound 0. The bias of the modulo is below 2^-32 for every bound used here.
  constexpr std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : next() % bound; }
  // True with this probability. 0 and 1 draw no number, so that switching one thing off leaves the others as they were.
  constexpr bool chance(double probability) {
    if (probability <= 0) return false;
    if (probability >= 1) return true;
    return static_cast<double>(next() >> 11U) * 0x1.0p-53 < probability;
  }

 private:
  std::uint64_t state_;
};

}  // namespace rackcast::sim
