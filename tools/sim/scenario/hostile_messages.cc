#include "tools/sim/scenario/hostile_messages.h"

#include <array>

#include "proto/bytes/writer.h"
#include "proto/dhcp/message.h"
#include "proto/tftp/encode.h"

namespace rackcast::sim {
namespace {

void fill(std::span<std::byte> bytes, Random& random) {
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.next() & 0xFFU);
}

}  // namespace

std::span<const std::byte> hostile_noise(std::span<std::byte> room, Random& random) {
  const auto noise = room.first(1 + random.below(kHostileBytesMax));
  fill(noise, random);
  return noise;
}

std::span<const std::byte> hostile_request(std::span<std::byte> room, std::string_view file) {
  tftp::Request request;
  request.filename = file;
  request.mode = tftp::Mode::kOctet;
  request.options.tsize = 0;
  return tftp::encode_request(room, request);
}

BrokenDiscover broken_discover(std::span<std::byte> room, Random& random) {
  constexpr std::size_t kOptionsMin = 5;
  constexpr std::array<std::uint8_t, kOptionsMin> kDiscoverThenTooLong{53, 1, 1, 12, 250};
  BrokenDiscover made;
  made.mac.octets = {0x06, 0x52, 0x43};
  fill(std::as_writable_bytes(std::span(made.mac.octets)).subspan(3), random);
  const std::size_t options = kOptionsMin + random.below(kDiscoverThenTooLong.back());
  const auto message = room.first(dhcp4::kOptionsOffset + options);
  bytes::Writer out(message);
  out.be32(0x0101'0600);  // BOOTREQUEST, Ethernet, 6 bytes, no hops
  out.be32(static_cast<std::uint32_t>(random.next()));
  out.zeros(20);  // secs, flags, ciaddr, yiaddr, siaddr, giaddr
  out.bytes(std::as_bytes(std::span(made.mac.octets)));
  out.zeros(dhcp4::kVendorOffset - out.written().size());
  out.bytes(dhcp4::kCookie);
  if (random.chance(0.5)) out.bytes(std::as_bytes(std::span(kDiscoverThenTooLong)));
  fill(message.subspan(out.written().size()), random);
  made.message = message;
  return made;
}

}  // namespace rackcast::sim
