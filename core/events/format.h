// An event as a log line. Pure. DHCP lines have ISC dhcpd's shapes to the letter, because log watchers match them; TFTP
// requests have in.tftpd's. Text that came from the network is made printable first.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/event.h"

namespace rackcast {

enum class LogLevel : std::uint8_t { kTrace, kDebug, kInfo, kWarning, kError };

// Config's names ("trace debug info warning error"); kInfo for any other.
[[nodiscard]] LogLevel log_level(std::string_view name);

[[nodiscard]] LogLevel level_of(const Event& event);

// One line, no newline.
[[nodiscard]] std::string format_event(const Event& event);

// What a line of this kind begins with: "DHCPDISCOVER", "TFTP not found"; names a suppressed kind.
[[nodiscard]] std::string_view kind_label(EventKind kind);
[[nodiscard]] std::string_view protocol_label(Protocol protocol);  // "TFTP"

// Bytes outside printable ASCII, and backslashes, as \xHH: one line stays one line, whatever a client sent.
[[nodiscard]] std::string printable(std::string_view bytes);

}  // namespace rackcast
