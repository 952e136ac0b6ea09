#include <nlohmann/json.hpp>

#include "tools/sim/replay/replay.h"

namespace rackcast::sim {

namespace {

using Json = nlohmann::ordered_json;

std::string counted(std::uint64_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

// The engines' counters that counted something, by the names they have in the metrics.
std::vector<std::pair<std::string, std::uint64_t>> engine_counters(const ReplayReport& report) {
  std::vector<std::pair<std::string, std::uint64_t>> all;
  const auto add = [&](const std::string& name, std::uint64_t value) {
    if (value > 0) all.emplace_back(name, value);
  };
  if (report.dhcp) {
    for (const auto& row : engine::kDhcpRows) add("dhcp_" + std::string(row.name), *report.dhcp.*row.value);
    for (const auto& drop : engine::kDhcpDrops)
      add("dhcp_dropped_" + std::string(drop.name), report.dhcp->drop(drop.reason));
  }
  if (report.tftp) {
    for (const auto& info : engine::tftpd::kCounterTable)
      add("tftp_" + std::string(info.name), (*report.tftp)[info.counter]);
  }
  return all;
}

}  // namespace

std::string replay_text(const ReplayReport& report) {
  const Comparison::Result& compared = report.comparison;
  std::string text = counted(report.counters.fed, "datagram", "datagrams") + " of " +
                     counted(compared.clients, "client", "clients") + " replayed; the server said " +
                     std::to_string(compared.recorded) + " (" + std::to_string(compared.repeats_recorded) +
                     " again), the engines say " + std::to_string(compared.produced) + " (" +
                     std::to_string(compared.repeats_produced) + " again)\n";
  const auto note = [&](std::uint64_t count, const char* what) {
    if (count > 0) text += "left out: " + std::to_string(count) + " " + what + "\n";
  };
  note(report.not_udp, "frames of other protocols");
  note(report.cut, "frames that were not captured whole");
  note(report.unrelated, "datagrams of other protocols, or of transfers whose request is not in the capture");
  note(report.counters.not_served, "datagrams of services that are not configured");
  note(report.counters.without_tid, "datagrams of transfers that the engines never began");
  if (!report.damage.empty()) text += "the capture is damaged (" + report.damage + "); what came before was replayed\n";
  for (const Divergence& divergence : compared.divergences) {
    text += divergence.client + ", exchange " + std::to_string(divergence.exchange) + ", datagram " +
            std::to_string(divergence.position + 1) + ": then " + divergence.recorded + "; now " + divergence.produced +
            "\n";
  }
  if (compared.clients_differing > compared.divergences.size())
    text += "... and " + std::to_string(compared.clients_differing - compared.divergences.size()) + " more clients\n";
  for (const auto& [name, value] : engine_counters(report)) text += "  " + name + " " + std::to_string(value) + "\n";
  text += report.same() ? "no differences\n"
                        : counted(compared.clients_differing, "client differs", "clients differ") + "\n";
  return text;
}

std::string replay_json(const ReplayReport& report) {
  const Comparison::Result& compared = report.comparison;
  Json json{{"same", report.same()},
            {"fed", report.counters.fed},
            {"clients", compared.clients},
            {"clients_differing", compared.clients_differing},
            {"exchanges", compared.exchanges},
            {"recorded", compared.recorded},
            {"produced", compared.produced},
            {"repeats_recorded", compared.repeats_recorded},
            {"repeats_produced", compared.repeats_produced},
            {"at_the_end", compared.at_the_end},
            {"left_out",
             {{"not_udp", report.not_udp},
              {"cut", report.cut},
              {"unrelated", report.unrelated},
              {"not_served", report.counters.not_served},
              {"without_tid", report.counters.without_tid}}},
            {"damage", report.damage}};
  Json& differences = json["differences"] = Json::array();
  for (const Divergence& divergence : compared.divergences) {
    differences.push_back({{"client", divergence.client},
                           {"exchange", divergence.exchange},
                           {"datagram", divergence.position + 1},
                           {"recorded", divergence.recorded},
                           {"produced", divergence.produced}});
  }
  Json& counters = json["counters"] = Json::object();
  for (const auto& [name, value] : engine_counters(report)) counters[name] = value;
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace rackcast::sim
