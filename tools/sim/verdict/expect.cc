#include "tools/sim/verdict/expect.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "core/events/format.h"
#include "core/near_name.h"
#include "tools/sim/verdict/units.h"

namespace rackcast::sim {

enum class Quantity : std::uint8_t { kTime, kRate, kCount };

struct ExpectMetric {
  std::string_view name;
  Quantity quantity = Quantity::kCount;
  Span TimeSpread::*time = nullptr;
  double (*value)(const Verdict&) = nullptr;
};

namespace {

template <auto Member>
double member(const Verdict& verdict) {
  return static_cast<double>(verdict.*Member);
}

constexpr std::array kMetrics{
    ExpectMetric{"p50", Quantity::kTime, &TimeSpread::p50},
    ExpectMetric{"p90", Quantity::kTime, &TimeSpread::p90},
    ExpectMetric{"p99", Quantity::kTime, &TimeSpread::p99},
    ExpectMetric{"max", Quantity::kTime, &TimeSpread::max},
    ExpectMetric{"done", Quantity::kCount, nullptr, member<&Verdict::done>},
    ExpectMetric{"failed", Quantity::kCount, nullptr, member<&Verdict::failed>},
    ExpectMetric{"retransmits", Quantity::kCount, nullptr, member<&Verdict::retransmits>},
    ExpectMetric{"repeated_blocks", Quantity::kCount, nullptr, member<&Verdict::repeated_blocks>},
    ExpectMetric{"timeouts", Quantity::kCount, nullptr, member<&Verdict::timeouts>},
    ExpectMetric{"refusals", Quantity::kCount, nullptr, member<&Verdict::refusals>},
    ExpectMetric{"naks", Quantity::kCount, nullptr, member<&Verdict::naks>},
    ExpectMetric{"restarts", Quantity::kCount, nullptr, member<&Verdict::restarts>},
    ExpectMetric{"boots", Quantity::kCount, nullptr, member<&Verdict::boots_done>},
    ExpectMetric{"boots_failed", Quantity::kCount, nullptr, member<&Verdict::boots_failed>},
    ExpectMetric{"double_leases", Quantity::kCount, nullptr, member<&Verdict::double_leases>},
    ExpectMetric{"unproven", Quantity::kCount, nullptr, member<&Verdict::unproven>},
    ExpectMetric{"files_unchecked", Quantity::kCount, nullptr, member<&Verdict::files_unchecked>},
    ExpectMetric{"goodput", Quantity::kRate, nullptr, member<&Verdict::goodput>},
};

struct Unit {
  std::string_view name;
  Quantity quantity;
  double factor;
};
constexpr std::array kUnits{Unit{"us", Quantity::kTime, 1e-6},  Unit{"ms", Quantity::kTime, 1e-3},
                            Unit{"s", Quantity::kTime, 1},      Unit{"m", Quantity::kTime, 60},
                            Unit{"h", Quantity::kTime, 3600},   Unit{"", Quantity::kCount, 1},
                            Unit{"B/s", Quantity::kRate, 1},    Unit{"kB/s", Quantity::kRate, 1e3},
                            Unit{"MB/s", Quantity::kRate, 1e6}, Unit{"GB/s", Quantity::kRate, 1e9}};

struct Operator {
  std::string_view text;
  Comparison comparison;
};
// The longer ones first: "<" is also the beginning of "<=".
constexpr std::array kOperators{Operator{"<=", Comparison::kLessOrEqual}, Operator{">=", Comparison::kGreaterOrEqual},
                                Operator{"<", Comparison::kLess}, Operator{">", Comparison::kGreater},
                                Operator{"=", Comparison::kEqual}};

std::string units_of(Quantity quantity) {
  std::string text;
  for (const Unit& unit : kUnits)
    if (unit.quantity == quantity) text += (text.empty() ? "" : ", ") + std::string(unit.name);
  return text;
}

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}
bool is_unit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '%';
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<std::vector<Condition>> parse() {
    std::vector<Condition> conditions;
    do {
      if (conditions.size() == kConditionsMax) return error(at_, "more than 64 conditions");
      Condition condition;
      for (const auto step : {&Parser::metric, &Parser::comparison, &Parser::limit})
        if (const auto outcome = (this->*step)(condition); !outcome) return tl::make_unexpected(outcome.error());
      conditions.push_back(std::move(condition));
    } while (take(","));
    if (at_ < text_.size()) return error(at_, "expected a comma or the end, not \"" + shown(text_.substr(at_)) + "\"");
    return conditions;
  }

