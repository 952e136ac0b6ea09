#include "io_backends/socket/socket_io.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>

#include "core/errno_text.h"
#include "io_backends/socket/join_group.h"
#include "io_backends/socket/kernel_clock.h"
#include "io_backends/socket/send_outcome.h"

namespace rackcast::io {
namespace {

constexpr std::uint32_t kWakeIndex = 0xFFFF'FFFFU;  // epoll data of the event descriptor
constexpr int kEventsMax = 64;  // events taken per poll; level-triggered, so the rest comes next time

}  // namespace

Result<std::unique_ptr<SocketIo>> SocketIo::create(SocketSet sockets, IoOptions options) {
  FileDescriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
  FileDescriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!epoll || !wake) return fail(std::string("cannot set up socket I/O: ") + errno_text(errno));
  std::unique_ptr<SocketIo> io(new SocketIo(std::move(sockets), options, std::move(epoll), std::move(wake)));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u32 = kWakeIndex;
  bool ok = ::epoll_ctl(io->epoll_.get(), EPOLL_CTL_ADD, io->wake_.get(), &event) == 0;
  for (std::size_t i = 0; i < io->states_.size() && ok; ++i) ok = io->watch(i, false, true);
  if (!ok) return fail(std::string("cannot watch a socket: ") + errno_text(errno));
  return io;
}

SocketIo::SocketIo(SocketSet sockets, IoOptions options, FileDescriptor epoll, FileDescriptor wake)
    : sockets_(std::move(sockets)),
      options_(options),
      epoll_(std::move(epoll)),
      wake_(std::move(wake)),
      slots_(options.slot_count, sockets_.sockets().size()),
      wires_(options.slot_count),
      frames_(sockets_.frame_socket()),
      states_(sockets_.sockets().size()),
      buffers_(kBatchMax) {
  ready_.reserve(kEventsMax);
  for (std::size_t i = 0; i < kBatchMax; ++i) {
    receive_pieces_[i] = {buffers_[i].payload.data(), buffers_[i].payload.size()};
    prepare_header(i);
  }
}

IoCapabilities SocketIo::capabilities() const {
  return {.name = "socket",
          .segmentation_offload = options_.segmentation_offload,
          .frame_to_mac = sockets_.frame_socket() >= 0,
          .multicast = true,
          .slots = slots_.size()};
}

Now SocketIo::now() {
  return kernel_now();
}

void SocketIo::prepare_header(std::size_t buffer) {
  msghdr& header = receive_messages_[buffer].msg_hdr;
  header.msg_name = &buffers_[buffer].peer;
  header.msg_namelen = sizeof(SocketAddress);
  header.msg_iov = &receive_pieces_[buffer];
  header.msg_iovlen = 1;
  header.msg_control = buffers_[buffer].control.data();
  header.msg_controllen = buffers_[buffer].control.size();
  header.msg_flags = 0;
}

bool SocketIo::watch(std::size_t socket, bool writable, bool add) {
  epoll_event event{};
  event.events = writable ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.u32 = static_cast<std::uint32_t>(socket);
  states_[socket].wants_writable = writable;
  const int fd = sockets_.sockets()[socket].fd.get();
  return ::epoll_ctl(epoll_.get(), add ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event) == 0;
}

// Looks for a moment before it sleeps, where that pays.
int SocketIo::spin_for_events(std::span<epoll_event> events, MonotonicTime until) {
  const Duration budget = answers_soon_ && until > monotonic_now() ? spin_.budget() : Duration::zero();
  if (budget == Duration::zero()) return 0;
  const MonotonicTime limit = std::min(until, monotonic_now() + budget);
  do {
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
    if (count <= 0) continue;
    spin_.found();
    return count;
  } while (monotonic_now() < limit);
  spin_.missed();
  return 0;
}

int SocketIo::wait_for_events(std::span<epoll_event> events, MonotonicTime until) {
  const auto most = static_cast<int>(events.size());
  const Duration left = until == kNever ? Duration::zero() : std::max(until - monotonic_now(), Duration::zero());
  if (!coarse_waits_) {
    const timespec timeout = to_timespec(left);
    const int count = ::epoll_pwait2(epoll_.get(), events.data(), most, until == kNever ? nullptr : &timeout, nullptr);
    // Before Linux 5.11, or behind a filter that does not know the call (old container profiles): whole milliseconds
    // do.
    if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
    coarse_waits_ = true;
  }
  const auto whole = std::chrono::ceil<std::chrono::milliseconds>(std::min<Duration>(left, std::chrono::hours(1)));
  return ::epoll_wait(epoll_.get(), events.data(), most, until == kNever ? -1 : static_cast<int>(whole.count()));
}

