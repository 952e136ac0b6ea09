#include "core/runtime/lane.h"

#include <algorithm>
#include <utility>

namespace rackcast {

namespace {

// Longest wait of one turn: counters are published and a stop is noticed at least this often.
constexpr Duration kPublishEvery = std::chrono::milliseconds(250);
// Completions taken per turn, so that a burst of answers does not keep datagrams waiting.
constexpr std::size_t kCompletionsPerTurnMax = 256;

}  // namespace

Lane::Lane(LaneSetup setup, PacketIo& io, LanePort& port, EventSink& events, WorkRouter& router)
    : interfaces_(std::move(setup.interfaces)),
      route_(std::move(setup.route)),
      engines_(std::move(setup.engines)),
      stop_grace_(setup.stop_grace),
      io_(io),
      port_(port),
      pins_(setup.images_pinned_max),
      sink_(io, pins_, events, router, setup.id) {}

void Lane::turn(MonotonicTime until) {
  const std::size_t count = io_.poll(batch_, std::min(until, next_deadline()));
  const Now now = io_.now();
  ++counters_.turns;
  follow_tap(now);

  drain_mailbox(now);
  if (count > 1)
    for (const auto& engine : engines_) engine->expect(std::span(batch_).first(count));
  for (std::size_t i = 0; i < count; ++i) dispatch(now, batch_[i]);
  io_.release(std::span(batch_).first(count));
  io_.expect_answers(awaits_lock_step());
  for (const auto& engine : engines_)
    if (engine->next_deadline() <= now.monotonic) engine->on_deadline(now, sink_);

  io_.flush();
  release_pins();
  check_stop(now);
  publish(now);
}

void Lane::run() {
  while (!stopped_) turn(io_.now().monotonic + kPublishEvery);
}

MonotonicTime Lane::next_deadline() const {
  MonotonicTime earliest = kNever;
  for (const auto& engine : engines_) earliest = std::min(earliest, engine->next_deadline());
  return earliest;
}

std::size_t Lane::in_flight() const {
  std::size_t sum = 0;
  for (const auto& engine : engines_) sum += engine->in_flight();
  return sum;
}

void Lane::follow_tap(const Now& now) {
  if (tap_ != port_.wanted_tap()) {
    tap_ = port_.adopt_tap();
    sink_.set_tap(tap_);
  }
  if (tap_ != nullptr) tap_->turn(now);
}

void Lane::drain_mailbox(const Now& now) {
  for (std::size_t i = 0; i < kCompletionsPerTurnMax; ++i) {
    auto completion = port_.take();
    if (!completion) return;
    ++counters_.completions;
    for (const auto& engine : engines_) engine->on_completion(now, *completion, sink_);
    give_back_unclaimed(*completion);
    if (std::holds_alternative<StopLane>(*completion) && !stopping_) {
      stopping_ = true;
      stop_by_ = now.monotonic + stop_grace_;
    }
  }
  io_.wake();  // more may wait: do not sleep in the next poll
}

// An image no engine took: its transfer has ended, or the answer came twice. Goes the way of released pins.
void Lane::give_back_unclaimed(Completion& completion) {
  if (auto* const loaded = std::get_if<ImageLoaded>(&completion)) pins_.give_up(std::move(loaded->image));
  if (auto* const read = std::get_if<PieceRead>(&completion)) pins_.give_up(std::move(read->piece));
}

void Lane::dispatch(const Now& now, const ReceivedDatagram& datagram) {
  if (!interface_is_served(datagram.interface)) {
    ++counters_.wrong_interface;
    return;
  }
  const std::size_t socket = datagram.socket.value();
  if (socket >= route_.size() || route_[socket] >= engines_.size()) {
    ++counters_.unrouted;
    return;
  }
  ++counters_.datagrams;
  if (tap_ != nullptr) tap_->received(datagram);
  asked_ |= std::uint64_t{1} << (route_[socket] % 64U);
  engines_[route_[socket]]->on_datagram(now, datagram, sink_);
}

// Of engines whose peers answer at once: one has transfers running, or was asked in this turn.
bool Lane::awaits_lock_step() {
  const std::uint64_t asked = std::exchange(asked_, 0);
  for (std::size_t i = 0; i < engines_.size(); ++i)
    if (engines_[i]->is_lock_step() && ((asked >> i & 1U) != 0 || engines_[i]->in_flight() > 0)) return true;
  return false;
}

// A socket that does not tell the interface (0) belongs to peers whose requests came in by one that is served.
bool Lane::interface_is_served(InterfaceIndex index) const {
  return interfaces_.empty() || index == InterfaceIndex{} ||
         std::find(interfaces_.begin(), interfaces_.end(), index) != interfaces_.end();
}

void Lane::release_pins() {
  std::array<PinId, kBatchMax> done;
  for (std::size_t count = io_.reap(done); count > 0; count = io_.reap(done))
    for (std::size_t i = 0; i < count; ++i) pins_.release(done[i]);

  // The last reference of an image is dropped off-lane: unmapping a gigabyte here would stall everybody.
  for (;;) {
    if (release_pending_ == nullptr) release_pending_ = pins_.take_released();
    if (release_pending_ == nullptr) return;
    Work work = ReleaseImage{std::move(release_pending_)};
    if (sink_.submit(work)) {
      release_pending_ = nullptr;
      continue;
    }
    release_pending_ = std::move(std::get<ReleaseImage>(work).image);
    return;
  }
}

void Lane::check_stop(const Now& now) {
  if (stopping_ && (in_flight() == 0 || now.monotonic >= stop_by_)) stopped_ = true;
}

void Lane::publish(const Now& now) {
  if (now.monotonic < next_publish_) return;
  next_publish_ = now.monotonic + kPublishEvery;
  counters_.pins_full = pins_.full_count();
  counters_.images_dropped = pins_.dropped_count();
  counters_.images_pinned = pins_.in_use();
  counters_.in_flight = in_flight();
  if (on_publish) on_publish(*this);
}

}  // namespace rackcast
