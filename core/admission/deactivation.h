// What xinetd logs when cps switches a service off, and when it is on again: once each, for the limiter whose question
// brought it about. The service comes back by itself (ServiceTotals); this only tells.
//
// Thread: the limiter's. No allocation.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/admission/counters.h"
#include "core/config/config.h"
#include "core/time.h"
#include "proto/bytes/fixed_text.h"

namespace rackcast {

class Deactivation {
 public:
  using Sentence = FixedText<96>;  // an event's detail

  // True when the service was switched off since the last call; it is on again at on_again_at().
  [[nodiscard]] bool began(const AdmissionCounters& counters, const AdmissionConfig& config, MonotonicTime now) {
    if (counters.deactivations == told_) return false;
    told_ = counters.deactivations;
    wait_seconds_ = config.cps ? config.cps->wait_seconds : 0;
    on_again_at_ = now + std::chrono::seconds(wait_seconds_);
    return true;
  }
  // True once that time has come.
  [[nodiscard]] bool ended(MonotonicTime now) {
    if (now < on_again_at_) return false;
    on_again_at_ = kNever;
    return true;
  }
  [[nodiscard]] MonotonicTime on_again_at() const { return on_again_at_; }  // kNever: it is on

  // `service`: as /etc/xinetd.d names it.
  [[nodiscard]] Sentence began_sentence(std::string_view service) const;
  [[nodiscard]] static Sentence ended_sentence(std::string_view service);

 private:
  std::uint64_t told_ = 0;
  std::uint32_t wait_seconds_ = 0;
  MonotonicTime on_again_at_ = kNever;
};

}  // namespace rackcast
