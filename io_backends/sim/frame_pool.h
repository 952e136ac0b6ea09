// Datagrams on their way or waiting to be read, counted by reference: a multicast to a thousand machines is one copy of
// the bytes, one whose body outlives it none. Storage is reused with its capacity, so a run in steady state allocates
// nothing but for datagrams longer than `payload_reserve`. Single-threaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "proto/bytes/strong_id.h"
#include "proto/net/address.h"

namespace rackcast::io {

using FrameIndex = StrongId<struct FrameIndexTag, std::uint32_t>;

struct SimFrame {
  net::Endpoint source;
  net::Endpoint destination;
  std::optional<net::MacAddress> hardware;  // sent to this MAC, whatever the IP destination
  std::uint8_t ttl = 0;
  std::vector<std::byte> payload;   // the UDP payload: whole, or what comes before `body`
  std::span<const std::byte> body;  // the rest, borrowed (SimNetworkOptions::borrow_bodies); mostly empty
  std::uint32_t references = 0;     // the pool's

  [[nodiscard]] std::size_t size() const { return payload.size() + body.size(); }
};

class FramePool {
 public:
  FramePool(std::size_t preallocated, std::size_t payload_reserve) : payload_reserve_(payload_reserve) {
    free_.reserve(preallocated);
    for (std::size_t i = 0; i < preallocated; ++i) {
      frames_.emplace_back().payload.reserve(payload_reserve_);
      free_.push_back(FrameIndex{static_cast<std::uint32_t>(i)});
    }
  }

  // A frame with one reference, its payload the two pieces joined; the other fields are the caller's to fill.
  FrameIndex take(std::span<const std::byte> header, std::span<const std::byte> body) {
    if (free_.empty()) {
      frames_.emplace_back().payload.reserve(payload_reserve_);
      free_.push_back(FrameIndex{static_cast<std::uint32_t>(frames_.size() - 1)});
    }
    const FrameIndex index = free_.back();
    free_.pop_back();
    SimFrame& frame = frames_[index.value()];
    frame.payload.assign(header.begin(), header.end());
    frame.payload.insert(frame.payload.end(), body.begin(), body.end());
    frame.body = {};
    frame.references = 1;
    return index;
  }

  [[nodiscard]] SimFrame& at(FrameIndex index) { return frames_[index.value()]; }
  void add_reference(FrameIndex index) { ++frames_[index.value()].references; }
  void drop_reference(FrameIndex index) {
    SimFrame& frame = frames_[index.value()];
    if (--frame.references > 0) return;
    if (frame.payload.capacity() > payload_reserve_) {  // a rare long one: else every frame is as long some day
      frame.payload = std::vector<std::byte>();
      frame.payload.reserve(payload_reserve_);
    }
    free_.push_back(index);
  }
  [[nodiscard]] std::size_t in_use() const { return frames_.size() - free_.size(); }

 private:
  std::size_t payload_reserve_;
  std::deque<SimFrame> frames_;  // references stay valid while it grows
  std::vector<FrameIndex> free_;
};

}  // namespace rackcast::io
