// Steering by source address: which lane of a reuseport group gets a datagram. The kernel runs a classic BPF program
// that mixes the source address and takes it modulo the number of lanes; `lane_of_source` is the same function for the
// simulator and for tests. The port plays no part, so all requests of one machine reach one lane.
#pragma once

#include <cstdint>

#include "core/result.h"
#include "proto/net/address.h"

namespace rackcast::io {

// Precondition: lanes > 0. Equal to what the attached program answers.
[[nodiscard]] std::uint32_t lane_of_source(const net::IpAddress& source, std::uint32_t lanes);

// Attaches the program to the reuseport group `socket` belongs to. The answer is the order of binding, so members must
// be bound in lane order. An answer for a member that is not bound yet falls back to the kernel's own hash.
[[nodiscard]] Result<void> attach_source_steering(int socket, bool ipv6, std::uint32_t lanes);

}  // namespace rackcast::io
