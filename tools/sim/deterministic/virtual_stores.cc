#include "tools/sim/deterministic/virtual_stores.h"

#include <algorithm>
#include <utility>

namespace rackcast::sim {

namespace {

// Tokens: a batch's timer, a commit's end, or an answer's index.
constexpr std::uint64_t kTimerBit = std::uint64_t{1} << 63U;
constexpr std::uint64_t kCommitEnds = std::uint64_t{1} << 62U;

constexpr std::size_t kRowsPerCommit = 32;
constexpr Duration kCommitWait = std::chrono::milliseconds(1);
constexpr Duration kMailboxRetry = std::chrono::milliseconds(1);

}  // namespace

VirtualStores::VirtualStores(io::SimNetwork& network, const VirtualTree& tree,
                             std::vector<std::unique_ptr<LanePort>>& ports, StoreTimes times)
    : network_(network), tree_(tree), ports_(ports), times_(times) {}

VirtualStores::~VirtualStores() {
  network_.forget(this);
}

bool VirtualStores::submit(LaneId from, Work& work) {
  if (auto* const commit = std::get_if<CommitLease>(&work)) {
    if (rows_.size() == kQueueMax) {
      ++counters_.rows_refused;
      return false;
    }
    rows_.push_back({from, LeaseCommitted{commit->ticket, true}});
    if (rows_.size() == 1) network_.schedule(network_.now().monotonic + kCommitWait, this, kTimerBit | batch_);
    if (rows_.size() >= kRowsPerCommit && committing_.empty()) start_commit();
    return true;
  }
  if (const auto* const asked = std::get_if<LoadImage>(&work)) return load(from, *asked);
  if (const auto* const read = std::get_if<ReadPiece>(&work)) {
    ++counters_.pieces;
    const auto bytes = std::min<std::uint64_t>(read->image->size_bytes, 1U << 20U);
    const Duration time = times_.resolve_time +
                          Duration(static_cast<std::int64_t>(bytes * 1'000'000'000ULL / times_.load_bytes_per_second));
    return answer_in(time, from,
                     PieceRead{read->ticket, PieceStatus::kRead, VirtualTree::piece_of(*read->image, read->offset)});
  }
  if (const auto* const probe = std::get_if<ProbeAddress>(&work)) {
    ++counters_.probes;
    const bool in_use = std::find(times_.in_use.begin(), times_.in_use.end(), probe->address) != times_.in_use.end();
    const Duration time = in_use ? times_.probe_answer_time : probe->timeout;
    if (!answer_in(time, from, AddressProbed{probe->ticket, in_use})) return false;
    if (on_probe) on_probe(*probe, network_.now().monotonic + time);
    return true;
  }
  if (auto* const release = std::get_if<ReleaseImage>(&work)) {
    ++counters_.images_released;
    release->image.reset();
    return true;
  }
  if (auto* const upload = std::get_if<WriteUpload>(&work)) {
    // Thrown away, at the speed of a commit.
    UploadWritten written{upload->ticket, UploadStatus::kWritten, upload->name, upload->buffer};
    if (!answer_in(upload->last ? times_.commit_time : times_.resolve_time, from, std::move(written))) return false;
    counters_.upload_bytes += upload->buffer->size;
    counters_.uploads += upload->last ? 1U : 0U;
    return true;
  }
  if (const auto* const machine = std::get_if<PublishMachine>(&work)) {
    for (const auto& port : ports_) (void)port->post(MachineChanged{machine->machine});
  }
  return true;
}

bool VirtualStores::load(LaneId lane, const LoadImage& work) {
  ImageLoaded loaded{work.ticket, work.path, ImageStatus::kNotFound, nullptr, tree_.epoch().value()};
  Duration time = times_.resolve_time;
  const auto any_case = asked_in_any_case(work.path);
  if (const VirtualTree::File* file = any_case ? tree_.find_in_any_case(*any_case) : tree_.find(work.path.view())) {
    loaded.status = ImageStatus::kLoaded;
    loaded.image = file->image;
    const std::uint64_t generation = file->image->generation;
    if (loaded_.size() <= generation) loaded_.resize(generation + 1);
    if (std::exchange(loaded_[generation], char{1}) == 0 && file->image->resident()) {
      time += times_.first_load_time + Duration(static_cast<std::int64_t>(file->image->size_bytes * 1'000'000'000ULL /
                                                                          times_.load_bytes_per_second));
    }
  }
  ++counters_.loads;
  return answer_in(time, lane, std::move(loaded));
}

bool VirtualStores::answer_in(Duration time, LaneId lane, Completion completion) {
  if (answers_out_ == kQueueMax) {
    ++counters_.work_refused;
    return false;
  }
  if (free_answers_.empty()) {
    free_answers_.push_back(static_cast<std::uint32_t>(answers_.size()));
    answers_.emplace_back();
  }
  const std::uint32_t index = free_answers_.back();
  free_answers_.pop_back();
  answers_[index] = {lane, std::move(completion), true};
  ++answers_out_;
  network_.schedule(network_.now().monotonic + time, this, index);
  return true;
}

void VirtualStores::on_event(std::uint64_t token) {
  if ((token & kTimerBit) != 0) {
    // A batch that left earlier took its timer's meaning with it; one that finds the disk busy goes when it is free.
    if ((token & ~kTimerBit) == batch_ && committing_.empty() && !rows_.empty()) start_commit();
  } else if (token == kCommitEnds) {
    end_commit();
  } else {
    deliver(token);
  }
}

void VirtualStores::start_commit() {
  committing_.swap(rows_);
  ++batch_;
  network_.schedule(network_.now().monotonic + times_.commit_time, this, kCommitEnds);
}

void VirtualStores::end_commit() {
  ++counters_.commits;
  counters_.rows += committing_.size();
  for (const Row& row : committing_) {
    // As the daemon: a full mailbox loses the answer, and the client asks again.
    if (!ports_[row.lane.value()]->post(row.answer)) ++counters_.answers_delayed;
  }
  committing_.clear();
  if (!rows_.empty()) start_commit();
}

void VirtualStores::deliver(std::uint64_t index) {
  Answer& answer = answers_[index];
  Completion& completion = answer.completion;
  if (!ports_[answer.lane.value()]->post(completion)) {
    ++counters_.answers_delayed;
    network_.schedule(network_.now().monotonic + kMailboxRetry, this, index);
    return;
  }
  completion = LeaseCommitted{};  // drops its image
  free_answers_.push_back(static_cast<std::uint32_t>(index));
  --answers_out_;
}

}  // namespace rackcast::sim
