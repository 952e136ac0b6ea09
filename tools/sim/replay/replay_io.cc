#include "tools/sim/replay/replay_io.h"

namespace rackcast::sim {

namespace {

// Slots are free again as soon as they are committed, so engines hold one at a time.
constexpr std::size_t kSlots = 16;

}  // namespace

ReplayIo::ReplayIo() {
  for (std::size_t i = 0; i < kSlots; ++i) {
    slots_.push_back(std::make_unique<TxSlot>());
    free_.push_back(slots_.back().get());
  }
}

IoCapabilities ReplayIo::capabilities() const {
  return {.name = "replay", .segmentation_offload = true, .frame_to_mac = true, .slots = kSlots};
}

std::size_t ReplayIo::poll(std::span<ReceivedDatagram> out, MonotonicTime) {
  if (!delivered || out.empty()) return 0;
  out[0] = *delivered;
  delivered.reset();
  ++stats_.datagrams_received;
  return 1;
}

TxSlot* ReplayIo::reserve() {
  if (free_.empty()) {
    ++stats_.slots_exhausted;
    return nullptr;
  }
  TxSlot* const slot = free_.back();
  free_.pop_back();
  slot->reset();
  return slot;
}

void ReplayIo::commit(TxSlot* slot) {
  for (const TxSlot::Datagram& datagram : slot->datagrams()) {
    ProducedDatagram out{time, slot->destination.socket, slot->destination.peer, {}};
    const auto header = slot->header(datagram);
    out.payload.assign(header.begin(), header.end());
    out.payload.insert(out.payload.end(), datagram.body, datagram.body + datagram.body_size);
    produced.push_back(std::move(out));
    ++stats_.datagrams_sent;
  }
  if (slot->pin != kNoPin) done_pins_.push_back(slot->pin);
  free_.push_back(slot);
}

std::size_t ReplayIo::reap(std::span<PinId> out) {
  std::size_t count = 0;
  for (; count < out.size() && !done_pins_.empty(); ++count) {
    out[count] = done_pins_.back();
    done_pins_.pop_back();
  }
  return count;
}

}  // namespace rackcast::sim
