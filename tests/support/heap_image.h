// Images over bytes in a test's memory: whole, or held (not resident) with pieces made on demand as the store makes
// them.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/images/image.h"

namespace rackcast::testing {

class HeapImage final : public Image {
 public:
  HeapImage(std::vector<std::byte> content, std::uint64_t generation_number, bool whole = true)
      : content_(std::move(content)) {
    size_bytes = content_.size();
    generation = generation_number;
    identity.inode = generation_number;
    identity.size_bytes = size_bytes;
    if (whole) bytes = content_;
  }

  [[nodiscard]] const std::vector<std::byte>& content() const { return content_; }

 private:
  std::vector<std::byte> content_;
};

inline std::vector<std::byte> random_bytes(std::size_t size, std::uint64_t seed) {
  std::vector<std::byte> content(size);
  std::mt19937_64 random(seed);
  for (std::size_t at = 0; at < size; at += 8) {
    const std::uint64_t word = random();
    std::memcpy(content.data() + at, &word, std::min<std::size_t>(8, size - at));
  }
  return content;
}

inline std::vector<std::byte> bytes_of(std::string_view text) {
  std::vector<std::byte> content(text.size());
  std::transform(text.begin(), text.end(), content.begin(), [](char c) { return static_cast<std::byte>(c); });
  return content;
}

// The piece of `whole` around `offset`, as core/images/image_loader.h cuts them but smaller, so that tests cross
// borders.
inline std::shared_ptr<const Image> piece_of(const HeapImage& whole, std::uint64_t offset, std::uint64_t piece_bytes,
                                             std::uint64_t overlap_bytes) {
  const std::uint64_t start = offset / piece_bytes * piece_bytes;
  const std::uint64_t end = std::min<std::uint64_t>(whole.size_bytes, start + piece_bytes + overlap_bytes);
  const auto& content = whole.content();
  auto piece = std::make_shared<HeapImage>(std::vector<std::byte>(content.begin() + static_cast<std::ptrdiff_t>(start),
                                                                  content.begin() + static_cast<std::ptrdiff_t>(end)),
                                           whole.generation);
  piece->size_bytes = whole.size_bytes;
  piece->offset = start;
  return piece;
}

}  // namespace rackcast::testing
