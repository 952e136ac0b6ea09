// xinetd's limits on the stream path: who may connect, and when a body transfer (an HTTP response with a file or an
// index, an FTP file or listing) may begin. core/admission decides; this asks it, holds what must wait, counts and
// tells.
//
// Thread: the stream thread of the worker; what threads share is in ServiceTotals.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "core/admission/deactivation.h"
#include "core/admission/source_limiter.h"
#include "core/images/path.h"
#include "io_backends/stream/asio.h"
#include "io_backends/stream/listen_sockets.h"
#include "io_backends/stream/watch.h"

namespace rackcast::io {

class Worker;
class StreamAdmission;

// Sources one thread remembers for one service: those with something running are at most StreamLimits::connections_max,
// the others are remembered for ten seconds.
inline constexpr std::size_t kStreamSourcesMax = 32'768;

// A transfer that counts as running; released with this object.
class Admitted {
 public:
  Admitted() = default;
  Admitted(StreamAdmission& admission, StreamService service, const net::IpAddress& source)
      : admission_(&admission), service_(service), source_(source) {}
  Admitted(Admitted&& other) noexcept
      : admission_(std::exchange(other.admission_, nullptr)), service_(other.service_), source_(other.source_) {}
  Admitted& operator=(Admitted&& other) noexcept {
    std::swap(admission_, other.admission_);
    std::swap(service_, other.service_);
    std::swap(source_, other.source_);
    return *this;
  }
  ~Admitted();

 private:
  StreamAdmission* admission_ = nullptr;
  StreamService service_ = StreamService::kHttp;
  net::IpAddress source_;
};

// The wait of one transfer for its turn, StreamLimits::queue_wait_max long at most. on_deadline() ends it early.
class TurnWait final : public Watched {
 public:
  explicit TurnWait(Worker& worker);

  // Until `when`, until wake(), or until it is over.
  [[nodiscard]] Task<> until(SteadyTime when);
  void wake() { timer_.cancel(); }
  [[nodiscard]] bool over() const { return over_; }
  [[nodiscard]] bool in_vain() const { return over_ && SteadyClock::now() >= give_up_at_; }

  void on_deadline() override;
  void on_stop(Time) override { on_deadline(); }

 private:
  asio::steady_timer timer_;
  SteadyTime give_up_at_;
  bool over_ = false;
};

enum class Turn : std::uint8_t {
  kAdmitted,
  kBusy,     // waited in vain, or the server stops: the client may come back
  kRefused,  // final: the connection ends
  kCut,      // the wait was ended from outside
};

class StreamAdmission {
 public:
  StreamAdmission(Worker& worker, ServiceTotals& http, ServiceTotals& ftp);

  // A connection that was just accepted. False: refused, counted and told; to be closed at once.
  [[nodiscard]] bool may_enter(StreamService service, const net::IpAddress& source);

  struct Asked {
    StreamService service;
    net::IpAddress source;
    PathText path;
  };
  // Tells of services that cps had switched off, and that are on again. To be called now and then.
  void on_tick();

  // Holds the transfer until it may begin. kAdmitted fills `instance`; the other answers were counted and told. The
  // arguments stay where they are until this is done.
  [[nodiscard]] Task<Turn> await_turn(const Asked& asked, TurnWait& wait, Admitted& instance);

 private:
  friend class Admitted;
  [[nodiscard]] SourceLimiter& limiter(StreamService service) { return service == StreamService::kFtp ? ftp_ : http_; }
  [[nodiscard]] const AdmissionConfig& config(StreamService service) const;
  // One held transfer, while it lives: the end of another one wakes it.
  class Waiting;
  struct Waiter {
    StreamService service;
    net::IpAddress source;
    TurnWait* wait;
  };

  AdmissionVerdict ask(const Asked& asked);
  [[nodiscard]] Deactivation& deactivation(StreamService service) {
    return service == StreamService::kFtp ? ftp_deactivation_ : http_deactivation_;
  }
  // What `question` does with the limiter of a service; a deactivation it brings about is counted and told.
  template <typename Question>
  auto put(StreamService service, Question question);
  void release(StreamService service, const net::IpAddress& source);
  void refuse(const Asked& asked, AdmissionReason reason);

  Worker& worker_;
  SourceLimiter http_;
  SourceLimiter ftp_;
  Deactivation http_deactivation_;
  Deactivation ftp_deactivation_;
  std::vector<Waiter> waiters_;  // the longest waiting first; at most one a connection
};

}  // namespace rackcast::io
