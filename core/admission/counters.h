// What one SourceLimiter counts. Plain integers of one lane or thread that only grow; written by its owner alone.
#pragma once

#include <array>
#include <cstdint>

#include "core/admission/reason.h"
#include "core/counter_row.h"

namespace rackcast {

struct AdmissionCounters {
  std::uint64_t admitted = 0;
  std::uint64_t undone = 0;
  std::uint64_t connections = 0;
  std::uint64_t deactivations = 0;
  std::uint64_t sources_evicted = 0;
  std::array<std::uint64_t, kAdmissionReasonCount> refused{};  // by reason, see kAdmissionReasons
  std::array<std::uint64_t, kAdmissionReasonCount> delayed{};  // by reason; each time it was asked again counts
};

inline constexpr std::array kAdmissionCounterRows{
    CounterRow<AdmissionCounters>{"admitted", "requests admitted", &AdmissionCounters::admitted},
    CounterRow<AdmissionCounters>{"undone", "admissions that proved to be no transfer (size probes)",
                                  &AdmissionCounters::undone},
    CounterRow<AdmissionCounters>{"connections", "admissions that cps counts: the first of an idle source",
                                  &AdmissionCounters::connections},
    CounterRow<AdmissionCounters>{"deactivations", "times the service was switched off because of cps",
                                  &AdmissionCounters::deactivations},
    CounterRow<AdmissionCounters>{"sources_evicted", "idle sources forgotten early to make room",
                                  &AdmissionCounters::sources_evicted},
};
static_assert(sizeof(AdmissionCounters) ==
              (kAdmissionCounterRows.size() + 2 * kAdmissionReasonCount) * sizeof(std::uint64_t));

}  // namespace rackcast
