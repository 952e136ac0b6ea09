// One row of a table of counters: what a metrics page or a log line walks, so that a counter added to a struct cannot
// be forgotten there. Each such struct has its constexpr table beside it, and a static_assert that the table is
// complete.
#pragma once

#include <cstdint>
#include <string_view>

namespace rackcast {

// `T`: a plain struct of std::uint64_t counters that only grow.
template <typename T>
struct CounterRow {
  std::string_view name;  // bare: who publishes adds a prefix and "_total"
  std::string_view help;
  std::uint64_t T::*value;
};

}  // namespace rackcast
