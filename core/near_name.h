// Did you mean: the known name that is nearest to a mistyped one. Used by every table of names a user types from.
// Off the data path: allocates. Any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

namespace rackcast {

// Edits (insert, delete, replace, swap of neighbours count one each) that turn `a` into `b`, at most |a|+|b|.
[[nodiscard]] inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

// Shown every known name, keeps the nearest; of two as near, the first.
class NearName {
 public:
  // `unknown` outlives the object; so do the names.
  explicit NearName(std::string_view unknown)
      : unknown_(unknown), best_distance_(std::max<std::size_t>(1, unknown.size() / 3) + 1) {}

  void consider(std::string_view name) {
    if (unknown_.size() > kNameBytesMax) return;
    const std::size_t distance = edit_distance(unknown_, name);
    if (distance >= best_distance_ || distance >= name.size()) return;
    best_ = name;
    best_distance_ = distance;
  }
  // Empty when nothing is near: more than a third wrong is another word.
  [[nodiscard]] std::string_view best() const { return best_; }

 private:
  static constexpr std::size_t kNameBytesMax = 64;  // nothing we know is near a longer name

  std::string_view unknown_;
  std::string_view best_;
  std::size_t best_distance_;
};

}  // namespace rackcast
