// The body of one fetch as it comes in: counted, digested, and kept where its text is wanted; and how fast it may come.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "tools/sim/machines/carrier.h"
#include "tools/sim/machines/digest.h"

namespace rackcast::sim {

class FetchBody {
 public:
  explicit FetchBody(bool keep_text) : keep_text_(keep_text) {}

  // False: it is longer than anything it may be (kEndless).
  [[nodiscard]] bool add(std::span<const std::byte> bytes) {
    bytes_ += bytes.size();
    if (bytes_ > kFileBytesMax) return false;
    digest_.add(bytes);
    if (!keep_text_) return true;
    if (bytes_ > kFetchTextBytesMax) return false;
    text_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return true;
  }

  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t digest() const { return digest_.value(); }
  [[nodiscard]] std::string_view text() const { return text_; }

 private:
  bool keep_text_;
  std::uint64_t bytes_ = 0;
  Digest digest_;
  std::string text_;
};

// A slow reader's allowance. What is not read stays in a small socket buffer, so that the server feels it.
class ReadAllowance {
 public:
  explicit ReadAllowance(std::uint64_t bytes_per_second) : rate_(bytes_per_second) {}

  [[nodiscard]] bool limited() const { return rate_ != 0; }
  // How many bytes may be read now; 0: not before `now` + kPause.
  [[nodiscard]] std::size_t at(Instant now, std::size_t wanted) {
    if (!limited()) return wanted;
    const auto passed = std::chrono::duration<double>(std::min<Span>(now - filled_, kPause * 2));
    room_ = std::min(room_ + passed.count() * static_cast<double>(rate_), static_cast<double>(wanted));
    filled_ = now;
    return room_ < kLeastRead ? 0 : std::min(wanted, static_cast<std::size_t>(room_));
  }
  void used(std::size_t bytes) { room_ -= static_cast<double>(bytes); }

  static constexpr Span kPause = std::chrono::milliseconds(50);
  static constexpr int kSocketBufferBytes = 32 << 10;

 private:
  static constexpr double kLeastRead = 1;

  std::uint64_t rate_;
  double room_ = 0;
  Instant filled_{};
};

}  // namespace rackcast::sim
