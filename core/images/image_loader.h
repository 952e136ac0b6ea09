// How a file becomes an Image: copied into a sealed memfd, mapped and populated; or held open and read in pieces.
// Blocks on the disk: off-lane threads only. Any thread, no shared state but the byte gauge.
//
// Why a copy: whoever truncates or rewrites the file on disk can then neither raise SIGBUS in a lane nor mix two
// versions in one transfer. Why MAP_PRIVATE: before Linux 6.7 a shared map of a write-sealed memfd is refused, also a
// read-only one; a private map that is never written shares the same pages.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>

#include "core/images/image.h"
#include "core/images/open_beneath.h"

namespace rackcast {

// Bytes mapped by images that live, whoever holds them. Outlives every image (images share it).
using LiveBytes = std::shared_ptr<std::atomic<std::uint64_t>>;

// What is copied. The kernel's file in the daemon; tests put one that changes while it is read.
class FileSource {
 public:
  virtual ~FileSource() = default;
  [[nodiscard]] virtual std::optional<FileIdentity> identity() = 0;  // now; nullopt on an I/O error
  // Bytes read (0 at the end), nullopt on an I/O error.
  [[nodiscard]] virtual std::optional<std::size_t> read_at(std::span<std::byte> out, std::uint64_t offset) = 0;
};

class DescriptorSource final : public FileSource {
 public:
  explicit DescriptorSource(int descriptor) : descriptor_(descriptor) {}  // borrowed
  [[nodiscard]] std::optional<FileIdentity> identity() override;
  [[nodiscard]] std::optional<std::size_t> read_at(std::span<std::byte> out, std::uint64_t offset) override;

 private:
  int descriptor_;
};

enum class LoadStatus : std::uint8_t {
  kLoaded,
  kChanged,  // size, times or inode moved while it was read: try again
  kReadFailed,
  kNoMemory,  // memfd or map refused: memory, descriptors or a file size limit
};

struct LoadOutcome {
  LoadStatus status = LoadStatus::kReadFailed;
  std::shared_ptr<Image> image;  // set when kLoaded; `generation` is the caller's to set before publishing
  // False: the file was written within one clock granule of the copy, so that a write right after it may have left the
  // same times. Such an image is good for whoever asked now, and must be read again for the next who asks.
  bool settled = false;
};

// Copies `source`, whose identity was `expected` when it was opened.
[[nodiscard]] LoadOutcome load_resident(FileSource& source, const FileIdentity& expected, const LiveBytes& live);

// An image that is not resident: keeps `file` open. Null when it changed since it was opened.
[[nodiscard]] std::shared_ptr<Image> hold_open(OpenedFile file);

// Pieces: kPieceBytes aligned to themselves plus an overlap, so that a block that starts within the piece (RFC 2348: at
// most 65 464 bytes) lies wholly in it.
inline constexpr std::uint64_t kPieceBytes = std::uint64_t{1} << 20U;
inline constexpr std::uint64_t kPieceOverlapBytes = 64U << 10U;
[[nodiscard]] constexpr std::uint64_t piece_start(std::uint64_t offset) {
  return offset / kPieceBytes * kPieceBytes;
}

// The piece of `whole`, which hold_open() made, that holds `offset`. kChanged when the held file no longer has the
// content it was opened with (held_file.h).
[[nodiscard]] LoadOutcome read_piece(const Image& whole, std::uint64_t offset, const LiveBytes& live);

}  // namespace rackcast
