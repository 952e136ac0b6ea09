// Bounds-checked reading of network-order bytes (and little-endian ones, which file formats have). The only way
// received bytes are read anywhere in rackcast.
//
// A Cursor walks a borrowed span (the caller keeps it alive). Its error is sticky: the first read past the end marks it
// failed, moves it to the end, and every later read yields zero or an empty span. So a fixed header is read whole and
// `ok()` is tested once. Total: any bytes give a defined answer. Not thread-safe, never allocates, O(1) per read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace rackcast::bytes {

class Cursor {
 public:
  constexpr explicit Cursor(std::span<const std::byte> data) : data_(data) {}

  [[nodiscard]] constexpr bool ok() const { return !failed_; }
  [[nodiscard]] constexpr std::size_t remaining() const { return data_.size() - at_; }
  [[nodiscard]] constexpr bool at_end() const { return remaining() == 0; }
  [[nodiscard]] constexpr std::size_t position() const { return at_; }

  constexpr std::uint8_t u8() { return static_cast<std::uint8_t>(big_endian(1)); }
  constexpr std::uint16_t be16() { return static_cast<std::uint16_t>(big_endian(2)); }
  constexpr std::uint32_t be32() { return static_cast<std::uint32_t>(big_endian(4)); }
  constexpr std::uint64_t be64() { return big_endian(8); }
  constexpr std::uint16_t le16() { return static_cast<std::uint16_t>(little_endian(2)); }
  constexpr std::uint32_t le32() { return static_cast<std::uint32_t>(little_endian(4)); }

  // The next `size` bytes, borrowed from the data; empty (and failed) when fewer remain.
  constexpr std::span<const std::byte> bytes(std::size_t size) {
    if (size > remaining()) {
      fail();
      return {};
    }
    const auto taken = data_.subspan(at_, size);
    at_ += size;
    return taken;
  }

  constexpr std::span<const std::byte> rest() { return bytes(remaining()); }
  constexpr void skip(std::size_t size) { (void)bytes(size); }

  // Text up to, and not including, the next NUL, which is consumed; fails where no NUL follows (TFTP's strings).
  std::string_view until_nul() {
    for (std::size_t end = at_; end < data_.size(); ++end) {
      if (data_[end] == std::byte{0}) {
        const auto text = bytes(end - at_);
        skip(1);
        return {reinterpret_cast<const char*>(text.data()), text.size()};
      }
    }
    fail();
    return {};
  }

  constexpr void fail() {
    failed_ = true;
    at_ = data_.size();
  }

 private:
  constexpr std::uint64_t big_endian(std::size_t size) {
    std::uint64_t value = 0;
    for (const std::byte b : bytes(size)) value = (value << 8U) | std::to_integer<std::uint64_t>(b);
    return value;
  }

  constexpr std::uint64_t little_endian(std::size_t size) {
    std::uint64_t value = 0;
    unsigned shift = 0;
    for (const std::byte b : bytes(size)) {
      value |= std::to_integer<std::uint64_t>(b) << shift;
      shift += 8;
    }
    return value;
  }

  std::span<const std::byte> data_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace rackcast::bytes
