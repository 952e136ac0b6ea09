// Where an engine's output goes: transmit slots, events and work. Handed to every engine call; belongs to the lane and
// to its thread. Nothing here blocks or allocates.
#pragma once

#include <cstdint>

#include "core/datagram_tap.h"
#include "core/event.h"
#include "core/images/pin_table.h"
#include "core/packet_io.h"
#include "core/work.h"

namespace rackcast {

// Takes events from a lane. Full: the event is dropped and counted by the implementation (core/events/event_queue.h).
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void emit(const Event& event) = 0;
};

class Sink {
 public:
  Sink(PacketIo& io, PinTable& pins, EventSink& events, WorkRouter& router, LaneId lane)
      : io_(io), pins_(pins), events_(events), router_(router), lane_(lane) {}

  // An empty slot, or null: back-pressure. A reserved slot must be committed or cancelled within the same engine call.
  [[nodiscard]] TxSlot* reserve() { return io_.reserve(); }
  // Adds the slot's own pin when it names one, then hands the slot to the backend.
  void commit(TxSlot* slot) {
    pins_.add(slot->pin);
    if (tap_ != nullptr) tap_->sent(*slot, io_.local_endpoint(slot->destination.socket));
    io_.commit(slot);
  }
  void cancel(TxSlot* slot) { io_.cancel(slot); }

  // As PacketIo::join_group(); rare, for what a configuration names.
  [[nodiscard]] bool join_group(SocketId socket, const net::IpAddress& group, InterfaceIndex interface) {
    return io_.join_group(socket, group, interface);
  }

  void event(const Event& event) { events_.emit(event); }

  // False: the worker's queue is full; `work` is untouched.
  [[nodiscard]] bool submit(Work& work) { return router_.submit(lane_, work); }
  [[nodiscard]] bool submit(Work&& work) { return router_.submit(lane_, work); }

  [[nodiscard]] PinTable& pins() { return pins_; }
  [[nodiscard]] LaneId lane() const { return lane_; }

  // The lane's own: shows commits to a recorder; null: none.
  void set_tap(DatagramTap* tap) { tap_ = tap; }

 private:
  PacketIo& io_;
  PinTable& pins_;
  EventSink& events_;
  WorkRouter& router_;
  LaneId lane_;
  DatagramTap* tap_ = nullptr;
};

}  // namespace rackcast
