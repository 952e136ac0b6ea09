#include "core/engine/tftp/machine_rates.h"

namespace rackcast::engine::tftpd {
namespace {

constexpr SocketId kAnySocket{0xFFFF};

}  // namespace

MachineRates::MachineRates(std::size_t machines_max, std::uint64_t seed)
    : machines_(machines_max + 1), by_address_(machines_max, seed) {
  machines_.back().older = machines_.back().newer = static_cast<std::uint32_t>(machines_max);
}

MonotonicTime MachineRates::reserve(MonotonicTime now, const net::IpAddress& machine, std::uint64_t bytes,
                                    std::uint32_t rate_mbit) {
  const std::uint32_t place = place_of(machine);
  make_newest(place);
  const MonotonicTime at = machines_[place].paid_at;
  machines_[place].paid_at = paid_after(at, now, bytes, rate_mbit);
  return at;
}

std::uint32_t MachineRates::place_of(const net::IpAddress& machine) {
  const net::Endpoint key{machine, net::UdpPort(0)};
  const std::uint32_t known = by_address_.find(kAnySocket, key);
  if (known != kNoTransfer) return known;
  std::uint32_t place = used_;
  if (used_ + 1 < machines_.size()) {
    ++used_;
    machines_[place].older = machines_[place].newer = place;
  } else {
    place = machines_.back().newer;
    by_address_.erase(kAnySocket, machines_[place].key);
  }
  by_address_.insert(kAnySocket, key, place);
  machines_[place].key = key;
  machines_[place].paid_at = {};
  return place;
}

void MachineRates::make_newest(std::uint32_t place) {
  const auto head = static_cast<std::uint32_t>(machines_.size() - 1);
  Machine& machine = machines_[place];
  machines_[machine.older].newer = machine.newer;
  machines_[machine.newer].older = machine.older;
  machine.newer = head;
  machine.older = machines_[head].older;
  machines_[machine.older].newer = place;
  machines_[head].older = place;
}

}  // namespace rackcast::engine::tftpd
