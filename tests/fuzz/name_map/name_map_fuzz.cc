// Any bytes as a map file, and as the name it is applied to: a map or an error, and one of the defined outcomes within
// the step limit. The first line is the name, the rest the file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/quirks/name_map.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = input.find('\n');
  const std::string_view name = input.substr(0, end);
  const std::string_view text = end == std::string_view::npos ? std::string_view{} : input.substr(end + 1);
  const rackcast::NameMap::Parsed parsed = rackcast::NameMap::parse(text);
  bool error = false;
  for (const rackcast::Problem& problem : parsed.problems)
    error = error || problem.severity == rackcast::Severity::kError;
  if (error == (parsed.map != nullptr)) std::abort();
  if (parsed.map == nullptr) return 0;
  rackcast::NameMapPeer peer;
  for (const bool is_put : {false, true}) {
    peer.is_put = is_put;
    rackcast::PathText out;
    rackcast::PathText again;
    const rackcast::MapOutcome outcome = parsed.map->apply(name, peer, out);
    if (parsed.map->apply(name, peer, again) != outcome || !(again == out)) std::abort();
    if (outcome == rackcast::MapOutcome::kUnchanged && out.view() != name) std::abort();
    if (outcome == rackcast::MapOutcome::kMapped && out.view() == name) std::abort();
  }
  return 0;
}
