// The caps of [tftp]: one for all lanes together, one for each machine. The engine's lane only; the shared bucket is
// every lane's. The machines' buckets are laid out with their first cap, at start or at the reload that brings it; no
// allocation otherwise.
#pragma once

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "core/config/config.h"
#include "core/engine/tftp/machine_rates.h"

namespace rackcast::engine::tftpd {

class RateCaps {
 public:
  RateCaps(std::shared_ptr<SharedRateBucket> total, std::size_t machines_max, std::uint64_t seed)
      : total_(std::move(total)), machines_max_(machines_max), seed_(seed) {}

  // At start and at reload; what was taken so far stays taken.
  void use(const std::optional<TftpConfig>& config) {
    total_mbit_ = config ? config->rate_mbit.value_or(0) : 0;
    machine_mbit_ = config ? config->rate_mbit_per_machine.value_or(0) : 0;
    capped_ = total_mbit_ != 0 || machine_mbit_ != 0;
    if (machine_mbit_ != 0 && !machines_) machines_.emplace(machines_max_, seed_);
  }

  [[nodiscard]] bool any() const { return capped_; }
  [[nodiscard]] bool total() const { return total_mbit_ != 0; }

  // The total's room. Without that cap: always open, and taking is nothing.
  [[nodiscard]] bool open(MonotonicTime now) const { return total_mbit_ == 0 || total_->open(now); }
  void take(MonotonicTime now, std::uint64_t bytes) {
    if (total_mbit_ != 0) total_->take(now, bytes, total_mbit_);
  }

  // When the machine may be sent `bytes`, which are taken.
  [[nodiscard]] MonotonicTime reserve(MonotonicTime now, const net::IpAddress& machine, std::uint64_t bytes) {
    return machine_mbit_ == 0 ? now : machines_->reserve(now, machine, bytes, machine_mbit_);
  }

  // How many times `bytes` the lowest cap carries in `span`. Precondition: any().
  [[nodiscard]] std::uint64_t in_span(Duration span, std::uint64_t bytes) const {
    constexpr std::uint32_t kNoCap = std::numeric_limits<std::uint32_t>::max();
    const std::uint32_t lowest =
        std::min(total_mbit_ == 0 ? kNoCap : total_mbit_, machine_mbit_ == 0 ? kNoCap : machine_mbit_);
    return static_cast<std::uint64_t>(span / std::max(time_of(bytes, lowest), Duration(1)));
  }

 private:
  bool capped_ = false;
  std::uint32_t total_mbit_ = 0;  // 0: no cap
  std::uint32_t machine_mbit_ = 0;
  std::shared_ptr<SharedRateBucket> total_;
  std::size_t machines_max_;
  std::uint64_t seed_;
  std::optional<MachineRates> machines_;
};

}  // namespace rackcast::engine::tftpd
