// Uploads (WRQ) of one lane: RFC 1350, 2347-2349, 7440 on the receiving side. Bytes are gathered in a buffer each
// upload has, written off-lane (WriteUpload), and the last block is acknowledged once the file is durable under its
// name.
//
// ACKs: at a window's end, at the first gap in it, for the last block, and whenever the block that was acknowledged
// last comes again before another has: its ACK was lost. Never for other duplicates. Each ACK answers one datagram with
// one that is no longer, so nothing breeds. One that would fill the buffer's rest, or exceed the rate, is held back.
//
// Forged sources: nothing is written before data came to the TID, and an address that sends none gets few answers
// (answer_budget.h). Data at any other TID ends the peer's upload while it is unconfirmed.
//
// Admission: under policy kXinetd the request is what asks (write_requests.cc), under kQueue the first block at the
// TID, for the reason in turns.cc. Who has to wait is not answered: it repeats its block, and is reminded by timer.
//
// Limits: uploads_max places, each with one buffer: ended ones go first, then those that never sent data, then who is
// silent for kUploadGivesWay, then requests are dropped: clients repeat. kUploadsPerSourceMax of them for one address.
//
// Thread: the lane's. Allocation: none after construction.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/admission/source_limiter.h"
#include "core/config/config.h"
#include "core/engine/engine.h"
#include "core/engine/tftp/answer_budget.h"
#include "core/engine/tftp/counters.h"
#include "core/engine/tftp/outcomes.h"
#include "core/engine/tftp/upload.h"
#include "core/engine/tftp/upload_pace.h"
#include "core/sink.h"
#include "core/timer_wheel.h"

namespace rackcast::engine::tftpd {

// Blocks of one window fit in half the buffer, and each in a receive buffer.
inline constexpr std::uint16_t kUploadBlockMax = kReceiveBytesMax - tftp::kDataHeaderBytes;
inline constexpr std::size_t kUploadWindowBytesMax = kUploadBufferBytes / 2;

[[nodiscard]] Terms upload_terms(const tftp::Request& request, TermLimits limits);

class Uploads {
 public:
  struct Setup {
    std::size_t uploads_max = 64;
    std::shared_ptr<UploadPace> pace = std::make_shared<UploadPace>();  // of all lanes
    // The engine's own.
    Counters* counters = nullptr;
    SourceLimiter* admission = nullptr;
    AnswerBudget* answers = nullptr;
    std::uint64_t* transfer_ids = nullptr;
  };
  explicit Uploads(Setup setup);

  struct Ask {
    net::Endpoint peer;
    UploadName name;
    Terms terms;
    std::uint64_t expected_bytes = 0;
    bool admitted = false;  // admission counts it
  };
  // True: the peer's running upload is meant, or goes on; nothing is to be started.
  [[nodiscard]] bool answered_as_duplicate(const Now& now, const Ask& ask, Sink& sink);
  // False: it has kUploadsPerSourceMax under way.
  [[nodiscard]] bool may_have_another(const net::IpAddress& source) const;
  [[nodiscard]] bool make_room(const Now& now, Sink& sink);
  // Preconditions: make_room(); the address has an answer left. Answers the request.
  void start(const Now& now, const Ask& ask, const Destination& to, Sink& sink);

  // False: no upload of this peer at this TID.
  [[nodiscard]] bool on_data(const Now& now, const ReceivedDatagram& datagram, const tftp::Data& data,
                             const TftpConfig& config, Sink& sink);
  [[nodiscard]] bool on_peer_error(const Now& now, const ReceivedDatagram& datagram, Sink& sink);
  // The peer has an upload at this TID, or had one until now.
  [[nodiscard]] bool has(SocketId socket, const net::Endpoint& peer) const { return find(socket, peer) != kNoUpload; }
  void on_written(const Now& now, UploadWritten& written, const UploadConfig& config, Sink& sink);
  void on_deadline(const Now& now, Sink& sink);
  [[nodiscard]] MonotonicTime next_deadline() const { return timers_.next_deadline(); }
  // Those that have not begun end; the others go on within the lane's grace.
  void begin_stop(const Now& now, Sink& sink);
  [[nodiscard]] std::size_t running() const;

 private:
  // A ticket: this many bits name the place, the rest its use (Upload::serial).
  static constexpr unsigned kTicketPlaceBits = 16;
  [[nodiscard]] Ticket ticket_of(UploadIndex index) const {
    return make_ticket(EngineTag::kUpload, (std::uint64_t{all_[index].serial} << kTicketPlaceBits) | index);
  }
  [[nodiscard]] UploadIndex find(SocketId socket, const net::Endpoint& peer) const;
  [[nodiscard]] UploadIndex unconfirmed_of(const net::Endpoint& peer) const;
  [[nodiscard]] UploadIndex oldest(UploadState state, bool confirmed) const;

  void receive(const Now& now, UploadIndex index, std::span<const std::byte> payload, const TftpConfig& config,
               Sink& sink);
  [[nodiscard]] bool takes_its_turn(const Now& now, UploadIndex index, const AdmissionConfig& config, Sink& sink);
  void begin(const Now& now, UploadIndex index, Sink& sink);
  void take(Upload& upload, std::span<const std::byte> payload);
  void on_other_block(const Now& now, UploadIndex index, std::uint64_t block, Sink& sink);
  void end_window(const Now& now, UploadIndex index, std::uint32_t rate_mbit, Sink& sink);
  void pace(const Now& now, UploadIndex index, std::uint32_t rate_mbit, Sink& sink);
  void hand_over(const Now& now, UploadIndex index, Sink& sink);
  void acknowledge(const Now& now, UploadIndex index, Sink& sink);
  void answer(const Now& now, UploadIndex index, Sink& sink);

  void on_timer(const Now& now, UploadIndex index, Sink& sink);
  void on_silence(const Now& now, UploadIndex index, Sink& sink);
  void set_deadline(UploadIndex index, MonotonicTime deadline);
  [[nodiscard]] static Duration wait_of(const Upload& upload);
  [[nodiscard]] bool may_repeat(const Now& now, const Upload& upload);

  void complete(const Now& now, UploadIndex index, const UploadName& name, Sink& sink);
  void fail(const Now& now, UploadIndex index, Refusal refusal, Sink& sink);
  void end(const Now& now, UploadIndex index, Counter why, Sink& sink);
  void drain(const Now& now, UploadIndex index, Sink& sink);
  void free(UploadIndex index);
  void leave_admission(const Now& now, Upload& upload);
  void report(const Now& now, const Upload& upload, EventKind kind, std::string_view detail, Sink& sink);

  std::vector<Upload> all_;  // few: searched one by one
  TimerWheel timers_;        // by UploadIndex
  std::shared_ptr<UploadPace> pace_;
  Counters& counters_;
  SourceLimiter& admission_;
  AnswerBudget& answers_;
  std::uint64_t& transfer_ids_;
  bool stopping_ = false;
  Event event_;  // scratch
};

}  // namespace rackcast::engine::tftpd
