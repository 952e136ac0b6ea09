// What a machine is told: who it is, what the run is about, how fast it reads. Values and what its parts share.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "proto/net/address.h"
#include "tools/sim/machines/carrier.h"
#include "tools/sim/machines/observer.h"
#include "tools/sim/machines/random.h"
#include "tools/sim/machines/time.h"

namespace rackcast::sim {

struct MachineIdentity {
  MachineId id;
  net::MacAddress mac;
  std::array<std::uint8_t, 16> uuid{};  // as on the wire (option 97); all zero: firmware that has none
};

// What all machines of a run are told. Borrowed, outlives them.
struct RunFacts {
  net::Ipv4Address server;  // for boots without DHCP, and where DHCP names no next server
  std::uint16_t tftp_port = 69;
  std::vector<std::string> packages;  // paths below `packages_base`: "packages/a.rpm"; empty: the stage is left out
  std::string packages_base;  // URL with its last slash; empty: from the kickstart's `url --url=`, else its folder
  std::string boot_file;      // without DHCP; empty: the profile's usual one
  std::string kickstart;      // URL; empty: what the configuration says
  std::uint32_t skipped_stages = 0;     // bit (1 << Stage): the server under test does not offer it
  std::int64_t wall_start_seconds = 0;  // Unix time at Instant{}: GRUB puts it into xid and secs
  // The machines have no resolver: host names in URLs are looked up here, and a name that is not here fails the boot.
  std::vector<std::pair<std::string, net::Ipv4Address>> hosts;
};

// How fast this machine takes what it is sent, and how long it asks for what does not come.
struct ReadingPace {
  Span ack_delay{};                    // before each TFTP ACK
  std::uint64_t bytes_per_second = 0;  // of HTTP and FTP bodies; 0: as they come
  std::uint8_t patience = 1;           // so many times the tries, and the patience, of its profile
};

// Lent to a machine's parts for one call.
struct MachineWorld {
  const MachineIdentity& identity;
  const RunFacts& facts;
  const ReadingPace& pace;
  Carrier& carrier;
  Observer& observer;
  Random& random;
};

}  // namespace rackcast::sim
