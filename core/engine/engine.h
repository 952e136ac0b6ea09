// A protocol engine: datagrams, completions and time in; datagrams, events, work and a next deadline out (design §3).
// It opens no socket, reads no clock, starts no thread, writes no log line, and allocates nothing after construction.
// One engine object belongs to one lane and its thread.
#pragma once

#include <span>

#include "core/packet_io.h"
#include "core/sink.h"
#include "core/time.h"
#include "core/work.h"

namespace rackcast::engine {

class Engine {
 public:
  Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  virtual ~Engine() = default;

  // A hint before the datagrams of a batch are given one by one (they may be for other engines): time to have the CPU
  // fetch what they will need. Changes nothing.
  virtual void expect(std::span<const ReceivedDatagram> /*batch*/) const {}
  // `datagram` is lent for the call. Total: any bytes are answered, or counted and dropped.
  virtual void on_datagram(const Now& now, const ReceivedDatagram& datagram, Sink& sink) = 0;
  // Every completion of the lane is shown to every engine; tickets carry the engine's own tag (see kTicketEngineShift).
  // Who owns the ticket may move the image out; one that nobody took, the lane hands to the store, so that it is never
  // unmapped here. Nothing else in it is changed.
  virtual void on_completion(const Now& now, Completion& completion, Sink& sink) = 0;
  // Called when next_deadline() has come; late is normal (coarse timers, batches), early never.
  virtual void on_deadline(const Now& now, Sink& sink) = 0;
  [[nodiscard]] virtual MonotonicTime next_deadline() const = 0;  // kNever when nothing is waited for
  // Peers answer what they are sent within microseconds (lock-step), so that their lane had better look again before it
  // sleeps. Others think for longer than a sleep costs, and what is waited for meanwhile, like a row's way to the disk,
  // may want this very core.
  [[nodiscard]] virtual bool is_lock_step() const { return false; }
  // Work still running that a clean stop waits for (transfers, replies held for the disk).
  [[nodiscard]] virtual std::size_t in_flight() const = 0;
};

// The top byte of a Ticket names the engine that waits, so that tickets of two engines never meet.
inline constexpr unsigned kTicketEngineShift = 56;
enum class EngineTag : std::uint8_t { kDhcp = 1, kTftp = 2, kCast = 3, kUpload = 4 };
[[nodiscard]] constexpr Ticket make_ticket(EngineTag engine, std::uint64_t value) {
  return Ticket{(std::uint64_t{static_cast<std::uint8_t>(engine)} << kTicketEngineShift) |
                (value & ((std::uint64_t{1} << kTicketEngineShift) - 1))};
}
[[nodiscard]] constexpr bool belongs_to(Ticket ticket, EngineTag engine) {
  return (ticket.value() >> kTicketEngineShift) == static_cast<std::uint8_t>(engine);
}
[[nodiscard]] constexpr std::uint64_t ticket_value(Ticket ticket) {
  return ticket.value() & ((std::uint64_t{1} << kTicketEngineShift) - 1);
}

}  // namespace rackcast::engine
