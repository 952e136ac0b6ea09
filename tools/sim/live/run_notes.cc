#include "tools/sim/live/run_notes.h"

namespace rackcast::sim {

void add_notes(const CarrierCounts& counts, std::vector<std::string>& notes) {
  const auto text = [](std::uint64_t count) { return std::to_string(count); };
  if (counts.lost + counts.duplicated + counts.late > 0)
    notes.push_back("the scenario's weather lost " + text(counts.lost) + ", doubled " + text(counts.duplicated) +
                    " and delayed " + text(counts.late) + " datagrams");
  if (counts.cut > 0) notes.push_back(text(counts.cut) + " datagrams and fetches met a port that did not forward yet");
  if (counts.for_nobody > 0) notes.push_back(text(counts.for_nobody) + " datagrams came for no machine of this run");
}

void add_hostile_notes(std::uint64_t sent, std::uint64_t unsent, std::vector<std::string>& notes) {
  std::string note = "the hostile actor sent " + std::to_string(sent) + " datagrams";
  if (unsent > 0) note += "; " + std::to_string(unsent) + " could not leave this host";
  notes.push_back(std::move(note));
}

}  // namespace rackcast::sim
