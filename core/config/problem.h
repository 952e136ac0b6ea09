// What is wrong with a configuration: collected, never thrown, so that one run shows everything. Value types; one
// thread. Bounded: after kProblemsMax the rest is only counted (`suppressed`).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace rackcast {

enum class Severity : std::uint8_t { kError, kWarning };

// A place in the file, counted from 1; 0 = the file as a whole.
struct Position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  friend auto operator<=>(const Position&, const Position&) = default;
};

struct Problem {
  Severity severity = Severity::kError;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string key;      // dotted: "dhcp.subnet.range"; "" for the file as a whole
  std::string message;  // one sentence: what, and what to do
  friend bool operator==(const Problem&, const Problem&) = default;
};

inline constexpr std::size_t kProblemsMax = 200;

class ProblemList {
 public:
  void error(Position at, std::string key, std::string message) {
    ++errors_;
    add(Severity::kError, at, std::move(key), std::move(message));
  }
  void warning(Position at, std::string key, std::string message) {
    add(Severity::kWarning, at, std::move(key), std::move(message));
  }

  [[nodiscard]] bool has_errors() const { return errors_ > 0; }

  // In the order of the file; the list is empty afterwards.
  [[nodiscard]] std::vector<Problem> take() {
    std::stable_sort(problems_.begin(), problems_.end(), [](const Problem& a, const Problem& b) {
      return std::tie(a.line, a.column) < std::tie(b.line, b.column);
    });
    if (suppressed_ > 0)
      problems_.push_back({Severity::kError, 0, 0, "", "and " + std::to_string(suppressed_) + " more problems"});
    return std::move(problems_);
  }

 private:
  void add(Severity severity, Position at, std::string key, std::string message) {
    if (problems_.size() == kProblemsMax) {
      ++suppressed_;
      return;
    }
    problems_.push_back({severity, at.line, at.column, std::move(key), std::move(message)});
  }

  std::vector<Problem> problems_;
  std::size_t errors_ = 0;
  std::size_t suppressed_ = 0;
};

}  // namespace rackcast
