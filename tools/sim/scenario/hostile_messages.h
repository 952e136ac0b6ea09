// What the hostile scenario's troublemakers say; the engines carry it and choose whose name is under it. Messages are
// written into the caller's room and drawn from its generator, so that a seed repeats them. Pure, no allocation.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "proto/net/address.h"
#include "tools/sim/machines/random.h"

namespace rackcast::sim {

inline constexpr std::size_t kHostileBytesMax = 600;  // of one message

// 1 to kHostileBytesMax random bytes. Precondition, also below: room.size() >= kHostileBytesMax.
[[nodiscard]] std::span<const std::byte> hostile_noise(std::span<std::byte> room, Random& random);

// A read request for the whole of `file`, as if by an honest client.
[[nodiscard]] std::span<const std::byte> hostile_request(std::span<std::byte> room, std::string_view file);

// A BOOTREQUEST of an invented machine (06:52:43:...), its options broken behind the cookie: a DISCOVER whose next
// option claims more bytes than there are, or noise from the first option on. Cut off anywhere among them.
struct BrokenDiscover {
  net::MacAddress mac;
  std::span<const std::byte> message;
};
[[nodiscard]] BrokenDiscover broken_discover(std::span<std::byte> room, Random& random);

}  // namespace rackcast::sim
