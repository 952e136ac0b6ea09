// [dhcp] and all below it as TOML. Part of toml_text.h.
#pragma once

#include "core/config/config.h"
#include "core/oldfiles/toml_writer.h"

namespace rackcast::toml_detail {

void write_dhcp(Writer& out, const DhcpConfig& dhcp);

}  // namespace rackcast::toml_detail
