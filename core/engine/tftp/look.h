// What the lane knows of the names that one file may lie under: the answer of a look through the path cache.
#pragma once

#include <cstdint>

#include "core/engine/tftp/image_cache.h"

namespace rackcast::engine::tftpd {

struct Look {
  enum class Found : std::uint8_t { kImage, kLinkRefused, kMissing /* every name */, kUnknown, kNoRoom };
  Found found = Found::kMissing;
  CacheIndex entry = kNoEntry;
  std::uint8_t names = 0;  // other names than the one asked for, up to this one
};

}  // namespace rackcast::engine::tftpd
