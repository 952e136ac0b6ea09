#include "proto/net/ethernet.h"

#include "proto/net/wire_address.h"

namespace rackcast::net {
namespace {

constexpr std::uint16_t kVlanIdMax = 0x0FFF;
constexpr std::uint8_t kVlanPriorityMax = 7;
constexpr unsigned kVlanPriorityShift = 13;
constexpr std::uint16_t kVlanDropEligible = 0x1000;

VlanTag vlan_tag(std::uint16_t control) {
  return {.id = static_cast<std::uint16_t>(control & kVlanIdMax),
          .priority = static_cast<std::uint8_t>(control >> kVlanPriorityShift),
          .drop_eligible = (control & kVlanDropEligible) != 0};
}

void put_vlan_tag(bytes::Writer& out, const VlanTag& tag) {
  if (tag.id > kVlanIdMax || tag.priority > kVlanPriorityMax) out.fail();
  out.be16(static_cast<std::uint16_t>(EtherType::kVlan));
  const unsigned control =
      static_cast<unsigned>(tag.priority) << kVlanPriorityShift | (tag.drop_eligible ? kVlanDropEligible : 0U) | tag.id;
  out.be16(static_cast<std::uint16_t>(control));
}

}  // namespace

FrameParsed<EthernetFrame> parse_ethernet(std::span<const std::byte> frame) {
  bytes::Cursor in(frame);
  EthernetFrame parsed;
  parsed.header.destination = read_mac(in);
  parsed.header.source = read_mac(in);
  std::uint16_t type = in.be16();
  if (in.ok() && EtherType{type} == EtherType::kVlan) {
    parsed.header.vlan = vlan_tag(in.be16());
    type = in.be16();
  }
  if (!in.ok()) return tl::make_unexpected(FrameReject::kEthernetTooShort);
  if (type < kEtherTypeMin) return tl::make_unexpected(FrameReject::kEthernetLengthField);
  parsed.header.type = EtherType{type};
  parsed.payload = in.rest();
  return parsed;
}

void encode_ethernet(bytes::Writer& out, const EthernetHeader& header) {
  const auto type = static_cast<std::uint16_t>(header.type);
  if (type < kEtherTypeMin) out.fail();
  put_mac(out, header.destination);
  put_mac(out, header.source);
  if (header.vlan) put_vlan_tag(out, *header.vlan);
  out.be16(type);
}

void pad_ethernet(bytes::Writer& out) {
  if (out.size() < kEthernetFrameBytesMin) out.zeros(kEthernetFrameBytesMin - out.size());
}

}  // namespace rackcast::net
