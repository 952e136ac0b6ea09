// Whether it pays to look again for a moment before sleeping. Going to sleep and being woken costs a lane ten to fifty
// microseconds (more where an idle core is a halted virtual one); a lock-step client's next ACK is often there sooner.
//
// Spinning is tried as long as it finds something: each find earns credit, each miss costs several, and without credit
// only every kProbeEvery-th wait is spun, to see whether times have changed. So a quiet server sleeps, and one that
// shares its only core with its client stops burning the time the client needs.
//
// One lane's; no clock of its own.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/time.h"

namespace rackcast::io {

class AdaptiveSpin {
 public:
  // As long as a sleep costs: the most that can be lost is as much as can be won.
  static constexpr Duration kSpin = std::chrono::microseconds(50);

  // How long to look before this wait; zero: sleep at once.
  [[nodiscard]] Duration budget() {
    if (credit_ > 0) return kSpin;
    return ++waits_ % kProbeEvery == 0 ? kSpin : Duration::zero();
  }
  // What came of a wait that had a budget.
  void found() { credit_ = std::min(credit_ + 1, kCreditMax); }
  void missed() { credit_ = std::max(credit_ - kMissCost, -kMissCost); }

 private:
  static constexpr int kCreditMax = 16;
  static constexpr int kMissCost = 4;
  static constexpr std::uint32_t kProbeEvery = 64;

  int credit_ = 0;
  std::uint32_t waits_ = 0;
};

}  // namespace rackcast::io
