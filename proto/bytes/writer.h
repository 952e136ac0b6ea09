// Bounds-checked writing of network-order bytes (and little-endian ones, for file formats) into a caller's span; the
// counterpart of cursor.h.
//
// The error is sticky: a write that does not fit writes nothing, marks the writer failed, and later writes do nothing.
// `written()` is the used prefix; it is meaningful only while `ok()`. Not thread-safe, never allocates.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace rackcast::bytes {

class Writer {
 public:
  constexpr explicit Writer(std::span<std::byte> out) : out_(out) {}

  [[nodiscard]] constexpr bool ok() const { return !failed_; }
  [[nodiscard]] constexpr std::size_t size() const { return at_; }
  [[nodiscard]] constexpr std::size_t room() const { return out_.size() - at_; }
  [[nodiscard]] constexpr std::span<std::byte> written() const { return out_.first(at_); }

  constexpr void u8(std::uint8_t value) { big_endian(value, 1); }
  constexpr void be16(std::uint16_t value) { big_endian(value, 2); }
  constexpr void be32(std::uint32_t value) { big_endian(value, 4); }
  constexpr void be64(std::uint64_t value) { big_endian(value, 8); }
  constexpr void le16(std::uint16_t value) { little_endian(value, 2); }
  constexpr void le32(std::uint32_t value) { little_endian(value, 4); }

  constexpr void bytes(std::span<const std::byte> data) {
    if (!fits(data.size())) return;
    std::copy(data.begin(), data.end(), out_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ += data.size();
  }

  void text(std::string_view data) { bytes(std::as_bytes(std::span(data))); }

  constexpr void zeros(std::size_t count) {
    if (!fits(count)) return;
    std::fill_n(out_.begin() + static_cast<std::ptrdiff_t>(at_), count, std::byte{0});
    at_ += count;
  }

  // Overwrites two bytes written before (a length or checksum known only now). Precondition: position + 2 <= size().
  constexpr void patch_be16(std::size_t position, std::uint16_t value) {
    if (failed_ || position + 2 > at_) {
      failed_ = true;
      return;
    }
    out_[position] = static_cast<std::byte>(value >> 8U);
    out_[position + 1] = static_cast<std::byte>(value & 0xFFU);
  }

  constexpr void fail() { failed_ = true; }

 private:
  constexpr bool fits(std::size_t count) {
    if (failed_ || count > room()) failed_ = true;
    return !failed_;
  }

  constexpr void big_endian(std::uint64_t value, std::size_t size) {
    if (!fits(size)) return;
    for (std::size_t i = 0; i < size; ++i)
      out_[at_ + i] = static_cast<std::byte>((value >> (8U * (size - 1 - i))) & 0xFFU);
    at_ += size;
  }

  constexpr void little_endian(std::uint64_t value, std::size_t size) {
    if (!fits(size)) return;
    for (std::size_t i = 0; i < size; ++i) out_[at_ + i] = static_cast<std::byte>((value >> (8U * i)) & 0xFFU);
    at_ += size;
  }

  std::span<std::byte> out_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace rackcast::bytes
