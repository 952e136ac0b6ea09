#include "io_backends/io_uring/receive_buffers.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "core/errno_text.h"

namespace rackcast::io {

Result<std::unique_ptr<ReceiveBuffers>> ReceiveBuffers::create(io_uring* ring) {
  std::unique_ptr<ReceiveBuffers> buffers(new ReceiveBuffers);
  const std::size_t size = kRingBytes + kCount * kStride;
  void* mapping = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (mapping == MAP_FAILED) return fail(std::string("no memory for receive buffers: ") + errno_text(errno));
  buffers->mapping_ = static_cast<std::byte*>(mapping);
  buffers->memory_ = buffers->mapping_ + kRingBytes;
  buffers->entries_ = static_cast<io_uring_buf_ring*>(mapping);
  buffers->shape_.msg_namelen = kNameBytes;
  buffers->shape_.msg_controllen = kReceiveControlBytes;

  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uintptr_t>(mapping);
  registration.ring_entries = kCount;
  registration.bgid = kGroup;
  if (const int error = -io_uring_register_buf_ring(ring, &registration, 0); error != 0) {
    return fail(std::string("io_uring refuses a buffer ring (Linux 5.19 is needed): ") + errno_text(error));
  }
  io_uring_buf_ring_init(buffers->entries_);
  for (std::uint32_t i = 0; i < kCount; ++i) buffers->give_back(static_cast<std::uint16_t>(i));
  buffers->publish();
  return buffers;
}

ReceiveBuffers::~ReceiveBuffers() {
  if (mapping_ != nullptr) ::munmap(mapping_, kRingBytes + kCount * kStride);
}

bool ReceiveBuffers::read(std::uint16_t buffer, std::size_t bytes, const net::Endpoint& bound, ReceivedDatagram& out,
                          std::uint32_t& overflow) {
  if (bytes < kHeaderBytes) return false;
  std::byte* base = at(buffer);
  io_uring_recvmsg_out header;
  std::memcpy(&header, base, sizeof(header));
  msghdr message{};
  message.msg_name = base + sizeof(header);
  message.msg_namelen = std::min(header.namelen, static_cast<std::uint32_t>(kNameBytes));
  message.msg_control = base + sizeof(header) + kNameBytes;
  message.msg_controllen = std::min<std::size_t>(header.controllen, kReceiveControlBytes);
  if (!read_received(message, bound, out, overflow)) return false;
  // The buffer may have room beyond what the contract promises.
  const std::size_t room = std::min(bytes - kHeaderBytes, kReceiveBytesMax);
  out.truncated = (header.flags & MSG_TRUNC) != 0 || header.payloadlen > room;
  out.payload = std::span(base + kHeaderBytes, std::min<std::size_t>(header.payloadlen, room));
  out.buffer = buffer;
  return true;
}

void ReceiveBuffers::give_back(std::uint16_t buffer) {
  constexpr unsigned kUsable = kHeaderBytes + kReceiveBytesMax;
  io_uring_buf_ring_add(entries_, at(buffer), kUsable, buffer, io_uring_buf_ring_mask(kCount), unpublished_);
  ++unpublished_;
}

void ReceiveBuffers::publish() {
  if (unpublished_ == 0) return;
  io_uring_buf_ring_advance(entries_, unpublished_);
  unpublished_ = 0;
}

}  // namespace rackcast::io
