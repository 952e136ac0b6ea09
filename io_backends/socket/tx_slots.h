// The transmit slots of one lane's backend (kernel or simulated): which are free, which wait in a socket's queue (in
// commit order), and which pins are ready to be reaped. A slot with a pin becomes free only when its pin was reaped, so
// that the reap queue can never outgrow the slots.
//
//     free --reserve--> lent --commit--> queued (per socket) --finish--> done (pin to reap) --reap--> free
//       ^------------- cancel ---+                                +------- no pin ----------> free
//
// Lane thread; allocates only at construction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/packet_io.h"

namespace rackcast::io {

// One lane in full swing: 1000 transfers with one burst each, or 16 windows of 64 blocks sent one by one.
inline constexpr std::size_t kTxSlotCount = 1'024;

class TxSlots {
 public:
  TxSlots(std::size_t slot_count, std::size_t socket_count);

  [[nodiscard]] TxSlot* reserve();  // null: none free
  void cancel(TxSlot* slot);
  // The slot is done with: sent, failed or dropped. It must not be in a queue any more.
  void finish(TxSlot* slot);
  [[nodiscard]] std::size_t reap(std::span<PinId> out);

  void add_queue() { queues_.emplace_back(); }  // set-up only

  // Commit-ordered queue of each socket.
  void push_back(std::size_t queue, TxSlot* slot);
  [[nodiscard]] TxSlot* front(std::size_t queue);
  [[nodiscard]] const TxSlot* front(std::size_t queue) const;
  [[nodiscard]] TxSlot* next(const TxSlot* slot);  // behind `slot` in its queue, or null
  void pop_front(std::size_t queue);
  [[nodiscard]] bool empty(std::size_t queue) const { return queues_[queue].count == 0; }
  [[nodiscard]] std::size_t queued(std::size_t queue) const { return queues_[queue].count; }

  [[nodiscard]] TxSlot* at(std::size_t index) { return &slots_[index]; }
  [[nodiscard]] std::size_t size() const { return slots_.size(); }

 private:
  static constexpr std::uint32_t kNone = 0xFFFF'FFFFU;
  struct Queue {
    std::uint32_t head = kNone;
    std::uint32_t tail = kNone;
    std::size_t count = 0;
  };

  std::vector<TxSlot> slots_;
  std::vector<std::uint32_t> next_;  // by slot index
  std::vector<std::uint32_t> free_;  // a stack: the slot used last is the warmest in cache
  std::vector<std::uint32_t> done_;  // slots whose pin waits for reap
  std::vector<Queue> queues_;        // by socket
};

}  // namespace rackcast::io
