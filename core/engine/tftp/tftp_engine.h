// The TFTP server as a pure engine: RFC 1350, 2347, 2348, 2349, 7440; write requests where uploads are on (uploads.h).
// Datagrams, completions and time in; bursts, events and work out. One object per lane.
//
//   requests arrive on `listeners`; each transfer answers from one of `tids` of the peer's address family (its TID, RFC
//   1350 section 4), or from the listener itself under single_port. A transfer is known by (TID, peer address, peer
//   port), never by a socket of its own.
//
// Loss recovery: DATA is resent only on a timeout, or once per window where a windowed client reports a gap (RFC 7440
// section 4); never on a duplicate ACK in lock-step (RFC 1123 section 4.2.3.1). A peer that never answered gets at
// most kAnswersUnconfirmedMax answers, one datagram at a time, and few go to its address (answer_budget.h).
//
// Forged sources: who cannot see our answers does not know the transfer's TID, which is drawn at random. It may guess:
// an ACK at any other TID ends the peer's transfer while it is unconfirmed (guessed_tid); an ERROR ends nothing, since
// clients send one to a second answer, but one that follows at the right TID makes no address known (errors_stray). So
// one guess in `tids` goes through. Then the address is known (answer_budget.h), and by an ACK a window of DATA follows
// each further one until the peer's host answers with an ERROR. More TIDs or a smaller max_windowsize lower that. The
// generator withstands who sees some TIDs, not who computes on all. Under single_port there is nothing to guess.
//
// Images come from the store; an entry of the lane's path cache answers while usable. A transfer pins one generation.
// Limits, each with a counter (counters.h) and a policy: transfers_max (ended ones go first, then who never answered,
// then who waits for the disk, then new requests are dropped: clients repeat), cache_paths, pins, retransmissions,
// waits for the disk. Thread: the lane's. Allocation: none after construction.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/admission/access.h"
#include "core/admission/deactivation.h"
#include "core/admission/source_limiter.h"
#include "core/config/config.h"
#include "core/engine/engine.h"
#include "core/engine/tftp/answer_budget.h"
#include "core/engine/tftp/counters.h"
#include "core/engine/tftp/fair_queue.h"
#include "core/engine/tftp/image_cache.h"
#include "core/engine/tftp/look.h"
#include "core/engine/tftp/machine_terms.h"
#include "core/engine/tftp/outcomes.h"
#include "core/engine/tftp/rate_caps.h"
#include "core/engine/tftp/secret_draw.h"
#include "core/engine/tftp/socket_roles.h"
#include "core/engine/tftp/tftp_setup.h"
#include "core/engine/tftp/transfer_table.h"
#include "core/engine/tftp/turns.h"
#include "core/engine/tftp/uploads.h"
#include "core/images/image_epoch.h"
#include "core/machines/machine_table.h"
#include "core/quirks/name_map.h"
#include "core/quirks/other_names.h"
#include "core/timer_wheel.h"
#include "proto/tftp/packet.h"

namespace rackcast::engine {

class TftpEngine final : public Engine {
 public:
  explicit TftpEngine(TftpSetup setup);

  void expect(std::span<const ReceivedDatagram> batch) const override;
  void on_datagram(const Now& now, const ReceivedDatagram& datagram, Sink& sink) override;
  void on_completion(const Now& now, Completion& completion, Sink& sink) override;
  void on_deadline(const Now& now, Sink& sink) override;
  [[nodiscard]] MonotonicTime next_deadline() const override;
  [[nodiscard]] bool is_lock_step() const override { return true; }
  [[nodiscard]] std::size_t in_flight() const override {
    return table_.running() + (uploads_ != nullptr ? uploads_->running() : 0);
  }

  [[nodiscard]] const tftpd::Counters& counters() const { return counters_; }
  [[nodiscard]] const QuirkCounts& quirks() const { return quirks_; }
  [[nodiscard]] const AdmissionCounters& admission() const { return admission_.counters(); }

 private:
  using Transfer = tftpd::Transfer;
  using TransferIndex = tftpd::TransferIndex;
  using Counter = tftpd::Counter;
  using Refusal = tftpd::Refusal;
  using End = tftpd::End;
  using Role = tftpd::SocketRole;
  using Look = tftpd::Look;

  // A request's name, resolved to a path; with traits.candidates, as asked, and the first candidate beside it.
  struct NameAsked {
    PathText path;
    tftpd::NameTraits traits;
    PathText mapped;  // by the map file, which room this is otherwise
  };
  // One request; lives during one call.
  struct Ask {
    const ReceivedDatagram& datagram;
    tftpd::Terms terms;
    const NameAsked& name;
    std::uint64_t path_hash = 0;
  };

