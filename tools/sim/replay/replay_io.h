// The packet contract over a replay: what is delivered is polled once, what is committed is kept with the time. Virtual
// time is whoever drives it says. Single-threaded; allocates.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/packet_io.h"

namespace rackcast::sim {

struct ProducedDatagram {
  Now at;
  SocketId socket;
  net::Endpoint destination;
  std::vector<std::byte> payload;
};

class ReplayIo final : public PacketIo {
 public:
  ReplayIo();

  Now time{};
  std::optional<ReceivedDatagram> delivered;  // given to the next poll
  std::vector<ProducedDatagram> produced;     // to be taken by the driver

  [[nodiscard]] IoCapabilities capabilities() const override;
  [[nodiscard]] Now now() override { return time; }
  [[nodiscard]] std::size_t poll(std::span<ReceivedDatagram> out, MonotonicTime until) override;
  void release(std::span<const ReceivedDatagram>) override {}
  [[nodiscard]] TxSlot* reserve() override;
  void commit(TxSlot* slot) override;
  void cancel(TxSlot* slot) override { free_.push_back(slot); }
  FlushReport flush() override { return {}; }
  [[nodiscard]] std::size_t reap(std::span<PinId> out) override;
  void wake() override {}
  [[nodiscard]] const IoStats& stats() const override { return stats_; }
  [[nodiscard]] bool join_group(SocketId, const net::IpAddress&, InterfaceIndex) override { return false; }
  [[nodiscard]] net::Endpoint local_endpoint(SocketId) const override { return {}; }

 private:
  std::vector<std::unique_ptr<TxSlot>> slots_;
  std::vector<TxSlot*> free_;
  std::vector<PinId> done_pins_;
  IoStats stats_;
};

}  // namespace rackcast::sim
