// What a file that a client sends is called in the drop directory: its address, '-', and the name it asked for with
// folders flattened. "/var/log/a.log" from 192.168.1.7 -> "192.168.1.7-var_log_a.log". Pure; never allocates.
#pragma once

#include <optional>
#include <string_view>

#include "core/upload_buffer.h"
#include "proto/net/address.h"

namespace rackcast::engine::tftpd {

// nullopt: leaves its folder, names a folder, is or lies in something hidden, holds control characters, is too long.
[[nodiscard]] std::optional<UploadName> upload_name(const net::IpAddress& source, std::string_view requested);

}  // namespace rackcast::engine::tftpd
