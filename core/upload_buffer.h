// What an upload gathers in memory before it is written: laid out once per place in a lane's table of uploads, lent to
// the upload store and given back with its answer, so that bytes are copied once, from the datagram.
//
// Owner: whoever holds it, one at a time; the shared_ptr only lets it travel in Work and Completion.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "proto/bytes/fixed_text.h"

namespace rackcast {

// A few windows; a write of this size costs little more than its bytes.
inline constexpr std::size_t kUploadBufferBytes = 65'536;

// Name of a file in the drop directory, before a suffix that tells it from others of that name: well below NAME_MAX.
inline constexpr std::size_t kUploadNameBytesMax = 200;
using UploadName = FixedText<kUploadNameBytesMax>;

struct UploadBuffer {
  std::size_t size = 0;
  std::array<std::byte, kUploadBufferBytes> bytes{};
};

}  // namespace rackcast
