#include "core/board/board_api.h"

#include <cmath>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "core/board/metrics.h"
#include "core/machines/machine.h"
#include "proto/dhcp/arch.h"

namespace rackcast {
namespace {

using Json = nlohmann::ordered_json;

// Client text is any bytes; JSON is UTF-8.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json time_or_null(const std::optional<WallTime>& at) {
  return at ? Json(iso_time(*at)) : Json(nullptr);
}

// Option 93 as the configuration's keys name it; "" when the machine did not say.
std::string architecture_name(std::uint16_t code) {
  if (code == kArchitectureUnsaid) return "";
  const dhcp4::ArchFamily family = dhcp4::arch_family(dhcp4::ClientArch{code});
  return family == dhcp4::ArchFamily::kOther ? "other" : std::string(dhcp4::arch_family_key(family));
}

Json machine_json(const MachineView& machine) {
  Json stages = Json::object();
  for (std::size_t i = 0; i < kStages; ++i) {
    const StageTimes& times = machine.stages[i];
    if (!times.first) continue;
    stages[std::string(stage_name(static_cast<Stage>(i)))] = {{"first", time_or_null(times.first)},
                                                              {"last", time_or_null(times.last)}};
  }
  Json refusals = Json::object();
  for (const Refusal& refusal : machine.refusals) refusals[refusal.reason] = refusal.count;
  Json json;
  json["mac"] = machine.mac.is_zero() ? "" : std::string(machine.mac.text().view());
  json["address"] = machine.address.is_any() ? "" : std::string(machine.address.text().view());
  json["hostname"] = machine.hostname;
  json["architecture"] = architecture_name(machine.architecture);
  json["stage"] = stage_name(machine.stage);
  json["stages"] = std::move(stages);
  json["file"] = machine.file;
  json["percent"] = machine.percent ? Json(std::round(*machine.percent * 10) / 10) : Json(nullptr);
  json["bytes_done"] = machine.bytes_done;
  json["bytes_total"] = machine.bytes_total > 0 ? Json(machine.bytes_total) : Json(nullptr);
  json["bytes_boot"] = machine.bytes_boot;
  json["rate_bytes_per_s"] = std::llround(machine.rate_bytes_per_s);
  json["retransmits"] = machine.retransmits;
  json["not_found"] = machine.not_found;
  json["refusals"] = std::move(refusals);
  json["stuck_since"] = time_or_null(machine.stuck_since);
  json["boots"] = machine.boots;
  json["done"] = machine.done;
  json["seen"] = iso_time(machine.seen);
  return json;
}

ApiAnswer error_answer(unsigned status, const std::string& message) {
  return {status, "application/json", dump(Json{{"error", message}}) + "\n"};
}

}  // namespace

std::string iso_time(WallTime at) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch());
  const auto s = std::chrono::floor<std::chrono::seconds>(ms);
  const std::time_t seconds = s.count();
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  char tail[8];
  std::snprintf(tail, sizeof tail, ".%03dZ", static_cast<int>((ms - s).count()));
  return std::string(text, size) + tail;
}

std::string machines_json(const std::vector<MachineView>& machines) {
  std::string text = "[";
  for (const MachineView& machine : machines) text += (text.size() > 1 ? ",\n" : "\n") + dump(machine_json(machine));
  return text + "\n]\n";
}

BoardApi::BoardApi(const BoardModel& model, MeasureSource measures) : model_(model), measures_(std::move(measures)) {}

void BoardApi::set_status(DaemonStatus status) {
  const std::scoped_lock lock(mutex_);
  status_ = std::move(status);
}

std::string BoardApi::health() const {
  const std::scoped_lock lock(mutex_);
  Json lanes = Json::array();
  for (const LaneStatus& lane : status_.lanes)
    lanes.push_back(
        {{"lane", lane.lane}, {"core", lane.core ? Json(*lane.core) : Json(nullptr)}, {"backend", lane.backend}});
  return dump(Json{{"status", status_.status}, {"version", status_.version}, {"lanes", std::move(lanes)}}) + "\n";
}

std::string BoardApi::metrics(WallTime now) const {
  std::vector<Measure> measures = board_measures(model_.stats(now));
  if (measures_)
    for (Measure& measure : measures_()) measures.push_back(std::move(measure));
  return metrics_text(measures);
}

ApiAnswer BoardApi::handle(std::string_view method, std::string_view target, WallTime now) const {
  if (method != "GET" && method != "HEAD") return error_answer(405, "the board is read-only: GET or HEAD");
  const std::string_view path = target.substr(0, target.find_first_of("?#"));
  if (path == "/" || path == "/index.html") return {200, "text/html; charset=utf-8", std::string(board_page())};
  if (path == "/api/machines") return {200, "application/json", machines_json(model_.machines(now))};
  if (path == "/healthz") return {200, "application/json", health()};
  if (path == "/metrics") return {200, "text/plain; version=0.0.4; charset=utf-8", metrics(now)};
  if (path == "/api/events") return error_answer(501, "not built yet: /api/events; poll /api/machines");
  return error_answer(404, "no such page; there are /, /api/machines, /healthz and /metrics");
}

}  // namespace rackcast
