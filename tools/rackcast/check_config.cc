#include "tools/rackcast/check_config.h"

#include <algorithm>
#include <ostream>

#include "core/config/parse.h"

namespace rackcast {

int check_config(const std::string& path, std::ostream& out, std::ostream& err) {
  const ConfigOutcome outcome = load_config(path);
  for (const Problem& problem : outcome.problems) err << problem_line(path, problem) << '\n';
  if (outcome.config == nullptr) return 1;
  const auto warnings = outcome.problems.size();  // nothing but warnings here
  out << path << ": can be used";
  if (warnings > 0) out << ", " << warnings << (warnings == 1 ? " warning" : " warnings");
  out << '\n';
  return 0;
}

}  // namespace rackcast
