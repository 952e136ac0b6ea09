// Any text as --expect: conditions or a sentence; a condition's own text parses to the same condition.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "tools/sim/verdict/expect.h"

namespace {

using namespace rackcast::sim;

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  const auto conditions = parse_conditions(text);
  if (!conditions) {
    require(conditions.error().message.starts_with("column "));
    return 0;
  }
  require(!conditions->empty() && conditions->size() <= kConditionsMax);
  for (const Condition& condition : *conditions) {
    const auto again = parse_conditions(condition.text);
    require(again && again->size() == 1);
    const Condition& same = again->front();
    require(same.metric == condition.metric && same.stage == condition.stage && same.limit == condition.limit);
    require(same.comparison == condition.comparison && same.text == condition.text);
  }
  require(judge(*conditions, Verdict{}).size() == conditions->size());
  return 0;
}
