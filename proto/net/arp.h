// ARP for IPv4 over Ethernet (RFC 826); probes and announcements (RFC 5227) are requests like any other.
// Shape only: whom to answer and what to learn is the stack's business. Total, no allocation, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "proto/bytes/writer.h"
#include "proto/net/address.h"
#include "proto/net/reject.h"

namespace rackcast::net {

inline constexpr std::size_t kArpBytes = 28;

// Open: any other operation is handed over as it is.
enum class ArpOperation : std::uint16_t { kRequest = 1, kReply = 2 };

struct ArpPacket {
  ArpOperation operation = ArpOperation::kRequest;
  MacAddress sender_mac;
  Ipv4Address sender_address;  // 0.0.0.0 in a probe
  MacAddress target_mac;       // zero in a request
  Ipv4Address target_address;
  friend constexpr bool operator==(const ArpPacket&, const ArpPacket&) = default;
};

// `payload` is an Ethernet payload of type kArp; padding behind the packet is ignored.
[[nodiscard]] FrameParsed<ArpPacket> parse_arp(std::span<const std::byte> payload);

void encode_arp(bytes::Writer& out, const ArpPacket& packet);

}  // namespace rackcast::net
