#include "tools/sim/live/frame_link.h"

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "core/errno_text.h"
#include "io_backends/socket/interfaces.h"
#include "proto/net/udp_frame.h"

namespace rackcast::sim {
namespace {

constexpr std::size_t kBatch = 64;
constexpr std::size_t kFrameMax = 2'048;
constexpr int kBufferBytes = 64 << 20;
constexpr int kRoundsPerWake = 8;

// IPv4, UDP, no fragment, to port 68 or 4011. Offsets from the Ethernet header, which a raw socket delivers.
void attach_filter(int socket) {
  std::array<sock_filter, 12> code{{
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_IP, 0, 9),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 7),
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 20),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1FFF, 5, 0),
      BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 14),
      BPF_STMT(BPF_LD | BPF_H | BPF_IND, 16),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 68, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 4011, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0xFFFF),
      BPF_STMT(BPF_RET | BPF_K, 0),
  }};
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  ::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

void set_options(int socket, int interface) {
  const int on = 1;
  const packet_mreq promiscuous{interface, PACKET_MR_PROMISC, 0, {}};
  ::setsockopt(socket, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof(promiscuous));
  ::setsockopt(socket, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on));
  ::setsockopt(socket, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
  ::setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, &kBufferBytes, sizeof(kBufferBytes));
  ::setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &kBufferBytes, sizeof(kBufferBytes));
}

// No protocol until the filter is in place: nothing unfiltered gets in.
Result<FileDescriptor> open_socket(const io::InterfaceFacts& facts) {
  FileDescriptor socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid())
    return fail("cannot open a raw socket on " + facts.name + ": " + errno_text(errno) +
                "; run as root, or --skip dhcp");
  attach_filter(socket.get());
  set_options(socket.get(), static_cast<int>(facts.index.value()));
  sockaddr_ll name{};
  name.sll_family = AF_PACKET;
  name.sll_protocol = htons(ETH_P_IP);
  name.sll_ifindex = static_cast<int>(facts.index.value());
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof(name)) != 0)
    return fail("cannot bind a raw socket to " + facts.name + ": " + errno_text(errno));
  return socket;
}

Result<io::InterfaceFacts> wire(const std::string& interface) {
  auto facts = io::interface_addresses(interface);
  if (!facts) return tl::make_unexpected(facts.error());
  if (facts->mac.is_zero())
    return fail("interface " + interface +
                " has no Ethernet: DHCP frames cannot leave there; use --relay ADDR or --skip dhcp");
  if (!facts->up) return fail("interface " + interface + " is down; run `ip link set " + interface + " up`");
  return facts;
}

}  // namespace

struct FrameLink::Batch {
  struct alignas(cmsghdr) Control : std::array<std::byte, CMSG_SPACE(sizeof(tpacket_auxdata))> {};

  std::array<std::array<std::byte, kFrameMax>, kBatch> received;
  std::array<Control, kBatch> controls;
  std::array<std::array<std::byte, kFrameMax>, kBatch> queued;
  std::array<std::size_t, kBatch> sizes{};
  std::size_t count = 0;
};

FrameLink::FrameLink(EventLoop& loop, const RunTimer& timer, FileDescriptor socket, const io::InterfaceFacts& facts,
                     DhcpReceiver& receiver)
    : loop_(loop),
      timer_(timer),
      socket_(std::move(socket)),
      own_mac_(facts.mac),
      mtu_(std::min<std::size_t>(facts.mtu, kFrameMax - net::kEthernetHeaderBytes)),
      receiver_(receiver),
      batch_(std::make_unique<Batch>()) {}

FrameLink::~FrameLink() {
  loop_.remove(socket_.get(), *this);
}

Result<std::unique_ptr<FrameLink>> FrameLink::open(EventLoop& loop, const RunTimer& timer, const std::string& interface,
                                                   const std::set<net::UdpPort>& ports, DhcpReceiver& receiver) {
  const auto facts = wire(interface);
  if (!facts) return tl::make_unexpected(facts.error());
  auto client_ports = ClientPorts::open(loop, ports, interface, Receives::kNothing, receiver);
  if (!client_ports) return tl::make_unexpected(client_ports.error());
  auto socket = open_socket(*facts);
  if (!socket) return tl::make_unexpected(socket.error());
  const int descriptor = socket->get();
  std::unique_ptr<FrameLink> link(new FrameLink(loop, timer, std::move(*socket), *facts, receiver));
  link->client_ports_ = std::move(*client_ports);
  if (!loop.add(descriptor, *link, EPOLLIN)) return fail("cannot watch a raw socket: " + errno_text(errno));
  return link;
}

void FrameLink::send(const net::MacAddress& source, const DhcpSend& how, std::span<const std::byte> message) {
  if (!how.broadcast) {
    // The server's MAC is the kernel's to find.
    if (!client_ports_.send(how, message)) ++unsent_;
    return;
  }
  net::UdpFrame frame;
  frame.destination_mac = net::MacAddress::broadcast();
  frame.source_mac = source;
  frame.destination = net::Ipv4Address::broadcast();
  frame.source_port = how.source_port;
  frame.destination_port = how.server_port;
  frame.payload = message;
  enqueue(frame);
}

bool FrameLink::full() const {
  return batch_->count == kBatch;
}

