// The packet contract: what a lane asks of a backend (io_uring, socket, sim, later dpdk). In datagram terms, batch
// first, ownership in the verbs.
//
//     poll     lends received datagrams          release  gives them back
//     reserve  lends transmit slots              commit   hands a filled slot over (or cancel gives it back unused)
//     flush    pushes what was committed, reports
//     reap     tells which image bytes are free again ("pin released": later than "accepted")
//
//   lane thread                              backend
//     n = poll(batch, until)  ------------>  waits for datagrams, a finished send that was waited for, or wake()
//     engines read batch[i].payload          (bytes lent until release)
//     slot = reserve()                       null when none is free: back-pressure, engines cope
//     slot->header(…), slot->add(…)          headers, iovecs and control data live in the slot until completion
//     commit(slot)                           the slot is the backend's now
//     release(batch); flush()
//     reap(pins)                             each committed slot that carried a pin comes back exactly once
//
// Thread: every call but `wake()` belongs to the lane's thread, construction included (io_uring's SINGLE_ISSUER).
// `wake()` may be called by any thread. Allocation: none after construction. Errors: a datagram that cannot be sent is
// counted in IoStats by reason; nothing throws.
//
// Why datagrams and not frames: engines then run unchanged over kernel sockets and over our own frames; the one thing
// DHCP needs below UDP, a frame to a machine without an address, is `Destination::hardware`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/time.h"
#include "proto/bytes/strong_id.h"
#include "proto/net/address.h"

namespace rackcast {

// Index into the lane's list of sockets, in the order they were specified at start (io_backends/socket/socket_set.h).
using SocketId = StrongId<struct SocketIdTag, std::uint16_t>;
// The kernel's interface index; 0 = any / by route.
using InterfaceIndex = StrongId<struct InterfaceIndexTag, std::uint32_t>;
// A pinned image in the lane's pin table (core/images/pin_table.h); 0 = no image.
using PinId = StrongId<struct PinIdTag, std::uint32_t>;
inline constexpr PinId kNoPin{0};

// One burst: RFC-free, kernel facts. 64 GSO segments and 65 507 bytes of UDP payload at most on Linux 6.1.
inline constexpr std::size_t kBurstDatagramsMax = 64;
inline constexpr std::size_t kBurstBytesMax = 65'507;
// Header room of a slot: 64 TFTP headers need 256 bytes; one DHCP reply 1 472; one full small datagram 2 048.
inline constexpr std::size_t kSlotHeaderBytes = 2'048;
// Longest payload a backend must deliver whole. Longer ones arrive cut, with `truncated` set.
inline constexpr std::size_t kReceiveBytesMax = 2'048;
// Datagrams per poll. 64 keeps a batch within the L1 cache and is the field's usual figure (recvmmsg, VPP use 64..256).
inline constexpr std::size_t kBatchMax = 64;

struct ReceivedDatagram {
  net::Endpoint peer;          // who asked
  net::Endpoint local;         // the local address replies must leave from (ipi_spec_dst) and our port
  net::IpAddress destination;  // the header's destination: shows broadcast and multicast
  InterfaceIndex interface;    // where it came in
  std::uint32_t scope_id = 0;  // IPv6 scope of a link-local peer
  SocketId socket;
  bool truncated = false;              // longer than kReceiveBytesMax; the tail is gone
  std::span<const std::byte> payload;  // lent by poll until release
  std::uint32_t buffer = 0;            // the backend's own; copy, do not read
};

struct Destination {
  net::Endpoint peer;
  net::IpAddress source;     // our address to send from; any() lets the kernel choose
  InterfaceIndex interface;  // 0 for routed unicast; set for broadcast, multicast and link-local
  std::uint32_t scope_id = 0;
  SocketId socket;       // whose port the datagram leaves from
  std::uint8_t ttl = 0;  // 0 = the socket's default; for multicast usually 1
  // Send as a frame to this MAC instead of by ARP: a DHCP client that has no address yet. IPv4 only; `interface`,
  // `source` set; source port = the socket's.
  std::optional<net::MacAddress> hardware;
};

// Reply to whoever sent `datagram`, from the address that was asked.
[[nodiscard]] inline Destination reply_to(const ReceivedDatagram& datagram) {
  Destination to;
  to.peer = datagram.peer;
  to.source = datagram.local.address;
  to.scope_id = datagram.scope_id;
  to.interface = datagram.scope_id != 0 ? datagram.interface : InterfaceIndex {};
  to.socket = datagram.socket;
  return to;
}

// A transmit slot: one burst of 1..kBurstDatagramsMax datagrams to one peer, each some header bytes (in the slot)
// followed by a slice of a mapped image (borrowed; kept alive by `pin`). All datagrams but the last must be equally
// long, the last not longer (what segmentation offload sends; TFTP windows and multicast runs are so by nature).
class TxSlot {
 public:
  struct Datagram {
    std::uint16_t header_offset = 0;
    std::uint16_t header_size = 0;
    std::uint32_t body_size = 0;
    const std::byte* body = nullptr;
  };

  Destination destination;

  // Image whose bytes the bodies borrow. The slot holds its own pin (the engine adds one in the lane's pin table before
  // commit), since the transfer may end before the datagram leaves. Comes back through reap().
  PinId pin = kNoPin;

  // Header room not used yet. Write into it, then call add() with how much of it the next datagram takes.
  [[nodiscard]] std::span<std::byte> header_room() { return std::span(headers_).subspan(header_used_); }

