// An array of plain values that grows without moving what is in it, so that a table of a million records can be made
// larger between two packets. Segments are asked for as zero bytes: a large one costs nothing until it is written to,
// since the kernel hands out its pages on first use. Thread: the owner's. Nothing is allocated but by grow().
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>

namespace rackcast {

template <typename T>
class SegmentedArray {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  // Room for `capacity` values at least; new ones are zero bytes. References stay valid, but for those into the last
  // segment where that was a short one.
  void grow(std::size_t capacity) {
    while (capacity_ < capacity) {
      const std::size_t begin = capacity_ & ~kMask;  // of the segment that is to be there whole, or as far as needed
      const std::size_t wanted = capacity - begin < kSegment ? capacity - begin : kSegment;
      Segment segment(static_cast<T*>(std::calloc(wanted, sizeof(T))));
      if (segment == nullptr) throw std::bad_alloc();
      const std::size_t had = capacity_ - begin;
      if (had > 0) {
        std::memcpy(static_cast<void*>(segment.get()), segments_.back().get(), had * sizeof(T));
        segments_.back() = std::move(segment);
      } else {
        segments_.push_back(std::move(segment));
      }
      capacity_ = begin + wanted;
    }
  }

  [[nodiscard]] T& operator[](std::size_t i) { return segments_[i >> kShift].get()[i & kMask]; }
  [[nodiscard]] const T& operator[](std::size_t i) const { return segments_[i >> kShift].get()[i & kMask]; }

 private:
  static constexpr std::size_t kShift = 14;  // large enough for the allocator to map a segment of records by itself
  static constexpr std::size_t kSegment = std::size_t{1} << kShift;
  static constexpr std::size_t kMask = kSegment - 1;

  struct Free {
    void operator()(T* segment) const { std::free(segment); }
  };
  using Segment = std::unique_ptr<T, Free>;

  std::vector<Segment> segments_;
  std::size_t capacity_ = 0;
};

}  // namespace rackcast
