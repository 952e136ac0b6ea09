// Text with an inline bound: paths, host names and interface names on the data path, where nothing may allocate.
// Longer input is cut at the bound and `cut()` says so; the content is raw bytes (sanitise where it is printed).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rackcast {

template <std::size_t kBytesMax>
class FixedText {
  static_assert(kBytesMax > 0 && kBytesMax < 65'535);

 public:
  constexpr FixedText() = default;
  // Implicit on purpose: it stands where a string_view stands.
  constexpr FixedText(std::string_view text) { assign(text); }  // NOLINT(google-explicit-constructor)
  constexpr FixedText(const char* text) { assign(text); }       // NOLINT(google-explicit-constructor)

  constexpr void assign(std::string_view text) {
    cut_ = text.size() > kBytesMax;
    size_ = static_cast<std::uint16_t>(std::min(text.size(), kBytesMax));
    std::copy_n(text.begin(), size_, bytes_.begin());
  }

  // Appends what fits; false when it was cut.
  constexpr bool append(std::string_view text) {
    const std::size_t count = std::min(text.size(), kBytesMax - size_);
    std::copy_n(text.begin(), count, bytes_.begin() + size_);
    size_ = static_cast<std::uint16_t>(size_ + count);
    cut_ = cut_ || count < text.size();
    return !cut_;
  }

  constexpr void clear() {
    size_ = 0;
    cut_ = false;
  }

  [[nodiscard]] constexpr std::string_view view() const { return {bytes_.data(), size_}; }
  constexpr operator std::string_view() const { return view(); }  // NOLINT(google-explicit-constructor)
  [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
  [[nodiscard]] constexpr std::size_t size() const { return size_; }
  [[nodiscard]] constexpr bool cut() const { return cut_; }
  static constexpr std::size_t capacity() { return kBytesMax; }

  friend constexpr bool operator==(const FixedText& a, const FixedText& b) { return a.view() == b.view(); }
  friend constexpr bool operator==(const FixedText& a, std::string_view b) { return a.view() == b; }

 private:
  std::uint16_t size_ = 0;
  bool cut_ = false;
  std::array<char, kBytesMax> bytes_{};
};

}  // namespace rackcast