  // Appends a datagram. Preconditions: header_size fits header_room(); count() < kBurstDatagramsMax; sizes as above.
  void add(std::size_t header_size, std::span<const std::byte> body = {}) {
    datagrams_[count_] = {header_used_, static_cast<std::uint16_t>(header_size),
                          static_cast<std::uint32_t>(body.size()), body.data()};
    header_used_ = static_cast<std::uint16_t>(header_used_ + header_size);
    bytes_ += header_size + body.size();
    ++count_;
  }

  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }  // payload bytes of the whole burst
  [[nodiscard]] std::span<const Datagram> datagrams() const { return std::span(datagrams_).first(count_); }
  [[nodiscard]] std::span<const std::byte> header(const Datagram& d) const {
    return std::span(headers_).subspan(d.header_offset, d.header_size);
  }

  // Backend only: empties the slot before it is lent.
  void reset() {
    destination = {};
    pin = kNoPin;
    count_ = 0;
    header_used_ = 0;
    bytes_ = 0;
  }

  std::uint32_t index = 0;  // the backend's own

 private:
  std::uint16_t header_used_ = 0;
  std::uint16_t count_ = 0;
  std::size_t bytes_ = 0;
  std::array<Datagram, kBurstDatagramsMax> datagrams_;
  std::array<std::byte, kSlotHeaderBytes> headers_;
};

struct FlushReport {
  std::uint32_t accepted = 0;  // slots handed to the network (or the ring)
  std::uint32_t blocked = 0;   // slots kept by the backend because the way out is full; it retries at the next flush
  std::uint32_t failed = 0;    // slots dropped: see IoStats for the reason
};

// Counters of one lane's backend; read by the lane's thread, published by the lane (core/runtime/counters.h).
struct IoStats {
  std::uint64_t datagrams_received = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t truncated = 0;
  std::uint64_t receive_overflow = 0;    // SO_RXQ_OVFL: dropped by the kernel before us
  std::uint64_t receive_ring_empty = 0;  // io_uring: multishot ended for want of buffers and was re-armed
  std::uint64_t datagrams_sent = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bursts_offloaded = 0;  // sent by segmentation offload in one call
  std::uint64_t offload_refused = 0;   // fell back to one by one (EIO, EINVAL, EMSGSIZE), remembered per interface
  std::uint64_t send_blocked = 0;      // EAGAIN / full queue
  std::uint64_t send_unreachable = 0;  // no route, no neighbour, interface down
  std::uint64_t send_failed = 0;       // anything else
  std::uint64_t frames_sent = 0;       // to a MAC
  std::uint64_t slots_exhausted = 0;   // reserve() had nothing to lend
  std::uint64_t wakes = 0;
};

struct IoCapabilities {
  const char* name = "";  // "io_uring", "socket", "sim"
  bool segmentation_offload = false;
  bool frame_to_mac = false;
  bool multicast = false;
  std::size_t slots = 0;  // transmit slots in all
};

class PacketIo {
 public:
  PacketIo() = default;
  PacketIo(const PacketIo&) = delete;
  PacketIo& operator=(const PacketIo&) = delete;
  virtual ~PacketIo() = default;  // cancels or finishes requests in flight; pins still out count as released

  [[nodiscard]] virtual IoCapabilities capabilities() const = 0;

  // Both clocks, now (virtual in simulation). Cheap (vDSO); called once per loop turn.
  [[nodiscard]] virtual Now now() = 0;

  // Waits until a datagram is there, wake() was called, blocked sends can go on, or `until` has come (a time in the
  // past: do not wait), then fills `out` and returns how many. May return 0 early. Precondition: all lent ones were
  // released.
  [[nodiscard]] virtual std::size_t poll(std::span<ReceivedDatagram> out, MonotonicTime until) = 0;

  // Hint for the polls that follow: whether peers answer within microseconds, so that looking again for a moment before
  // sleeping may pay. True until said otherwise.
  virtual void expect_answers(bool /*soon*/) {}

  // Gives lent datagrams back, in any order; their payload spans are dead afterwards.
  virtual void release(std::span<const ReceivedDatagram> datagrams) = 0;

  // Lends an empty slot, or null when all are in use.
  [[nodiscard]] virtual TxSlot* reserve() = 0;
  virtual void commit(TxSlot* slot) = 0;  // precondition: slot->count() > 0
  virtual void cancel(TxSlot* slot) = 0;  // gives a reserved slot back unsent

  // What it accepts leaves now, or with the next poll() (io_uring submits once per turn) or the destructor.
  virtual FlushReport flush() = 0;

  // Pins of slots that are done (sent, failed or dropped), each as often as it was committed; how many were written.
  [[nodiscard]] virtual std::size_t reap(std::span<PinId> out) = 0;

  // Makes a poll() that waits, or the next one, return. Any thread; async-signal-safe.
  virtual void wake() = 0;

  [[nodiscard]] virtual const IoStats& stats() const = 0;

  // Joins a multicast group on a socket (the receiver's side); again: no effect. False: not a group, or refused.
  [[nodiscard]] virtual bool join_group(SocketId socket, const net::IpAddress& group, InterfaceIndex interface) = 0;

  // The local port of a socket that was specified with port 0.
  [[nodiscard]] virtual net::Endpoint local_endpoint(SocketId socket) const = 0;
};

}  // namespace rackcast
