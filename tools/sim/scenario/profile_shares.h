// `--profile NAME[=SHARE],...`: which kinds of machines a rack holds, and in what proportion.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "tools/sim/scenario/scenario.h"

namespace rackcast::sim {

inline constexpr std::size_t kProfileSharesMax = 32;

// "bios-pxelinux=3,edk2-grub": weights, 1 where none is given. Errors: an unknown name (with a did-you-mean), a name
// twice, a share that is not above 0 and at most a million.
[[nodiscard]] Result<std::vector<ProfileShare>> parse_profile_shares(std::string_view text);

// How many of `machines` each share gets: within one of its exact part, all of them given out (largest remainder).
// Shares are finite and positive.
[[nodiscard]] std::vector<std::uint32_t> apportion(std::span<const ProfileShare> shares, std::uint32_t machines);

}  // namespace rackcast::sim
