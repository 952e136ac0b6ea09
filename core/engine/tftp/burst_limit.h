// How many blocks a transfer may send back to back: halved when its peer reports a gap or falls silent, doubled again
// after 8 windows without loss. RFC 7440 leaves the window as it was negotiated; what a burst leaves of it follows
// after a pause, so that a network card or a switch port that holds only some datagrams has drained them. Doubled and
// not made whole at once: after one loss that is the same, and a card that never holds a whole window loses once in 8
// windows, not once for every halving.
//
// Pure; part of a Transfer.
#pragma once

#include <algorithm>
#include <cstdint>

namespace rackcast::engine::tftpd {

class BurstLimit {
 public:
  static constexpr std::uint32_t kCleanWindows = 8;

  [[nodiscard]] bool limited() const { return halvings_ > 0; }

  // `full`: blocks of an unlimited burst. Never less than one.
  [[nodiscard]] std::uint64_t blocks(std::uint64_t full) const { return std::max<std::uint64_t>(full >> halvings_, 1); }

  // True: it was halved; one block cannot be.
  bool on_loss(std::uint64_t full) {
    clean_blocks_ = 0;
    if (blocks(full) == 1) return false;
    ++halvings_;
    return true;
  }

  // `acknowledged` blocks arrived in order and once. Counted in blocks, since some clients acknowledge within a window.
  // True: it was doubled.
  bool on_clean(std::uint64_t acknowledged, std::uint32_t window) {
    if (halvings_ == 0) return false;
    clean_blocks_ += static_cast<std::uint32_t>(std::min<std::uint64_t>(acknowledged, window));
    if (clean_blocks_ < kCleanWindows * window) return false;
    clean_blocks_ = 0;
    --halvings_;
    return true;
  }

 private:
  std::uint32_t clean_blocks_ = 0;  // since the last loss or step; below 8 x 65535
  std::uint8_t halvings_ = 0;
};

}  // namespace rackcast::engine::tftpd
