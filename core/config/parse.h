// Configuration text to snapshot. Total: any bytes give either a Config or at least one error, and every problem of the
// file is reported at once with its line (a TOML syntax error is the one that stops the rest). Nothing outside the text
// is looked at: whether a root exists or an interface is there is the daemon's to find out. Reentrant.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.h"
#include "core/config/problem.h"

namespace rackcast {

struct ConfigOutcome {
  std::shared_ptr<const Config> config;  // null when there is any error
  std::vector<Problem> problems;         // in the order of the file; warnings too
};

// Limits of one file; beyond them it is refused with a sentence.
inline constexpr std::size_t kConfigBytesMax = std::size_t{4} << 20U;
inline constexpr std::size_t kSubnetsMax = 1024;
inline constexpr std::size_t kHostsMax = 65'536;

// `file_name` appears in messages that need it.
[[nodiscard]] ConfigOutcome parse_config(std::string_view text, std::string_view file_name);

// Reads the file first; a file that cannot be read is one problem at line 0.
[[nodiscard]] ConfigOutcome load_config(const std::string& path);

// "FILE:LINE:COLUMN: error: MESSAGE", the shape compilers use, so that editors can jump to it.
[[nodiscard]] std::string problem_line(std::string_view file_name, const Problem& problem);

}  // namespace rackcast
