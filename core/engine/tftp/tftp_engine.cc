#include "core/engine/tftp/tftp_engine.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/engine/tftp/engine_limits.h"
#include "core/engine/tftp/garbage.h"

namespace rackcast::engine {

using namespace tftpd;

namespace {

// A piece's ticket has room for this many transfers.
std::size_t bounded(std::size_t transfers_max) {
  return std::clamp<std::size_t>(transfers_max, 1, (std::size_t{1} << kTicketTransferBits) - 1);
}

}  // namespace

TftpEngine::TftpEngine(TftpSetup setup)
    : config_(std::move(setup.config)),
      root_(std::move(setup.root)),
      sockets_(setup.listeners, std::move(setup.tids)),
      epoch_(*setup.epoch),
      table_(bounded(setup.limits.transfers_max), setup.seed),
      cache_(setup.limits.cache_paths, setup.seed ^ 0xC2B2'AE3D'27D4'EB4FULL),
      timers_(static_cast<std::uint32_t>(table_.capacity()), kTimerTick),
      machines_(setup.limits.machines_max, setup.seed ^ 0x94D0'49BB'1331'11EBULL),
      name_map_(std::move(setup.name_map)),
      mtus_(std::move(setup.mtus)),
      totals_(std::move(setup.totals)),
      admission_({.totals = totals_.get(),
                  .sources_max = setup.limits.sources_max,
                  .seed = setup.seed ^ 0x8E9D'5AA1'6C3B'27F5ULL,
                  .local_time = setup.local_time}),
      answers_(setup.limits.sources_max, setup.seed ^ 0x3C79'AC49'2BA7'B653ULL),
      turns_{.waiting = {table_.all(), setup.seed ^ 0xD6E8'FEB8'6659'FD93ULL}},
      queue_(table_.all(), setup.seed ^ 0xA076'1D64'78BD'642FULL),
      pauses_(static_cast<std::uint32_t>(table_.capacity()), kPaceTick),
      caps_(std::move(setup.shared_rates), std::min(table_.capacity(), kRateMachinesMax),
            setup.seed ^ 0xE703'7ED1'A0B4'28DBULL),
      tid_draw_(setup.seed ^ 0x2545'F491'4F6C'DD1DULL),
      unseen_interfaces_served_(setup.unseen_interfaces_served) {
  if (config_->tftp && !config_->tftp->upload.dir.empty())
    uploads_ = std::make_unique<Uploads>(Uploads::Setup{.uploads_max = setup.limits.uploads_max,
                                                        .pace = std::move(setup.upload_pace),
                                                        .counters = &counters_,
                                                        .admission = &admission_,
                                                        .answers = &answers_,
                                                        .transfer_ids = &transfer_ids_});
  caps_.use(config_->tftp);
}

// With a thousand clients nothing an ACK needs is in the cache. Fetched one after the other the lines cost more than
// all the rest an ACK does; asked for ahead, they come while others are served.
void TftpEngine::expect(std::span<const ReceivedDatagram> batch) const {
  std::array<std::size_t, kBatchMax> places;
  std::size_t count = 0;
  for (const ReceivedDatagram& datagram : batch.first(std::min(batch.size(), places.size()))) {
    const Role role = sockets_.of(datagram.socket);
    if (role == Role::kNone) continue;
    __builtin_prefetch(datagram.payload.data());
    if (role == Role::kListener) table_.prefetch_peer(datagram.peer);
    places[count++] = table_.prefetch_key(datagram.socket, datagram.peer);
  }
  for (std::size_t i = 0; i < count; ++i) table_.prefetch_transfer(places[i]);
}

void TftpEngine::on_datagram(const Now& now, const ReceivedDatagram& datagram, Sink& sink) {
  const Role role = sockets_.of(datagram.socket);
  if (role == Role::kNone) return;
  if (datagram.truncated) return counters_.add(Counter::kDroppedTruncated);
  const tftp::Packet packet = tftp::parse(datagram.payload);
  if (const auto* const request = std::get_if<tftp::Request>(&packet)) {
    if (role == Role::kListener) return on_request(now, datagram, *request, sink);
    return counters_.add(Counter::kRequestOffPort);
  }
  if (const auto* const rejected = std::get_if<tftp::Rejected>(&packet)) {
    counters_.add(Counter::kGarbage);
    counters_.add(garbage_counter(rejected->reason));
    if (rejected->reason == tftp::RejectReason::kModeUnknown && role == Role::kListener && may_be_asked(datagram) &&
        source_allowed(now, datagram, {}, sink))
      refuse_request(now, datagram, Refusal::kModeUnknown, {}, sink);
    return;
  }
  const TransferIndex index = table_.find(datagram.socket, datagram.peer);
  const auto* const error = std::get_if<tftp::ErrorReport>(&packet);
  const auto* const ack = std::get_if<tftp::Ack>(&packet);
  if (uploads_ != nullptr && config_->tftp) {
    const auto* const data = std::get_if<tftp::Data>(&packet);
    if (data != nullptr && uploads_->on_data(now, datagram, *data, *config_->tftp, sink)) return;
    if (error != nullptr && index == kNoTransfer && uploads_->on_peer_error(now, datagram, sink)) return;
  }
  const bool never_confirmed = index == kNoTransfer || !table_.at(index).confirmed;
  const bool over = index == kNoTransfer || table_.at(index).state == TransferState::kLingering;
  if ((ack != nullptr || error != nullptr) && role == Role::kTid && over && never_confirmed)
    on_guess(now, datagram.peer, error != nullptr, sink);
  if (index == kNoTransfer) {
    if (error == nullptr) on_stray(datagram, sink);
    return;
  }
  if (table_.at(index).state == TransferState::kLingering) return counters_.add(Counter::kLateDatagrams);
  if (error != nullptr) return on_peer_error(now, index, *error, sink);
  if (ack != nullptr) return on_ack(now, index, ack->block, sink);
  counters_.add(Counter::kUnexpectedPackets);
}

void TftpEngine::on_completion(const Now& now, Completion& completion, Sink& sink) {
  if (auto* const loaded = std::get_if<ImageLoaded>(&completion)) {
    if (belongs_to(loaded->ticket, EngineTag::kTftp)) on_image(now, *loaded, sink);
  } else if (auto* const read = std::get_if<PieceRead>(&completion)) {
    if (belongs_to(read->ticket, EngineTag::kTftp)) on_piece(now, *read, sink);
  } else if (auto* const written = std::get_if<UploadWritten>(&completion)) {
    // Also after TFTP was switched off: the buffer is its place's.
    if (belongs_to(written->ticket, EngineTag::kUpload) && uploads_ != nullptr)
      uploads_->on_written(now, *written, config_->tftp ? config_->tftp->upload : UploadConfig{}, sink);
  } else if (const auto* const changed = std::get_if<MachineChanged>(&completion)) {
    machines_.upsert(changed->machine);
    // Who got its address from us answered us there: no stranger.
    if (!changed->machine.address.is_any()) answers_.prove(now.monotonic, changed->machine.address);
  } else if (const auto* const swapped = std::get_if<ConfigSwapped>(&completion)) {
    config_ = swapped->config;
    caps_.use(config_->tftp);
    if (swapped->mtus != nullptr) mtus_ = *swapped->mtus;
  } else if (std::holds_alternative<StopLane>(completion)) {
    begin_stop(now, sink);
    if (uploads_ != nullptr) uploads_->begin_stop(now, sink);
  }
}

void TftpEngine::on_deadline(const Now& now, Sink& sink) {
  if (starved_retry_at_ <= now.monotonic) feed_starved(now, sink);
  if (uploads_ != nullptr) uploads_->on_deadline(now, sink);
  if (pauses_.next_deadline() <= now.monotonic) end_pauses(now, sink);
  if (turns_.look_at <= now.monotonic) give_turns(now, sink);
  if (deactivation_.on_again_at() <= now.monotonic) report_deactivation(now, sink);
  if (timers_.next_deadline() <= now.monotonic)
    timers_.advance(now.monotonic, [&](std::uint32_t index) { on_timer(now, index, sink); });
  if (sweep_at_ <= now.monotonic) {
    cache_.sweep(epoch_.value(), now.monotonic, sink.pins());
    sweep_at_ = cache_.images() > 0 ? now.monotonic + kSweepEvery : kNever;
  }
}

MonotonicTime TftpEngine::next_deadline() const {
  const MonotonicTime uploads_at = uploads_ != nullptr ? uploads_->next_deadline() : kNever;
  return std::min({uploads_at, starved_retry_at_, pauses_.next_deadline(), turns_.look_at, deactivation_.on_again_at(),
                   timers_.next_deadline(), sweep_at_});
}

}  // namespace rackcast::engine
