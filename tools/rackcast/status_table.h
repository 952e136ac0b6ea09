// The boot board as text: the API's JSON in, a table out. Pure; time is an argument.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/board/stage.h"
#include "core/result.h"
#include "core/time.h"

namespace rackcast {

struct StatusRow {
  std::string mac;
  std::string address;
  std::string hostname;
  Stage stage = Stage::kDiscover;
  std::string file;
  std::optional<double> percent;
  std::uint64_t bytes_boot = 0;
  std::uint64_t rate_bytes_per_s = 0;
  std::uint64_t retransmits = 0;
  std::uint64_t refused = 0;
  std::optional<WallTime> stuck_since;
  bool done = false;
};

// /api/machines; the error says that the answer is not the board's.
[[nodiscard]] Result<std::vector<StatusRow>> parse_machines(std::string_view json);

struct TableStyle {
  unsigned columns = 0;  // lines are cut here; 0 = not
  unsigned rows = 0;     // lines in all; 0 = no limit. What does not fit is counted in a last line
  bool colour = false;
};

// Stuck machines first, then those on their way, then those that are done.
[[nodiscard]] std::string status_table(std::vector<StatusRow> machines, WallTime now, const TableStyle& style);

[[nodiscard]] std::optional<WallTime> parse_iso_time(std::string_view text);  // "2026-11-24T05:08:58.123Z"

}  // namespace rackcast
