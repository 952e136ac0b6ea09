#include "tools/sim/deterministic/virtual_streams.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "tools/sim/machines/digest.h"

namespace rackcast::sim {

namespace {

// Tokens: a fetch (its place and use), or one of these.
constexpr std::uint64_t kFlowsEnd = ~std::uint64_t{0};
constexpr std::uint64_t kReport = kFlowsEnd - 1;

constexpr Span kReportEvery = std::chrono::milliseconds(500);

// TCP as a crowd meets it: a lost SYN is repeated after a second, other segments after 200 ms (RFC 6298 with Linux's
// floor); so often, then the connection is given up.
constexpr Span kSynRepeat = std::chrono::seconds(1);
constexpr Span kSegmentRepeat = std::chrono::milliseconds(200);
constexpr unsigned kRepeatsMax = 6;

constexpr std::uint64_t kUnlimited = 100'000'000'000;  // bytes per second: no cable is faster

// Padhye's model of a long flow under random loss (SIGCOMM 1998, equation 32 without the receiver's window).
std::uint64_t rate_under_loss(double loss, Span round_trip) {
  if (loss <= 0) return kUnlimited;
  constexpr double kSegment = 1'460;
  const double rtt = std::max(1e-5, std::chrono::duration<double>(round_trip).count());
  const double timeout = std::max(rtt * 4, std::chrono::duration<double>(kSegmentRepeat).count());
  const double by_fast = rtt * std::sqrt(2 * loss / 3);
  const double by_timeout = timeout * std::min(1.0, 3 * std::sqrt(3 * loss / 8)) * loss * (1 + 32 * loss * loss);
  return static_cast<std::uint64_t>(std::max(1'000.0, kSegment / (by_fast + by_timeout)));
}

}  // namespace

VirtualStreams::VirtualStreams(io::SimNetwork& network, const VirtualTree& tree, StreamClients& clients,
                               StreamOptions options, std::size_t machines, std::uint64_t seed)
    : network_(network),
      tree_(tree),
      clients_(clients),
      options_(std::move(options)),
      start_(network.now().monotonic),
      share_(options_.bytes_per_second),
      random_(seed),
      seats_(machines) {}

VirtualStreams::~VirtualStreams() {
  network_.forget(this);
}

Instant VirtualStreams::now() const {
  return Instant(network_.now().monotonic - start_);
}

void VirtualStreams::at(Instant time, std::uint64_t token) {
  network_.schedule(start_ + time.time_since_epoch(), this, token);
}

std::uint64_t VirtualStreams::token_of(Index index) const {
  return (std::uint64_t{fetches_[index].serial} << 32U) | index;
}

VirtualStreams::Index VirtualStreams::new_fetch(MachineId machine, const FetchRequest& request) {
  if (free_.empty()) {
    free_.push_back(static_cast<Index>(fetches_.size()));
    fetches_.emplace_back();
  }
  const Index index = free_.back();
  free_.pop_back();
  ++running_;
  Fetch& fetch = fetches_[index];
  fetch.machine = machine;
  fetch.id = request.id;
  fetch.keep_text = request.keep_text;
  fetch.next = std::exchange(seats_[machine.value()].first, index);
  return index;
}

void VirtualStreams::fetch(MachineId machine, const FetchRequest& request) {
  ++counters_.fetches;
  const Index index = new_fetch(machine, request);
  const StreamPath path = clients_.path_of(machine);
  const bool ours = request.server.address == net::IpAddress(options_.server);
  const std::uint16_t port = request.scheme == Scheme::kHttp ? options_.http_port : options_.ftp_port;
  const Span closed = std::max(Span{}, path.open_from - now());
  if (!ours || path.address.is_any() || closed >= request.patience)
    return fail_in(request.patience, index, Failure::kTimeout, 0);
  if (port == 0 || request.server.port.value() != port)
    return fail_in(closed + path.round_trip, index, Failure::kRefused, 0);
  decide(index, request, path, closed);
}

// How long repeats hold up a dialogue.
Span VirtualStreams::lost_time(const StreamPath& path, unsigned round_trips) {
  const double lost = 1 - (1 - path.loss) * (1 - path.loss);
  Span time{};
  for (unsigned trip = 0; trip < round_trips; ++trip) {
    Span wait = trip == 0 ? kSynRepeat : kSegmentRepeat;
    for (unsigned repeat = 0; repeat < kRepeatsMax && random_.chance(lost); ++repeat, wait *= 2) time += wait;
  }
  return time;
}

void VirtualStreams::decide(Index index, const FetchRequest& request, const StreamPath& path, Span closed) {
  Fetch& fetch = fetches_[index];
  Seat& seat = seats_[fetch.machine.value()];
  StreamAnswer answer = request.scheme == Scheme::kHttp ? answer_http(request, tree_, options_.root, path.address,
                                                                      seat.connected, network_.now().wall)
                                                        : answer_ftp(request, tree_, options_.root, path.address);
  seat.connected = answer.stays_open;
  const Span dialogue = closed + path.round_trip * answer.round_trips + lost_time(path, answer.round_trips);
  if (dialogue >= request.patience) return fail_in(request.patience, index, Failure::kTimeout, 0);
  if (answer.failure != Failure::kNone) return fail_in(dialogue, index, answer.failure, answer.status);
  if (answer.image != nullptr)
    fetch.content = &VirtualTree::content_of(*answer.image);
  else
    fetch.text = std::make_unique<std::string>(std::move(answer.text));
  fetch.bytes = answer.bytes;
  fetch.status = answer.status;
  fetch.end_status = answer.end_status;
  fetch.phase = Phase::kDialogue;
  at(now() + dialogue, token_of(index));
}

void VirtualStreams::start_flow(Index index) {
  Fetch& fetch = fetches_[index];
  fetch.phase = Phase::kFlowing;
  ++seats_[fetch.machine.value()].flowing;
  const std::uint64_t cap = cap_of(fetch.machine);
  fetch.flow = share_.add(now(), fetch.bytes, cap);
  if (by_flow_.size() <= fetch.flow) by_flow_.resize(fetch.flow + 1, kNone);
  by_flow_[fetch.flow] = index;
  set_caps(fetch.machine);
  if (!std::exchange(reporting_, true)) at(now() + kReportEvery, kReport);
  arm();
}

void VirtualStreams::fail_in(Span time, Index index, Failure failure, std::uint16_t status) {
  Fetch& fetch = fetches_[index];
  fetch.phase = Phase::kFailing;
  fetch.failure = failure;
  fetch.status = status;
  at(now() + time, token_of(index));
}

std::uint64_t VirtualStreams::cap_of(MachineId machine) const {
  const StreamPath path = clients_.path_of(machine);
  const std::uint64_t flows = std::max<std::uint64_t>(1, seats_[machine.value()].flowing);
  const std::uint64_t cable = path.bytes_per_second == 0 ? kUnlimited : path.bytes_per_second / flows;
  return std::max<std::uint64_t>(1, std::min(cable, rate_under_loss(path.loss, path.round_trip)));
}

void VirtualStreams::set_caps(MachineId machine) {
  const std::uint64_t cap = cap_of(machine);
  for (Index index = seats_[machine.value()].first; index != kNone; index = fetches_[index].next)
    if (fetches_[index].phase == Phase::kFlowing) share_.set_cap(now(), fetches_[index].flow, cap);
}

void VirtualStreams::arm() {
  const Instant next = share_.next_end();
  if (next >= armed_for_) return;
  armed_for_ = next;
  at(next, kFlowsEnd);
}

void VirtualStreams::on_event(std::uint64_t token) {
  if (token == kFlowsEnd) return end_flows();
  if (token == kReport) return report();
  const auto index = static_cast<Index>(token);
  Fetch& fetch = fetches_[index];
  if (fetch.serial != token >> 32U) return;  // cancelled meanwhile
  switch (fetch.phase) {
    case Phase::kDialogue:
      return start_flow(index);
    case Phase::kFailing:
      return finish(index, fetch.failure);
    case Phase::kFlowing:
    case Phase::kFree:
      return;
  }
}

void VirtualStreams::end_flows() {
  if (now() < armed_for_) return;
  armed_for_ = kNever;
  while (const auto flow = share_.take_ended(now())) {
    const Index index = std::exchange(by_flow_[*flow], kNone);
    const MachineId machine = fetches_[index].machine;
    --seats_[machine.value()].flowing;
    fetches_[index].phase = Phase::kFailing;
    set_caps(machine);
    if (fetches_[index].end_status != 0) fetches_[index].status = fetches_[index].end_status;
    const bool whole = fetches_[index].end_status == 0 || fetches_[index].end_status / 100 == 2;
    finish(index, whole ? Failure::kNone : Failure::kConnectionLost);
  }
  arm();
}

void VirtualStreams::finish(Index index, Failure failure) {
  Fetch& fetch = fetches_[index];
  FetchEvent event;
  event.id = fetch.id;
  event.done = true;
  event.failure = failure;
  event.status = fetch.status;
  const MachineId machine = fetch.machine;
  const std::unique_ptr<std::string> text = std::move(fetch.text);  // lent with the event
  if (failure == Failure::kNone) {
    const auto bytes = text != nullptr ? std::as_bytes(std::span(*text)) : fetch.content->bytes();
    event.bytes = fetch.bytes;
    event.digest = text != nullptr ? digest_of(bytes) : fetch.content->digest();
    if (fetch.keep_text && fetch.bytes > kFetchTextBytesMax)
      event.failure = Failure::kEndless;
    else if (fetch.keep_text)
      event.text = {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  ++(event.failure == Failure::kNone ? counters_.done : counters_.failed);
  counters_.bytes += event.bytes;
  Index* link = &seats_[machine.value()].first;
  while (*link != index) link = &fetches_[*link].next;
  *link = fetch.next;
  release(index);
  clients_.on_fetch(machine, event);  // last: it may fetch again
}

void VirtualStreams::release(Index index) {
  Fetch& fetch = fetches_[index];
  const std::uint32_t serial = fetch.serial + 1;
  fetch = {};
  fetch.serial = serial;
  free_.push_back(index);
  --running_;
}

void VirtualStreams::report() {
  reporting_ = false;
  for (std::size_t flow = 0; flow < by_flow_.size(); ++flow) {
    const Index index = by_flow_[flow];
    if (index == kNone || fetches_[index].phase != Phase::kFlowing) continue;
    FetchEvent event;
    event.id = fetches_[index].id;
    event.status = fetches_[index].status;
    event.bytes = share_.done(now(), fetches_[index].flow);
    clients_.on_fetch(fetches_[index].machine, event);
  }
  if (share_.size() > 0 && !std::exchange(reporting_, true)) at(now() + kReportEvery, kReport);
}

void VirtualStreams::cancel(MachineId machine) {
  Seat& seat = seats_[machine.value()];
  for (Index index = std::exchange(seat.first, kNone); index != kNone;) {
    const Index next = fetches_[index].next;
    const FairShare::Flow flow = fetches_[index].flow;
    if (fetches_[index].phase == Phase::kFlowing) {
      by_flow_[flow] = kNone;
      share_.remove(now(), flow);
    }
    ++counters_.cancelled;
    release(index);
    index = next;
  }
  seat.flowing = 0;
  seat.connected = false;
  arm();
}

}  // namespace rackcast::sim
