// Bytes for codec tests: written as text (a NUL is "\0", mind following digits), compared as text, and truncated on the
// heap so that AddressSanitizer sees a read past the end.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rackcast::test {

inline std::vector<std::byte> bytes_of(std::string_view text) {
  const auto data = std::as_bytes(std::span(text));
  return {data.begin(), data.end()};
}

inline std::string text_of(std::span<const std::byte> data) {
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

// Calls `check(prefix)` with every proper prefix of `whole`, the empty one first, each a heap block of its exact size.
template <typename Check>
void for_every_prefix(std::span<const std::byte> whole, Check check) {
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::vector<std::byte> prefix(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    check(std::span<const std::byte>(prefix));
  }
}

}  // namespace rackcast::test
