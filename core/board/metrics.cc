#include "core/board/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>

namespace rackcast {

std::vector<Measure> board_measures(const BoardStats& stats) {
  std::vector<Measure> measures;
  const auto gauge = [&](const char* name, const char* help, double value,
                         std::vector<std::pair<std::string, std::string>> labels = {}) {
    measures.push_back({name, help, value, std::move(labels), false});
  };
  const auto counter = [&](const char* name, const char* help, std::uint64_t value) {
    measures.push_back({name, help, static_cast<double>(value), {}, true});
  };
  for (std::size_t i = 0; i < kStages; ++i)
    gauge("machines", "Machines by the stage they have reached", static_cast<double>(stats.at_stage[i]),
          {{"stage", std::string(stage_name(static_cast<Stage>(i)))}});
  gauge("machines_stuck", "Machines without progress for longer than their stage allows",
        static_cast<double>(stats.stuck));
  counter("machines_evicted_total", "Machines the board forgot to make room", stats.evicted);
  counter("board_events_total", "Events the board was shown", stats.events);
  counter("sent_bytes_total", "Bytes sent by transfers that ended", stats.bytes_sent);
  counter("transfers_done_total", "Transfers that ended well", stats.transfers_done);
  counter("transfers_failed_total", "Transfers that did not", stats.transfers_failed);
  counter("not_found_total", "Requests for names that are not there", stats.not_found);
  counter("refused_total", "Requests refused", stats.refused);
  return measures;
}

std::string metrics_text(const std::vector<Measure>& measures) {
  std::vector<prometheus::MetricFamily> families;
  for (const Measure& measure : measures) {
    const std::string name = "rackcast_" + measure.name;
    auto family = std::find_if(families.begin(), families.end(), [&](const auto& f) { return f.name == name; });
    if (family == families.end()) {
      family = families.emplace(families.end());
      family->name = name;
      family->help = measure.help;
      family->type = measure.counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
    }
    prometheus::ClientMetric metric;
    for (const auto& [label, value] : measure.labels) metric.label.push_back({label, value});
    if (family->type == prometheus::MetricType::Counter)
      metric.counter.value = measure.value;
    else
      metric.gauge.value = measure.value;
    family->metric.push_back(std::move(metric));
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace rackcast
