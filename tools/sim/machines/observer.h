// Who watches the machines: progress, verdict, reports and invariant checkers. Called by machines, on the simulator's
// thread, with what a machine itself knows; must not call back into the machine or the carrier.
#pragma once

#include <cstdint>
#include <string_view>

#include "proto/net/address.h"
#include "tools/sim/machines/carrier.h"

namespace rackcast::sim {

enum class FileProtocol : std::uint8_t { kTftp, kHttp, kFtp };

// A file that came whole.
struct FileReceived {
  FileProtocol protocol = FileProtocol::kTftp;
  Stage stage = Stage::kNbp;
  net::Endpoint server;   // who was asked
  std::string_view path;  // as asked; lent for the call
  std::uint64_t bytes = 0;
  std::uint64_t digest = 0;
  Span took{};
  std::uint32_t blocks_repeated = 0;  // TFTP: DATA that came again or out of order
  std::uint32_t own_timeouts = 0;     // times the machine had to repeat itself
};

// The address a machine was given.
struct LeaseReceived {
  net::Ipv4Address address;
  net::Ipv4Address server;    // option 54
  std::uint32_t seconds = 0;  // option 51; 0xFFFFFFFF infinite, also BOOTP
  Instant since{};            // it counts from the REQUEST (RFC 2131 §4.4.1), before any server's own count
};

// What happened on the way, one of each; counted by the observer.
enum class Incident : std::uint8_t {
  kRetransmit,     // the machine repeated a request or an ACK after silence
  kRepeatedBlock,  // DATA that was there already, or out of order
  kNotFound,       // an optional look-up answered so; no fault
  kRefusal,        // ERROR, 4xx, 5xx
  kNak,
};
inline constexpr std::size_t kIncidentCount = 5;

class Observer {
 public:
  virtual ~Observer() = default;

  virtual void on_stage(Instant now, MachineId machine, Stage stage) = 0;  // entered; kOff: restarts
  virtual void on_lease(Instant now, MachineId machine, const LeaseReceived& lease) = 0;
  virtual void on_file(Instant now, MachineId machine, const FileReceived& file) = 0;
  virtual void on_bytes(Instant now, MachineId machine, std::uint64_t bytes) = 0;  // useful ones, as they come
  virtual void on_incident(Instant now, MachineId machine, Incident incident) = 0;
  // The end of a boot that failed. `detail`: one line for the operator ("ERROR 2: access violation"); lent.
  virtual void on_failure(Instant now, MachineId machine, Failure failure, std::string_view detail) = 0;
};

// For runs that are watched from elsewhere.
class NoObserver final : public Observer {
 public:
  void on_stage(Instant, MachineId, Stage) override {}
  void on_lease(Instant, MachineId, const LeaseReceived&) override {}
  void on_file(Instant, MachineId, const FileReceived&) override {}
  void on_bytes(Instant, MachineId, std::uint64_t) override {}
  void on_incident(Instant, MachineId, Incident) override {}
  void on_failure(Instant, MachineId, Failure, std::string_view) override {}
};

}  // namespace rackcast::sim
