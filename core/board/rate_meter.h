// Bytes a second, as an exponentially weighted mean: what was counted `kTau` ago weighs 1/e of what is counted now, so
// the value follows within seconds and falls to nothing when traffic stops. Time is an argument; not thread-safe.
#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>

#include "core/time.h"

namespace rackcast {

class RateMeter {
 public:
  static constexpr Duration kTau = std::chrono::seconds(2);

  void add(std::uint64_t bytes, WallTime at) {
    rate_ = value(at) + static_cast<double>(bytes) / seconds(kTau);
    if (at > last_) last_ = at;
  }

  [[nodiscard]] double value(WallTime now) const {
    return now <= last_ ? rate_ : rate_ * std::exp(-seconds(now - last_) / seconds(kTau));
  }

 private:
  static double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

  double rate_ = 0;
  WallTime last_;
};

}  // namespace rackcast
