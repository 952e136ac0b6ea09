#include "tools/rackcast/status_table.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/events/format.h"
#include "core/human_bytes.h"

namespace rackcast {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kFileShownMax = 28;
constexpr std::size_t kColumns = 9;
constexpr std::size_t kRateColumn = 6;
constexpr std::size_t kResentColumn = 7;
constexpr std::array<const char*, kColumns> kHeadings{"MACHINE", "ADDRESS", "NAME",   "STAGE", "FILE",
                                                      "DONE",    "RATE",    "RESENT", "STATE"};
using Cells = std::array<std::string, kColumns>;

std::string text_of(const Json& machine, const char* key) {
  return printable(machine.at(key).get<std::string>());
}

StatusRow row_of(const Json& machine) {
  StatusRow row;
  row.mac = text_of(machine, "mac");
  row.address = text_of(machine, "address");
  row.hostname = text_of(machine, "hostname");
  row.stage = stage_named(machine.at("stage").get<std::string>()).value_or(Stage::kDiscover);
  row.file = text_of(machine, "file");
  if (!machine.at("percent").is_null()) row.percent = machine.at("percent").get<double>();
  row.bytes_boot = machine.at("bytes_boot").get<std::uint64_t>();
  row.rate_bytes_per_s = machine.at("rate_bytes_per_s").get<std::uint64_t>();
  row.retransmits = machine.at("retransmits").get<std::uint64_t>();
  for (const auto& [reason, count] : machine.at("refusals").items()) row.refused += count.get<std::uint64_t>();
  if (!machine.at("stuck_since").is_null())
    row.stuck_since = parse_iso_time(machine.at("stuck_since").get<std::string>());
  row.done = machine.at("done").get<bool>();
  return row;
}

// "######---- initrd"
std::string stage_bar(Stage stage) {
  const std::size_t reached = static_cast<std::size_t>(stage) + 1;
  return std::string(reached, '#') + std::string(kStages - reached, '-') + " " + std::string(stage_name(stage));
}

std::string ago(WallTime since, WallTime now) {
  const auto seconds = std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(now - since).count());
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 7200) return std::to_string(seconds / 60) + " min";
  return std::to_string(seconds / 3600) + " h";
}

std::string state(const StatusRow& row, WallTime now) {
  std::string text = row.done ? "done" : row.stuck_since ? "stuck for " + ago(*row.stuck_since, now) : "";
  if (row.refused > 0) text += (text.empty() ? "" : ", ") + std::to_string(row.refused) + " refused";
  return text;
}

std::string done_text(const StatusRow& row) {
  if (row.done || !row.percent) return human_bytes(row.bytes_boot);
  char text[16];
  std::snprintf(text, sizeof text, "%3.0f %%", *row.percent);
  return text;
}

// The end of a path tells more than its beginning.
std::string short_file(const std::string& file) {
  return file.size() <= kFileShownMax ? file : ".." + file.substr(file.size() - kFileShownMax + 2);
}

Cells cells_of(const StatusRow& row, WallTime now) {
  return {row.mac.empty() ? "unknown" : row.mac,
          row.address,
          row.hostname,
          stage_bar(row.stage),
          short_file(row.file),
          done_text(row),
          row.rate_bytes_per_s > 0 ? human_bytes(row.rate_bytes_per_s) + "/s" : "",
          row.retransmits > 0 ? std::to_string(row.retransmits) : "",
          state(row, now)};
}

std::string line_of(const Cells& cells, const std::array<std::size_t, kColumns>& widths, unsigned columns) {
  std::string line;
  for (std::size_t i = 0; i < kColumns; ++i) {
    const std::string pad(widths[i] - cells[i].size(), ' ');
    const bool number = i == kRateColumn || i == kResentColumn;
    line += number ? pad + cells[i] : cells[i] + pad;
    if (i + 1 < kColumns) line += "  ";
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  if (columns > 0 && line.size() > columns) line.resize(columns);
  return line;
}

int rank(const StatusRow& row) {
  return row.stuck_since ? 0 : row.done ? 2 : 1;
}

std::string summary(const std::vector<StatusRow>& machines) {
  std::uint64_t rate = 0;
  for (const StatusRow& row : machines) rate += row.rate_bytes_per_s;
  const auto done = std::count_if(machines.begin(), machines.end(), [](const StatusRow& row) { return row.done; });
  const auto stuck =
      std::count_if(machines.begin(), machines.end(), [](const StatusRow& row) { return row.stuck_since; });
  return std::to_string(machines.size()) + (machines.size() == 1 ? " machine, " : " machines, ") +
         std::to_string(done) + " done, " + std::to_string(stuck) + " stuck, " + human_bytes(rate) + "/s";
}

}  // namespace

std::optional<WallTime> parse_iso_time(std::string_view text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int ms = 0;
  char zone = 0;
  const std::string copy(text);
  if (std::sscanf(copy.c_str(), "%4d-%2u-%2uT%2d:%2d:%2d.%3d%c", &year, &month, &day, &hour, &minute, &second, &ms,
                  &zone) != 8 ||
      zone != 'Z')
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  if (!date.ok()) return std::nullopt;
  return WallTime(std::chrono::sys_days(date)) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second) + std::chrono::milliseconds(ms);
}

Result<std::vector<StatusRow>> parse_machines(std::string_view json) {
  try {
    const Json all = Json::parse(json);
    std::vector<StatusRow> rows;
    for (const Json& machine : all) rows.push_back(row_of(machine));
    return rows;
  } catch (const Json::exception&) {
    return fail("the answer is not a boot board's: is another program listening there?");
  }
}

std::string status_table(std::vector<StatusRow> machines, WallTime now, const TableStyle& style) {
  std::stable_sort(machines.begin(), machines.end(),
                   [](const StatusRow& a, const StatusRow& b) { return rank(a) < rank(b); });
  std::string closing = summary(machines) + "\n";
  if (machines.empty()) return closing;
  // Heading, closing line, and one that counts what did not fit.
  std::size_t shown = machines.size();
  if (style.rows > 0 && machines.size() + 2 > style.rows) shown = style.rows > 4 ? style.rows - 4 : 1;
  shown = std::min(shown, machines.size());

  std::array<std::size_t, kColumns> widths{};
  Cells headings;
  std::copy(kHeadings.begin(), kHeadings.end(), headings.begin());
  std::vector<Cells> lines;
  for (std::size_t i = 0; i < shown; ++i) lines.push_back(cells_of(machines[i], now));
  for (std::size_t i = 0; i < kColumns; ++i) {
    widths[i] = headings[i].size();
    for (const Cells& cells : lines) widths[i] = std::max(widths[i], cells[i].size());
  }
  std::string text = line_of(headings, widths, style.columns) + "\n";
  for (std::size_t i = 0; i < shown; ++i) {
    const std::string line = line_of(lines[i], widths, style.columns);
    const char* const colour = machines[i].stuck_since ? "\x1b[31m" : machines[i].done ? "\x1b[32m" : nullptr;
    text += style.colour && colour != nullptr ? colour + line + "\x1b[0m\n" : line + "\n";
  }
  if (shown < machines.size()) text += "... and " + std::to_string(machines.size() - shown) + " more\n";
  return text + closing;
}

}  // namespace rackcast