 private:
  static tl::unexpected<Error> error(std::size_t at, const std::string& what) {
    return fail("column " + std::to_string(at + 1) + ": " + what);
  }
  static std::string shown(std::string_view text) {
    constexpr std::size_t kShownMax = 24;
    return printable(text.substr(0, kShownMax)) + (text.size() > kShownMax ? "..." : "");
  }

  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  bool take(std::string_view token) {
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    skip_spaces();
    return true;
  }
  template <typename Predicate>
  std::string_view take_while(Predicate predicate) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && predicate(text_[at_])) ++at_;
    const std::string_view taken = text_.substr(begin, at_ - begin);
    skip_spaces();
    return taken;
  }

  Result<void> metric(Condition& condition) {
    skip_spaces();
    const std::size_t begin = at_;
    const std::string_view name = take_while(is_name);
    if (name.empty()) return error(begin, "expected the name of a metric; there are " + expect_metrics());
    const std::size_t dot = name.find('.');
    const std::string_view last = dot == std::string_view::npos ? name : name.substr(dot + 1);
    for (const ExpectMetric& row : kMetrics)
      if (row.name == last) condition.metric = &row;
    if (condition.metric == nullptr) {
      NearName near(last);
      for (const ExpectMetric& row : kMetrics) near.consider(row.name);
      return error(begin, "unknown metric \"" + shown(last) + "\"; " +
                              (near.best().empty() ? "there are " + expect_metrics()
                                                   : "did you mean \"" + std::string(near.best()) + "\"?"));
    }
    condition.text += name;
    if (dot == std::string_view::npos) return {};
    return stage(begin, name.substr(0, dot), condition);
  }

  static Result<void> stage(std::size_t begin, std::string_view name, Condition& condition) {
    if (condition.metric->quantity != Quantity::kTime)
      return error(begin, "\"" + std::string(condition.metric->name) + "\" is not measured by stage");
    NearName near(name);
    for (std::size_t i = static_cast<std::size_t>(Stage::kNbp); i < kStageCount; ++i) {
      condition.stage = static_cast<Stage>(i);
      if (stage_name(condition.stage) == name) return {};
      near.consider(stage_name(condition.stage));
    }
    return error(begin, "unknown stage \"" + shown(name) + "\"" +
                            (near.best().empty() ? "" : "; did you mean \"" + std::string(near.best()) + "\"?"));
  }

  Result<void> comparison(Condition& condition) {
    const std::size_t begin = at_;
    for (const Operator& op : kOperators) {
      if (!take(op.text)) continue;
      condition.comparison = op.comparison;
      condition.text += op.text;
      return {};
    }
    return error(begin, "expected one of < <= > >= = after \"" + condition.text + "\"");
  }

  Result<void> limit(Condition& condition) {
    const std::size_t begin = at_;
    double number = 0;
    const std::string_view digits = take_while([](char c) { return (c >= '0' && c <= '9') || c == '.'; });
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (problem != std::errc() || end != digits.data() + digits.size() || !std::isfinite(number))
      return error(begin, "expected a number after \"" + condition.text + "\"");
    const std::size_t unit_begin = at_;
    const std::string_view name = take_while(is_unit);
    for (const Unit& unit : kUnits) {
      if (unit.quantity != condition.metric->quantity || unit.name != name) continue;
      condition.limit = number * unit.factor;
      condition.text += std::string(digits) + std::string(name);
      return {};
    }
    const std::string units = units_of(condition.metric->quantity);
    return error(unit_begin, "\"" + std::string(condition.metric->name) + "\" takes " +
                                 (units.empty() ? "no unit" : "a unit: " + units));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

bool holds(double actual, Comparison comparison, double limit) {
  switch (comparison) {
    case Comparison::kLess:
      return actual < limit;
    case Comparison::kLessOrEqual:
      return actual <= limit;
    case Comparison::kGreater:
      return actual > limit;
    case Comparison::kGreaterOrEqual:
      return actual >= limit;
    case Comparison::kEqual:
      return actual == limit;
  }
  return false;
}

Expectation judge_one(const Condition& condition, const Verdict& verdict) {
  const ExpectMetric& metric = *condition.metric;
  if (metric.quantity == Quantity::kTime) {
    const TimeSpread& spread = verdict.time_to[static_cast<std::size_t>(condition.stage)];
    if (spread.machines == 0)
      return {condition.text, "no machine came to " + std::string(stage_name(condition.stage)), false};
    const Span time = spread.*metric.time;
    return {condition.text, text_of(time), holds(seconds_of(time), condition.comparison, condition.limit)};
  }
  const double value = metric.value(verdict);
  return {condition.text,
          metric.quantity == Quantity::kRate ? rate_text(value) : std::to_string(static_cast<std::uint64_t>(value)),
          holds(value, condition.comparison, condition.limit)};
}

}  // namespace

Result<std::vector<Condition>> parse_conditions(std::string_view text) {
  return Parser(text).parse();
}

std::vector<Expectation> judge(std::span<const Condition> conditions, const Verdict& verdict) {
  std::vector<Expectation> expectations;
  for (const Condition& condition : conditions) expectations.push_back(judge_one(condition, verdict));
  return expectations;
}

std::string expect_metrics() {
  std::string text;
  for (const ExpectMetric& metric : kMetrics) text += (text.empty() ? "" : ", ") + std::string(metric.name);
  return text;
}

int exit_code(const Verdict& verdict, std::span<const Expectation> expectations) {
  const bool all = std::all_of(expectations.begin(), expectations.end(), [](const Expectation& e) { return e.held; });
  return verdict.passed && all ? 0 : 1;
}

}  // namespace rackcast::sim
