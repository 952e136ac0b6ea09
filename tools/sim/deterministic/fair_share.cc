#include "tools/sim/deterministic/fair_share.h"

#include <algorithm>
#include <cmath>

namespace rackcast::sim {

namespace {

// Less than this is rounding, not a byte still to come.
constexpr double kWhole = 1e-3;

// Fewer stale entries are not worth the sweeping.
constexpr std::size_t kStaleMin = 64;

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
    if (group.members == 0) {
      it = classes_.erase(it);
      continue;
    }
    const auto cap = static_cast<double>(it->first);
    group.rate = capacity_ == 0 ? cap : std::min(cap, left / flows);
    left -= group.rate * group.members;
    flows -= group.members;
    ++it;
  }
}

void FairShare::enter(Flow flow, double bytes_left) {
  State& state = flows_[flow];
  Class& group = classes_[state.cap];
  state.end = group.served + bytes_left;
  state.order = next_order_++;
  ++group.members;
  group.ends.push_back({state.end, state.order, flow});
  std::push_heap(group.ends.begin(), group.ends.end(), later);
}

void FairShare::leave(Flow flow) {
  --classes_[flows_[flow].cap].members;
  flows_[flow].order = 0;
}

void FairShare::drop_stale(Class& group) {
  while (!group.ends.empty() && flows_[group.ends.front().flow].order != group.ends.front().order) {
    std::pop_heap(group.ends.begin(), group.ends.end(), later);
    group.ends.pop_back();
  }
  if (group.ends.size() < 2 * std::size_t{group.members} + kStaleMin) return;
  std::erase_if(group.ends, [this](const End& end) { return flows_[end.flow].order != end.order; });
  std::make_heap(group.ends.begin(), group.ends.end(), later);
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
  flows_[flow].bytes = bytes;
  ++count_;
  enter(flow, static_cast<double>(bytes));
  share();
  return flow;
}

void FairShare::set_cap(Instant now, Flow flow, std::uint64_t cap) {
  if (flows_[flow].cap == cap) return;
  advance(now);
  const double left = flows_[flow].end - classes_[flows_[flow].cap].served;
  leave(flow);
  flows_[flow].cap = cap;
  enter(flow, left);
  share();
}

void FairShare::remove(Instant now, Flow flow) {
  advance(now);
  leave(flow);
  free_.push_back(flow);
  --count_;
  share();
}

std::uint64_t FairShare::done(Instant now, Flow flow) const {
  const State& state = flows_[flow];
  const Class& group = classes_.at(state.cap);
  const double served = group.served + (now > at_ ? group.rate * seconds_of(now - at_) : 0);
  const double bytes = static_cast<double>(state.bytes) - std::max(0.0, state.end - served);
  return static_cast<std::uint64_t>(std::max(0.0, bytes));
}

Instant FairShare::next_end() {
  double soonest = -1;
  for (auto& [cap, group] : classes_) {
    drop_stale(group);
    if (group.ends.empty() || group.rate <= 0) continue;
    const double seconds = std::max(0.0, group.ends.front().at - group.served) / group.rate;
    if (soonest < 0 || seconds < soonest) soonest = seconds;
  }
  if (soonest < 0) return kNever;
  return at_ + Span(static_cast<std::int64_t>(std::ceil(soonest * 1e9)));
}

std::optional<FairShare::Flow> FairShare::take_ended(Instant now) {
  advance(now);
  const End* first = nullptr;
  for (auto& [cap, group] : classes_) {
    drop_stale(group);
    if (group.ends.empty() || group.ends.front().at > group.served + kWhole + group.rate * 1e-9) continue;
    if (first == nullptr || group.ends.front().order < first->order) first = &group.ends.front();
  }
  if (first == nullptr) return std::nullopt;
  const Flow flow = first->flow;
  remove(now, flow);
  return flow;
}

}  // namespace rackcast::sim
