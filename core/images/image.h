// An image: one generation of a boot file, as bytes every lane may send from. Immutable once published; shared by
// shared_ptr (one reference per lane and per stream connection, never one per packet). Any thread may read it.
//
// A resident image is a sealed memfd, mapped and populated. An image above the store's budget is not resident: `bytes`
// is empty and pieces are read on request (ReadPiece), each piece an Image of its own with `offset` set.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/time.h"

namespace rackcast {

// What makes two reads of a path "the same file content": compared after a copy and before reuse.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size_bytes = 0;
  std::int64_t mtime_ns = 0;  // since 1970
  std::int64_t ctime_ns = 0;  // catches a rewrite that puts mtime back
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

class Image {
 public:
  Image() = default;
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;
  virtual ~Image() = default;  // runs off-lane: lanes hand their last reference back to the store

  std::uint64_t size_bytes = 0;        // of the whole file
  std::uint64_t generation = 0;        // unique within the process, grows
  std::uint64_t offset = 0;            // of bytes[0] within the file; 0 for a resident image
  std::span<const std::byte> bytes;    // mapped content; whole file when resident, one piece otherwise
  std::array<std::byte, 32> sha256{};  // of the whole file; zeros when not resident
  FileIdentity identity;
  int descriptor = -1;  // sealed memfd (or the held file) that sendfile may read; owned by the image

  [[nodiscard]] bool resident() const { return offset == 0 && bytes.size() == size_bytes; }
  // True when [from, from + count) lies within `bytes`.
  [[nodiscard]] bool covers(std::uint64_t from, std::uint64_t count) const {
    return from >= offset && from + count <= offset + bytes.size();
  }
};

}  // namespace rackcast
