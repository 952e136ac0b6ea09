// Rules and what belongs to them as dhcpd.conf spells it, besides Rules::text and Expression::text (rules.h).
// Configuration time only; allocates.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "core/policy/option_catalog.h"

namespace rackcast {

// `option space …;` and `option NAME code N = …;` of everything that a configuration defined, one a line: parsed into a
// fresh catalog they define the same.
[[nodiscard]] std::string definitions_text(const OptionCatalog& catalog);
// The type alone: "array of ip-address".
[[nodiscard]] std::string type_text(const OptionCatalog& catalog, const OptionDefinition& definition);
// "NAME" or "SPACE.NAME"; a code without a name is "unknown-NNN".
[[nodiscard]] std::string option_name_text(const OptionCatalog& catalog, OptionKey key);
// The value as it stands behind the name: "10.0.0.1, 10.0.0.2", or "= 00:07" where the octets are no value of the type.
[[nodiscard]] std::string option_value_text(const OptionCatalog& catalog, OptionKey key,
                                            std::span<const std::byte> bytes);

}  // namespace rackcast
