// A server broken on purpose, one way each: decorators between the engines and their world. What the checkers must see.
#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/engine/engine.h"
#include "core/packet_io.h"
#include "core/work.h"
#include "proto/dhcp/message.h"
#include "tools/sim/deterministic/virtual_server.h"
#include "tools/sim/machines/mac_plan.h"

namespace rackcast::sim::testing {

// Passes everything on.
class IoDecorator : public PacketIo {
 public:
  explicit IoDecorator(PacketIo& inner) : inner_(inner) {}
  [[nodiscard]] IoCapabilities capabilities() const override { return inner_.capabilities(); }
  [[nodiscard]] Now now() override { return inner_.now(); }
  [[nodiscard]] std::size_t poll(std::span<ReceivedDatagram> out, MonotonicTime until) override {
    return inner_.poll(out, until);
  }
  void release(std::span<const ReceivedDatagram> datagrams) override { inner_.release(datagrams); }
  [[nodiscard]] TxSlot* reserve() override { return inner_.reserve(); }
  void commit(TxSlot* slot) override { inner_.commit(slot); }
  void cancel(TxSlot* slot) override { inner_.cancel(slot); }
  FlushReport flush() override { return inner_.flush(); }
  [[nodiscard]] std::size_t reap(std::span<PinId> out) override { return inner_.reap(out); }
  void wake() override { inner_.wake(); }
  [[nodiscard]] const IoStats& stats() const override { return inner_.stats(); }
  [[nodiscard]] bool join_group(SocketId socket, const net::IpAddress& group, InterfaceIndex interface) override {
    return inner_.join_group(socket, group, interface);
  }
  [[nodiscard]] net::Endpoint local_endpoint(SocketId socket) const override { return inner_.local_endpoint(socket); }

 protected:
  // The header bytes of the slot's first datagram, to be tampered with.
  static std::span<std::byte> first_header(TxSlot& slot) {
    const auto header = slot.header(slot.datagrams().front());
    return {const_cast<std::byte*>(header.data()), header.size()};
  }
  static bool is_data(const TxSlot& slot) {
    const auto header = slot.header(slot.datagrams().front());
    return header.size() == 4 && header[1] == std::byte{3};
  }

  PacketIo& inner_;
};

// Gives the second machine the address of the first, and hides from the engine that it was asked for it.
class OneAddressTwice final : public IoDecorator {
 public:
  using IoDecorator::IoDecorator;
  void commit(TxSlot* slot) override {
    constexpr std::size_t kYiaddr = 16;
    const auto bytes = first_header(*slot);
    if (const auto message = dhcp4::parse_message(bytes); message && message->header.op == dhcp4::Op::kReply) {
      const auto yiaddr = bytes.subspan(kYiaddr, 4);
      const auto mac = message->header.mac();
      if (!one_) one_ = mac;
      if (mac == one_) first_.assign(yiaddr.begin(), yiaddr.end());
      if (mac != one_ && !two_) two_ = mac;
      if (mac == two_) {
        right_.assign(yiaddr.begin(), yiaddr.end());
        std::copy(first_.begin(), first_.end(), yiaddr.begin());
      }
    }
    inner_.commit(slot);
  }
  [[nodiscard]] std::size_t poll(std::span<ReceivedDatagram> out, MonotonicTime until) override {
    const std::size_t count = inner_.poll(out, until);
    for (const ReceivedDatagram& datagram : out.first(count)) {
      const auto message = dhcp4::parse_message(datagram.payload);
      if (two_ && message && message->header.mac() == two_)
        ask_for_the_right_one({const_cast<std::byte*>(datagram.payload.data()), datagram.payload.size()});
    }
    return count;
  }

 private:
  void ask_for_the_right_one(std::span<std::byte> message) {
    constexpr std::array kRequestedAddress{std::byte{50}, std::byte{4}};
    const auto at = std::search(message.begin() + dhcp4::kOptionsOffset, message.end(), kRequestedAddress.begin(),
                                kRequestedAddress.end());
    if (at != message.end()) std::copy(right_.begin(), right_.end(), at + 2);
  }

