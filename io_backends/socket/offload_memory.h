// Remembers where segmentation offload was refused, so that a burst is not tried in vain each time. A way out is the
// interface where the destination names one, else our source address (which stands for the interface that holds it;
// only the kernel knows the route). Refusals: EIO = the way cannot checksum, never again; EMSGSIZE or EINVAL = segments
// longer than the MTU, smaller ones may still pass.
//
// A fixed table; when it is full the oldest entry goes (costs one refused call when that way is used again). After
// kRetryBursts refused by memory a way is tried afresh: MTU and features can change under a running server.
// Lane thread, no allocation; empty (the usual case) it costs one comparison.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/packet_io.h"

namespace rackcast::io {

class OffloadMemory {
 public:
  static constexpr std::size_t kWaysMax = 32;
  static constexpr std::uint32_t kRetryBursts = 65'536;

  // May a burst with segments of this size be offered to the kernel?
  [[nodiscard]] bool allows(const Destination& to, std::size_t segment_bytes) {
    for (std::size_t i = 0; i < used_; ++i) {
      Way& way = ways_[i];
      if (!way.leads_to(to)) continue;
      if (segment_bytes < way.refused_from) return true;
      if (++way.held_back < kRetryBursts) return false;
      way.held_back = 0;
      return true;
    }
    return true;
  }

  // The kernel refused; `never_again`: whatever the size (EIO).
  void remember(const Destination& to, std::size_t segment_bytes, bool never_again) {
    const std::size_t refused_from = never_again ? 0 : segment_bytes;
    for (std::size_t i = 0; i < used_; ++i) {
      if (!ways_[i].leads_to(to)) continue;
      if (refused_from < ways_[i].refused_from) ways_[i].refused_from = refused_from;
      return;
    }
    std::size_t at = used_;
    if (used_ == kWaysMax) {
      at = next_victim_;
      next_victim_ = (next_victim_ + 1) % kWaysMax;
    } else {
      ++used_;
    }
    ways_[at] = {to.source, to.interface, refused_from, 0};
  }

 private:
  struct Way {
    net::IpAddress source;
    InterfaceIndex interface;
    std::size_t refused_from = 0;  // segments of this many bytes and more
    std::uint32_t held_back = 0;

    [[nodiscard]] bool leads_to(const Destination& to) const {
      return interface == to.interface && (interface.value() != 0 || source == to.source);
    }
  };

  std::array<Way, kWaysMax> ways_{};
  std::size_t used_ = 0;
  std::size_t next_victim_ = 0;
};

}  // namespace rackcast::io
