// Events as engines would emit them, for the board's tests.
#pragma once

#include <string_view>

#include "core/event.h"
#include "core/machines/machine.h"

namespace rackcast::testing_board {

inline const net::MacAddress kMac{{0x12, 0x34, 0x56, 0x78, 0xAB, 0xCD}};
inline const net::IpAddress kAddress{net::Ipv4Address(192, 168, 1, 7)};
inline constexpr WallTime kStart{Duration(1'790'000'000'000'000'000)};

inline Event dhcp(EventKind kind, WallTime at, const net::MacAddress& mac = kMac) {
  Event event;
  event.kind = kind;
  event.protocol = Protocol::kDhcp;
  event.at = at;
  event.mac = mac;
  event.address = kAddress;
  return event;
}

inline Event transfer(EventKind kind, WallTime at, std::string_view path, std::uint64_t id, std::uint64_t done = 0,
                      std::uint64_t total = 0) {
  Event event;
  event.kind = kind;
  event.protocol = Protocol::kTftp;
  event.at = at;
  event.address = kAddress;
  event.path = path;
  event.transfer = id;
  event.bytes_done = done;
  event.bytes_total = total;
  return event;
}

inline Machine record(WallTime seen, std::string_view vendor_class) {
  Machine machine;
  machine.mac = kMac;
  machine.address = kAddress.v4();
  machine.vendor_class = vendor_class;
  machine.architecture = 0;
  machine.seen = seen;
  return machine;
}

}  // namespace rackcast::testing_board
