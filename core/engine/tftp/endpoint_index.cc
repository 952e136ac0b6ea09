#include "core/engine/tftp/endpoint_index.h"

#include <bit>

namespace rackcast::engine::tftpd {

EndpointIndex::EndpointIndex(std::size_t entries_max, std::uint64_t seed)
    : slots_(std::bit_ceil(2 * entries_max + 2)), mask_(slots_.size() - 1), seed_(seed) {}

std::size_t EndpointIndex::home(SocketId socket, const net::Endpoint& peer) const {
  const std::uint64_t socket_seed = seed_ + socket.value() * 0x9E37'79B9'7F4A'7C15ULL;
  return static_cast<std::size_t>(net::hash(peer, socket_seed)) & mask_;
}

std::size_t EndpointIndex::probe(SocketId socket, const net::Endpoint& peer) const {
  std::size_t at = home(socket, peer);
  while (slots_[at].transfer != kNoTransfer && !(slots_[at].socket == socket && slots_[at].peer == peer))
    at = (at + 1) & mask_;
  return at;
}

TransferIndex EndpointIndex::find(SocketId socket, const net::Endpoint& peer) const {
  return slots_[probe(socket, peer)].transfer;
}

std::size_t EndpointIndex::prefetch(SocketId socket, const net::Endpoint& peer) const {
  const std::size_t place = home(socket, peer);
  __builtin_prefetch(&slots_[place]);
  return place;
}

void EndpointIndex::insert(SocketId socket, const net::Endpoint& peer, TransferIndex transfer) {
  Slot& slot = slots_[probe(socket, peer)];
  size_ += slot.transfer == kNoTransfer ? 1U : 0U;
  slot = {peer, socket, transfer};
}

void EndpointIndex::erase(SocketId socket, const net::Endpoint& peer) {
  std::size_t hole = probe(socket, peer);
  if (slots_[hole].transfer == kNoTransfer) return;
  --size_;
  // Whoever follows in the run and does not belong behind the hole moves into it.
  for (std::size_t at = (hole + 1) & mask_; slots_[at].transfer != kNoTransfer; at = (at + 1) & mask_) {
    const std::size_t distance_home = (at - home(slots_[at].socket, slots_[at].peer)) & mask_;
    if (distance_home < ((at - hole) & mask_)) continue;
    slots_[hole] = slots_[at];
    hole = at;
  }
  slots_[hole].transfer = kNoTransfer;
}

}  // namespace rackcast::engine::tftpd
