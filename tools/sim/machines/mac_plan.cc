#include "tools/sim/machines/mac_plan.h"

#include <algorithm>

#include "tools/sim/machines/random.h"

namespace rackcast::sim {
namespace {

constexpr std::array<std::uint8_t, 3> kPrefix{0x02, 0x52, 0x43};

// A version 4 UUID (RFC 9562 §5.4) that depends on the number alone.
std::array<std::uint8_t, 16> uuid_of(std::uint32_t number) {
  Random random(number);
  std::array<std::uint8_t, 16> uuid;
  for (std::uint8_t& octet : uuid) octet = static_cast<std::uint8_t>(random.next());
  uuid[6] = static_cast<std::uint8_t>((uuid[6] & 0x0FU) | 0x40U);
  uuid[8] = static_cast<std::uint8_t>((uuid[8] & 0x3FU) | 0x80U);
  return uuid;
}

}  // namespace

MachineIdentity identity_of(MachineId machine) {
  const std::uint32_t number = machine.value();
  MachineIdentity identity;
  identity.id = machine;
  identity.mac.octets = {kPrefix[0],
                         kPrefix[1],
                         kPrefix[2],
                         static_cast<std::uint8_t>(number >> 16U),
                         static_cast<std::uint8_t>(number >> 8U),
                         static_cast<std::uint8_t>(number)};
  identity.uuid = uuid_of(number);
  return identity;
}

std::optional<MachineId> machine_of(const net::MacAddress& mac) {
  if (!std::equal(kPrefix.begin(), kPrefix.end(), mac.octets.begin())) return std::nullopt;
  return MachineId((std::uint32_t{mac.octets[3]} << 16U) | (std::uint32_t{mac.octets[4]} << 8U) | mac.octets[5]);
}

}  // namespace rackcast::sim
