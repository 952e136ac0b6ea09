#include "core/oldfiles/import_report.h"

#include <algorithm>

namespace rackcast {

std::string import_line(const ImportNote& note) {
  constexpr std::string_view kWords[] = {"honoured", "remark", "not honoured", "error"};
  std::string line = note.at.file == nullptr ? "" : *note.at.file;
  if (note.at.line > 0) line += ":" + std::to_string(note.at.line) + ":" + std::to_string(note.at.column);
  if (!line.empty()) line += ": ";
  line += std::string(kWords[static_cast<std::size_t>(note.kind)]) + ": ";
  if (!note.subject.empty()) line += note.subject + ": ";
  line += note.message;
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  return line;
}

}  // namespace rackcast
