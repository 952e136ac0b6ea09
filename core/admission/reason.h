// Why a request is not served now, in one table: xinetd's own word for it (log lines read as before), the bare name
// that metrics use, and what an operator can conclude or do.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rackcast {

enum class AdmissionReason : std::uint8_t {
  kAddress,
  kTime,
  kInstances,
  kPerSource,
  kConnectionRate,
  kSourcesFull,
  kCount_,
};
inline constexpr std::size_t kAdmissionReasonCount = static_cast<std::size_t>(AdmissionReason::kCount_);

struct AdmissionReasonRow {
  AdmissionReason reason;
  std::string_view word;  // as xinetd's FAIL lines say it; sources_full is ours
  std::string_view name;  // bare, for metrics
  std::string_view hint;
};
inline constexpr std::array kAdmissionReasons{
    AdmissionReasonRow{AdmissionReason::kAddress, "address", "address",
                       "only_from or no_access keeps this address out: correct the lists if it is one of yours"},
    AdmissionReasonRow{AdmissionReason::kTime, "time", "time", "outside access_times, by the server's local clock"},
    AdmissionReasonRow{AdmissionReason::kInstances, "service_limit", "instances",
                       "as many transfers run as instances allows: raise it, or let machines wait (admission = queue)"},
    AdmissionReasonRow{AdmissionReason::kPerSource, "per_source_limit", "per_source",
                       "this address runs as many transfers as per_source allows: several machines behind one router, "
                       "or a client that opens many"},
    AdmissionReasonRow{AdmissionReason::kConnectionRate, "connections per second", "connection_rate",
                       "more machines came at once than cps allows: raise its rate, or let them wait (admission = "
                       "queue)"},
    AdmissionReasonRow{AdmissionReason::kSourcesFull, "sources_full", "sources_full",
                       "more addresses have transfers running than the table of sources holds"},
};

[[nodiscard]] constexpr const AdmissionReasonRow& describe(AdmissionReason reason) {
  return kAdmissionReasons[static_cast<std::size_t>(reason)];
}
static_assert(kAdmissionReasons.size() == kAdmissionReasonCount);
static_assert([] {
  for (std::size_t i = 0; i < kAdmissionReasons.size(); ++i)
    if (static_cast<std::size_t>(kAdmissionReasons[i].reason) != i) return false;
  return true;
}());

}  // namespace rackcast
