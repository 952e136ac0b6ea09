// What the load programs of bench/peers have in common.
#pragma once

#include <sched.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rackcast::bench {

inline void pin_to(int core) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  CPU_SET(static_cast<unsigned>(core), &mask);
  ::sched_setaffinity(0, sizeof mask, &mask);
}

inline double at_share(const std::vector<double>& ascending, double share) {
  if (ascending.empty()) return 0;
  return ascending[static_cast<std::size_t>(share * static_cast<double>(ascending.size() - 1))];
}

// For printf.
constexpr unsigned long long ull(std::uint64_t value) {
  return value;
}

}  // namespace rackcast::bench
