// Test doubles around a Sink: a PacketIo that records every committed datagram (header and body joined), an EventSink
// and a WorkRouter that keep what they were given. Single-threaded; time is whatever the test hands the engine.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "core/sink.h"

namespace rackcast::testing {

struct SentDatagram {
  Destination to;
  std::vector<std::byte> payload;
  std::size_t burst = 0;  // which commit it came from, counting from 0
};

class RecordingIo final : public PacketIo {
 public:
  explicit RecordingIo(std::size_t slot_count = 64) {
    for (std::size_t i = 0; i < slot_count; ++i) slots_.push_back(std::make_unique<TxSlot>());
    for (auto& slot : slots_) free_.push_back(slot.get());
  }

  std::vector<SentDatagram> sent;    // tests read and clear it
  std::vector<PinId> released_pins;  // of committed slots, ready for reap()
  struct Joined {
    SocketId socket;
    net::IpAddress group;
    InterfaceIndex interface;
    friend bool operator==(const Joined&, const Joined&) = default;
  };
  std::vector<Joined> joined;
  bool refuse_groups = false;
  Now time{};

  [[nodiscard]] IoCapabilities capabilities() const override {
    return {.name = "recording",
            .segmentation_offload = true,
            .frame_to_mac = true,
            .multicast = true,
            .slots = slots_.size()};
  }
  [[nodiscard]] Now now() override { return time; }
  [[nodiscard]] std::size_t poll(std::span<ReceivedDatagram>, MonotonicTime) override { return 0; }
  void release(std::span<const ReceivedDatagram>) override {}

  [[nodiscard]] TxSlot* reserve() override {
    if (free_.empty()) {
      ++stats_.slots_exhausted;
      return nullptr;
    }
    TxSlot* slot = free_.back();
    free_.pop_back();
    slot->reset();
    return slot;
  }

  void commit(TxSlot* slot) override {
    for (const TxSlot::Datagram& datagram : slot->datagrams()) {
      SentDatagram out{slot->destination, {}, bursts_};
      const auto header = slot->header(datagram);
      out.payload.assign(header.begin(), header.end());
      out.payload.insert(out.payload.end(), datagram.body, datagram.body + datagram.body_size);
      sent.push_back(std::move(out));
    }
    ++bursts_;
    if (slot->pin != kNoPin) released_pins.push_back(slot->pin);
    if (!hold_slots) free_.push_back(slot);
  }

  void cancel(TxSlot* slot) override { free_.push_back(slot); }
  FlushReport flush() override { return {}; }

  [[nodiscard]] std::size_t reap(std::span<PinId> out) override {
    std::size_t count = 0;
    for (; count < out.size() && !released_pins.empty(); ++count) {
      out[count] = released_pins.back();
      released_pins.pop_back();
    }
    return count;
  }

  void wake() override {}
  [[nodiscard]] const IoStats& stats() const override { return stats_; }
  [[nodiscard]] bool join_group(SocketId socket, const net::IpAddress& group, InterfaceIndex interface) override {
    joined.push_back({socket, group, interface});
    return !refuse_groups;
  }
  [[nodiscard]] net::Endpoint local_endpoint(SocketId) const override { return {}; }

  bool hold_slots = false;  // true: committed slots never come back, to provoke back-pressure

 private:
  std::vector<std::unique_ptr<TxSlot>> slots_;
  std::vector<TxSlot*> free_;
  std::size_t bursts_ = 0;
  IoStats stats_;
};

class RecordingEvents final : public EventSink {
 public:
  std::vector<Event> events;
  void emit(const Event& event) override { events.push_back(event); }
};

class RecordingRouter final : public WorkRouter {
 public:
  std::deque<Work> submitted;
  bool full = false;                         // true: refuse everything
  std::function<bool(const Work&)> refuses;  // null: nothing else
  [[nodiscard]] bool submit(LaneId, Work& work) override {
    if (full || (refuses && refuses(work))) return false;
    submitted.push_back(std::move(work));
    return true;
  }
};

// Everything an engine call needs, wired together.
struct EngineHarness {
  RecordingIo io;
  PinTable pins{64};
  RecordingEvents events;
  RecordingRouter router;
  Sink sink{io, pins, events, router, LaneId{0}};
};

}  // namespace rackcast::testing