  std::optional<net::MacAddress> one_;
  std::optional<net::MacAddress> two_;
  std::vector<std::byte> first_;
  std::vector<std::byte> right_;
};

// Flips one bit of one DATA block.
class FlippedBit final : public IoDecorator {
 public:
  using IoDecorator::IoDecorator;
  void commit(TxSlot* slot) override {
    constexpr int kWhich = 500;
    if (is_data(*slot) && ++seen_ == kWhich) {
      auto& datagram = const_cast<TxSlot::Datagram&>(slot->datagrams().front());
      copy_.assign(datagram.body, datagram.body + datagram.body_size);
      copy_[copy_.size() / 2] ^= std::byte{0x10};
      datagram.body = copy_.data();
    }
    inner_.commit(slot);
  }

 private:
  std::vector<std::byte> copy_;
  int seen_ = 0;
};

// Reads every piece from the newest generation it has seen of the file.
class MixedGenerations final : public WorkRouter {
 public:
  explicit MixedGenerations(WorkRouter& inner) : inner_(inner) {}
  [[nodiscard]] bool submit(LaneId from, Work& work) override {
    if (auto* const read = std::get_if<ReadPiece>(&work)) {
      if (newest_ == nullptr || (read->image->generation > newest_->generation)) newest_ = read->image;
      const std::uint64_t apart = newest_->size_bytes - read->image->size_bytes;
      if (apart == kGrowth) read->image = newest_;
    }
    return inner_.submit(from, work);
  }
  static constexpr std::uint64_t kGrowth = 1'000;  // by which the replaced file is longer: tells it from others

 private:
  WorkRouter& inner_;
  std::shared_ptr<const Image> newest_;
};

// Machine 3's first probe is answered to somebody else.
class LostProbeAnswer final : public WorkRouter {
 public:
  explicit LostProbeAnswer(WorkRouter& inner) : inner_(inner) {}
  [[nodiscard]] bool submit(LaneId from, Work& work) override {
    auto* const probe = std::get_if<ProbeAddress>(&work);
    if (probe != nullptr && probe->client == identity_of(MachineId{3}).mac && !std::exchange(done_, true))
      probe->ticket = Ticket{};
    return inner_.submit(from, work);
  }

 private:
  WorkRouter& inner_;
  bool done_ = false;
};

// An engine whose timers are lost.
class NoDeadlines final : public engine::Engine {
 public:
  explicit NoDeadlines(std::unique_ptr<engine::Engine> inner) : inner_(std::move(inner)) {}
  void on_datagram(const Now& now, const ReceivedDatagram& datagram, Sink& sink) override {
    inner_->on_datagram(now, datagram, sink);
  }
  void on_completion(const Now& now, Completion& completion, Sink& sink) override {
    inner_->on_completion(now, completion, sink);
  }
  void on_deadline(const Now&, Sink&) override {}
  [[nodiscard]] MonotonicTime next_deadline() const override { return rackcast::kNever; }
  [[nodiscard]] std::size_t in_flight() const override { return inner_->in_flight(); }

 private:
  std::unique_ptr<engine::Engine> inner_;
};

// Loses one pin in a thousand on its way back.
class SwallowedPins final : public IoDecorator {
 public:
  using IoDecorator::IoDecorator;
  [[nodiscard]] std::size_t reap(std::span<PinId> out) override {
    constexpr std::size_t kOneIn = 1'000;
    const std::size_t count = inner_.reap(out);
    seen_ += count;
    if (count == 0 || seen_ < kOneIn) return count;
    seen_ = 0;
    out[count - 1] = kNoPin;
    return count;
  }

 private:
  std::size_t seen_ = 0;
};

// Forgets to give one receive buffer back.
class KeptBuffer final : public IoDecorator {
 public:
  using IoDecorator::IoDecorator;
  void release(std::span<const ReceivedDatagram> datagrams) override {
    if (!datagrams.empty() && !std::exchange(kept_, true)) datagrams = datagrams.subspan(1);
    inner_.release(datagrams);
  }

