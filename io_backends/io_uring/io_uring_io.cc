#include "io_backends/io_uring/io_uring_io.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <string>

#include "core/errno_text.h"
#include "io_backends/socket/join_group.h"
#include "io_backends/socket/kernel_clock.h"

namespace rackcast::io {
namespace {

constexpr unsigned kSubmissionEntries = 1'024;
// Sends whose completions were not read yet; beyond it bursts wait (blocked).
constexpr std::uint32_t kSendsInFlightMax = 4'096;
// Room for every completion there can be: sends, one per receive buffer, receivers and polls ending.
constexpr unsigned kCompletionEntries = 8'192;
static_assert(kCompletionEntries >= kSendsInFlightMax + 2 * ReceiveBuffers::kCount);

constexpr Duration kStopLimit = std::chrono::seconds(1);

// user_data: kind, then what it concerns.
enum class Request : std::uint8_t { kReceive = 1, kSend, kWake, kWritable, kCancel };

constexpr std::uint64_t user_data(Request request, std::uint64_t index, std::uint64_t message = 0) {
  return (std::uint64_t{static_cast<std::uint8_t>(request)} << 56U) | (message << 32U) | index;
}

constexpr std::uint64_t all_messages(std::size_t count) {
  return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

}  // namespace

Result<std::unique_ptr<IoUringIo>> IoUringIo::create(SocketSet& sockets, IoOptions options) {
  auto ring = Ring::create(kSubmissionEntries, kCompletionEntries);
  if (!ring) return tl::make_unexpected(ring.error());
  auto buffers = ReceiveBuffers::create((*ring)->get());
  if (!buffers) return tl::make_unexpected(buffers.error());
  // Blocking on purpose: the ring then waits for the event instead of failing at once.
  FileDescriptor wake(::eventfd(0, EFD_CLOEXEC));
  if (!wake) return fail(std::string("no event descriptor: ") + errno_text(errno));
  std::vector<int> files;
  for (const SocketSet::Socket& socket : sockets.sockets()) files.push_back(socket.fd.get());
  files.push_back(wake.get());
  const int error = -io_uring_register_files((*ring)->get(), files.data(), static_cast<unsigned>(files.size()));
  if (error != 0) return fail(std::string("io_uring refuses to register sockets: ") + errno_text(error));
  return std::unique_ptr<IoUringIo>(
      new IoUringIo(std::move(sockets), options, std::move(*ring), std::move(*buffers), std::move(wake)));
}

IoUringIo::IoUringIo(SocketSet sockets, IoOptions options, std::unique_ptr<Ring> ring,
                     std::unique_ptr<ReceiveBuffers> buffers, FileDescriptor wake)
    : sockets_(std::move(sockets)),
      options_(options),
      wake_(std::move(wake)),
      slots_(options.slot_count, 2 * sockets_.sockets().size()),
      wires_(options.slot_count),
      sends_(options.slot_count),
      states_(sockets_.sockets().size()),
      frames_(sockets_.frame_socket()),
      buffers_(std::move(buffers)),
      ring_(std::move(ring)) {}

IoUringIo::~IoUringIo() {
  stop();
}

// Everything accepted is submitted, everything waiting is cancelled, and the ring goes when nothing is under way (or
// the limit has come: the kernel then cancels by itself).
void IoUringIo::stop() {
  ring_->submit();
  const MonotonicTime limit = monotonic_now() + kStopLimit;
  for (bool cancelled = false; monotonic_now() < limit;) {
    // Datagrams nobody will read: their buffers go with the ring.
    io_uring_cqe* completion = nullptr;
    while (io_uring_peek_cqe(ring_->get(), &completion) == 0) {
      const auto request = static_cast<Request>(io_uring_cqe_get_data64(completion) >> 56U);
      const bool over = (completion->flags & IORING_CQE_F_MORE) == 0;
      const auto index = static_cast<std::uint32_t>(io_uring_cqe_get_data64(completion));
      if (request == Request::kReceive && over) states_[index].receiving = false;
      if (request == Request::kSend) --sends_in_flight_;
      if (request == Request::kWritable) --polls_in_flight_;
      if (request == Request::kWake) wake_armed_ = false;
      io_uring_cqe_seen(ring_->get(), completion);
    }
    bool receiving = false;
    for (const SocketState& state : states_) receiving = receiving || state.receiving;
    if (!receiving && !wake_armed_ && sends_in_flight_ == 0 && polls_in_flight_ == 0) return;
    if (!cancelled) {
      io_uring_sqe* sqe = ring_->next_submission();
      if (sqe == nullptr) return;
      io_uring_prep_cancel64(sqe, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
      io_uring_sqe_set_data64(sqe, user_data(Request::kCancel, 0));
      cancelled = true;
    }
    if (!ring_->submit_and_wait(limit)) return;
  }
}

IoCapabilities IoUringIo::capabilities() const {
  return {.name = "io_uring",
          .segmentation_offload = options_.segmentation_offload,
          .frame_to_mac = sockets_.frame_socket() >= 0,
          .multicast = true,
          .slots = slots_.size()};
}

Now IoUringIo::now() {
  return kernel_now();
}

// Keeps a receive under way on every socket, and the read of the event descriptor. When more datagrams wait than there
// are buffers, every receive ends for want of one, and who is armed first takes what the last batch gave back: a
// different socket each time, or the clients of the last ones would wait for seconds.
void IoUringIo::arm() {
  ++arm_turn_;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const std::size_t socket = (arm_turn_ + i) % states_.size();
    if (states_[socket].receiving) continue;
    io_uring_sqe* sqe = ring_->next_submission();
    if (sqe == nullptr) return;
    io_uring_prep_recvmsg_multishot(sqe, static_cast<int>(socket), buffers_->shape(), 0);
    sqe->flags |= IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT;
    sqe->buf_group = ReceiveBuffers::kGroup;
    io_uring_sqe_set_data64(sqe, user_data(Request::kReceive, socket));
    states_[socket].receiving = true;
  }
  if (wake_armed_) return;
  io_uring_sqe* sqe = ring_->next_submission();
  if (sqe == nullptr) return;
  io_uring_prep_read(sqe, static_cast<int>(states_.size()), &wake_count_, sizeof(wake_count_), 0);
  sqe->flags |= IOSQE_FIXED_FILE;
  io_uring_sqe_set_data64(sqe, user_data(Request::kWake, 0));
  wake_armed_ = true;
}

std::size_t IoUringIo::poll(std::span<ReceivedDatagram> out, MonotonicTime until) {
  PollState state{out.first(std::min(out.size(), kBatchMax))};
  deliver_backlog(state);
  for (;;) {
    arm();
    FlushReport ignored;
    for (std::size_t socket = 0; socket < states_.size(); ++socket) {
      if (!slots_.empty(states_.size() + socket)) send_queue(states_.size() + socket, socket, ignored);
    }
    const bool wait = state.filled == 0 && backlog_count_ == 0 && until > monotonic_now();
    // Sends finish as they are submitted: waiting for a completion would return at once for their sake.
    if (wait && !sends_prepared_ && !ring_->has_completions()) {
      if (!spin(until)) static_cast<void>(ring_->submit_and_wait(until));
    } else if (ring_->has_unsubmitted() || !ring_->has_completions()) {
      ring_->submit();
    }
    sends_prepared_ = false;
    consume(state);
    if (!wait || state.filled > 0 || state.return_early || out.empty()) return state.filled;
  }
}

// True: something came while we looked.
bool IoUringIo::spin(MonotonicTime until) {
  if (!answers_soon_) return false;
  const Duration budget = spin_.budget();
  if (budget == Duration::zero()) return false;
  const MonotonicTime limit = std::min(until, monotonic_now() + budget);
  do {
    ring_->submit();
    if (!ring_->has_completions()) continue;
    spin_.found();
    return true;
  } while (monotonic_now() < limit);
  spin_.missed();
  return false;
}

void IoUringIo::consume(PollState& state) {
  unsigned head = 0;
  unsigned count = 0;
  io_uring_cqe* completion = nullptr;
  io_uring_for_each_cqe(ring_->get(), head, completion) {
    const std::uint64_t data = io_uring_cqe_get_data64(completion);
    const auto index = static_cast<std::uint32_t>(data);
    const auto request = static_cast<Request>(data >> 56U);
    if (request == Request::kReceive) {
      on_receive(index, *completion, state);
    } else if (request == Request::kSend) {
      on_sent(index, static_cast<std::uint32_t>(data >> 32U) & 0xFFU, completion->res, state);
    } else if (request == Request::kWake) {
      on_wake();
      state.return_early = true;
    } else if (request == Request::kWritable) {
      --polls_in_flight_;
      states_[index].blocked = false;
      state.return_early = true;
    }
    ++count;
  }
  io_uring_cq_advance(ring_->get(), count);
}

void IoUringIo::on_receive(std::uint32_t socket, const io_uring_cqe& completion, PollState& state) {
  if ((completion.flags & IORING_CQE_F_MORE) == 0) {
    states_[socket].receiving = false;  // arm() starts it again
    if (completion.res == -ENOBUFS) ++stats_.receive_ring_empty;
  }
  if ((completion.flags & IORING_CQE_F_BUFFER) == 0) return;
  const Arrival arrival{socket, completion.res,
                        static_cast<std::uint16_t>(completion.flags >> IORING_CQE_BUFFER_SHIFT)};
  if (state.filled < state.out.size()) {
    deliver(arrival, state);
    return;
  }
  backlog_[(backlog_head_ + backlog_count_) % backlog_.size()] = arrival;
  ++backlog_count_;
}

void IoUringIo::deliver_backlog(PollState& state) {
  while (backlog_count_ > 0 && state.filled < state.out.size()) {
    deliver(backlog_[backlog_head_], state);
    backlog_head_ = (backlog_head_ + 1) % backlog_.size();
    --backlog_count_;
  }
}

// Precondition: there is room in the batch.
void IoUringIo::deliver(const Arrival& arrival, PollState& state) {
  SocketState& source = states_[arrival.socket];
  ReceivedDatagram& datagram = state.out[state.filled];
  std::uint32_t overflow = source.overflow_seen;
  if (arrival.bytes < 0 || !buffers_->read(arrival.buffer, static_cast<std::size_t>(arrival.bytes),
                                           sockets_.sockets()[arrival.socket].local, datagram, overflow)) {
    buffers_->give_back(arrival.buffer);
    buffers_->publish();
    return;
  }
  stats_.receive_overflow += overflow - source.overflow_seen;  // modulo 2^32, as the kernel counts
  source.overflow_seen = overflow;
  datagram.socket = SocketId{static_cast<std::uint16_t>(arrival.socket)};
  ++stats_.datagrams_received;
  stats_.bytes_received += datagram.payload.size();
  if (datagram.truncated) ++stats_.truncated;
  ++state.filled;
}

void IoUringIo::on_wake() {
  wake_armed_ = false;
  ++stats_.wakes;
}

void IoUringIo::release(std::span<const ReceivedDatagram> datagrams) {
  for (const ReceivedDatagram& datagram : datagrams) buffers_->give_back(static_cast<std::uint16_t>(datagram.buffer));
  buffers_->publish();
}

TxSlot* IoUringIo::reserve() {
  TxSlot* slot = slots_.reserve();
  if (slot == nullptr) {
    ++stats_.slots_exhausted;
    turn_wanted_ = true;
  }
  return slot;
}

void IoUringIo::commit(TxSlot* slot) {
  assert(slot->count() > 0 && slot->destination.socket.value() < states_.size());
  sends_[slot->index] = {};
  sends_[slot->index].queued = true;
  slots_.push_back(slot->destination.socket.value(), slot);
}

void IoUringIo::cancel(TxSlot* slot) {
  slots_.cancel(slot);
}

FlushReport IoUringIo::flush() {
  FlushReport report;
  const std::size_t sockets = states_.size();
  for (std::size_t socket = 0; socket < sockets; ++socket) {
    // What came back was committed earlier.
    send_queue(sockets + socket, socket, report);
    if (slots_.empty(sockets + socket)) send_queue(socket, socket, report);
    report.blocked += static_cast<std::uint32_t>(slots_.queued(socket) + slots_.queued(sockets + socket));
  }
  return report;
}

void IoUringIo::send_queue(std::size_t queue, std::size_t socket, FlushReport& report) {
  while (TxSlot* slot = slots_.front(queue)) {
    if (slot->destination.hardware) {
      slots_.pop_front(queue);
      send_frame(slot, socket, report);
      continue;
    }
    if (states_[socket].blocked || !submit_slot(slot, socket)) return;
    slots_.pop_front(queue);
    SendState& send = sends_[slot->index];
    send.queued = false;
    if (send.in_flight > 0) {
      ++report.accepted;
    } else {  // it failed when half submitted, and nothing of it is under way
      ++report.failed;
      slots_.finish(slot);
    }
  }
}

// False: the ring takes no more now; what was submitted of the slot stays submitted.
bool IoUringIo::submit_slot(TxSlot* slot, std::size_t socket) {
  WireBurst& wire = wires_[slot->index];
  SendState& send = sends_[slot->index];
  if (!send.started) {
    const bool offload =
        options_.segmentation_offload && !send.split && offload_.allows(slot->destination, first_datagram_bytes(*slot));
    wire.prepare(*slot, sockets_.sockets()[socket].local.address, offload);
    send.unsent = all_messages(wire.message_count());
    send.started = true;
  }
  while (send.unsent != 0) {
    io_uring_sqe* sqe = sends_in_flight_ < kSendsInFlightMax ? ring_->next_submission() : nullptr;
    if (sqe == nullptr) {
      turn_wanted_ = true;  // what is left goes on as soon as a send has finished, not at the end of a quiet poll
      return false;
    }
    const auto message = static_cast<std::uint32_t>(std::countr_zero(send.unsent));
    io_uring_prep_sendmsg(sqe, static_cast<int>(socket), &wire.message(message), MSG_DONTWAIT | MSG_NOSIGNAL);
    sqe->flags |= IOSQE_FIXED_FILE;
    io_uring_sqe_set_data64(sqe, user_data(Request::kSend, slot->index, message));
    send.unsent &= send.unsent - 1;
    ++send.in_flight;
    ++sends_in_flight_;
    sends_prepared_ = true;
  }
  return true;
}

void IoUringIo::send_frame(TxSlot* slot, std::size_t socket, FlushReport& report) {
  const int error = frames_.send(*slot, sockets_.sockets()[socket].local.port);
  if (error == 0) {
    stats_.frames_sent += slot->count();
    stats_.datagrams_sent += slot->count();
    stats_.bytes_sent += slot->bytes();
    ++report.accepted;
  } else {
    if (error == EAGAIN) ++stats_.send_blocked;
    count_drop(classify_send_error(error, false), stats_);
    ++report.failed;
  }
  slots_.finish(slot);
}

void IoUringIo::on_sent(std::uint32_t slot_index, std::uint32_t message, int result, PollState& state) {
  TxSlot* slot = slots_.at(slot_index);
  SendState& send = sends_[slot_index];
  const WireBurst& wire = wires_[slot_index];
  --sends_in_flight_;
  --send.in_flight;
  if (result >= 0) {
    stats_.datagrams_sent += wire.datagrams_in(*slot);
    stats_.bytes_sent += wire.bytes_in(*slot, message);
    if (wire.offloaded()) ++stats_.bursts_offloaded;
  } else {
    settle_failed_message(slot, message, -result);
  }
  // A slot only half submitted is still at the head of a queue and goes on from there.
  if (send.in_flight > 0 || send.queued) return;
  if (send.started && send.unsent == 0) {
    finish(slot, state);
  } else {
    send.queued = true;
    slots_.push_back(states_.size() + slot->destination.socket.value(), slot);
  }
}

void IoUringIo::settle_failed_message(TxSlot* slot, std::uint32_t message, int error) {
  SendState& send = sends_[slot->index];
  const SendOutcome outcome = classify_send_error(error, wires_[slot->index].offloaded());
  switch (outcome) {
    case SendOutcome::kBlocked:
      ++stats_.send_blocked;
      if (!send.failed) send.unsent |= std::uint64_t{1} << message;
      block(slot->destination.socket.value());
      return;
    case SendOutcome::kOffloadRefused:
      ++stats_.offload_refused;
      offload_.remember(slot->destination, first_datagram_bytes(*slot), error == EIO);
      send.started = false;
      send.split = true;
      return;
    case SendOutcome::kUnreachable:
    case SendOutcome::kFailed:
      if (!send.failed) count_drop(outcome, stats_);
      send.failed = true;
      send.unsent = 0;
      return;
  }
}

// Asks to be told when the socket's buffer has room again.
void IoUringIo::block(std::size_t socket) {
  if (states_[socket].blocked) return;
  io_uring_sqe* sqe = ring_->next_submission();
  if (sqe == nullptr) return;  // not blocked then: the next flush tries again
  io_uring_prep_poll_add(sqe, static_cast<int>(socket), POLLOUT);
  sqe->flags |= IOSQE_FIXED_FILE;
  io_uring_sqe_set_data64(sqe, user_data(Request::kWritable, socket));
  states_[socket].blocked = true;
  ++polls_in_flight_;
}

void IoUringIo::finish(TxSlot* slot, PollState& state) {
  slots_.finish(slot);
  if (turn_wanted_) state.return_early = true;
  turn_wanted_ = false;
}

void IoUringIo::wake() {
  const std::uint64_t one = 1;
  static_cast<void>(!::write(wake_.get(), &one, sizeof(one)));
}

bool IoUringIo::join_group(SocketId socket, const net::IpAddress& group, InterfaceIndex interface) {
  return join_multicast_group(sockets_.sockets()[socket.value()].fd.get(), group, interface);
}

net::Endpoint IoUringIo::local_endpoint(SocketId socket) const {
  return sockets_.sockets()[socket.value()].local;
}

}  // namespace rackcast::io
