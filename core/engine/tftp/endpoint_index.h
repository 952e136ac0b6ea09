// A fixed hash table from (socket, peer endpoint) to a transfer's index: open addressing, linear probing, seeded hash,
// deletion by shifting back (no tombstones, so a long run does not slow down). Half full at most. The engine's lane
// only; no allocation after construction.
#pragma once

#include <cstdint>
#include <vector>

#include "core/engine/tftp/transfer.h"

namespace rackcast::engine::tftpd {

class EndpointIndex {
 public:
  // `entries_max`: more are never inserted.
  EndpointIndex(std::size_t entries_max, std::uint64_t seed);

  [[nodiscard]] TransferIndex find(SocketId socket, const net::Endpoint& peer) const;  // kNoTransfer when absent
  // The two halves of a hint: where the key's entry should be, asked of the CPU's cache; and, once it has come, what
  // lies there, most likely the key's transfer.
  [[nodiscard]] std::size_t prefetch(SocketId socket, const net::Endpoint& peer) const;
  [[nodiscard]] TransferIndex likely(std::size_t place) const { return slots_[place].transfer; }
  // Precondition: the key is absent and fewer than entries_max are held.
  void insert(SocketId socket, const net::Endpoint& peer, TransferIndex transfer);
  void erase(SocketId socket, const net::Endpoint& peer);  // absent: nothing happens
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Slot {
    net::Endpoint peer;
    SocketId socket;
    TransferIndex transfer = kNoTransfer;  // kNoTransfer: empty
  };

  [[nodiscard]] std::size_t home(SocketId socket, const net::Endpoint& peer) const;
  [[nodiscard]] std::size_t probe(SocketId socket, const net::Endpoint& peer) const;  // its slot, or the empty one

  std::vector<Slot> slots_;  // a power of two
  std::size_t mask_;
  std::uint64_t seed_;
  std::size_t size_ = 0;
};

}  // namespace rackcast::engine::tftpd
