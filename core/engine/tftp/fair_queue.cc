#include "core/engine/tftp/fair_queue.h"

namespace rackcast::engine::tftpd {
namespace {

constexpr SocketId kAnySocket{0xFFFF};

}  // namespace

FairQueue::FairQueue(std::span<Transfer> all, std::uint64_t seed)
    : all_(all), machines_(all.size()), by_address_(all.size(), seed) {
  free_.reserve(all.size());
  for (std::size_t i = all.size(); i > 0; --i) free_.push_back(static_cast<MachineIndex>(i - 1));
}

// A machine without a transfer in the queue is given a free place: there are as many as transfers.
FairQueue::Machine& FairQueue::machine_of(TransferIndex index) {
  const net::Endpoint key = key_of(all_[index]);
  const MachineIndex known = by_address_.find(kAnySocket, key);
  if (known != kNoTransfer) return machines_[known];
  const MachineIndex fresh = free_.back();
  free_.pop_back();
  by_address_.insert(kAnySocket, key, fresh);
  machines_[fresh] = Machine{};
  machines_[fresh].key = key;
  enter_round(fresh);
  return machines_[fresh];
}

void FairQueue::push(TransferIndex index) {
  machine_of(index).transfers.push_back(all_, index);
  all_[index].starved = true;
  ++size_;
}

void FairQueue::remove(TransferIndex index) {
  Machine& machine = machine_of(index);
  machine.transfers.remove(all_, index);
  all_[index].starved = false;
  --size_;
  if (!machine.transfers.empty()) return;
  const auto place = static_cast<MachineIndex>(&machine - machines_.data());
  leave_round(place);
  by_address_.erase(kAnySocket, machine.key);
  free_.push_back(place);
}

void FairQueue::put_back(TransferIndex index, std::uint64_t bytes) {
  Machine& machine = machine_of(index);
  machine.transfers.push_front(all_, index);
  machine.deficit += bytes;
  turn_ = static_cast<MachineIndex>(&machine - machines_.data());
  all_[index].starved = true;
  ++size_;
}

// Behind all others: before the one whose turn it is.
void FairQueue::enter_round(MachineIndex machine) {
  if (turn_ == kNone) {
    machines_[machine].previous = machines_[machine].next = machine;
    begin_turn(machine);
    return;
  }
  const MachineIndex last = machines_[turn_].previous;
  machines_[machine].previous = last;
  machines_[machine].next = turn_;
  machines_[last].next = machine;
  machines_[turn_].previous = machine;
}

void FairQueue::leave_round(MachineIndex machine) {
  const Machine& leaving = machines_[machine];
  if (leaving.next == machine) {
    turn_ = kNone;
    return;
  }
  machines_[leaving.previous].next = leaving.next;
  machines_[leaving.next].previous = leaving.previous;
  if (turn_ == machine) begin_turn(leaving.next);
}

}  // namespace rackcast::engine::tftpd
