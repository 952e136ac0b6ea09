// What a machine's DISCOVER says of it, kept for the REQUEST that follows, since some firmware says less there: the
// Raspberry Pi's leaves out options 60 and 93 (raspberrypi/rpi-eeprom#82). The two belong together by their xid (RFC
// 2131 §4.4.1), so that a system's own client on the same machine is never taken for its firmware.
//
// Fixed memory: when more machines ask at once than there are places, some are forgotten; their REQUEST counts as it
// is. Thread: the lane's. No allocation after construction.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/engine/dhcp/request.h"

namespace rackcast::engine {

class Dialogues {
 public:
  // `seed`: random, so that nobody can choose whose place is taken.
  Dialogues(std::size_t places, std::uint64_t seed);

  // A DISCOVER. One that says nothing of its machine is passed over.
  void note(const Request& discover);
  // A REQUEST: what it leaves out is filled in from the DISCOVER of the same dialogue.
  void complete(Request& request) const;

 private:
  struct Place {
    net::MacAddress mac;  // zero: free
    dhcp4::Xid xid{};
    std::uint16_t architecture = 0;
    dhcp4::BootClass boot_class = dhcp4::BootClass::kNone;
    FixedText<32> vendor_class;
    FixedText<17> machine_id;
  };
  static constexpr std::size_t kWays = 4;
  struct Set {
    std::array<Place, kWays> places;
    std::size_t next = 0;  // whose place is taken when all are used
  };

  [[nodiscard]] std::size_t set_of(const net::MacAddress& mac) const;

  std::uint64_t seed_;
  std::vector<Set> sets_;
};

}  // namespace rackcast::engine
