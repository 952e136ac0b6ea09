// Which addresses of a pool have no record yet, and the first of them at once: one bit each. Thread: the owner's.
// Memory: an eighth of a byte an address, of the first kAddressesMax of the pool; those beyond are given only to who
// asks for them, which no table can tell, since it holds fewer records than that.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/config/config.h"

namespace rackcast {

class FreshAddresses {
 public:
  static constexpr std::uint64_t kAddressesMax = std::uint64_t{1} << 24U;  // a whole /8; 2 MiB

  FreshAddresses() = default;
  explicit FreshAddresses(const std::vector<AddressRange>& ranges);  // all are fresh

  // The lowest of the first range that has one. Amortised O(1).
  [[nodiscard]] std::optional<net::Ipv4Address> first();
  // No effect outside the ranges.
  void set(net::Ipv4Address address);
  void clear(net::Ipv4Address address);
  // The lowest of first..last that is not fresh.
  [[nodiscard]] std::optional<net::Ipv4Address> next_taken(net::Ipv4Address first, net::Ipv4Address last) const;

 private:
  struct Run {
    std::uint32_t first;
    std::uint32_t last;   // inclusive
    std::uint64_t begin;  // number of its first bit; a multiple of 64
  };

  [[nodiscard]] std::optional<std::uint64_t> bit_of(net::Ipv4Address address) const;

  std::vector<Run> runs_;  // in the pool's order
  std::vector<std::uint64_t> words_;
  std::size_t first_word_ = 0;  // no bit is set in a word before
};

}  // namespace rackcast
