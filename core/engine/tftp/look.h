// The names that one file may lie under, and what the lane knows of them: the answer of a look through the path cache.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/engine/tftp/image_cache.h"
#include "core/engine/tftp/transfer.h"
#include "core/images/path.h"
#include "core/quirks/quirk.h"
#include "proto/net/address.h"

namespace rackcast::engine::tftpd {

// What is sought, and by whom. Views, for one call.
struct Sought {
  const net::Endpoint& peer;
  std::string_view path;  // normalised; the name as asked when there are candidates
  NameTraits traits;
  const PathText* first_candidate = nullptr;  // null: not worked out yet
};

// One of its names; the text is Sought's or lies in the room that was lent for it.
struct Meant {
  Quirk quirk = Quirk::kCount_;  // that means this one
  std::string_view path;
};

struct Look {
  enum class Found : std::uint8_t { kImage, kLinkRefused, kMissing /* every name */, kUnknown, kNoRoom };
  Found found = Found::kMissing;
  CacheIndex entry = kNoEntry;
  std::uint8_t names = 0;  // other names than the one asked for, up to this one
};

}  // namespace rackcast::engine::tftpd
