// The lane's pins: which images its transfers and transmit slots still read from, counted per lane with plain integers.
// One shared_ptr per image and lane stands behind all of a lane's pins, so the data path touches no shared atomic.
//
// Thread: the lane's. Allocation: none after construction. When the last pin of an image goes, its reference is moved
// into `take_released()`; the lane hands it to the image store, so that unmapping never happens on a lane. As many such
// references may wait as images may be pinned; one more is dropped on the lane, late but harmless, and counted.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/images/image.h"
#include "core/packet_io.h"

namespace rackcast {

class PinTable {
 public:
  // `images_max`: distinct images (and pieces) that may be pinned on this lane at once.
  explicit PinTable(std::size_t images_max) : entries_(images_max + 1) {
    released_.reserve(images_max);
    free_.reserve(images_max);
    for (std::size_t i = images_max; i > 0; --i) free_.push_back(static_cast<std::uint32_t>(i));
  }

  // A new pin on `image`, count 1. Returns kNoPin when the table is full (counted in full_count()).
  // The same image may be acquired more than once; each acquire is an entry of its own.
  [[nodiscard]] PinId acquire(std::shared_ptr<const Image> image) {
    if (free_.empty()) {
      ++full_count_;
      return kNoPin;
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    entries_[index] = {std::move(image), 1};
    return PinId{index};
  }

  void add(PinId pin) {
    if (pin != kNoPin) ++entries_[pin.value()].count;
  }

  void release(PinId pin) {
    if (pin == kNoPin) return;
    Entry& entry = entries_[pin.value()];
    if (--entry.count > 0) return;
    give_up(std::exchange(entry.image, nullptr));
    free_.push_back(pin.value());
  }

  // A reference that was never pinned, to be handed to the store as well. Null: nothing happens.
  void give_up(std::shared_ptr<const Image> image) {
    if (image == nullptr) return;
    if (released_.size() == entries_.size() - 1) {
      ++dropped_count_;
      return;
    }
    released_.push_back(std::move(image));
  }

  [[nodiscard]] const Image& image(PinId pin) const { return *entries_[pin.value()].image; }
  // A further reference, for work that goes off-lane with the image.
  [[nodiscard]] std::shared_ptr<const Image> share(PinId pin) const { return entries_[pin.value()].image; }
  [[nodiscard]] std::size_t in_use() const { return entries_.size() - 1 - free_.size(); }
  [[nodiscard]] std::uint64_t full_count() const { return full_count_; }
  [[nodiscard]] std::uint64_t dropped_count() const { return dropped_count_; }

  // The next reference whose last pin went, or null. To be handed to the store (ReleaseImage).
  [[nodiscard]] std::shared_ptr<const Image> take_released() {
    if (released_.empty()) return nullptr;
    auto image = std::move(released_.back());
    released_.pop_back();
    return image;
  }

 private:
  struct Entry {
    std::shared_ptr<const Image> image;
    std::uint32_t count = 0;
  };
  std::vector<Entry> entries_;  // index 0 is kNoPin
  std::vector<std::uint32_t> free_;
  std::vector<std::shared_ptr<const Image>> released_;
  std::uint64_t full_count_ = 0;
  std::uint64_t dropped_count_ = 0;
};

}  // namespace rackcast
