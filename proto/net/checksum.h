// The Internet checksum (RFC 1071): the complement of the one's complement sum of big-endian 16-bit words.
//
// Bytes may come in pieces of any length, odd ones included: an odd piece's last byte pairs with the next piece's
// first. A received block whose checksum field is included sums to 0. Not thread-safe, no allocation, O(bytes).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "proto/net/address.h"

namespace rackcast::net {

class InternetChecksum {
 public:
  void add(std::span<const std::byte> data);
  // Words only where an even number of bytes came before.
  void add_be16(std::uint16_t word) { sum_ += word; }
  void add_be32(std::uint32_t words) { sum_ += (words >> 16U) + (words & 0xFFFFU); }
  void add_address(Ipv4Address address) { add_be32(address.value()); }

  // As it stands in a header (host order; a Writer turns it round).
  [[nodiscard]] std::uint16_t value() const;

 private:
  std::uint64_t sum_ = 0;  // of words below 2^17: cannot overflow within any frame
  bool odd_ = false;       // an odd number of bytes so far
};

[[nodiscard]] std::uint16_t internet_checksum(std::span<const std::byte> data);

}  // namespace rackcast::net
