#include "tools/sim/deterministic/fair_share.h"

#include <algorithm>
#include <cmath>

namespace rackcast::sim {

namespace {

// Less than this is rounding, not a byte still to come.
constexpr double kWhole = 1e-3;

double seconds_of(Span span) {
  return std::chrono::duration<double>(span).count();
}

}  // namespace

void FairShare::advance(Instant now) {
  if (now <= at_) return;
  const double seconds = seconds_of(now - at_);
  for (auto& [cap, group] : classes_) group.served += group.rate * seconds;
  at_ = now;
}

void FairShare::share() {
  double left = capacity_;
  auto flows = static_cast<double>(count_);
  for (auto it = classes_.begin(); it != classes_.end();) {
    Class& group = it->second;
    if (group.ends.empty()) {
      it = classes_.erase(it);
      continue;
    }
    const auto members = static_cast<double>(group.ends.size());
    const auto cap = static_cast<double>(it->first);
    group.rate = capacity_ == 0 ? cap : std::min(cap, left / flows);
    left -= group.rate * members;
    flows -= members;
    ++it;
  }
}

void FairShare::enter(Flow flow, double bytes_left) {
  State& state = flows_[flow];
  Class& group = classes_[state.cap];
  state.end = {group.served + bytes_left, next_order_++, flow};
  group.ends.insert(state.end);
}

void FairShare::leave(Flow flow) {
  classes_[flows_[flow].cap].ends.erase(flows_[flow].end);
}

FairShare::Flow FairShare::add(Instant now, std::uint64_t bytes, std::uint64_t cap) {
  advance(now);
  if (free_.empty()) {
    free_.push_back(static_cast<Flow>(flows_.size()));
    flows_.emplace_back();
  }
  const Flow flow = free_.back();
  free_.pop_back();
  flows_[flow].cap = cap;
  flows_[flow].bytes = static_cast<double>(bytes);
  flows_[flow].used = true;
  ++count_;
  enter(flow, flows_[flow].bytes);
  share();
  return flow;
}

void FairShare::set_cap(Instant now, Flow flow, std::uint64_t cap) {
  if (flows_[flow].cap == cap) return;
  advance(now);
  const double left = flows_[flow].end.at - classes_[flows_[flow].cap].served;
  leave(flow);
  flows_[flow].cap = cap;
  enter(flow, left);
  share();
}

void FairShare::remove(Instant now, Flow flow) {
  advance(now);
  leave(flow);
  flows_[flow].used = false;
  free_.push_back(flow);
  --count_;
  share();
}

std::uint64_t FairShare::done(Instant now, Flow flow) const {
  const State& state = flows_[flow];
  const Class& group = classes_.at(state.cap);
  const double served = group.served + (now > at_ ? group.rate * seconds_of(now - at_) : 0);
  const double bytes = state.bytes - std::max(0.0, state.end.at - served);
  return static_cast<std::uint64_t>(std::max(0.0, bytes));
}

Instant FairShare::next_end() const {
  double soonest = -1;
  for (const auto& [cap, group] : classes_) {
    if (group.ends.empty() || group.rate <= 0) continue;
    const double seconds = std::max(0.0, group.ends.begin()->at - group.served) / group.rate;
    if (soonest < 0 || seconds < soonest) soonest = seconds;
  }
  if (soonest < 0) return kNever;
  return at_ + Span(static_cast<std::int64_t>(std::ceil(soonest * 1e9)));
}

std::optional<FairShare::Flow> FairShare::take_ended(Instant now) {
  advance(now);
  const End* first = nullptr;
  for (const auto& [cap, group] : classes_) {
    if (group.ends.empty() || group.ends.begin()->at > group.served + kWhole + group.rate * 1e-9) continue;
    if (first == nullptr || group.ends.begin()->order < first->order) first = &*group.ends.begin();
  }
  if (first == nullptr) return std::nullopt;
  const Flow flow = first->flow;
  remove(now, flow);
  return flow;
}

}  // namespace rackcast::sim