// Waits and lists the readable sockets in ready_. Returns how many events there were of any kind.
std::size_t SocketIo::wait(MonotonicTime until) {
  std::array<epoll_event, kEventsMax> events;
  int count = spin_for_events(events, until);
  if (count == 0) count = wait_for_events(events, until);
  ready_.clear();
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.u32 == kWakeIndex) {
      drain_wake();
    } else if ((event.events & ~std::uint32_t{EPOLLOUT}) != 0) {
      ready_.push_back(event.data.u32);
    }
  }
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

void SocketIo::drain_wake() {
  std::uint64_t count = 0;
  if (::read(wake_.get(), &count, sizeof(count)) > 0) ++stats_.wakes;
}

std::size_t SocketIo::poll(std::span<ReceivedDatagram> out, MonotonicTime until) {
  const std::size_t room = std::min(out.size(), kBatchMax);
  if (wait(until) == 0 || ready_.empty()) return 0;
  Received all;
  ++turn_;
  for (std::size_t i = 0; i < ready_.size() && all.buffers < room; ++i) {
    const std::size_t socket = ready_[(turn_ + i) % ready_.size()];
    // Behind the buffers that are lent already, of which there may be more than datagrams.
    const Received more = receive(socket, out.subspan(all.datagrams, room - all.buffers), all.buffers);
    all.datagrams += more.datagrams;
    all.buffers += more.buffers;
  }
  return all.datagrams;
}

SocketIo::Received SocketIo::receive(std::size_t socket, std::span<ReceivedDatagram> out, std::size_t first_buffer) {
  const SocketSet::Socket& source = sockets_.sockets()[socket];
  const int count = ::recvmmsg(source.fd.get(), &receive_messages_[first_buffer], static_cast<unsigned>(out.size()),
                               MSG_DONTWAIT, nullptr);
  Received received;
  for (int i = 0; i < count; ++i) {
    const std::size_t buffer = first_buffer + received.buffers++;
    const mmsghdr& message = receive_messages_[buffer];
    ReceivedDatagram& datagram = out[received.datagrams];
    SocketState& state = states_[socket];
    std::uint32_t overflow = state.overflow_seen;
    const bool known = read_received(message.msg_hdr, source.local, datagram, overflow);
    stats_.receive_overflow += overflow - state.overflow_seen;  // modulo 2^32, as the kernel counts
    state.overflow_seen = overflow;
    datagram.socket = SocketId{static_cast<std::uint16_t>(socket)};
    datagram.truncated = (message.msg_hdr.msg_flags & MSG_TRUNC) != 0;
    datagram.payload =
        std::span(buffers_[buffer].payload).first(std::min<std::size_t>(message.msg_len, kReceiveBytesMax));
    datagram.buffer = static_cast<std::uint32_t>(buffer);
    ++stats_.datagrams_received;
    stats_.bytes_received += datagram.payload.size();
    if (datagram.truncated) ++stats_.truncated;
    prepare_header(buffer);
    // Else the place in `out` is used again. (Of the sockets we open the kernel names every sender.)
    if (known) ++received.datagrams;
  }
  return received;
}

void SocketIo::release(std::span<const ReceivedDatagram>) {
  // Buffers are reused by the next poll as a whole batch.
}

TxSlot* SocketIo::reserve() {
  TxSlot* slot = slots_.reserve();
  if (slot == nullptr) ++stats_.slots_exhausted;
  return slot;
}

void SocketIo::cancel(TxSlot* slot) {
  slots_.cancel(slot);
}

void SocketIo::commit(TxSlot* slot) {
  assert(slot->count() > 0 && slot->destination.socket.value() < states_.size());
  slots_.push_back(slot->destination.socket.value(), slot);
}

FlushReport SocketIo::flush() {
  FlushReport report;
  for (std::size_t socket = 0; socket < states_.size(); ++socket) {
    if (slots_.empty(socket) && !states_[socket].wants_writable) continue;
    send_queue(socket, report);
    const bool blocked = !slots_.empty(socket);
    if (blocked != states_[socket].wants_writable) static_cast<void>(watch(socket, blocked, false));
    report.blocked += static_cast<std::uint32_t>(slots_.queued(socket));
  }
  return report;
}

