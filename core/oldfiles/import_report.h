// What became of each line of an old configuration file: in force, in force in another way, not honoured, or an error
// that keeps the file from being used. Value types, bounded; one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace rackcast {

// A place in a file; lines and columns count from 1, line 0 is the file as a whole.
struct FilePlace {
  std::shared_ptr<const std::string> file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

enum class ImportKind : std::uint8_t {
  kHonoured,     // does what it did; the message says by which key
  kRemark,       // does what it did, and there is something to know
  kNotHonoured,  // without effect here; the message says why and what to do
  kError,        // the file cannot be used as it is
};

struct ImportNote {
  ImportKind kind = ImportKind::kHonoured;
  FilePlace at;
  std::string subject;  // the attribute or word
  std::string message;
};

inline constexpr std::size_t kImportNotesMax = 1'000;  // of those that are honoured, and of the others

class ImportReport {
 public:
  void add(ImportKind kind, const FilePlace& at, std::string_view subject, std::string message) {
    errors_ += kind == ImportKind::kError ? 1 : 0;
    std::size_t& count = kind == ImportKind::kHonoured ? honoured_ : others_;
    if (++count <= kImportNotesMax)
      notes_.push_back({kind, at, std::string(subject), std::move(message)});
    else
      ++suppressed_;
  }
  // By file, line and column.
  void sort() {
    std::stable_sort(notes_.begin(), notes_.end(), [](const ImportNote& a, const ImportNote& b) {
      const std::string_view left = a.at.file == nullptr ? std::string_view{} : *a.at.file;
      const std::string_view right = b.at.file == nullptr ? std::string_view{} : *b.at.file;
      return std::tie(left, a.at.line, a.at.column) < std::tie(right, b.at.line, b.at.column);
    });
  }
  [[nodiscard]] bool has_errors() const { return errors_ > 0; }
  [[nodiscard]] const std::vector<ImportNote>& notes() const { return notes_; }
  [[nodiscard]] std::size_t suppressed() const { return suppressed_; }

 private:
  std::vector<ImportNote> notes_;
  std::size_t errors_ = 0;
  std::size_t honoured_ = 0;
  std::size_t others_ = 0;
  std::size_t suppressed_ = 0;
};

// "FILE:LINE:COLUMN: not honoured: SUBJECT: MESSAGE"; control characters as '?'.
[[nodiscard]] std::string import_line(const ImportNote& note);

}  // namespace rackcast
