#include "core/engine/tftp/transfer_table.h"

#include <cstddef>

namespace rackcast::engine::tftpd {

TransferTable::TransferTable(std::size_t transfers_max, std::uint64_t seed)
    : transfers_(transfers_max),
      by_tid_(transfers_max, seed),
      by_peer_(transfers_max, seed ^ 0x5DEE'CE66'D1CE'4E5BULL) {
  free_.reserve(transfers_max);
  for (std::size_t i = transfers_max; i > 0; --i) free_.push_back(static_cast<TransferIndex>(i - 1));
}

TransferIndex TransferTable::create(const Destination& to) {
  const TransferIndex index = free_.back();
  free_.pop_back();
  Transfer& transfer = transfers_[index];
  const std::uint32_t serial = transfer.serial + 1;
  transfer = Transfer{};
  transfer.serial = serial;
  transfer.to = to;
  transfer.state = TransferState::kWaitingImage;
  by_tid_.insert(to.socket, to.peer, index);
  by_peer_.insert(kAnySocket, to.peer, index);
  without_image_.push_back(transfers_, index);
  ++running_;
  return index;
}

// What an ACK reads and writes: all but the path.
void TransferTable::prefetch_transfer(std::size_t place) const {
  constexpr std::size_t kLineBytes = 64;
  const TransferIndex index = by_tid_.likely(place);
  if (index == kNoTransfer) return;
  const auto* const begin = reinterpret_cast<const std::byte*>(&transfers_[index]);
  for (std::size_t at = 0; at < offsetof(Transfer, queue); at += kLineBytes) __builtin_prefetch(begin + at, 1);
}

void TransferTable::make_rivals(TransferIndex older, TransferIndex newer) {
  transfers_[older].rival = newer;
  transfers_[newer].rival = older;
}

void TransferTable::image_came(TransferIndex index) {
  if (transfers_[index].image_came) return;
  without_image_.remove(transfers_, index);
  transfers_[index].image_came = true;
  unconfirmed_.push_back(transfers_, index);
}

void TransferTable::confirm(TransferIndex index) {
  if (transfers_[index].confirmed) return;
  unconfirmed_with(transfers_[index]).remove(transfers_, index);
  transfers_[index].confirmed = true;
}

void TransferTable::linger(TransferIndex index, MonotonicTime until) {
  leave_running(index);
  Transfer& transfer = transfers_[index];
  transfer.state = TransferState::kLingering;
  transfer.linger_until = until;
  lingering_.push_back(transfers_, index);
}

void TransferTable::remove(TransferIndex index) {
  Transfer& transfer = transfers_[index];
  if (transfer.state == TransferState::kLingering)
    lingering_.remove(transfers_, index);
  else
    leave_running(index);
  by_tid_.erase(transfer.to.socket, transfer.to.peer);
  transfer.state = TransferState::kFree;
  free_.push_back(index);
}

void TransferTable::leave_running(TransferIndex index) {
  Transfer& transfer = transfers_[index];
  if (!transfer.confirmed) unconfirmed_with(transfer).remove(transfers_, index);
  if (running_of(transfer.to.peer) == index) by_peer_.erase(kAnySocket, transfer.to.peer);
  if (transfer.rival != kNoTransfer) {
    transfers_[transfer.rival].rival = kNoTransfer;
    by_peer_.insert(kAnySocket, transfer.to.peer, transfer.rival);
    transfer.rival = kNoTransfer;
  }
  --running_;
}

}  // namespace rackcast::engine::tftpd
