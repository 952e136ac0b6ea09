// The matcher. The compiler is regex_compiler.cc.
#include "core/policy/bounded_regex.h"

#include <array>

namespace rackcast {

// The states that hold at one place of the text.
class BoundedRegex::Run {
 public:
  explicit Run(const std::vector<State>& states) : states_(states) {}

  void clear() {
    count_ = 0;
    seen_.reset();
  }
  // `state` and all that follow from it without an octet. True: the pattern has matched.
  bool add(std::uint16_t state, bool at_start, bool at_end) {
    std::size_t waiting = 0;
    push(state, waiting);
    while (waiting > 0) {
      const std::uint16_t at = waiting_[--waiting];
      const State& now = states_[at];
      switch (now.kind) {
        case StateKind::kAccept:
          return true;
        case StateKind::kSet:
          holding_[count_++] = at;
          break;
        case StateKind::kSplit:
          push(now.other, waiting);
          push(now.next, waiting);
          break;
        case StateKind::kStart:
          if (at_start) push(now.next, waiting);
          break;
        case StateKind::kEnd:
          if (at_end) push(now.next, waiting);
          break;
      }
    }
    return false;
  }
  [[nodiscard]] std::span<const std::uint16_t> holding() const { return std::span(holding_).first(count_); }

 private:
  // A state is looked at once a place, so that neither list outgrows the states.
  void push(std::uint16_t state, std::size_t& waiting) {
    if (seen_[state]) return;
    seen_.set(state);
    waiting_[waiting++] = state;
  }

  const std::vector<State>& states_;
  std::bitset<kStatesMax> seen_;
  std::array<std::uint16_t, kStatesMax> waiting_;
  std::array<std::uint16_t, kStatesMax> holding_;
  std::size_t count_ = 0;
};

bool BoundedRegex::matches(std::span<const std::byte> text) const {
  Run now(states_);
  Run then(states_);
  Run* here = &now;
  Run* next = &then;
  if (here->add(first_, true, text.empty())) return true;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool at_end = at + 1 == text.size();
    next->clear();
    for (const std::uint16_t state : here->holding()) {
      if (sets_[states_[state].set][std::to_integer<std::size_t>(text[at])] &&
          next->add(states_[state].next, false, at_end))
        return true;
    }
    if (next->add(first_, false, at_end)) return true;
    std::swap(here, next);
  }
  return false;
}

}  // namespace rackcast
