// The body of one fetch as it comes in: counted, digested, and kept where its text is wanted; and how fast it may come.
#pragma once

#include <algorithm>
#include <chrono>
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

// A slow reader's allowance. What is not read stays in a small socket buffer, so that the server feels it. Nothing is
// read until a worthwhile piece may be: a socket that has input is ready all the time, and byte by byte the simulator
// would spend its core on system calls.
class ReadAllowance {
 public:
  explicit ReadAllowance(std::uint64_t bytes_per_second)
      : rate_(static_cast<double>(bytes_per_second)),
        piece_(std::clamp(rate_ * std::chrono::duration<double>(kPause).count(), 1.0, kPieceMax)) {}

  [[nodiscard]] bool limited() const { return rate_ > 0; }
  // How many bytes may be read now; 0: not before `now` + pause(). Precondition: `wanted` is kPieceMax at least.
  [[nodiscard]] std::size_t at(Instant now, std::size_t wanted) {
    if (!limited()) return wanted;
    const auto passed = std::chrono::duration<double>(std::min<Span>(now - filled_, kPause * 2));
    room_ = std::min(room_ + passed.count() * rate_, static_cast<double>(wanted));
    filled_ = now;
    return room_ < piece_ ? 0 : std::min(wanted, static_cast<std::size_t>(room_));
  }
  void used(std::size_t bytes) { room_ -= static_cast<double>(bytes); }
  // Until the next piece. Precondition: limited().
  [[nodiscard]] Span pause() const {
    const std::chrono::duration<double> missing((piece_ - room_) / rate_);
    return std::clamp(std::chrono::ceil<Span>(missing) + Span(1), kPauseMin, kPause);  // no rounding leaves it short
  }

  static constexpr Span kPause = std::chrono::milliseconds(50);
  static constexpr Span kPauseMin = std::chrono::milliseconds(1);
  static constexpr double kPieceMax = 4'096;  // bytes; a slower reader's piece is what comes in a kPause
  static constexpr int kSocketBufferBytes = 32 << 10;

 private:
  double rate_;  // bytes per second
  double piece_;
  double room_ = 0;
  Instant filled_{};
};

}  // namespace rackcast::sim
