#include "tools/sim/live/tftp_ports.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/errno_text.h"
#include "core/file_descriptor.h"
#include "io_backends/socket/sockaddr.h"
#include "tools/sim/live/udp_socket.h"

namespace rackcast::sim {
namespace {

constexpr std::size_t kBatch = 64;
constexpr int kBufferBytes = 64 << 20;
constexpr int kRoundsPerWake = 8;  // then the other sockets have their turn
constexpr std::size_t kDatagramMax = 65'536;
// Not a power of two: 64 datagrams that begin at the same offset of a page would fight for the same cache lines.
constexpr std::size_t kStride = kDatagramMax + 25 * 64;
constexpr std::size_t kReceiveControl =
    CMSG_SPACE(sizeof(in_pktinfo)) + CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(std::uint32_t));

struct Outgoing {
  sockaddr_in to;
  std::size_t size;
  SourceControl control;
  std::array<std::byte, TftpPorts::kPayloadMax> payload;
};

void set_buffer(int descriptor, int forced, int plain) {
  if (::setsockopt(descriptor, SOL_SOCKET, forced, &kBufferBytes, sizeof(kBufferBytes)) != 0)
    ::setsockopt(descriptor, SOL_SOCKET, plain, &kBufferBytes, sizeof(kBufferBytes));
}

Result<FileDescriptor> open_socket(Arrivals arrivals) {
  FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return fail("cannot open a UDP socket for the machines: " + errno_text(errno));
  const int on = 1;
  const int omit = IP_PMTUDISC_OMIT;
  ::setsockopt(socket.get(), IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
  ::setsockopt(socket.get(), IPPROTO_IP, IP_MTU_DISCOVER, &omit, sizeof(omit));
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on));
  if (arrivals == Arrivals::kTogether) ::setsockopt(socket.get(), SOL_UDP, UDP_GRO, &on, sizeof(on));
  set_buffer(socket.get(), SO_RCVBUFFORCE, SO_RCVBUF);
  set_buffer(socket.get(), SO_SNDBUFFORCE, SO_SNDBUF);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&any), sizeof(any)) != 0)
    return fail("cannot bind a UDP port for the machines: " + errno_text(errno));
  return socket;
}

}  // namespace

std::uint8_t PortMap::socket_for(net::UdpPort port) {
  if (ports_[latest_] == port) return latest_;
  const auto found = std::find(ports_.begin(), ports_.end(), port);
  if (found != ports_.end()) return static_cast<std::uint8_t>(found - ports_.begin());
  if (ports_[latest_].value() != 0) latest_ = static_cast<std::uint8_t>((latest_ + 1U) % kSockets);
  ports_[latest_] = port;
  return latest_;
}

struct TftpPorts::ReceiveBatch {
  ReceiveBatch() : bytes(kBatch * kStride) {
    for (std::size_t i = 0; i < kBatch; ++i) {
      vectors[i] = {bytes.data() + i * kStride, kDatagramMax};
      msghdr& header = messages[i].msg_hdr;
      header.msg_name = &names[i];
      header.msg_iov = &vectors[i];
      header.msg_iovlen = 1;
      header.msg_control = controls[i].data();
    }
  }

  void arm() {
    for (mmsghdr& message : messages) {
      message.msg_hdr.msg_namelen = sizeof(sockaddr_in);
      message.msg_hdr.msg_controllen = kReceiveControl;
    }
  }

  struct alignas(cmsghdr) Control : std::array<std::byte, kReceiveControl> {};

  std::vector<std::byte> bytes;
  std::array<mmsghdr, kBatch> messages{};
  std::array<iovec, kBatch> vectors{};
  std::array<sockaddr_in, kBatch> names{};
  std::array<Control, kBatch> controls{};
};

class TftpPorts::Socket final : public Watcher {
 public:
  Socket(TftpPorts& owner, std::uint8_t number, FileDescriptor socket)
      : owner_(owner), number_(number), descriptor_(std::move(socket)), out_(kBatch) {}

  void on_ready(Instant /*now*/, std::uint32_t /*events*/) override { owner_.receive(*this); }

  [[nodiscard]] std::uint8_t number() const { return number_; }
  [[nodiscard]] int descriptor() const { return descriptor_.get(); }
  [[nodiscard]] std::span<Outgoing> queued() { return std::span(out_).first(queued_); }
  [[nodiscard]] bool full() const { return queued_ == kBatch; }
  Outgoing& next() { return out_[queued_++]; }
  void empty() { queued_ = 0; }

  std::uint32_t overflows = 0;

 private:
  TftpPorts& owner_;
  std::uint8_t number_;
  FileDescriptor descriptor_;
  std::vector<Outgoing> out_;
  std::size_t queued_ = 0;
};

TftpPorts::TftpPorts(EventLoop& loop, const RunTimer& timer, TftpReceiver& receiver)
    : loop_(loop), timer_(timer), receiver_(receiver), batch_(std::make_unique<ReceiveBatch>()) {}

TftpPorts::~TftpPorts() {
  for (const auto& socket : sockets_) loop_.remove(socket->descriptor(), *socket);
}

