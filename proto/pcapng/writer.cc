#include "proto/pcapng/writer.h"

#include <limits>

#include "proto/bytes/writer.h"
#include "proto/pcapng/block_codes.h"

namespace rackcast::pcapng {

namespace {

void put_option_head(bytes::Writer& out, std::uint16_t code, std::size_t size) {
  if (size > std::numeric_limits<std::uint16_t>::max()) return out.fail();
  out.le16(code);
  out.le16(static_cast<std::uint16_t>(size));
}

void put_text_option(bytes::Writer& out, std::uint16_t code, std::string_view text) {
  if (text.empty()) return;
  put_option_head(out, code, text.size());
  out.text(text);
  out.zeros(padding_of(text.size()));
}

void put_word_option(bytes::Writer& out, std::uint16_t code, std::uint32_t word) {
  put_option_head(out, code, 4);
  out.le32(word);
}

void end_options(bytes::Writer& out) {
  put_option_head(out, kEndOfOptions, 0);
}

// `fill` writes the body; the lengths on both sides are put around it.
template <typename Fill>
std::span<std::byte> encode_block(std::span<std::byte> room, std::uint32_t type, Fill fill) {
  if (room.size() < kBlockBytesMin) return {};
  bytes::Writer body(room.subspan(kBlockHeaderBytes, room.size() - kBlockBytesMin));
  fill(body);
  const std::size_t length = kBlockBytesMin + body.size();
  if (!body.ok() || length > std::numeric_limits<std::uint32_t>::max()) return {};
  bytes::Writer head(room.first(kBlockHeaderBytes));
  head.le32(type);
  head.le32(static_cast<std::uint32_t>(length));
  bytes::Writer tail(room.subspan(length - kBlockTrailerBytes, kBlockTrailerBytes));
  tail.le32(static_cast<std::uint32_t>(length));
  return room.first(length);
}

}  // namespace

std::span<std::byte> encode_section(std::span<std::byte> out, std::string_view application) {
  return encode_block(out, kSectionHeader, [&](bytes::Writer& body) {
    body.le32(kByteOrderMagic);
    body.le16(kVersionMajor);
    body.le16(0);
    body.le32(0xFFFF'FFFF);  // section length: not known while it is written
    body.le32(0xFFFF'FFFF);
    if (application.empty()) return;
    put_text_option(body, kUserApplication, application);
    end_options(body);
  });
}

std::span<std::byte> encode_interface(std::span<std::byte> out, const InterfaceDescription& interface) {
  return encode_block(out, kInterfaceDescription, [&](bytes::Writer& body) {
    body.le16(interface.link_type);
    body.le16(0);
    body.le32(interface.snap_length);
    put_text_option(body, kInterfaceName, interface.name);
    for (const Ipv4Network& network : interface.addresses) {
      put_option_head(body, kInterfaceIpv4, 8);
      body.be32(network.address.value());
      body.be32(network.mask.value());
    }
    if (interface.mac != nullptr) {
      put_option_head(body, kInterfaceMac, interface.mac->octets.size());
      body.bytes(std::as_bytes(std::span(interface.mac->octets)));
      body.zeros(padding_of(interface.mac->octets.size()));
    }
    put_option_head(body, kTimeResolution, 1);
    body.u8(kNanoseconds);
    body.zeros(padding_of(1));
    end_options(body);
  });
}

std::span<std::byte> encode_packet(std::span<std::byte> out, const Packet& packet) {
  return encode_block(out, kEnhancedPacket, [&](bytes::Writer& body) {
    if (packet.data.size() > std::numeric_limits<std::uint32_t>::max()) return body.fail();
    const auto captured = static_cast<std::uint32_t>(packet.data.size());
    body.le32(packet.interface);
    body.le32(static_cast<std::uint32_t>(packet.time_ns >> 32U));
    body.le32(static_cast<std::uint32_t>(packet.time_ns & 0xFFFF'FFFFU));
    body.le32(captured);
    body.le32(packet.original_bytes == 0 ? captured : packet.original_bytes);
    body.bytes(packet.data);
    body.zeros(padding_of(captured));
    if (packet.direction == Direction::kUnknown && !packet.queue) return;
    if (packet.direction != Direction::kUnknown)
      put_word_option(body, kPacketFlags, static_cast<std::uint32_t>(packet.direction));
    if (packet.queue) put_word_option(body, kPacketQueue, *packet.queue);
    end_options(body);
  });
}

}  // namespace rackcast::pcapng
