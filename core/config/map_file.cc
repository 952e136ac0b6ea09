#include "core/config/map_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>

#include "core/errno_text.h"
#include "core/quirks/name_map.h"

namespace rackcast {

bool MapFile::usable() const {
  return std::none_of(problems.begin(), problems.end(),
                      [](const Problem& problem) { return problem.severity == Severity::kError; });
}

MapFile read_map_file(const std::string& path) {
  MapFile file;
  if (path.empty()) return file;
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    file.problems.push_back(
        {Severity::kError, 0, 0, "tftp.map_file", "cannot be read: " + std::string(errno_text(errno))});
    return file;
  }
  // One byte more than may be: the parser then says that it is too long.
  file.text.resize(kNameMapBytesMax + 1);
  in.read(file.text.data(), static_cast<std::streamsize>(file.text.size()));
  file.text.resize(static_cast<std::size_t>(in.gcount()));
  file.problems = NameMap::parse(file.text).problems;
  return file;
}

}  // namespace rackcast
