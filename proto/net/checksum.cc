#include "proto/net/checksum.h"

#include <bit>
#include <cstring>

namespace rackcast::net {
namespace {

constexpr std::uint16_t swapped(std::uint16_t word) {
  return static_cast<std::uint16_t>(static_cast<unsigned>(word) << 8U | static_cast<unsigned>(word) >> 8U);
}

constexpr std::uint16_t folded(std::uint64_t sum) {
  while (sum > 0xFFFFU) sum = (sum & 0xFFFFU) + (sum >> 16U);
  return static_cast<std::uint16_t>(sum);
}

// One's complement sums do not depend on byte order (RFC 1071 section 2): add host words, swap once at the end.
std::uint16_t sum_of(std::span<const std::byte> data) {
  std::uint64_t sum = 0;
  while (data.size() >= sizeof(std::uint32_t)) {
    std::uint32_t word = 0;
    std::memcpy(&word, data.data(), sizeof word);
    sum += word;
    data = data.subspan(sizeof word);
  }
  if (!data.empty()) {
    std::uint32_t word = 0;  // the missing bytes count as zero
    std::memcpy(&word, data.data(), data.size());
    sum += word;
  }
  const std::uint16_t host = folded(sum);
  return std::endian::native == std::endian::little ? swapped(host) : host;
}

}  // namespace

void InternetChecksum::add(std::span<const std::byte> data) {
  const std::uint16_t sum = sum_of(data);
  sum_ += odd_ ? swapped(sum) : sum;
  odd_ = odd_ != (data.size() % 2 != 0);
}

std::uint16_t InternetChecksum::value() const {
  return static_cast<std::uint16_t>(~folded(sum_));
}

std::uint16_t internet_checksum(std::span<const std::byte> data) {
  InternetChecksum checksum;
  checksum.add(data);
  return checksum.value();
}

}  // namespace rackcast::net
