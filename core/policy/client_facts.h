// What rules may ask about a client: its message, and what the server knows of it. Borrowed for one evaluation.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "proto/dhcp/message.h"
#include "proto/dhcp/options.h"

namespace rackcast {

struct ClientFacts {
  std::span<const std::byte> packet;           // the BOOTP message as received: `packet (offset, length)`
  const dhcp4::Message* message = nullptr;     // of it
  const dhcp4::Options* options = nullptr;     // of it
  std::span<const std::byte> relay_info;       // option 82's contents, where the message has none: its lease's
  bool known = false;                          // a host entry is the client's
  bool has_static_address = false;             // `static`
  std::optional<net::Ipv4Address> address;     // `leased-address`: offered or leased
  std::optional<std::uint32_t> lease_seconds;  // `lease-time`
  std::string_view host_name;                  // `host-decl-name`
  std::string_view server_name;                // `gethostname ()`
};

}  // namespace rackcast
