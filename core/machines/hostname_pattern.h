// Host names by pattern (option 12): "station{{last_octet}}.a.com" for 192.168.1.10 is "station10.a.com".
//
//   {{last_octet}}  10      {{address}}  192-168-1-10      {{mac}}  12-34-56-78-ab-cd
//
// Dashes, since dots would make labels and colons are no part of a name (RFC 1123 §2.1). The pattern was checked when
// the configuration was read. Never allocates; a name longer than a HostName is empty rather than another name.
#pragma once

#include <string_view>

#include "core/leases/lease.h"
#include "proto/net/address.h"

namespace rackcast {

// An address as part of a name: "192-168-1-10", "12-34-56-78-ab-cd".
[[nodiscard]] net::AddressText with_dashes(const net::AddressText& text);

[[nodiscard]] HostName render_hostname(std::string_view pattern, net::Ipv4Address address, const net::MacAddress& mac);

}  // namespace rackcast
