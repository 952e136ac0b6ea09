// Transfers that wait for their turn to send, served by deficit round robin across machines (Shreedhar and Varghese,
// 1995): each round adds one full Ethernet frame to a machine's deficit, and its oldest transfer may send once the
// deficit covers its burst. So machines share by bytes, whether they read by block or by window, and one that reads ten
// files has one share. Without waiting a machine keeps no deficit.
//
// Pure; fixed arrays, no allocation after construction; push and remove O(1), take O(burst bytes / quantum) amortized.
// Links through Transfer::waiting. The engine's lane only.
#pragma once

#include <vector>

#include "core/engine/tftp/transfer.h"

namespace rackcast::engine::tftpd {

class FairQueue {
 public:
  static constexpr std::uint64_t kQuantumBytes = 1'472;

  // `all`: the transfers, which outlive the queue.
  FairQueue(std::span<Transfer> all, std::uint64_t seed);

  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }

  // Precondition: it is not in the queue (Transfer::starved), which it is afterwards.
  void push(TransferIndex index);    // while it is served: it keeps its place
  void remove(TransferIndex index);  // Precondition: it is in the queue

  // Whose turn it is; kNoTransfer when nobody waits. `bytes_of(index)`: what it would send. It may push() itself again
  // while it sends, and does not count as waiting otherwise; its place is settled by served(), which is to follow.
  template <typename BytesOf>
  [[nodiscard]] TransferIndex serve(BytesOf&& bytes_of) {
    while (size_ > 0) {
      Machine& machine = machines_[turn_];
      const TransferIndex index = machine.transfers.front();
      const std::uint64_t bytes = bytes_of(index);
      if (machine.deficit >= bytes) {
        served_ = index;
        all_[index].starved = false;
        return index;
      }
      begin_turn(machine.next);
    }
    return kNoTransfer;
  }

  // It sent `bytes`, which its machine pays for; and leaves, or stands behind the machine's others when it waits again.
  // Zero: it could not send. If it waits again its place and the deficit are as before.
  void served(TransferIndex index, std::uint64_t bytes);

 private:
  using MachineIndex = std::uint32_t;
  static constexpr MachineIndex kNone = 0xFFFF'FFFF;

  struct Machine {
    WaiterList transfers;  // never empty; its first one's peer is the machine
    std::uint64_t deficit = 0;
    MachineIndex previous = kNone;  // in the round, a ring
    MachineIndex next = kNone;
    MachineIndex chain = kNone;  // of the same hash; of the free ones
  };

  // The link in its chain that holds the machine, or kNone at the chain's end.
  [[nodiscard]] MachineIndex& link_of(const net::IpAddress& address);
  [[nodiscard]] Machine& machine_of(TransferIndex index);
  void begin_turn(MachineIndex machine) {
    turn_ = machine;
    machines_[machine].deficit += kQuantumBytes;
  }
  void enter_round(MachineIndex machine);
  void leave_round(MachineIndex machine);

  std::span<Transfer> all_;
  std::vector<Machine> machines_;
  std::vector<MachineIndex> chains_;  // by hash of the address; a power of two
  MachineIndex free_ = kNone;
  std::uint64_t seed_;
  MachineIndex turn_ = kNone;
  TransferIndex served_ = kNoTransfer;  // in the queue still
  std::size_t size_ = 0;
};

}  // namespace rackcast::engine::tftpd
