#include "proto/pcapng/reader.h"

#include <algorithm>
#include <limits>

#include "proto/pcapng/block_codes.h"

namespace rackcast::pcapng {

namespace {

constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;
constexpr std::uint64_t kTimeMax = std::numeric_limits<std::uint64_t>::max();

std::uint64_t product(std::uint64_t a, std::uint64_t b) {
  return b != 0 && a > kTimeMax / b ? kTimeMax : a * b;
}

std::uint64_t sum(std::uint64_t a, std::uint64_t b) {
  return a > kTimeMax - b ? kTimeMax : a + b;
}

// 10^-digits s.
std::uint64_t from_decimal(std::uint64_t stamp, unsigned digits) {
  for (; digits < kNanoseconds; ++digits) stamp = product(stamp, 10);
  for (; digits > kNanoseconds && stamp > 0; --digits) stamp /= 10;
  return stamp;
}

// 2^-bits s.
std::uint64_t from_binary(std::uint64_t stamp, unsigned bits) {
  if (bits >= 64) return 0;
  const std::uint64_t seconds = stamp >> bits;
  std::uint64_t fraction = stamp - (seconds << bits);
  constexpr unsigned kFractionBits = 34;  // times 10^9 (30 bits) still fits
  if (bits > kFractionBits) {
    fraction >>= bits - kFractionBits;
    bits = kFractionBits;
  }
  return sum(product(seconds, kNanosecondsPerSecond), (fraction * kNanosecondsPerSecond) >> bits);
}

}  // namespace

std::string_view text(Reject reason) {
  switch (reason) {
    case Reject::kNone:
      return "complete";
    case Reject::kNotPcapng:
      return "not a pcapng file";
    case Reject::kTruncated:
      return "ends within a block";
    case Reject::kBlockLength:
      return "block length";
    case Reject::kVersion:
      return "pcapng version not 1";
    case Reject::kBlockBody:
      return "block malformed";
    case Reject::kUnknownInterface:
      return "packet of an interface that is not described";
    case Reject::kTooManyInterfaces:
      return "too many interfaces";
    case Reject::kCount_:
      break;
  }
  return "";
}

std::uint64_t to_nanoseconds(std::uint64_t stamp, std::uint8_t resolution, std::int64_t offset_seconds) {
  const unsigned exponent = resolution & 0x7FU;
  const std::uint64_t time = (resolution & 0x80U) != 0 ? from_binary(stamp, exponent) : from_decimal(stamp, exponent);
  if (offset_seconds >= 0) return sum(time, product(static_cast<std::uint64_t>(offset_seconds), kNanosecondsPerSecond));
  // Negated in two steps: the smallest 64-bit number has no positive counterpart.
  const std::uint64_t back = product(static_cast<std::uint64_t>(-(offset_seconds + 1)) + 1, kNanosecondsPerSecond);
  return time > back ? time - back : 0;
}

std::optional<Packet> Reader::next() {
  while (const auto block = next_block()) {
    switch (block->type) {
      case kSectionHeader:
        if (!read_section(block->body)) return std::nullopt;
        break;
      case kInterfaceDescription:
        if (!read_interface(block->body)) return std::nullopt;
        break;
      case kEnhancedPacket:
        return read_packet(block->body);
      default:
        ++blocks_skipped_;
    }
  }
  return std::nullopt;
}

// The byte order of a section is in its header's body, so it is looked up before the header's own length can be read.
bool Reader::begin_section() {
  bytes::Cursor ahead = in_;
  ahead.skip(kBlockHeaderBytes);
  const std::uint32_t magic = ahead.be32();
  if (!ahead.ok()) return fail(Reject::kTruncated);
  bytes::Cursor swapped = in_;
  swapped.skip(kBlockHeaderBytes);
  if (magic == kByteOrderMagic) {
    little_ = false;
  } else if (swapped.le32() == kByteOrderMagic) {
    little_ = true;
  } else {
    return fail(Reject::kNotPcapng);
  }
  in_section_ = true;
  return true;
}

std::optional<Reader::Block> Reader::next_block() {
  if (reject_ != Reject::kNone || in_.at_end()) return std::nullopt;
  bytes::Cursor ahead = in_;
  if (ahead.be32() == kSectionHeader) {
    if (!begin_section()) return std::nullopt;
  } else if (!in_section_) {
    fail(Reject::kNotPcapng);
    return std::nullopt;
  }
  Block block;
  block.type = u32(in_);
  const std::uint32_t length = u32(in_);
  if (!in_.ok()) {
    fail(Reject::kTruncated);
    return std::nullopt;
  }
  if (length < kBlockBytesMin || length % 4 != 0) {
    fail(Reject::kBlockLength);
    return std::nullopt;
  }
  block.body = in_.bytes(length - kBlockBytesMin);
  const std::uint32_t again = u32(in_);
  if (!in_.ok() || again != length) {
    fail(in_.ok() ? Reject::kBlockLength : Reject::kTruncated);
    return std::nullopt;
  }
  return block;
}

bool Reader::read_section(std::span<const std::byte> body) {
  bytes::Cursor in(body);
  in.skip(4);  // the magic
  const std::uint16_t major = u16(in);
  in.skip(2 + 8);  // minor version; section length, which may be absent and is not needed
  if (!in.ok()) return fail(Reject::kBlockBody);
  if (major != kVersionMajor) return fail(Reject::kVersion);
  interfaces_.clear();
  return true;
}

template <typename Visit>
bool Reader::for_each_option(bytes::Cursor& in, Visit visit) const {
  while (!in.at_end()) {
    const std::uint16_t code = u16(in);
    const std::uint16_t size = u16(in);
    if (in.ok() && code == kEndOfOptions) return true;
    const auto value = in.bytes(size);
    in.skip(padding_of(size));
    if (!in.ok()) return false;
    if (!visit(code, value)) return false;
  }
  return true;
}

bool Reader::read_interface(std::span<const std::byte> body) {
  if (interfaces_.size() == kInterfacesMax) return fail(Reject::kTooManyInterfaces);
  bytes::Cursor in(body);
  Interface interface;
  interface.link_type = u16(in);
  in.skip(2);  // reserved
  interface.snap_length = u32(in);
  const bool whole = in.ok() && for_each_option(in, [&](std::uint16_t code, std::span<const std::byte> value) {
                       return read_interface_option(interface, code, value);
                     });
  if (!whole) return fail(Reject::kBlockBody);
  interfaces_.push_back(std::move(interface));
  return true;
}

bool Reader::read_interface_option(Interface& interface, std::uint16_t code, std::span<const std::byte> value) {
  bytes::Cursor in(value);
  switch (code) {
    case kInterfaceName:
      interface.name = {reinterpret_cast<const char*>(value.data()), value.size()};
      return true;
    case kInterfaceIpv4: {  // eight octets, as they are in the header
      const net::Ipv4Address address(in.be32());
      interface.addresses.push_back({address, net::Ipv4Address(in.be32())});
      return in.ok();
    }
    case kInterfaceMac: {
      net::MacAddress mac;
      for (std::uint8_t& octet : mac.octets) octet = in.u8();
      interface.mac = mac;
      return in.ok();
    }
    case kTimeResolution:
      interface.time_resolution = in.u8();
      return in.ok();
    case kTimeOffset:
      interface.time_offset_seconds = static_cast<std::int64_t>(u64(in));
      return in.ok();
    default:
      return true;
  }
}

std::optional<Packet> Reader::read_packet(std::span<const std::byte> body) {
  bytes::Cursor in(body);
  Packet packet;
  packet.interface = u32(in);
  const std::uint64_t high = u32(in);
  const std::uint64_t stamp = (high << 32U) | u32(in);
  const std::uint32_t captured = u32(in);
  packet.original_bytes = u32(in);
  packet.data = in.bytes(captured);
  in.skip(padding_of(captured));
  const bool whole = in.ok() && for_each_option(in, [&](std::uint16_t code, std::span<const std::byte> value) {
                       read_packet_option(packet, code, value);
                       return true;
                     });
  if (!whole) {
    fail(Reject::kBlockBody);
    return std::nullopt;
  }
  if (packet.interface >= interfaces_.size()) {
    fail(Reject::kUnknownInterface);
    return std::nullopt;
  }
  const Interface& interface = interfaces_[packet.interface];
  packet.time_ns = to_nanoseconds(stamp, interface.time_resolution, interface.time_offset_seconds);
  return packet;
}

void Reader::read_packet_option(Packet& packet, std::uint16_t code, std::span<const std::byte> value) const {
  bytes::Cursor in(value);
  const std::uint32_t word = u32(in);
  if (!in.ok()) return;
  if (code == kPacketQueue) packet.queue = word;
  if (code != kPacketFlags) return;
  const std::uint32_t direction = word & 3U;
  if (direction == 1) packet.direction = Direction::kInbound;
  if (direction == 2) packet.direction = Direction::kOutbound;
}

std::uint64_t Reader::u64(bytes::Cursor& in) const {
  const std::uint64_t first = u32(in);
  const std::uint64_t second = u32(in);
  return little_ ? (second << 32U) | first : (first << 32U) | second;
}

bool Reader::fail(Reject reason) {
  reject_ = reason;
  return false;
}

}  // namespace rackcast::pcapng
