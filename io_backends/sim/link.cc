#include "io_backends/sim/link.h"

#include <algorithm>

namespace rackcast::io {
namespace {

constexpr std::size_t kUdpHeader = 8;
constexpr std::size_t kIpv4Header = 20;
constexpr std::size_t kIpv6Header = 40;
constexpr std::size_t kFragmentUnit = 8;  // all fragments but the last carry a multiple of this

std::size_t fragment_count(std::size_t payload_bytes, std::size_t ip_header, std::size_t mtu) {
  const std::size_t carried = payload_bytes + kUdpHeader;
  if (ip_header + carried <= mtu) return 1;
  const std::size_t room = mtu > ip_header + kFragmentUnit ? (mtu - ip_header) / kFragmentUnit * kFragmentUnit : 8;
  return (carried + room - 1) / room;
}

}  // namespace

Passage LinkState::pass(const LinkFaults& faults, MonotonicTime now, std::size_t payload_bytes, bool ipv6,
                        SeededRandom& random) {
  Passage passage;
  if (faults.partitioned) return {.verdict = LinkVerdict::kPartitioned};
  const std::size_t ip_header = ipv6 ? kIpv6Header : kIpv4Header;
  const std::size_t fragments = fragment_count(payload_bytes, ip_header, faults.mtu);
  if (fragments > 1 && !faults.fragments_pass) return {.verdict = LinkVerdict::kFragmentsDropped};
  for (std::size_t i = 0; i < fragments; ++i) {
    if (random.chance(faults.loss)) return {.verdict = LinkVerdict::kLost};
  }

  MonotonicTime sent = now;
  if (faults.rate_bits_per_second > 0) {
    const std::uint64_t rate = faults.rate_bits_per_second;
    const auto nanoseconds_for = [rate](std::uint64_t bytes) {
      return Duration(static_cast<std::int64_t>(bytes * 8U * 1'000'000'000ULL / rate));
    };
    const MonotonicTime begin = std::max(now, free_at_);
    if (begin - now > nanoseconds_for(faults.queue_bytes_max)) return {.verdict = LinkVerdict::kQueueFull};
    sent = begin + nanoseconds_for(payload_bytes + kUdpHeader + fragments * ip_header);
    free_at_ = sent;
  }

  passage.out = sent + faults.delay;
  if (faults.jitter > Duration::zero()) {
    passage.out += Duration(static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(faults.jitter.count()))));
  }
  if (random.chance(faults.reorder)) {
    passage.out += faults.reorder_delay;
    passage.reordered = true;
  } else {
    passage.out = std::max(passage.out, last_out_);
    last_out_ = passage.out;
  }
  passage.duplicated = random.chance(faults.duplicate);
  return passage;
}

}  // namespace rackcast::io
