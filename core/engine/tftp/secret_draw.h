// Draws that a stranger cannot guess from what it was not shown: the seed is secret. No cryptographic generator: who
// sees enough draws can compute the next.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rackcast::engine::tftpd {

class SecretDraw {
 public:
  explicit SecretDraw(std::uint64_t seed) : state_(seed) {}

  // One of 0 to count - 1; `count` > 0. A counter stepped by an odd constant, then stirred.
  [[nodiscard]] std::size_t below(std::size_t count) {
    state_ += 0x9E37'79B9'7F4A'7C15ULL;
    std::uint64_t value = state_;
    value = (value ^ (value >> 30U)) * 0xBF58'476D'1CE4'E5B9ULL;
    value = (value ^ (value >> 27U)) * 0x94D0'49BB'1331'11EBULL;
    return static_cast<std::size_t>((value ^ (value >> 31U)) % count);
  }

 private:
  std::uint64_t state_;
};

}  // namespace rackcast::engine::tftpd
