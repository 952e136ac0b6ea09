// SHA-256 (FIPS 180-4) of a short message in memory. Ours, because a lane must not allocate and OpenSSL's does; for
// files and everything off the data path OpenSSL's is used.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace rackcast {

[[nodiscard]] std::array<std::uint8_t, 32> sha256(std::string_view message);

}  // namespace rackcast
