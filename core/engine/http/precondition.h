// Conditional requests in the order of RFC 9110 §13.2.2, for GET and HEAD of one file. Pure and total.
#pragma once

#include <cstdint>

#include "core/engine/http/date.h"
#include "core/engine/http/message.h"

namespace rackcast::engine {

struct Validators {
  std::string_view etag;  // strong, with its quotes
  UnixSeconds modified = 0;
};

enum class Precondition : std::uint8_t {
  kProceed,
  kNotModified,  // 304
  kFailed,       // 412
};

// If-Match (strong), else If-Unmodified-Since; then If-None-Match (weak), else If-Modified-Since. Several fields of one
// name count as one list. An unparsable date is ignored; an unparsable tag matches nothing.
[[nodiscard]] Precondition evaluate_preconditions(const HttpRequest& request, const Validators& validators,
                                                  UnixSeconds now);

// Whether a Range may be honoured (§13.1.5): no If-Range, or one that names the present representation: its strong
// ETag, or exactly its Last-Modified at least one second ago (else the date does not pin one content, §8.8.2.2).
[[nodiscard]] bool if_range_holds(const HttpRequest& request, const Validators& validators, UnixSeconds now);

}  // namespace rackcast::engine
