// A file being served: a descriptor and what proves that its content is still the one that was promised. Either an
// image of the store (its sealed memfd: nothing can change, nothing is checked) or a file of the tree (held open: a
// rename, of it or over its name, keeps the old bytes whole; a rewrite in place is noticed).
//
// Thread: one at a time. Owns its descriptor or its share of the image.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "core/file_descriptor.h"
#include "core/images/held_file.h"
#include "core/images/image.h"
#include "io_backends/stream/tree.h"

namespace rackcast::io {

// The store's resident image of that very file content, or null. Called on every stream thread.
using ImageLookup = std::function<std::shared_ptr<const Image>(const FileIdentity&)>;

class BodySource {
 public:
  BodySource() = default;
  explicit BodySource(std::shared_ptr<const Image> image) : image_(std::move(image)) {}
  explicit BodySource(Lookup&& found);

  // From the image store where it holds the content, else from the tree. Precondition: found is a file.
  static BodySource choose(Lookup&& found, const ImageLookup& images);

  [[nodiscard]] bool sealed() const { return image_ != nullptr; }
  [[nodiscard]] int descriptor() const { return sealed() ? image_->descriptor : fd_.get(); }

  // Whether the content is still what it was at open (core/images/held_file.h).
  [[nodiscard]] bool unchanged();

  // Whether [from, from + count) can be sent without waiting for a disk, judged by its first and last page.
  enum class Pages : std::uint8_t { kWarm, kCold, kBeyondEnd };
  [[nodiscard]] Pages look_at_pages(std::uint64_t from, std::uint64_t count) const;

 private:
  FileDescriptor fd_;
  std::shared_ptr<const Image> image_;
  FileStanding standing_;  // of fd_
};

// Brings [from, from + count) into the page cache; false: could not be read. Blocks: pool threads only.
[[nodiscard]] bool read_into_cache(int fd, std::uint64_t from, std::uint64_t count);

}  // namespace rackcast::io
