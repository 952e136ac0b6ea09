#include "core/recording/record_ring.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

namespace rackcast {

namespace {

// Entries begin at multiples of this, so that they can be read in place and the end of the ring always has room for an
// end mark.
constexpr std::size_t kAlign = alignof(RecordEntry) < 8 ? 8 : alignof(RecordEntry);
constexpr std::size_t kEntryBytes = (sizeof(RecordEntry) + 8 + kAlign - 1) / kAlign * kAlign;
constexpr std::size_t kMarkBytes = kEntryBytes - sizeof(RecordEntry);

// Before each entry: its size in the ring, or that the rest of the ring is unused.
constexpr std::uint64_t kUnusedBit = std::uint64_t{1} << 63U;

constexpr std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlign - 1) / kAlign * kAlign;
}

}  // namespace

static_assert(kMarkBytes >= sizeof(std::uint64_t) && kMarkBytes % alignof(RecordEntry) == 0);
static_assert(kMarkBytes <= kAlign, "a mark fits in what is left at the end of the ring");

RecordRing::RecordRing(std::size_t bytes)
    : size_(std::bit_ceil(std::max<std::size_t>(bytes, 4'096))), bytes_(std::make_unique<std::byte[]>(size_)) {
  std::memset(bytes_.get(), 0, size_);
}

void RecordRing::received(const ReceivedDatagram& datagram) {
  RecordEntry entry;
  entry.time = time_;
  entry.source = datagram.peer;
  entry.destination = {datagram.destination, datagram.local.port};
  entry.interface = datagram.interface;
  entry.truncated = datagram.truncated;
  push(entry, datagram.payload, {});
}

void RecordRing::sent(const TxSlot& slot, const net::Endpoint& from) {
  RecordEntry entry;
  entry.time = time_;
  entry.source = {slot.destination.source, from.port};
  entry.destination = slot.destination.peer;
  entry.interface = slot.destination.interface;
  entry.outbound = true;
  entry.ttl = slot.destination.ttl;
  if (slot.destination.hardware) entry.hardware = *slot.destination.hardware;
  for (const TxSlot::Datagram& datagram : slot.datagrams())
    push(entry, slot.header(datagram), {datagram.body, datagram.body_size});
}

void RecordRing::push(const RecordEntry& entry, std::span<const std::byte> header, std::span<const std::byte> body) {
  const std::size_t need = kEntryBytes + aligned(header.size() + body.size());
  std::uint64_t tail = tail_.load(std::memory_order_relaxed);
  const std::size_t place = tail & (size_ - 1);
  const std::size_t unused = place + need > size_ ? size_ - place : 0;
  if (!has_room(unused + need)) {
    dropped_.store(dropped_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    return;
  }
  if (unused > 0) {
    const std::uint64_t mark = unused | kUnusedBit;
    std::memcpy(bytes_.get() + place, &mark, sizeof mark);
    tail += unused;
  }
  std::byte* at = bytes_.get() + (tail & (size_ - 1));
  const std::uint64_t mark = need;
  std::memcpy(at, &mark, sizeof mark);
  auto* const stored = new (at + kMarkBytes) RecordEntry(entry);
  stored->payload_bytes = static_cast<std::uint32_t>(header.size() + body.size());
  at += kEntryBytes;
  if (!header.empty()) std::memcpy(at, header.data(), header.size());
  if (!body.empty()) std::memcpy(at + header.size(), body.data(), body.size());
  tail_.store(tail + need, std::memory_order_release);
}

bool RecordRing::has_room(std::uint64_t bytes) {
  const std::uint64_t end = tail_.load(std::memory_order_relaxed) + bytes;
  if (end - known_head_ > size_) known_head_ = head_.load(std::memory_order_acquire);
  return end - known_head_ <= size_;
}

RecordRing::Stored RecordRing::read(std::uint64_t at) const {
  const std::byte* const place = bytes_.get() + (at & (size_ - 1));
  std::uint64_t mark = 0;
  std::memcpy(&mark, place, sizeof mark);
  if ((mark & kUnusedBit) != 0) return {.bytes = mark & ~kUnusedBit};
  Stored stored{.bytes = mark};
  stored.entry = std::launder(reinterpret_cast<const RecordEntry*>(place + kMarkBytes));
  stored.payload = {place + kEntryBytes, stored.entry->payload_bytes};
  return stored;
}

}  // namespace rackcast