  // requests.cc
  void on_request(const Now& now, const ReceivedDatagram& datagram, const tftp::Request& request, Sink& sink);
  [[nodiscard]] tftpd::Terms terms_for(const ReceivedDatagram& datagram, tftp::Request request);
  [[nodiscard]] tftpd::TermLimits limits_for(const ReceivedDatagram& datagram, const tftp::Options& asked);
  [[nodiscard]] bool may_be_asked(const ReceivedDatagram& datagram);
  [[nodiscard]] bool answered_as_duplicate(const Now& now, const Ask& ask, Sink& sink);
  [[nodiscard]] bool may_repeat(const Now& now, TransferIndex index);
  void answer_from_cache(const Now& now, const Ask& ask, Sink& sink);
  void wait_for_image(const Now& now, const Ask& ask, const Look& look, Sink& sink);
  [[nodiscard]] TransferIndex new_transfer(const Now& now, const Ask& ask, Sink& sink);
  [[nodiscard]] bool make_room(const Now& now, Sink& sink);
  [[nodiscard]] SocketId free_tid(const Now& now, const ReceivedDatagram& datagram, Sink& sink);
  // `text`: sent to the client instead of the refusal's own, when not empty.
  void refuse_request(const Now& now, const ReceivedDatagram& datagram, Refusal refusal, std::string_view path,
                      Sink& sink, std::string_view text = {});

  // write_requests.cc
  void on_write_request(const Now& now, const ReceivedDatagram& datagram, const tftp::Request& request, Sink& sink);
  [[nodiscard]] bool name_to_write(const Now& now, const ReceivedDatagram& datagram, std::string_view& asked,
                                   PathText& mapped, Sink& sink);

  // names.cc
  enum class Named : std::uint8_t { kYes, kRefused /* and told */ };
  [[nodiscard]] Named name_of(const Now& now, const ReceivedDatagram& datagram, std::string_view asked, NameAsked& name,
                              Sink& sink);
  [[nodiscard]] Look look_up(const Now& now, const tftpd::Sought& sought, std::uint8_t from, Sink& sink);
  [[nodiscard]] std::optional<tftpd::Meant> nth_name(const tftpd::Sought& sought, unsigned number,
                                                     PathText& room) const;
  [[nodiscard]] std::optional<tftpd::Meant> candidate(const tftpd::Sought& sought, unsigned number,
                                                      PathText& room) const;
  enum class Elsewhere : std::uint8_t { kNowhere, kGoesOn /* or waits */, kLinkRefused, kLater /* no room to look */ };
  [[nodiscard]] Elsewhere look_elsewhere(const Now& now, TransferIndex index, Sink& sink);
  void end_without_image(const Now& now, TransferIndex index, const ImageLoaded& loaded, bool kept, Sink& sink);
  void count_name(const Transfer& transfer);

  // turns.cc
  [[nodiscard]] bool source_allowed(const Now& now, const ReceivedDatagram& datagram, std::string_view name,
                                    Sink& sink);
  [[nodiscard]] bool may_begin(const Now& now, TransferIndex index, Sink& sink);
  [[nodiscard]] bool may_go_on(const Now& now, TransferIndex index, Sink& sink);
  void go_on(const Now& now, TransferIndex index, Sink& sink);
  [[nodiscard]] bool takes_its_turn(const Now& now, TransferIndex index, Sink& sink);
  void wait_for_turn(const Now& now, TransferIndex index, Sink& sink);
  void hold_turns(const Now& now, AdmissionReason reason, MonotonicTime since);
  void give_turns(const Now& now, Sink& sink);
  void end_turn(const Now& now, TransferIndex index, End end);
  void report_not_admitted(const Now& now, const net::IpAddress& source, std::string_view path, AdmissionReason reason,
                           Sink& sink);

  // images.cc
  [[nodiscard]] bool ask_unless_under_way(const Now& now, tftpd::CacheIndex entry, Sink& sink);
  [[nodiscard]] bool ask_store(const Now& now, tftpd::CacheIndex entry, Sink& sink);
  void on_image(const Now& now, ImageLoaded& loaded, Sink& sink);
  [[nodiscard]] bool keep(tftpd::CacheIndex entry, ImageLoaded& loaded, Sink& sink);
  void on_piece(const Now& now, PieceRead& read, Sink& sink);
  void wait_for_room(const Now& now, TransferIndex index, Sink& sink);
  void ask_piece(const Now& now, TransferIndex index, std::uint64_t offset, Sink& sink);

  // sending.cc
  void begin(const Now& now, TransferIndex index, PinId image, Sink& sink);
  void open(const Now& now, TransferIndex index, Sink& sink);
  void hold_back(const Now& now, TransferIndex index);
  void start_data(const Now& now, TransferIndex index, Sink& sink);
  void answer(const Now& now, TransferIndex index, Sink& sink);
  [[nodiscard]] bool send_oack(TransferIndex index, Sink& sink);
  void pump(const Now& now, TransferIndex index, Sink& sink);
  [[nodiscard]] static std::uint64_t window_end(const Transfer& transfer);
  void send_until(const Now& now, TransferIndex index, std::uint64_t until, Sink& sink);
  [[nodiscard]] PinId source_of(const Now& now, TransferIndex index, std::uint64_t block, Sink& sink);
  void fill_octet(Transfer& transfer, PinId source, std::uint64_t until, TxSlot& slot, Sink& sink);
  void fill_netascii(Transfer& transfer, TxSlot& slot, Sink& sink);
  void count_sent(Transfer& transfer, std::uint64_t block);
  bool send_error(const Destination& to, Refusal refusal, Sink& sink, std::string_view text = {});

