// All transfers of one lane: a fixed array, two indexes over it, and queues.
//
//   by TID and peer   where an ACK belongs; an ended transfer stays in it while it lingers, so that its key is not
//   reused
//                     while its last ACK may still be under way (ROMs reuse fixed source ports)
//   by peer           the peer's newest running transfer: what a further request from the same port is compared with
//   unconfirmed       oldest first: who never answered is pushed out when the table is full; and after all those, in a
//                     queue of their own, who was not answered yet since its image is not there
//   lingering         oldest first: reclaimed when their time is over, or when room is needed
//
// The engine's lane only; no allocation after construction; every operation O(1).
#pragma once

#include <vector>

#include "core/engine/tftp/endpoint_index.h"
#include "core/engine/tftp/transfer.h"

namespace rackcast::engine::tftpd {

class TransferTable {
 public:
  TransferTable(std::size_t transfers_max, std::uint64_t seed);

  [[nodiscard]] Transfer& at(TransferIndex index) { return transfers_[index]; }
  [[nodiscard]] std::span<Transfer> all() { return transfers_; }

  [[nodiscard]] TransferIndex find(SocketId tid, const net::Endpoint& peer) const { return by_tid_.find(tid, peer); }
  [[nodiscard]] TransferIndex running_of(const net::Endpoint& peer) const { return by_peer_.find(kAnySocket, peer); }

  // Hints; see EndpointIndex.
  [[nodiscard]] std::size_t prefetch_key(SocketId tid, const net::Endpoint& peer) const {
    return by_tid_.prefetch(tid, peer);
  }
  void prefetch_transfer(std::size_t place) const;
  void prefetch_peer(const net::Endpoint& peer) const { static_cast<void>(by_peer_.prefetch(kAnySocket, peer)); }

  [[nodiscard]] bool full() const { return free_.empty(); }
  // A cleared transfer to `to`, running, unconfirmed and without its image. Preconditions: !full(); no entry has this
  // TID and peer. If the peer has a running transfer, which is confirmed then, make_rivals() is to follow.
  [[nodiscard]] TransferIndex create(const Destination& to);
  void image_came(TransferIndex index);
  void make_rivals(TransferIndex older, TransferIndex newer);
  void confirm(TransferIndex index);
  void linger(TransferIndex index, MonotonicTime until);  // running -> lingering
  void remove(TransferIndex index);                       // running or lingering -> free

  [[nodiscard]] TransferIndex oldest_unconfirmed() const {
    return unconfirmed_.empty() ? without_image_.front() : unconfirmed_.front();
  }
  [[nodiscard]] TransferIndex oldest_lingering() const { return lingering_.front(); }
  [[nodiscard]] std::size_t running() const { return running_; }
  [[nodiscard]] std::size_t capacity() const { return transfers_.size(); }

 private:
  static constexpr SocketId kAnySocket{0xFFFF};

  [[nodiscard]] TransferList<&Transfer::queue>& unconfirmed_with(const Transfer& transfer) {
    return transfer.image_came ? unconfirmed_ : without_image_;
  }
  void leave_running(TransferIndex index);

  std::vector<Transfer> transfers_;
  std::vector<TransferIndex> free_;
  EndpointIndex by_tid_;
  EndpointIndex by_peer_;
  TransferList<&Transfer::queue> unconfirmed_;  // whose image came
  TransferList<&Transfer::queue> without_image_;
  TransferList<&Transfer::queue> lingering_;
  std::size_t running_ = 0;
};

}  // namespace rackcast::engine::tftpd
