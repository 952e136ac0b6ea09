#include "proto/net/ipv4.h"

#include <optional>

#include "proto/net/checksum.h"
#include "proto/net/wire_address.h"

namespace rackcast::net {
namespace {

constexpr std::uint8_t kVersion = 4;
constexpr std::size_t kChecksumPosition = 10;
constexpr std::uint16_t kDontFragment = 0x4000;
constexpr std::uint16_t kMoreFragments = 0x2000;
constexpr std::uint16_t kFragmentOffsetMax = 0x1FFF;

enum OptionType : std::uint8_t {
  kEndOfOptions = 0,
  kNoOperation = 1,
  kLooseSourceRoute = 131,
  kStrictSourceRoute = 137
};

// Whether a source route is among the options; nothing when an option overruns them.
std::optional<bool> has_source_route(std::span<const std::byte> options) {
  bytes::Cursor in(options);
  bool found = false;
  while (!in.at_end()) {
    const std::uint8_t type = in.u8();
    if (type == kEndOfOptions) break;
    if (type == kNoOperation) continue;
    const std::uint8_t size = in.u8();  // counts the type and itself
    if (!in.ok() || size < 2) return std::nullopt;
    in.skip(size - 2U);
    if (!in.ok()) return std::nullopt;
    found = found || type == kLooseSourceRoute || type == kStrictSourceRoute;
  }
  return found;
}

void read_fragment_field(Ipv4Header& header, std::uint16_t field) {
  header.dont_fragment = (field & kDontFragment) != 0;
  header.more_fragments = (field & kMoreFragments) != 0;
  header.fragment_offset = field & kFragmentOffsetMax;
}

}  // namespace

FrameParsed<Ipv4Packet> parse_ipv4(std::span<const std::byte> packet) {
  bytes::Cursor in(packet);
  Ipv4Packet parsed;
  Ipv4Header& header = parsed.header;
  const std::uint8_t version_and_words = in.u8();
  header.tos = in.u8();
  const std::size_t total_bytes = in.be16();
  header.id = in.be16();
  read_fragment_field(header, in.be16());
  header.ttl = in.u8();
  header.protocol = IpProtocol{in.u8()};
  in.skip(sizeof(std::uint16_t));  // the checksum, verified below over the whole header
  header.source = read_ipv4_address(in);
  header.destination = read_ipv4_address(in);
  if (!in.ok()) return tl::make_unexpected(FrameReject::kIpv4TooShort);

  if (version_and_words >> 4U != kVersion) return tl::make_unexpected(FrameReject::kIpv4Version);
  const std::size_t header_bytes = (version_and_words & 0x0FU) * std::size_t{4};
  if (header_bytes < kIpv4HeaderBytesMin || header_bytes > packet.size())
    return tl::make_unexpected(FrameReject::kIpv4HeaderLength);
  if (internet_checksum(packet.first(header_bytes)) != 0) return tl::make_unexpected(FrameReject::kIpv4HeaderChecksum);
  if (total_bytes < header_bytes || total_bytes > packet.size())
    return tl::make_unexpected(FrameReject::kIpv4TotalLength);

  parsed.options = packet.subspan(kIpv4HeaderBytesMin, header_bytes - kIpv4HeaderBytesMin);
  const auto source_routed = has_source_route(parsed.options);
  if (!source_routed) return tl::make_unexpected(FrameReject::kIpv4Options);
  parsed.source_routed = *source_routed;
  parsed.payload = packet.subspan(header_bytes, total_bytes - header_bytes);
  return parsed;
}

void encode_ipv4_header(bytes::Writer& out, const Ipv4Header& header, std::size_t payload_bytes) {
  if (payload_bytes > kIpv4PacketBytesMax - kIpv4HeaderBytesMin || header.fragment_offset > kFragmentOffsetMax) {
    out.fail();
    return;
  }
  const std::size_t start = out.size();
  out.u8(kVersion << 4U | kIpv4HeaderBytesMin / 4);
  out.u8(header.tos);
  out.be16(static_cast<std::uint16_t>(kIpv4HeaderBytesMin + payload_bytes));
  out.be16(header.id);
  out.be16(static_cast<std::uint16_t>((header.dont_fragment ? kDontFragment : 0U) |
                                      (header.more_fragments ? kMoreFragments : 0U) | header.fragment_offset));
  out.u8(header.ttl);
  out.u8(static_cast<std::uint8_t>(header.protocol));
  out.be16(0);
  put_ipv4_address(out, header.source);
  put_ipv4_address(out, header.destination);
  if (out.ok()) out.patch_be16(start + kChecksumPosition, internet_checksum(out.written().subspan(start)));
}

}  // namespace rackcast::net
