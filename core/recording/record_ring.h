// A lane's recorded datagrams on their way to the writer: a ring of bytes between two threads without a lock. Policy
// when full: the datagram is dropped and counted; the lane never waits.
//
//   lane:    turn, received, sent          (DatagramTap)
//   writer:  drain
//
// Memory: `bytes`, laid out at construction and touched, so that the lane does not fault on it. Destroy only when the
// lane uses it no more (LanePort::replace_tap).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>

#include "core/datagram_tap.h"
#include "core/packet_io.h"
#include "core/time.h"

namespace rackcast {

// 8 MiB hold 5 000 full datagrams: what one lane sends in about 10 ms at 5 Gbit/s; the writer looks every 2 ms.
inline constexpr std::size_t kRecordRingBytes = std::size_t{8} << 20U;

struct RecordEntry {
  WallTime time;
  net::Endpoint source;
  net::Endpoint destination;
  InterfaceIndex interface;  // 0: by route (a reply)
  std::uint32_t payload_bytes = 0;
  bool outbound = false;
  bool truncated = false;    // the datagram was longer than the payload
  std::uint8_t ttl = 0;      // 0 = the socket's default
  net::MacAddress hardware;  // where a frame was sent to; zero = not as a frame
};
static_assert(std::is_trivially_copyable_v<RecordEntry>, "entries live as bytes in the ring");

class RecordRing final : public DatagramTap {
 public:
  explicit RecordRing(std::size_t bytes = kRecordRingBytes);  // rounded up to a power of two

  // The lane's thread.
  void turn(const Now& now) override { time_ = now.wall; }
  void received(const ReceivedDatagram& datagram) override;
  void sent(const TxSlot& slot, const net::Endpoint& from) override;

  // The writer's thread: shows every whole entry there is, oldest first, until `visit(entry, payload)` returns false;
  // that one stays. The payload is lent for the call. True: the ring is empty.
  template <typename Visit>
  bool drain(Visit visit) {
    const std::uint64_t end = tail_.load(std::memory_order_acquire);
    std::uint64_t at = head_.load(std::memory_order_relaxed);
    bool taken = true;
    while (at != end && taken) {
      const Stored stored = read(at);
      if (stored.entry != nullptr) taken = visit(*stored.entry, stored.payload);
      if (taken) at += stored.bytes;
      head_.store(at, std::memory_order_release);
    }
    return taken;
  }

  // Any thread: datagrams that found the ring full.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  // What stands at a position; a null entry is the unused end of the ring.
  struct Stored {
    const RecordEntry* entry = nullptr;
    std::span<const std::byte> payload;
    std::uint64_t bytes = 0;
  };

  [[nodiscard]] Stored read(std::uint64_t at) const;
  void push(const RecordEntry& entry, std::span<const std::byte> header, std::span<const std::byte> body);
  [[nodiscard]] bool has_room(std::uint64_t bytes);

  std::size_t size_;  // a power of two
  std::unique_ptr<std::byte[]> bytes_;
  WallTime time_;                                   // lane: of the turn
  std::uint64_t known_head_ = 0;                    // lane: head_ as last seen
  alignas(64) std::atomic<std::uint64_t> tail_{0};  // bytes ever written: the lane's
  std::atomic<std::uint64_t> dropped_{0};
  alignas(64) std::atomic<std::uint64_t> head_{0};  // bytes ever read: the writer's
};

}  // namespace rackcast