bool FrameLink::send_datagram(const net::Endpoint& from, const net::Endpoint& to, std::span<const std::byte> payload) {
  if (!to.address.is_v4() || payload.size() + net::kIpv4HeaderBytesMin + net::kUdpHeaderBytes > mtu_) return false;
  const auto neighbour = std::find_if(neighbours_.begin(), neighbours_.end(),
                                      [&](const Neighbour& it) { return it.address == to.address.v4(); });
  if (neighbour == neighbours_.end()) return false;
  net::UdpFrame frame;
  frame.destination_mac = neighbour->mac;
  frame.source_mac = own_mac_;  // who answers ARP for the machine's address
  frame.source = from.address.v4();
  frame.destination = to.address.v4();
  frame.source_port = from.port;
  frame.destination_port = to.port;
  frame.dont_fragment = true;
  frame.payload = payload;
  enqueue(frame);
  return true;
}

// The latest MAC of an address counts; further addresses than kNeighboursMax are the kernel's to reach.
void FrameLink::remember(net::Ipv4Address address, const net::MacAddress& mac) {
  if (address.is_any()) return;
  const auto known =
      std::find_if(neighbours_.begin(), neighbours_.end(), [&](const Neighbour& it) { return it.address == address; });
  if (known != neighbours_.end()) {
    known->mac = mac;
  } else if (neighbours_.size() < kNeighboursMax) {
    neighbours_.push_back({address, mac});
  }
}

void FrameLink::enqueue(const net::UdpFrame& frame) {
  if (full()) flush();
  const auto bytes = net::encode_udp_frame(batch_->queued[batch_->count], frame);
  if (bytes.empty()) {
    ++unsent_;
    return;
  }
  batch_->sizes[batch_->count++] = bytes.size();
}

void FrameLink::flush() {
  if (batch_->count == 0) return;
  std::array<mmsghdr, kBatch> messages{};
  std::array<iovec, kBatch> vectors{};
  for (std::size_t i = 0; i < batch_->count; ++i) {
    vectors[i] = {batch_->queued[i].data(), batch_->sizes[i]};
    messages[i].msg_hdr.msg_iov = &vectors[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  for (std::size_t sent = 0; sent < batch_->count;) {
    const int count =
        ::sendmmsg(socket_.get(), messages.data() + sent, static_cast<unsigned>(batch_->count - sent), MSG_DONTWAIT);
    if (count > 0) {
      sent += static_cast<std::size_t>(count);
    } else if (errno != EINTR) {
      ++unsent_;
      ++sent;
    }
  }
  batch_->count = 0;
}

void FrameLink::on_ready(Instant /*now*/, std::uint32_t /*events*/) {
  for (int round = 0; round < kRoundsPerWake; ++round)
    if (!receive()) return;
}

// True: there may be more.
bool FrameLink::receive() {
  std::array<mmsghdr, kBatch> messages{};
  std::array<iovec, kBatch> vectors{};
  for (std::size_t i = 0; i < kBatch; ++i) {
    vectors[i] = {batch_->received[i].data(), kFrameMax};
    messages[i].msg_hdr.msg_iov = &vectors[i];
    messages[i].msg_hdr.msg_iovlen = 1;
    messages[i].msg_hdr.msg_control = batch_->controls[i].data();
    messages[i].msg_hdr.msg_controllen = batch_->controls[i].size();
  }
  const int count = ::recvmmsg(socket_.get(), messages.data(), kBatch, MSG_DONTWAIT, nullptr);
  if (count <= 0) return false;
  const Instant now = timer_.now();
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    const std::span<const std::byte> frame(batch_->received[i]);
    take(now, frame.first(std::min<std::size_t>(messages[i].msg_len, kFrameMax)), messages[i].msg_hdr);
  }
  return static_cast<std::size_t>(count) == kBatch;
}

void FrameLink::take(Instant now, std::span<const std::byte> frame, msghdr& message) {
  tpacket_auxdata extra{};
  const cmsghdr* control = CMSG_FIRSTHDR(&message);
  if (control != nullptr && control->cmsg_level == SOL_PACKET && control->cmsg_type == PACKET_AUXDATA)
    std::memcpy(&extra, CMSG_DATA(control), sizeof(extra));
  if ((extra.tp_status & TP_STATUS_VLAN_VALID) != 0) return;
  const bool unfinished = (extra.tp_status & (TP_STATUS_CSUMNOTREADY | TP_STATUS_CSUM_VALID)) != 0;
  const auto parsed =
      net::parse_udp_frame(frame, unfinished ? net::UdpChecksumCheck::kTrusted : net::UdpChecksumCheck::kVerified);
  if (!parsed) {
    ++malformed_;
    return;
  }
  const net::Endpoint from{parsed->source, parsed->source_port};
  remember(parsed->source, parsed->source_mac);
  if (parsed->destination_mac == net::MacAddress::broadcast()) {
    // Every machine hears it, but it concerns one.
    receiver_.on_dhcp_to_mac(now, message_chaddr(parsed->payload), from, parsed->destination_port, parsed->payload);
  } else if (parsed->destination_mac == own_mac_) {
    receiver_.on_dhcp_to_address(now, {parsed->destination, parsed->destination_port}, from, parsed->payload);
  } else {
    receiver_.on_dhcp_to_mac(now, parsed->destination_mac, from, parsed->destination_port, parsed->payload);
  }
}

std::uint64_t FrameLink::overflows() {
  tpacket_stats stats{};
  socklen_t size = sizeof(stats);
  // Reading resets the kernel's counter.
  if (::getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &stats, &size) == 0) overflows_ += stats.tp_drops;
  return overflows_;
}

}  // namespace rackcast::sim
