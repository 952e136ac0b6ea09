// Random schedules against a model that is written from the words of source_limiter.h, with lists and no packing, table
// or atomic. A failure prints the seed and the step.
#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "core/admission/access.h"
#include "tests/core/admission/fixture.h"

namespace rackcast::admission_test {
namespace {

struct ModelSource {
  unsigned running = 0;
  MonotonicTime idle_since;
};

struct ModelAnswer {
  Kind kind = Kind::kAdmitted;
  AdmissionReason reason = AdmissionReason::kCount_;
  MonotonicTime ask_again_at;
};

class Model {
 public:
  Model(std::size_t capacity, Duration connection_idle) : capacity_(capacity), connection_idle_(connection_idle) {}

  ModelAnswer ask(const Now& now, std::uint32_t who, const AdmissionConfig& config) {
    const auto known = sources_.find(who);
    const unsigned running = known == sources_.end() ? 0 : known->second.running;
    const bool connection = connection_idle_ == Duration::zero() || known == sources_.end() ||
                            (running == 0 && now.monotonic - known->second.idle_since >= connection_idle_);
    const ModelAnswer answer = config.policy == AdmissionPolicy::kXinetd
                                   ? as_xinetd(now, who, config, running, connection)
                                   : queued(now, who, config, running, connection);
    if (answer.kind == Kind::kAdmitted) start(who);
    return answer;
  }

  void release(const Now& now, std::uint32_t who) {
    const auto known = sources_.find(who);
    if (known == sources_.end() || known->second.running == 0) return;
    --running_;
    if (xinetd_running_ > 0) --xinetd_running_;
    if (--known->second.running == 0) known->second.idle_since = now.monotonic;
  }

  [[nodiscard]] unsigned running() const { return running_; }
  [[nodiscard]] std::uint64_t evicted() const { return evicted_; }

 private:
  static ModelAnswer refused(AdmissionReason reason) { return {Kind::kRefused, reason, {}}; }

  ModelAnswer as_xinetd(const Now& now, std::uint32_t who, const AdmissionConfig& config, unsigned running,
                        bool connection) {
    const auto second = now.wall.time_since_epoch() / seconds(1);
    if (off_ && config.cps && second >= off_until_) {
      off_ = false;
      xinetd_running_ = 0;
    }
    if (config.cps && connection) {
      if (off_) return refused(AdmissionReason::kConnectionRate);
      const long elapsed = second - window_begin_;
      if (attempts_ == 0 || elapsed >= long{config.cps->rate}) {
        attempts_ = 1;
        window_begin_ = second;
      } else if (++attempts_ / std::max(elapsed, 1L) > long{config.cps->rate}) {
        off_ = true;
        off_until_ = second + config.cps->wait_seconds;
        return refused(AdmissionReason::kConnectionRate);
      }
    }
    if (config.instances && xinetd_running_ >= *config.instances) return refused(AdmissionReason::kInstances);
    if (config.per_source && running >= *config.per_source) return refused(AdmissionReason::kPerSource);
    if (!address_allowed(station(who), config)) return refused(AdmissionReason::kAddress);
    if (full_of_others(who)) return refused(AdmissionReason::kSourcesFull);
    return {};
  }

  ModelAnswer queued(const Now& now, std::uint32_t who, const AdmissionConfig& config, unsigned running,
                     bool connection) {
    const MonotonicTime soon = now.monotonic + kQueueAskAgain;
    if (!address_allowed(station(who), config)) return refused(AdmissionReason::kAddress);
    if (config.per_source && running >= *config.per_source) return {Kind::kWait, AdmissionReason::kPerSource, soon};
    if (full_of_others(who)) return refused(AdmissionReason::kSourcesFull);
    if (config.instances && running_ >= *config.instances) return {Kind::kWait, AdmissionReason::kInstances, soon};
    if (config.cps && connection) {
      const auto here = std::chrono::floor<milliseconds>(now.monotonic);
      if (begun_.empty() || here >= begun_.front() + seconds(1)) begun_.clear();
      if (begun_.size() >= config.cps->rate)
        return {Kind::kWait, AdmissionReason::kConnectionRate, begun_.front() + seconds(1)};
      begun_.push_back(here);
    }
    return {};
  }

  [[nodiscard]] bool full_of_others(std::uint32_t who) const {
    return !sources_.contains(who) && sources_.size() == capacity_ &&
           std::all_of(sources_.begin(), sources_.end(), [](const auto& source) { return source.second.running > 0; });
  }

