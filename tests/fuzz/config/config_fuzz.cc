// Any bytes as a configuration file: a snapshot or an error, never neither, never a crash; what is accepted is the same
// when read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/config/parse.h"
#include "core/config/reload.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const rackcast::ConfigOutcome outcome = rackcast::parse_config(text, "fuzz");
  bool error = false;
  for (const rackcast::Problem& problem : outcome.problems)
    error = error || problem.severity == rackcast::Severity::kError;
  if (error == (outcome.config != nullptr)) std::abort();
  if (outcome.config) {
    const rackcast::ConfigOutcome again = rackcast::parse_config(text, "fuzz");
    if (!again.config || !rackcast::reload_plan(*outcome.config, *again.config).empty()) std::abort();
  }
  return 0;
}
