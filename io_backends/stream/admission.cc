#include "io_backends/stream/admission.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/random_seed.h"
#include "io_backends/stream/transfer_report.h"
#include "io_backends/stream/worker.h"

namespace rackcast::io {

namespace {

using Cell = StreamCounter StreamCounters::*;

// By AdmissionReason; null: that reason never delays.
struct ReasonCells {
  Cell refused;
  Cell delayed;
};
constexpr std::array<ReasonCells, kAdmissionReasonCount> kCells{
    ReasonCells{&StreamCounters::refused_address, nullptr},
    ReasonCells{&StreamCounters::refused_time, nullptr},
    ReasonCells{&StreamCounters::refused_instances, &StreamCounters::delayed_instances},
    ReasonCells{&StreamCounters::refused_per_source, &StreamCounters::delayed_per_source},
    ReasonCells{&StreamCounters::refused_connection_rate, &StreamCounters::delayed_connection_rate},
    ReasonCells{&StreamCounters::refused_sources_full, nullptr},
};

const ReasonCells& cells(AdmissionReason reason) {
  return kCells[static_cast<std::size_t>(reason)];
}

Now now() {
  return {MonotonicTime(SteadyClock::now().time_since_epoch()), std::chrono::system_clock::now()};
}

std::string_view service_name(StreamService service) {
  return service == StreamService::kFtp ? "ftp" : "http";
}

Protocol protocol_of(StreamService service) {
  return service == StreamService::kFtp ? Protocol::kFtp : Protocol::kHttp;
}

SourceLimiter::Setup setup(ServiceTotals& totals) {
  SourceLimiter::Setup setup;
  setup.totals = &totals;
  setup.sources_max = kStreamSourcesMax;
  setup.seed = random_seed();
  return setup;
}

}  // namespace

class StreamAdmission::Waiting {
 public:
  Waiting(StreamAdmission& admission, const Asked& asked, TurnWait& wait) : admission_(admission), wait_(&wait) {
    admission.waiters_.push_back({asked.service, asked.source, &wait});
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() {
    std::erase_if(admission_.waiters_, [this](const Waiter& waiter) { return waiter.wait == wait_; });
  }

 private:
  StreamAdmission& admission_;
  TurnWait* wait_;
};

Admitted::~Admitted() {
  if (admission_ != nullptr) admission_->release(service_, source_);
}

TurnWait::TurnWait(Worker& worker)
    : Watched(worker.watch()), timer_(worker.loop()), give_up_at_(SteadyClock::now() + worker.limits().queue_wait_max) {
  set_deadline(give_up_at_);
}

void TurnWait::on_deadline() {
  over_ = true;
  timer_.cancel();
}

Task<> TurnWait::until(SteadyTime when) {
  if (over_) co_return;
  timer_.expires_at(when);
  error_code ignored;
  co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

StreamAdmission::StreamAdmission(Worker& worker, ServiceTotals& http, ServiceTotals& ftp)
    : worker_(worker), http_(setup(http)), ftp_(setup(ftp)) {}

const AdmissionConfig& StreamAdmission::config(StreamService service) const {
  const StreamView& view = *worker_.view();
  return service == StreamService::kFtp ? view.ftp_admission : view.http_admission;
}

template <typename Question>
auto StreamAdmission::put(StreamService service, Question question) {
  SourceLimiter& asked = limiter(service);
  const std::uint64_t before = asked.counters().deactivations;
  const auto answer = question(asked);
  worker_.counters().deactivations.add(asked.counters().deactivations - before);
  Deactivation& off = deactivation(service);
  if (off.began(asked.counters(), config(service), now().monotonic))
    report_sentence(worker_, EventKind::kWarning, protocol_of(service), off.began_sentence(service_name(service)));
  return answer;
}

void StreamAdmission::on_tick() {
  for (const StreamService service : {StreamService::kHttp, StreamService::kFtp})
    if (deactivation(service).ended(now().monotonic))
      report_sentence(worker_, EventKind::kNotice, protocol_of(service),
                      Deactivation::ended_sentence(service_name(service)));
}

bool StreamAdmission::may_enter(StreamService service, const net::IpAddress& source) {
  const auto reason =
      put(service, [&](SourceLimiter& asked) { return asked.refused_entry(now(), source, config(service)); });
  if (reason) refuse({service, source, {}}, *reason);
  return !reason;
}

AdmissionVerdict StreamAdmission::ask(const Asked& asked) {
  return put(asked.service,
             [&](SourceLimiter& limiter) { return limiter.ask(now(), asked.source, config(asked.service)); });
}

Task<Turn> StreamAdmission::await_turn(const Asked& asked, TurnWait& wait, Admitted& instance) {
  std::optional<Waiting> waiting;
  while (true) {
    const AdmissionVerdict verdict = ask(asked);
    if (verdict.kind == AdmissionVerdict::Kind::kAdmitted) {
      instance = Admitted(*this, asked.service, asked.source);
      co_return Turn::kAdmitted;
    }
    if (verdict.kind == AdmissionVerdict::Kind::kRefused) {
      refuse(asked, verdict.reason);
      co_return Turn::kRefused;
    }
    if (!waiting) {
      (worker_.counters().*cells(verdict.reason).delayed).add();
      waiting.emplace(*this, asked, wait);
    }
    if (!worker_.stopping()) co_await wait.until(SteadyTime(verdict.ask_again_at.time_since_epoch()));
    if (worker_.stopping()) co_return Turn::kBusy;
    if (wait.in_vain()) {
      worker_.counters().waits_given_up.add();
      refuse(asked, verdict.reason);
      co_return Turn::kBusy;
    }
    if (wait.over()) co_return Turn::kCut;
  }
}

void StreamAdmission::release(StreamService service, const net::IpAddress& source) {
  limiter(service).release(now(), source);
  // Whoever waited longest asks now and not at its next turn: of the same source, else of the service. Those of other
  // threads ask by themselves.
  auto next = std::find_if(waiters_.begin(), waiters_.end(),
                           [&](const Waiter& waiter) { return waiter.service == service && waiter.source == source; });
  if (next == waiters_.end())
    next =
        std::find_if(waiters_.begin(), waiters_.end(), [&](const Waiter& waiter) { return waiter.service == service; });
  if (next != waiters_.end()) next->wait->wake();
}

void StreamAdmission::refuse(const Asked& asked, AdmissionReason reason) {
  (worker_.counters().*cells(reason).refused).add();
  report_not_admitted(worker_, protocol_of(asked.service), asked.source, reason, asked.path, config(asked.service));
}

}  // namespace rackcast::io
