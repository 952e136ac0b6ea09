// An address prefix of either family. Value type, constexpr where it can be.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "proto/net/address.h"

namespace rackcast::net {

struct IpPrefix {
  IpAddress base;
  std::uint8_t length = 0;  // bits: 0..32 or 0..128

  // "192.168.1.0/24", "fd00::/8", or one address, which is a prefix of its full length; refuses set host bits.
  static std::optional<IpPrefix> parse(std::string_view text);
  [[nodiscard]] bool contains(const IpAddress& address) const;  // never across families
  friend constexpr bool operator==(const IpPrefix&, const IpPrefix&) = default;
};

}  // namespace rackcast::net
