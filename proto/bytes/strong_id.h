// A strong integer: ids and units that must not be swapped for one another (a transfer id is not a port, a port is not
// a block number). Host order; only `proto` converts to wire order. Value type, no thread rule, never allocates.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>

namespace rackcast {

template <typename Tag, typename Rep>
class StrongId {
 public:
  using rep = Rep;

  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep value) : value_(value) {}

  [[nodiscard]] constexpr Rep value() const { return value_; }
  friend constexpr auto operator<=>(StrongId, StrongId) = default;

 private:
  Rep value_{};
};

}  // namespace rackcast

template <typename Tag, typename Rep>
struct std::hash<rackcast::StrongId<Tag, Rep>> {
  std::size_t operator()(rackcast::StrongId<Tag, Rep> id) const noexcept { return std::hash<Rep>{}(id.value()); }
};
