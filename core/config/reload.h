// What changed between two snapshots, and whether it takes effect at once or needs a restart, from the key table.
// Values are compared, not text: reordering a file or writing a default out changes nothing.
#pragma once

#include <string>
#include <vector>

#include "core/config/config.h"
#include "core/config/keys.h"

namespace rackcast {

struct ReloadPlan {
  std::vector<std::string> live;     // "dhcp.subnet.range": in force once the new snapshot is swapped in
  std::vector<std::string> restart;  // keep their old value until the daemon is restarted; "[http]" for a section that
                                     // came or went, whose sockets must be opened or closed
  [[nodiscard]] bool empty() const { return live.empty() && restart.empty(); }
};

[[nodiscard]] ReloadPlan reload_plan(const Config& before, const Config& after);

// The value of `key` in a snapshot, as text: arrays of tables give one line per table, an absent section "".
[[nodiscard]] std::string value_text(const Config& config, const KeySpec& key);

}  // namespace rackcast
