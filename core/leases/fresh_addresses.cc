#include "core/leases/fresh_addresses.h"

#include <algorithm>
#include <bit>

namespace rackcast {
namespace {

constexpr std::uint64_t kWordBits = 64;

}  // namespace

FreshAddresses::FreshAddresses(const std::vector<AddressRange>& ranges) {
  std::uint64_t begin = 0;
  for (const AddressRange& range : ranges) {
    const std::uint64_t count = std::min(std::uint64_t{range.last.value()} - range.first.value() + 1,
                                         kAddressesMax - std::min(begin, kAddressesMax));
    if (count == 0) break;
    runs_.push_back({range.first.value(), static_cast<std::uint32_t>(range.first.value() + count - 1), begin});
    words_.resize((begin + count + kWordBits - 1) / kWordBits, ~std::uint64_t{0});
    if (count % kWordBits != 0) words_.back() = (std::uint64_t{1} << (count % kWordBits)) - 1;
    begin = words_.size() * kWordBits;
  }
}

std::optional<net::Ipv4Address> FreshAddresses::first() {
  while (first_word_ < words_.size() && words_[first_word_] == 0) ++first_word_;
  if (first_word_ == words_.size()) return std::nullopt;
  const std::uint64_t bit = first_word_ * kWordBits + static_cast<unsigned>(std::countr_zero(words_[first_word_]));
  const auto after =
      std::upper_bound(runs_.begin(), runs_.end(), bit, [](std::uint64_t b, const Run& run) { return b < run.begin; });
  const Run& run = *std::prev(after);
  return net::Ipv4Address(static_cast<std::uint32_t>(run.first + (bit - run.begin)));
}

void FreshAddresses::set(net::Ipv4Address address) {
  const auto bit = bit_of(address);
  if (!bit) return;
  words_[*bit / kWordBits] |= std::uint64_t{1} << (*bit % kWordBits);
  first_word_ = std::min<std::size_t>(first_word_, *bit / kWordBits);
}

void FreshAddresses::clear(net::Ipv4Address address) {
  if (const auto bit = bit_of(address)) words_[*bit / kWordBits] &= ~(std::uint64_t{1} << (*bit % kWordBits));
}

std::optional<net::Ipv4Address> FreshAddresses::next_taken(net::Ipv4Address first, net::Ipv4Address last) const {
  for (const Run& run : runs_) {
    if (run.last < first.value() || last.value() < run.first) continue;
    std::uint64_t bit = run.begin + (std::max(first.value(), run.first) - run.first);
    const std::uint64_t end = run.begin + (std::min(last.value(), run.last) - run.first) + 1;
    while (bit < end) {
      const std::uint64_t taken = ~words_[bit / kWordBits] >> (bit % kWordBits);  // the bits from `bit` up, inverted
      if (taken == 0) {
        bit = (bit / kWordBits + 1) * kWordBits;
        continue;
      }
      bit += static_cast<unsigned>(std::countr_zero(taken));
      if (bit < end) return net::Ipv4Address(static_cast<std::uint32_t>(run.first + (bit - run.begin)));
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> FreshAddresses::bit_of(net::Ipv4Address address) const {
  for (const Run& run : runs_)
    if (run.first <= address.value() && address.value() <= run.last) return run.begin + (address.value() - run.first);
  return std::nullopt;
}

}  // namespace rackcast
