// What dhcpd does where its file is silent and we would do otherwise, as rules of our own: the first of an imported
// configuration, so that whatever the file says counts instead. In the TOML that an import writes they stand as they
// are.
#pragma once

#include "core/policy/parse_rules.h"

namespace rackcast {

// `context` is that of the file.
[[nodiscard]] Rules dhcpd_default_rules(RuleParseContext& context);

}  // namespace rackcast
