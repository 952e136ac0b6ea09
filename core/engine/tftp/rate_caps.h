// The caps of [tftp]: one for all lanes together, one for each network of [[tftp.network]], one for each machine. The
// engine's lane only; the shared buckets are every lane's. The machines' buckets are laid out with their first cap, at
// start or at the reload that brings it; no allocation otherwise.
#pragma once

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "core/config/config.h"
#include "core/engine/tftp/machine_rates.h"

namespace rackcast::engine::tftpd {

// What all lanes send.
struct SharedRates {
  SharedRateBucket total;
  std::array<SharedRateBucket, kTftpNetworksMax> networks;  // in the configuration's order
};

class RateCaps {
 public:
  RateCaps(std::shared_ptr<SharedRates> shared, std::size_t machines_max, std::uint64_t seed)
      : shared_(std::move(shared)), machines_max_(machines_max), seed_(seed) {}

  // At start and at reload; what was taken so far stays taken. `config` must outlive what is asked afterwards.
  void use(const std::optional<TftpConfig>& config) {
    total_mbit_ = config ? config->rate_mbit.value_or(0) : 0;
    machine_mbit_ = config ? config->rate_mbit_per_machine.value_or(0) : 0;
    networks_ = config ? std::span(config->networks) : std::span<const TftpNetworkConfig>{};
    capped_ = total_mbit_ != 0 || machine_mbit_ != 0 || !networks_.empty();
    if (machine_mbit_ != 0 && !machines_) machines_.emplace(machines_max_, seed_);
  }

  [[nodiscard]] bool any() const { return capped_; }
  [[nodiscard]] bool total() const { return total_mbit_ != 0; }

  // The total's room. Without that cap: always open, and taking is nothing.
  [[nodiscard]] bool open(MonotonicTime now) const { return total_mbit_ == 0 || shared_->total.open(now); }
  void take(MonotonicTime now, std::uint64_t bytes) {
    if (total_mbit_ != 0) shared_->total.take(now, bytes, total_mbit_);
  }

  // When the machine may be sent `bytes`, which are taken from its own cap and its network's. A network's machines are
  // served in the order in which they come for a burst.
  [[nodiscard]] MonotonicTime reserve(MonotonicTime now, const net::IpAddress& machine, std::uint64_t bytes) {
    MonotonicTime at = machine_mbit_ == 0 ? now : machines_->reserve(now, machine, bytes, machine_mbit_);
    if (const std::size_t number = network_of(machine); number < networks_.size())
      at = std::max(at, shared_->networks[number].take(now, bytes, networks_[number].rate_mbit));
    return at;
  }

  // How many times `bytes` the lowest of the machine's caps carries in `span`. One without caps: more than any burst.
  [[nodiscard]] std::uint64_t in_span(const net::IpAddress& machine, Duration span, std::uint64_t bytes) const {
    std::uint32_t lowest = std::numeric_limits<std::uint32_t>::max();
    if (total_mbit_ != 0) lowest = total_mbit_;
    if (machine_mbit_ != 0) lowest = std::min(lowest, machine_mbit_);
    if (const std::size_t number = network_of(machine); number < networks_.size())
      lowest = std::min(lowest, networks_[number].rate_mbit);
    return static_cast<std::uint64_t>(span / std::max(time_of(bytes, lowest), Duration(1)));
  }

 private:
  // networks_.size(): none.
  [[nodiscard]] std::size_t network_of(const net::IpAddress& machine) const {
    const auto holds = [&](const TftpNetworkConfig& network) { return network.network.contains(machine); };
    const auto found = std::find_if(networks_.begin(), networks_.end(), holds);
    return static_cast<std::size_t>(found - networks_.begin());
  }

  bool capped_ = false;
  std::uint32_t total_mbit_ = 0;  // 0: no cap
  std::uint32_t machine_mbit_ = 0;
  std::span<const TftpNetworkConfig> networks_;
  std::shared_ptr<SharedRates> shared_;
  std::size_t machines_max_;
  std::uint64_t seed_;
  std::optional<MachineRates> machines_;
};

}  // namespace rackcast::engine::tftpd
