#include "io_backends/socket/wire_burst.h"

namespace rackcast::io {
namespace {

std::size_t datagram_bytes(const TxSlot::Datagram& datagram) {
  return std::size_t{datagram.header_size} + datagram.body_size;
}

bool fits_offload(const TxSlot& slot) {
  const auto datagrams = slot.datagrams();
  if (datagrams.size() < 2 || slot.bytes() > kBurstBytesMax) return false;
  const std::size_t segment = first_datagram_bytes(slot);
  if (segment == 0) return false;
  for (const TxSlot::Datagram& datagram : datagrams.subspan(1, datagrams.size() - 2)) {
    if (datagram_bytes(datagram) != segment) return false;
  }
  const std::size_t last = datagram_bytes(datagrams.back());
  return last > 0 && last <= segment;
}

}  // namespace

// Returns how many iovecs the datagram took.
std::size_t WireBurst::gather(const TxSlot& slot, std::size_t index, std::size_t at) {
  const TxSlot::Datagram& datagram = slot.datagrams()[index];
  std::size_t used = 0;
  const auto add = [&](const std::byte* bytes, std::size_t size) {
    // The kernel only reads what an outgoing iovec points at.
    if (size > 0) pieces_[at + used++] = {const_cast<std::byte*>(bytes), size};
  };
  add(slot.header(datagram).data(), datagram.header_size);
  add(datagram.body, datagram.body_size);
  return used;
}

void WireBurst::prepare(TxSlot& slot, const net::IpAddress& bound, bool offload) {
  offloaded_ = offload && fits_offload(slot);
  const std::size_t segment = offloaded_ ? first_datagram_bytes(slot) : 0;
  write_send_control(slot.destination, bound, static_cast<std::uint16_t>(segment), control_);
  msghdr common{};
  common.msg_name = &peer_;
  common.msg_namelen = write_sockaddr(slot.destination.peer, slot.destination.scope_id, peer_);
  common.msg_controllen = offloaded_ ? control_.segment_size : control_.plain_size;
  common.msg_control = common.msg_controllen == 0 ? nullptr : control_.bytes.data();

  std::size_t used = 0;
  for (std::size_t i = 0; i < slot.count(); ++i) {
    const std::size_t pieces = gather(slot, i, used);
    if (!offloaded_) {
      messages_[i] = common;
      messages_[i].msg_iov = &pieces_[used];
      messages_[i].msg_iovlen = pieces;
    }
    used += pieces;
  }
  message_count_ = slot.count();
  if (offloaded_) {
    messages_[0] = common;
    messages_[0].msg_iov = pieces_.data();
    messages_[0].msg_iovlen = used;
    message_count_ = 1;
  }
}

std::size_t WireBurst::bytes_in(const TxSlot& slot, std::size_t index) const {
  return offloaded_ ? slot.bytes() : datagram_bytes(slot.datagrams()[index]);
}

}  // namespace rackcast::io