// Sends until the queue is empty or the socket buffer full.
void SocketIo::send_queue(std::size_t socket, FlushReport& report) {
  const int fd = sockets_.sockets()[socket].fd.get();
  while (TxSlot* slot = slots_.front(socket)) {
    if (slot->destination.hardware) {
      send_frame(socket, report);
      continue;
    }
    const std::size_t count = gather(socket);
    const int sent = ::sendmmsg(fd, send_messages_.data(), static_cast<unsigned>(count), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) {
      settle(socket, static_cast<std::size_t>(sent), report);
    } else if (!settle_error(socket, errno, report)) {
      return;
    }
  }
}

// Fills send_messages_ from the front of the queue, up to the first frame.
std::size_t SocketIo::gather(std::size_t socket) {
  std::size_t count = 0;
  std::size_t message = states_[socket].messages_sent;
  for (TxSlot* slot = slots_.front(socket); slot != nullptr; slot = slots_.next(slot)) {
    if (slot->destination.hardware) break;
    WireBurst& wire = wires_[slot->index];
    // A slot already begun keeps its shape; any other takes the one that is right now.
    if (message == 0) {
      const bool offload =
          options_.segmentation_offload && offload_.allows(slot->destination, first_datagram_bytes(*slot));
      wire.prepare(*slot, sockets_.sockets()[socket].local.address, offload);
    }
    for (; message < wire.message_count(); ++message) {
      if (count == send_messages_.size()) return count;
      send_messages_[count++].msg_hdr = wire.message(message);
    }
    message = 0;
  }
  return count;
}

void SocketIo::settle(std::size_t socket, std::size_t messages, FlushReport& report) {
  SocketState& state = states_[socket];
  for (; messages > 0; --messages) {
    TxSlot* slot = slots_.front(socket);
    const WireBurst& wire = wires_[slot->index];
    stats_.datagrams_sent += wire.datagrams_in(*slot);
    stats_.bytes_sent += wire.bytes_in(*slot, state.messages_sent);
    if (wire.offloaded()) ++stats_.bursts_offloaded;
    if (++state.messages_sent < wire.message_count()) continue;
    ++report.accepted;
    finish_front(socket);
  }
}

// What to do with the first unsent message. False: blocked, stop.
bool SocketIo::settle_error(std::size_t socket, int error, FlushReport& report) {
  if (error == EINTR) return true;
  TxSlot* slot = slots_.front(socket);
  WireBurst& wire = wires_[slot->index];
  const SendOutcome outcome = classify_send_error(error, wire.offloaded());
  switch (outcome) {
    case SendOutcome::kBlocked:
      ++stats_.send_blocked;
      return false;
    case SendOutcome::kOffloadRefused:
      ++stats_.offload_refused;
      offload_.remember(slot->destination, first_datagram_bytes(*slot), error == EIO);
      return true;
    case SendOutcome::kUnreachable:
    case SendOutcome::kFailed:
      count_drop(outcome, stats_);
      ++report.failed;
      finish_front(socket);
      return true;
  }
  return false;
}

void SocketIo::send_frame(std::size_t socket, FlushReport& report) {
  TxSlot* slot = slots_.front(socket);
  const int error = frames_.send(*slot, sockets_.sockets()[socket].local.port);
  if (error == 0) {
    stats_.frames_sent += slot->count();
    stats_.datagrams_sent += slot->count();
    stats_.bytes_sent += slot->bytes();
    ++report.accepted;
  } else {
    // Also when its buffer is full: a DHCP client asks again, and nothing behind it should wait.
    if (error == EAGAIN) ++stats_.send_blocked;
    count_drop(classify_send_error(error, false), stats_);
    ++report.failed;
  }
  finish_front(socket);
}

void SocketIo::finish_front(std::size_t socket) {
  TxSlot* slot = slots_.front(socket);
  slots_.pop_front(socket);
  states_[socket].messages_sent = 0;
  slots_.finish(slot);
}

std::size_t SocketIo::reap(std::span<PinId> out) {
  return slots_.reap(out);
}

void SocketIo::wake() {
  const std::uint64_t one = 1;
  // Fails only when 2^64 - 1 wakes are pending, and then it is awake.
  static_cast<void>(!::write(wake_.get(), &one, sizeof(one)));
}

bool SocketIo::join_group(SocketId socket, const net::IpAddress& group, InterfaceIndex interface) {
  return join_multicast_group(sockets_.sockets()[socket.value()].fd.get(), group, interface);
}

net::Endpoint SocketIo::local_endpoint(SocketId socket) const {
  return sockets_.sockets()[socket.value()].local;
}

}  // namespace rackcast::io
