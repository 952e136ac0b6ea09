#include "core/engine/tftp/fair_queue.h"

#include <algorithm>
#include <bit>

namespace rackcast::engine::tftpd {

FairQueue::FairQueue(std::span<Transfer> all, std::uint64_t seed)
    : all_(all), machines_(all.size()), chains_(std::bit_ceil(all.size() + 1), kNone), seed_(seed) {
  for (std::size_t i = all.size(); i > 0; --i) {
    machines_[i - 1].chain = free_;
    free_ = static_cast<MachineIndex>(i - 1);
  }
}

FairQueue::MachineIndex& FairQueue::link_of(const net::IpAddress& address) {
  const std::uint64_t hash = net::hash(net::Endpoint{address, net::UdpPort(0)}, seed_);
  MachineIndex* link = &chains_[static_cast<std::size_t>(hash) & (chains_.size() - 1)];
  while (*link != kNone && all_[machines_[*link].transfers.front()].to.peer.address != address)
    link = &machines_[*link].chain;
  return *link;
}

// A machine without a transfer in the queue is given a free place, which there is: as many as transfers. The caller
// puts a transfer into it at once.
FairQueue::Machine& FairQueue::machine_of(TransferIndex index) {
  MachineIndex& link = link_of(all_[index].to.peer.address);
  if (link == kNone) {
    link = free_;
    free_ = machines_[link].chain;
    machines_[link] = Machine{};
    enter_round(link);
  }
  return machines_[link];
}

void FairQueue::push(TransferIndex index) {
  if (index == served_) {
    all_[index].starved = true;
    return;
  }
  machine_of(index).transfers.push_back(all_, index);
  all_[index].starved = true;
  ++size_;
}

void FairQueue::remove(TransferIndex index) {
  if (index == served_) served_ = kNoTransfer;
  MachineIndex& link = link_of(all_[index].to.peer.address);
  const MachineIndex place = link;
  Machine& machine = machines_[place];
  const bool only = machine.transfers.front() == machine.transfers.back();
  if (only) {
    link = machine.chain;
    leave_round(place);
  }
  machine.transfers.remove(all_, index);
  all_[index].starved = false;
  --size_;
  if (!only) return;
  machine.chain = free_;
  free_ = place;
}

void FairQueue::served(TransferIndex index, std::uint64_t bytes) {
  if (served_ != index) return;  // it was removed meanwhile
  served_ = kNoTransfer;
  if (bytes == 0 && all_[index].starved) return;
  Machine& machine = machine_of(index);
  machine.deficit -= std::min(bytes, machine.deficit);
  if (!all_[index].starved) return remove(index);
  machine.transfers.remove(all_, index);
  machine.transfers.push_back(all_, index);
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