Result<std::unique_ptr<TftpPorts>> TftpPorts::open(EventLoop& loop, const RunTimer& timer, TftpReceiver& receiver,
                                                   Arrivals arrivals) {
  std::unique_ptr<TftpPorts> ports(new TftpPorts(loop, timer, receiver));
  for (std::uint8_t number = 0; number < PortMap::kSockets; ++number) {
    auto socket = open_socket(arrivals);
    if (!socket) return tl::make_unexpected(socket.error());
    const int descriptor = socket->get();
    auto& added = ports->sockets_.emplace_back(std::make_unique<Socket>(*ports, number, std::move(*socket)));
    if (!loop.add(descriptor, *added, EPOLLIN)) return fail("cannot watch a UDP socket: " + errno_text(errno));
    sockaddr_in name{};
    socklen_t size = sizeof(name);
    ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&name), &size);
    ports->local_ports_[number] = net::UdpPort{ntohs(name.sin_port)};
  }
  return ports;
}

void TftpPorts::send(std::uint8_t socket, net::Ipv4Address source, const net::Endpoint& to,
                     std::span<const std::byte> payload) {
  if (payload.size() > kPayloadMax || !to.address.is_v4()) {
    ++unsent_;
    return;
  }
  Socket& through = *sockets_[socket];
  if (through.full()) flush(through);
  Outgoing& out = through.next();
  out.to = {};
  out.to.sin_family = AF_INET;
  out.to.sin_addr = io::to_in_addr(to.address.v4());
  out.to.sin_port = htons(to.port.value());
  out.size = payload.size();
  write_source(source, out.control);
  std::copy(payload.begin(), payload.end(), out.payload.begin());
}

bool TftpPorts::full(std::uint8_t socket) const {
  return sockets_[socket]->full();
}

void TftpPorts::flush() {
  for (const auto& socket : sockets_) flush(*socket);
}

void TftpPorts::flush(Socket& socket) {
  const std::span<Outgoing> queued = socket.queued();
  if (queued.empty()) return;
  std::array<mmsghdr, kBatch> messages;
  std::array<iovec, kBatch> vectors;
  for (std::size_t i = 0; i < queued.size(); ++i) {
    vectors[i] = {queued[i].payload.data(), queued[i].size};
    messages[i] = {};
    msghdr& header = messages[i].msg_hdr;
    header.msg_name = &queued[i].to;
    header.msg_namelen = sizeof(sockaddr_in);
    header.msg_iov = &vectors[i];
    header.msg_iovlen = 1;
    header.msg_control = queued[i].control.data();
    header.msg_controllen = queued[i].control.size();
  }
  for (std::size_t sent = 0; sent < queued.size();) {
    const int count = ::sendmmsg(socket.descriptor(), messages.data() + sent,
                                 static_cast<unsigned>(queued.size() - sent), MSG_DONTWAIT);
    if (count > 0) {
      sent += static_cast<std::size_t>(count);
    } else if (errno != EINTR) {
      // The one at the front is lost, as on a bad cable: its machine will try again.
      last_error_ = errno_text(errno);
      ++unsent_;
      ++sent;
    }
  }
  socket.empty();
}

void TftpPorts::receive(Socket& socket) {
  for (int round = 0; round < kRoundsPerWake; ++round) {
    batch_->arm();
    const int count = ::recvmmsg(socket.descriptor(), batch_->messages.data(), kBatch, MSG_DONTWAIT, nullptr);
    if (count <= 0) return;
    const Instant now = timer_.now();
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
      deliver(now, socket, i, batch_->messages[i].msg_len);
    if (static_cast<std::size_t>(count) < kBatch) return;
  }
}

void TftpPorts::deliver(Instant now, Socket& socket, std::size_t index, std::size_t size) {
  msghdr& message = batch_->messages[index].msg_hdr;
  in_pktinfo info{};
  int segment = 0;
  for (cmsghdr* control = CMSG_FIRSTHDR(&message); control != nullptr; control = CMSG_NXTHDR(&message, control)) {
    if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO)
      std::memcpy(&info, CMSG_DATA(control), sizeof(info));
    else if (control->cmsg_level == SOL_UDP && control->cmsg_type == UDP_GRO)
      std::memcpy(&segment, CMSG_DATA(control), sizeof(segment));
    else if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SO_RXQ_OVFL)
      std::memcpy(&socket.overflows, CMSG_DATA(control), sizeof(socket.overflows));
  }
  const sockaddr_in& name = batch_->names[index];
  const net::Endpoint from{io::from_in_addr(name.sin_addr), net::UdpPort{ntohs(name.sin_port)}};
  const net::Ipv4Address local = io::from_in_addr(info.ipi_addr);
  const std::span<const std::byte> bytes(batch_->bytes.data() + index * kStride, size);
  const std::size_t step = segment > 0 ? static_cast<std::size_t>(segment) : bytes.size();
  std::size_t at = 0;
  do {  // an empty datagram is one, too
    const auto payload = bytes.subspan(at, std::min(step, bytes.size() - at));
    receiver_.on_tftp_datagram(now, local, socket.number(), from, payload);
    at += step;
  } while (at < bytes.size());
}

std::uint64_t TftpPorts::overflows() const {
  std::uint64_t sum = 0;
  for (const auto& socket : sockets_) sum += socket->overflows;
  return sum;
}

}  // namespace rackcast::sim
