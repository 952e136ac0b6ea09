// The names a loader makes up: of its machine's address, MAC and UUID.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tools/sim/machines/machine_facts.h"

namespace rackcast::sim {

inline constexpr std::uint8_t kIpHexDigits = 8;

struct NameFacts {
  const MachineIdentity& identity;
  net::Ipv4Address address;
  net::Ipv4Address server;
  bool uuid_echoed = false;  // the ACK repeated option 97
};

// `name` with {uuid} {echoed-uuid} {mac-dashes} {ip-hex} (its first `ip_digits`, upper case) {serial} {server} filled
// in. Nothing where the machine has no UUID, or its ACK did not echo it: such a loader does not ask.
[[nodiscard]] std::optional<std::string> filled_in(std::string_view name, const NameFacts& facts,
                                                   std::uint8_t ip_digits);

[[nodiscard]] std::string mac_text(const net::MacAddress& mac, char separator);  // lower case
[[nodiscard]] std::string uuid_text(const MachineIdentity& identity);            // in wire order, lower case

}  // namespace rackcast::sim
