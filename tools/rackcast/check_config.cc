#include "tools/rackcast/check_config.h"

#include <algorithm>
#include <ostream>

#include "core/config/map_file.h"
#include "core/config/parse.h"

namespace rackcast {

int check_config(const std::string& path, std::ostream& out, std::ostream& err) {
  const ConfigOutcome outcome = load_config(path);
  for (const Problem& problem : outcome.problems) err << problem_line(path, problem) << '\n';
  if (outcome.config == nullptr) return 1;
  auto warnings = outcome.problems.size();  // nothing but warnings here
  if (outcome.config->tftp) {
    const std::string& map_path = outcome.config->tftp->map_file;
    const MapFile map = read_map_file(map_path);
    for (const Problem& problem : map.problems) err << problem_line(map_path, problem) << '\n';
    if (!map.usable()) return 1;
    warnings += map.problems.size();
  }
  out << path << ": can be used";
  if (warnings > 0) out << ", " << warnings << (warnings == 1 ? " warning" : " warnings");
  out << '\n';
  return 0;
}

}  // namespace rackcast
