// Requests: what is asked, by whom, and whether it is a repeat; answered from the path cache, or once the store has.
#include <algorithm>

#include "core/engine/tftp/datagram_rules.h"
#include "core/engine/tftp/engine_limits.h"
#include "core/engine/tftp/tftp_engine.h"

namespace rackcast::engine {

using namespace tftpd;

bool TftpEngine::may_be_asked(const ReceivedDatagram& datagram) {
  if (!serving()) {
    counters_.add(Counter::kDroppedStopping);
  } else if (sent_to_a_group(datagram)) {
    counters_.add(Counter::kDroppedGroupAddressed);
  } else if (!answerable(datagram.peer)) {
    counters_.add(Counter::kDroppedSpoofed);
  } else {
    return true;
  }
  return false;
}

void TftpEngine::on_request(const Now& now, const ReceivedDatagram& datagram, const tftp::Request& request,
                            Sink& sink) {
  if (!may_be_asked(datagram) || !source_allowed(now, datagram, request.filename, sink)) return;
  if (request.opcode != tftp::Opcode::kRrq) return on_write_request(now, datagram, request, sink);
  counters_.add(Counter::kRequests);
  if (request.mode == tftp::Mode::kMail)
    return refuse_request(now, datagram, Refusal::kModeMail, request.filename, sink);
  NameAsked name;
  if (name_of(now, datagram, request.filename, name, sink) == Named::kRefused) return;
  const Ask ask{datagram, terms_for(datagram, request), name, cache_.hash(name.path)};
  if (answered_as_duplicate(now, ask, sink)) return;
  answer_from_cache(now, ask, sink);
}

Terms TftpEngine::terms_for(const ReceivedDatagram& datagram, tftp::Request request) {
  drop_options(request.options, config_->tftp->refused_options);
  return negotiate(request, limits_for(datagram, request.options));
}

// What the machine may be granted of `asked`, reading or writing.
TermLimits TftpEngine::limits_for(const ReceivedDatagram& datagram, const tftp::Options& asked) {
  const TftpConfig& config = *config_->tftp;
  TermLimits limits{config.max_blksize, config.max_windowsize,
                    config.retransmit_us.value_or(TermLimits{}.first_wait_us)};
  if (!config.classes.empty()) {
    const net::IpAddress& source = datagram.peer.address;
    const TftpClassConfig* const fits = class_of(config.classes, machines_.find(source), source);
    if (fits != nullptr) limit_by(*fits, limits);
  }
  if (config.clamp_to_mtu && asked.blksize) {
    const std::uint16_t most = unfragmented_block(mtus_, datagram.interface, datagram.peer.address.is_v6());
    if (*asked.blksize > most && limits.block_size_max > most) {
      limits.block_size_max = most;
      counters_.add(Counter::kBlocksClamped);
    }
  }
  return limits;
}

// The peer's running transfer, if any: the same request again is answered again, never twice in parallel; any other
// means that the client has moved on.
bool TftpEngine::answered_as_duplicate(const Now& now, const Ask& ask, Sink& sink) {
  const TransferIndex index = table_.running_of(ask.datagram.peer);
  if (index == kNoTransfer) return false;
  Transfer& transfer = table_.at(index);
  const bool same = transfer.path_hash == ask.path_hash && transfer.terms == ask.terms;
  if (transfer.confirmed && same && transfer.state == TransferState::kWaitingTurn) {
    counters_.add(Counter::kDuplicateRequests);
    set_deadline(index, now.monotonic + kTurnPatience);
    return true;
  }
  if (transfer.confirmed) {
    // Where there is one key only the two cannot go on side by side: a copy that comes while blocks still flow is late.
    const bool late = config_->tftp->single_port && same && now.monotonic - transfer.moved_at < kRepeatSpacing;
    counters_.add(Counter::kDuplicateRequests, late ? 1 : 0);
    return late;
  }
  if (!same) {
    finish(now, index, End::kSuperseded, {}, sink);
    return false;
  }
  counters_.add(Counter::kDuplicateRequests);
  if (transfer.state == TransferState::kWaitingImage) {
    CacheEntry& entry = cache_.at(transfer.cache_entry);
    if (now.monotonic - entry.load_asked_at >= kImageAskAgain) (void)ask_store(now, transfer.cache_entry, sink);
  } else if (transfer.state == TransferState::kHeldBack) {
    open(now, index, sink);
  } else if (may_repeat(now, index)) {
    answer(now, index, sink);
  }
  return true;
}

// Whether a request that came again is answered again. Precondition: its transfer is unconfirmed, and has its image.
bool TftpEngine::may_repeat(const Now& now, TransferIndex index) {
  const Transfer& transfer = table_.at(index);
  if (now.monotonic - transfer.answered_at < kRepeatSpacing) return false;
  // It is about to be.
  if (transfer.starved || transfer.awaits_piece || pauses_.armed(index)) return false;
  const bool over = now.monotonic - transfer.moved_at >= kUnconfirmedHold;
  if (!over && answers_.take_again(now.monotonic, transfer.to.peer, transfer.answers)) return true;
  counters_.add(Counter::kAnswersWithheld);
  return false;
}

void TftpEngine::answer_from_cache(const Now& now, const Ask& ask, Sink& sink) {
  const Look look = look_up(now, {ask.datagram.peer, ask.name.path, ask.name.traits, &ask.name.mapped}, 0, sink);
  switch (look.found) {
    case Look::Found::kUnknown:
      return wait_for_image(now, ask, look, sink);
    case Look::Found::kNoRoom:
      return counters_.add(Counter::kDroppedCacheFull);
    case Look::Found::kImage:
      break;
    case Look::Found::kLinkRefused:
    case Look::Found::kMissing:
      counters_.add(Counter::kCacheNegativeHits);
      return refuse_request(now, ask.datagram,
                            look.found == Look::Found::kMissing ? Refusal::kNotFound : Refusal::kLinkRefused,
                            ask.name.path, sink);
  }
  const PinId image = cache_.at(look.entry).pin;
  const TransferIndex transfer = new_transfer(now, ask, sink);
  if (transfer == kNoTransfer) return;
  table_.at(transfer).names = look.names;
  counters_.add(Counter::kCacheHits);
  begin(now, transfer, image, sink);
}

void TftpEngine::wait_for_image(const Now& now, const Ask& ask, const Look& look, Sink& sink) {
  CacheEntry& entry = cache_.at(look.entry);
  counters_.add(Counter::kCacheMisses);
  if (!ask_unless_under_way(now, look.entry, sink)) return counters_.add(Counter::kDroppedLoadQueueFull);
  const TransferIndex index = new_transfer(now, ask, sink);
  if (index == kNoTransfer) return;
  Transfer& transfer = table_.at(index);
  transfer.names = look.names;
  transfer.cache_entry = look.entry;
  entry.waiters.push_back(table_.all(), index);
  set_deadline(index, now.monotonic + kImageWait);
}

TransferIndex TftpEngine::new_transfer(const Now& now, const Ask& ask, Sink& sink) {
  if (!make_room(now, sink)) {
    counters_.add(Counter::kDroppedTableFull);
    if (now.monotonic >= warn_full_at_) {
      warn_full_at_ = now.monotonic + kWarnEvery;
      Event& event = new_event(now, EventKind::kWarning, ask.datagram.peer.address);
      event.detail = "tftp: transfers_max reached by live clients, new requests are dropped until some end";
      sink.event(event);
    }
    return kNoTransfer;
  }
  Destination to = reply_to(ask.datagram);
  to.socket = free_tid(now, ask.datagram, sink);
  const TransferIndex old = table_.running_of(to.peer);
  const TransferIndex index = table_.create(to);
  if (old != kNoTransfer) table_.make_rivals(old, index);
  Transfer& transfer = table_.at(index);
  transfer.terms = ask.terms;
  transfer.path_hash = ask.path_hash;
  transfer.path.assign(ask.name.path);
  transfer.name = ask.name.traits;
  transfer.moved_at = now.monotonic;
  return index;
}

// Ended transfers whose time is over go always; when the table is full, ended ones early, then the oldest that never
// answered: under a flood of forged sources those are the forged ones, since honest clients answer within a round trip.
// Those that wait for their image were sent nothing to answer, and go last: the disk may need a minute (kImageWait).
bool TftpEngine::make_room(const Now& now, Sink& sink) {
  while (table_.oldest_lingering() != kNoTransfer && table_.at(table_.oldest_lingering()).linger_until <= now.monotonic)
    table_.remove(table_.oldest_lingering());
  if (!table_.full()) return true;
  if (table_.oldest_lingering() == kNoTransfer) {
    const TransferIndex victim = table_.oldest_unconfirmed();
    if (victim == kNoTransfer) return false;
    finish(now, victim, End::kEvicted, {}, sink);
  }
  table_.remove(table_.oldest_lingering());
  return true;
}

// One, drawn at random, of the transfer ports of the peer's family on which it has no transfer, running or lingering.
// When it has one on each (a ROM that asks for file after file from one source port, or a single port), the port whose
// transfer ended first, else of one that runs: that one ends for it.
SocketId TftpEngine::free_tid(const Now& now, const ReceivedDatagram& datagram, Sink& sink) {
  SocketId tid = datagram.socket;
  const std::vector<SocketId>& tids = sockets_.tids_of(datagram.peer);
  if (!config_->tftp->single_port && !tids.empty()) {
    MonotonicTime ends_first = kNever;
    std::size_t free = 0;
    tid = tids[tid_draw_.below(tids.size())];
    for (const SocketId candidate : tids) {
      const TransferIndex occupant = table_.find(candidate, datagram.peer);
      if (occupant == kNoTransfer) {
        if (tid_draw_.below(++free) == 0) tid = candidate;
      } else if (const Transfer& other = table_.at(occupant);
                 free == 0 && other.state == TransferState::kLingering && other.linger_until < ends_first) {
        ends_first = other.linger_until;
        tid = candidate;
      }
    }
    if (free > 0) return tid;
  }
  const TransferIndex occupant = table_.find(tid, datagram.peer);
  if (occupant == kNoTransfer) return tid;
  if (table_.at(occupant).state != TransferState::kLingering) finish(now, occupant, End::kSuperseded, {}, sink);
  table_.remove(occupant);
  return tid;
}

// Stateless: a repeated request is refused again. Sent from the port that was asked.
void TftpEngine::refuse_request(const Now& now, const ReceivedDatagram& datagram, Refusal refusal,
                                std::string_view path, Sink& sink, std::string_view text) {
  counters_.add(info(refusal).counter);
  send_error(reply_to(datagram), refusal, sink, text);
  const bool missing = refusal == Refusal::kNotFound;
  Event& event = new_event(now, missing ? EventKind::kNotFound : EventKind::kRefused, datagram.peer.address);
  event.path.assign(path);
  event.detail.assign(missing ? info(refusal).text : hint(info(refusal).counter));
  sink.event(event);
}

}  // namespace rackcast::engine