  // pacing.cc
  void pump_paced(const Now& now, TransferIndex index, Sink& sink);
  [[nodiscard]] bool may_burst(const Now& now, TransferIndex index);
  [[nodiscard]] std::uint64_t burst_blocks(const Transfer& transfer) const;
  [[nodiscard]] bool in_turn() const { return feeding_ || queue_.empty(); }  // others do not wait before it
  void starve(const Now& now, TransferIndex index);
  void queue_up(const Now& now, TransferIndex index);
  void leave_queues(TransferIndex index);
  void feed_starved(const Now& now, Sink& sink);
  void pause_until(TransferIndex index, MonotonicTime at);
  void end_pauses(const Now& now, Sink& sink);
  void lost(Transfer& transfer);
  void arrived(TransferIndex index, std::uint64_t block);

  // recovery.cc
  void on_ack(const Now& now, TransferIndex index, tftp::BlockNumber number, Sink& sink);
  void confirm_over_rival(const Now& now, TransferIndex index, Sink& sink);
  void on_progress(const Now& now, TransferIndex index, std::uint64_t block, Sink& sink);
  void on_duplicate_ack(const Now& now, TransferIndex index, Sink& sink);
  void go_back(const Now& now, TransferIndex index, Sink& sink);
  static void measure_round_trip(Transfer& transfer, Duration time);
  [[nodiscard]] static bool is_echo(const Now& now, const Transfer& transfer);
  static void rewind(Transfer& transfer);
  void on_peer_error(const Now& now, TransferIndex index, const tftp::ErrorReport& error, Sink& sink);
  void on_stray(const ReceivedDatagram& datagram, Sink& sink);
  void on_guess(const Now& now, const net::Endpoint& peer, bool by_error, Sink& sink);
  void on_timer(const Now& now, TransferIndex index, Sink& sink);
  void on_silence(const Now& now, TransferIndex index, Sink& sink);
  void answer_stranger(const Now& now, TransferIndex index, Sink& sink);
  void begin_stop(const Now& now, Sink& sink);
  [[nodiscard]] bool silent_at_stop(const Now& now, const Transfer& transfer) const;
  void end_silent(const Now& now, TransferIndex index, Sink& sink);
  void set_deadline(TransferIndex index, MonotonicTime deadline);
  [[nodiscard]] static Duration wait_of(const Transfer& transfer);
  void finish(const Now& now, TransferIndex index, End end, std::string_view detail, Sink& sink);
  void fail(const Now& now, TransferIndex index, Refusal refusal, Sink& sink);

  // reports.cc
  Event& new_event(const Now& now, EventKind kind, const net::IpAddress& address);
  void report(const Now& now, const Transfer& transfer, EventKind kind, std::string_view detail, Sink& sink);
  void report_progress(const Now& now, Transfer& transfer, Sink& sink);
  void report_deactivation(const Now& now, Sink& sink);

  [[nodiscard]] bool serving() const { return config_->tftp.has_value() && !stopping_; }

  std::shared_ptr<const Config> config_;
  const std::string root_;
  const tftpd::SocketRoles sockets_;
  const ImageEpoch& epoch_;
  tftpd::TransferTable table_;
  tftpd::ImageCache cache_;
  TimerWheel timers_;  // by TransferIndex
  tftpd::Counters counters_;
  MachineTable machines_;  // by address: who asks
  QuirkCounts quirks_;
  const std::unique_ptr<const NameMap> name_map_;
  std::vector<InterfaceMtu> mtus_;
  std::shared_ptr<ServiceTotals> totals_;
  SourceLimiter admission_;
  Deactivation deactivation_;
  tftpd::AnswerBudget answers_;
  std::unique_ptr<tftpd::Uploads> uploads_;  // null: off
  tftpd::Turns turns_;
  tftpd::FairQueue queue_;  // who found no transmit slot, or no room under the total cap
  bool feeding_ = false;
  MonotonicTime starved_retry_at_ = kNever;
  TimerWheel pauses_;  // by TransferIndex: when its next burst may go
  tftpd::RateCaps caps_;
  MonotonicTime sweep_at_ = kNever;
  MonotonicTime warn_full_at_{};
  std::uint64_t transfer_ids_ = 0;
  tftpd::SecretDraw tid_draw_;
  const bool unseen_interfaces_served_;
  bool stopping_ = false;
  Event event_;  // scratch: an Event is large, and a storm of not-found answers makes many
};

}  // namespace rackcast::engine
