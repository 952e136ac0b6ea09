// The least a backend can be: one transmit slot, read when it is committed, and no network behind it. For tests that
// count allocations, since it makes none.
#pragma once

#include <span>

#include "core/packet_io.h"

namespace rackcast::testing {

class OneSlotIo : public PacketIo {
 public:
  TxSlot* reserve() final {
    slot_.reset();
    return &slot_;
  }
  void commit(TxSlot* slot) final { on_commit(*slot); }
  void cancel(TxSlot*) final {}
  std::size_t reap(std::span<PinId>) final { return 0; }
  IoCapabilities capabilities() const final { return {}; }
  Now now() final { return {}; }
  std::size_t poll(std::span<ReceivedDatagram>, MonotonicTime) final { return 0; }
  void release(std::span<const ReceivedDatagram>) final {}
  FlushReport flush() final { return {}; }
  void wake() final {}
  const IoStats& stats() const final { return stats_; }
  bool join_group(SocketId, const net::IpAddress&, InterfaceIndex) final { return false; }
  net::Endpoint local_endpoint(SocketId) const final { return {}; }

 protected:
  virtual void on_commit(const TxSlot& slot) = 0;

 private:
  TxSlot slot_;
  IoStats stats_;
};

}  // namespace rackcast::testing