  void start(std::uint32_t who) {
    if (!sources_.contains(who) && sources_.size() == capacity_) {
      auto longest = sources_.end();
      for (auto it = sources_.begin(); it != sources_.end(); ++it)
        if (it->second.running == 0 &&
            (longest == sources_.end() || it->second.idle_since < longest->second.idle_since))
          longest = it;
      sources_.erase(longest);
      ++evicted_;
    }
    ++sources_[who].running;
    ++running_;
    ++xinetd_running_;
  }

  std::size_t capacity_;
  Duration connection_idle_;
  std::map<std::uint32_t, ModelSource> sources_;
  unsigned running_ = 0;
  unsigned xinetd_running_ = 0;
  long attempts_ = 0;
  long window_begin_ = 0;
  bool off_ = false;
  long off_until_ = 0;
  std::vector<std::chrono::time_point<MonotonicClock, milliseconds>> begun_;
  std::uint64_t evicted_ = 0;
};

struct Plan {
  AdmissionPolicy policy;
  std::size_t sources_max;
  Duration connection_idle;
  bool undo;  // an ask that is taken back at once must leave no trace: the model is not even told
};

class AgainstModel : public Limiter, public ::testing::WithParamInterface<Plan> {
 protected:
  using Random = std::mt19937_64;
  static std::uint32_t below(Random& random, std::uint32_t bound) {
    return static_cast<std::uint32_t>(random() % bound);
  }

  void choose_limits(Random& random) {
    config = {};
    config.policy = GetParam().policy;
    if (below(random, 4) > 0) config.instances = 1 + below(random, 12);
    if (below(random, 4) > 0) config.per_source = 1 + below(random, 4);
    if (below(random, 4) > 0) config.cps = Cps{1 + below(random, 6), below(random, 5)};
    if (below(random, 3) == 0) config.no_access = {*net::IpPrefix::parse("10.0.0.4/30")};
    if (below(random, 3) == 0) config.only_from = {*net::IpPrefix::parse("10.0.0.0/28")};
  }

  // One ask, both ways; true when it was admitted and stays.
  bool compare_ask(Model& model, std::uint32_t who, bool undone) {
    if (undone) {
      const Kind kind = asked(who);
      if (kind == Kind::kAdmitted) undo(who);
      if (kind != Kind::kAdmitted) (void)model.ask(now, who, config);
      return false;
    }
    const AdmissionVerdict verdict = ask(who);
    const ModelAnswer answer = model.ask(now, who, config);
    EXPECT_EQ(verdict.kind, answer.kind);
    EXPECT_EQ(verdict.reason, answer.reason);
    EXPECT_EQ(verdict.ask_again_at, answer.ask_again_at);
    return verdict.kind == Kind::kAdmitted;
  }

  void run(std::uint64_t seed) {
    Random random(seed);
    rebuild(GetParam().sources_max, GetParam().connection_idle);
    Model model(GetParam().sources_max, GetParam().connection_idle);
    choose_limits(random);
    std::vector<std::uint32_t> running;
    for (int step = 0; step < 400 && !HasFailure(); ++step) {
      SCOPED_TRACE(::testing::Message() << "seed " << seed << " step " << step);
      const std::uint32_t steps_ms = below(random, 8) == 0 ? 12'000 : 300;
      pass(milliseconds(1 + below(random, steps_ms)));
      if (!running.empty() && below(random, 5) < 2) {
        const std::size_t index = below(random, static_cast<std::uint32_t>(running.size()));
        release(running[index]);
        model.release(now, running[index]);
        running.erase(running.begin() + static_cast<std::ptrdiff_t>(index));
      } else {
        const std::uint32_t who = below(random, 20);
        if (compare_ask(model, who, GetParam().undo && below(random, 4) == 0)) running.push_back(who);
      }
      ASSERT_EQ(totals->running(), model.running());
    }
    evicted += model.evicted();
  }

  std::uint64_t evicted = 0;
};

TEST_P(AgainstModel, TheVerdictsAreTheSame) {
  for (std::uint64_t seed = 1; seed <= 300 && !HasFailure(); ++seed) run(seed);
  if (GetParam().sources_max < 20) {
    EXPECT_GT(evicted, 100U) << "the schedules do not reach the table's bound";
  }
}

constexpr AdmissionPolicy kXinetd = AdmissionPolicy::kXinetd;
constexpr AdmissionPolicy kQueue = AdmissionPolicy::kQueue;
INSTANTIATE_TEST_SUITE_P(Plans, AgainstModel,
                         ::testing::Values(Plan{kXinetd, 64, kConnectionIdle, true},
                                           Plan{kXinetd, 64, Duration::zero(), false},
                                           Plan{kXinetd, 6, kConnectionIdle, false},
                                           Plan{kQueue, 64, kConnectionIdle, true},
                                           Plan{kQueue, 6, kConnectionIdle, false}));

}  // namespace
}  // namespace rackcast::admission_test
