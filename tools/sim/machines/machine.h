// One simulated machine: walks its profile's steps from power-on to installed. A state machine: time, datagrams and
// fetch events in; datagrams, fetches and reports out, through its Carrier and its Observer.
//
// Single-threaded; owned by a Rack (rack.h). Size: below 1 KiB, plus the text of its present configuration.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "proto/net/address.h"
#include "tools/sim/machines/carrier.h"
#include "tools/sim/machines/observer.h"
#include "tools/sim/machines/profile.h"
#include "tools/sim/machines/time.h"

namespace rackcast::sim {

struct MachineIdentity {
  MachineId id;
  net::MacAddress mac;
  std::array<std::uint8_t, 16> uuid{};
};

// What all machines of a run are told. Borrowed, outlives them.
struct RunFacts {
  net::Ipv4Address server;           // for boots without DHCP, and where DHCP names no next server
  std::uint16_t tftp_port = 69;
  std::vector<std::string> packages; // paths below `packages_base`: "packages/a.rpm"; empty: the stage is left out
  std::string packages_base;         // URL with its last slash; empty: from the kickstart's `url --url=`, else its folder
  std::string boot_file;             // without DHCP; empty: the profile's usual one
  std::string kickstart;             // URL; empty: what the configuration says
  std::uint32_t skipped_stages = 0;  // bit (1 << Stage): the server under test does not offer it
  std::int64_t wall_start_seconds = 0;  // Unix time at Instant{}: GRUB puts it into xid and secs
};

// How fast this machine takes what it is sent.
struct ReadingPace {
  Span ack_delay{};               // before each TFTP ACK
  std::uint64_t bytes_per_second = 0;  // of HTTP and FTP bodies; 0: as they come
};

class Machine;  // public members, used by the Rack alone: the helper's to define below
}  // namespace rackcast::sim
