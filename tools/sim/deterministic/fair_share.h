// A link shared by fluid flows: each flow gets what its own cap allows, the link's capacity is divided max-min fairly,
// and the rates are recomputed whenever a flow comes, goes or changes its cap. What TCP does to a crowd, without its
// packets.
//
// Flows with equal caps run at one rate, so that they share one clock of bytes served ("virtual service"): a change
// costs O(number of different caps), not O(flows), and a flow's end is a point on its class's clock.
//
// Pure, single-threaded, deterministic. Rates in bytes per second.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "tools/sim/machines/time.h"

namespace rackcast::sim {

class FairShare {
 public:
  using Flow = std::uint32_t;

  explicit FairShare(std::uint64_t capacity) : capacity_(static_cast<double>(capacity)) {}  // 0: no limit

  // A flow of `bytes` that runs at `cap` at most. Precondition: cap > 0.
  [[nodiscard]] Flow add(Instant now, std::uint64_t bytes, std::uint64_t cap);
  void set_cap(Instant now, Flow flow, std::uint64_t cap);
  void remove(Instant now, Flow flow);

  // Bytes that came by now.
  [[nodiscard]] std::uint64_t done(Instant now, Flow flow) const;
  // When the next flow is whole; kNever without one.
  [[nodiscard]] Instant next_end();
  // A flow that is whole by now, taken out; the earliest first, equals in the order of coming.
  [[nodiscard]] std::optional<Flow> take_ended(Instant now);

  [[nodiscard]] std::size_t size() const { return count_; }

 private:
  // A flow's end on its class's clock. Of a flow that left meanwhile it is stale: its order is no longer the flow's.
  struct End {
    double at = 0;
    std::uint32_t order = 0;
    Flow flow = 0;
  };
  struct Class {
    double served = 0;  // bytes per flow since the class began
    double rate = 0;
    std::uint32_t members = 0;
    std::vector<End> ends;  // a heap, the earliest first
  };
  struct State {
    std::uint64_t cap = 0;
    std::uint64_t bytes = 0;
    double end = 0;           // on the class's clock
    std::uint32_t order = 0;  // of its entry in `ends`; grows, so that equals end in the order of coming
  };

  static bool later(const End& a, const End& b) { return a.at != b.at ? a.at > b.at : a.order > b.order; }
  void drop_stale(Class& group);
  void advance(Instant now);  // every clock to now
  void share();               // new rates
  void enter(Flow flow, double bytes_left);
  void leave(Flow flow);

  double capacity_;
  Instant at_{};
  std::map<std::uint64_t, Class> classes_;  // by cap
  std::deque<State> flows_;
  std::vector<Flow> free_;
  std::uint32_t next_order_ = 1;
  std::size_t count_ = 0;
};

}  // namespace rackcast::sim