 private:
  bool kept_ = false;
};

// Sends every DATA burst twice.
class DoubledSlots final : public IoDecorator {
 public:
  using IoDecorator::IoDecorator;
  void commit(TxSlot* slot) override {
    TxSlot* const copy = is_data(*slot) ? inner_.reserve() : nullptr;
    if (copy != nullptr) {
      copy->destination = slot->destination;
      for (const TxSlot::Datagram& datagram : slot->datagrams()) {
        const auto header = slot->header(datagram);
        std::copy(header.begin(), header.end(), copy->header_room().begin());
        copy->add(header.size(), {datagram.body, datagram.body_size});
      }
    }
    inner_.commit(slot);
    if (copy != nullptr) inner_.commit(copy);
  }
};

// Takes every read request for two: a second one from another port.
class TwoTransfersAtOnce final : public IoDecorator {
 public:
  using IoDecorator::IoDecorator;
  [[nodiscard]] std::size_t poll(std::span<ReceivedDatagram> out, MonotonicTime until) override {
    const std::size_t half = out.size() / 2;
    const std::size_t count = inner_.poll(out.first(half), until);
    real_ = count;
    std::size_t all = count;
    for (std::size_t i = 0; i < count; ++i) {
      const bool request = out[i].local.port.value() == 69 && out[i].payload.size() > 4;
      if (!request) continue;
      out[all] = out[i];
      out[all++].peer.port = net::UdpPort{static_cast<std::uint16_t>(out[i].peer.port.value() ^ 0x4000U)};
    }
    return all;
  }
  void release(std::span<const ReceivedDatagram> datagrams) override { inner_.release(datagrams.first(real_)); }

 private:
  std::size_t real_ = 0;
};

// For six seconds from its first answer, machine 3's TFTP answers go where nobody is.
class WithheldAnswers final : public IoDecorator {
 public:
  using IoDecorator::IoDecorator;
  void commit(TxSlot* slot) override {
    constexpr Duration kHowLong = std::chrono::seconds(6);
    const auto message = dhcp4::parse_message(first_header(*slot));
    if (message && message->header.mac() == identity_of(MachineId{3}).mac) victim_ = message->header.yiaddr;
    if (!message && slot->destination.peer.address == net::IpAddress(victim_)) {
      if (since_ == MonotonicTime{}) since_ = inner_.now().monotonic;
      if (inner_.now().monotonic - since_ < kHowLong) slot->destination.peer.address = net::Ipv4Address(172, 30, 0, 1);
    }
    inner_.commit(slot);
  }

 private:
  net::Ipv4Address victim_;
  MonotonicTime since_{};
};

// Never says the same twice: what repeats a client's latest TFTP answer goes where nobody is.
class NothingTwice final : public IoDecorator {
 public:
  using IoDecorator::IoDecorator;
  void commit(TxSlot* slot) override {
    const auto header = first_header(*slot);
    const bool dhcp = dhcp4::parse_message(header).has_value();
    std::vector<std::byte>& latest = latest_[net::hash(slot->destination.peer, 0)];
    const bool again = !dhcp && std::equal(header.begin(), header.end(), latest.begin(), latest.end());
    latest.assign(header.begin(), header.end());
    if (again) slot->destination.peer.address = net::Ipv4Address(172, 30, 0, 1);
    inner_.commit(slot);
  }

 private:
  std::unordered_map<std::uint64_t, std::vector<std::byte>> latest_;
};

// Takes its time with every datagram of one machine, though less than its client's patience.
class OneServedSlowly final : public engine::Engine {
 public:
  explicit OneServedSlowly(std::unique_ptr<engine::Engine> inner) : inner_(std::move(inner)) {}
  void on_datagram(const Now& now, const ReceivedDatagram& datagram, Sink& sink) override {
    if (victim_ == net::IpAddress{}) victim_ = datagram.peer.address;
    if (datagram.peer.address != victim_) return inner_->on_datagram(now, datagram, sink);
    held_.push_back({now.monotonic + kHold, datagram, {datagram.payload.begin(), datagram.payload.end()}});
  }
  void on_completion(const Now& now, Completion& completion, Sink& sink) override {
    inner_->on_completion(now, completion, sink);
  }
  void on_deadline(const Now& now, Sink& sink) override {
    while (!held_.empty() && held_.front().due <= now.monotonic) {
      Held held = std::move(held_.front());
      held_.pop_front();
      held.datagram.payload = held.payload;
      inner_->on_datagram(now, held.datagram, sink);
    }
    if (inner_->next_deadline() <= now.monotonic) inner_->on_deadline(now, sink);
  }
  [[nodiscard]] MonotonicTime next_deadline() const override {
    return held_.empty() ? inner_->next_deadline() : std::min(held_.front().due, inner_->next_deadline());
  }
  [[nodiscard]] std::size_t in_flight() const override { return inner_->in_flight(); }

 private:
  static constexpr Duration kHold = std::chrono::milliseconds(20);
  struct Held {
    MonotonicTime due;
    ReceivedDatagram datagram;
    std::vector<std::byte> payload;
  };
  std::unique_ptr<engine::Engine> inner_;
  net::IpAddress victim_;
  std::deque<Held> held_;
};

}  // namespace rackcast::sim::testing
