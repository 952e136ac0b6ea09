// What takes time elsewhere. An engine emits Work through its sink and goes on; the answer comes back as a Completion
// through the lane's mailbox. Both are closed sets of value types, moved, never allocated by the lane.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "core/images/image.h"
#include "core/images/path.h"
#include "core/leases/lease.h"
#include "core/machines/machine.h"
#include "core/packet_io.h"
#include "core/upload_buffer.h"
#include "proto/bytes/fixed_text.h"
#include "proto/bytes/strong_id.h"
#include "proto/net/address.h"

namespace rackcast {

using LaneId = StrongId<struct LaneIdTag, std::uint16_t>;
// The engine's own handle for what waits; opaque to whoever does the work, returned unchanged.
using Ticket = StrongId<struct TicketTag, std::uint64_t>;

struct Config;  // core/config/config.h

// --- Work
// ---------------------------------------------------------------------------------------------------------------
struct CommitLease {  // make durable; answered by LeaseCommitted once on disk
  Ticket ticket;
  Lease lease;
};
struct LoadImage {  // open (by the path rules) and, unless held already, load; answered by ImageLoaded
  Ticket ticket;
  PathText path;
  bool known = false;  // there was such an image: finds room where names that nobody knows fill the queue
};
struct ReadPiece {  // of an image above the budget: bytes around `offset`; answered by PieceRead
  Ticket ticket;
  std::shared_ptr<const Image> image;
  std::uint64_t offset = 0;
};
struct ReleaseImage {  // the lane's reference, dropped off-lane; no answer
  std::shared_ptr<const Image> image;
};
struct PublishMachine {  // to every lane, the sender's own included, and to the board; no answer
  Machine machine;
};
struct WriteUpload {  // append to the upload's file; answered by UploadWritten
  Ticket ticket;      // the same for all of one upload
  UploadName name;    // what the file shall be called once it is complete
  std::shared_ptr<UploadBuffer> buffer;
  bool first = false;  // makes the file
  bool last = false;   // answered once the file is durable and has its name
};
struct AbandonUpload {  // nothing is kept; no answer
  Ticket ticket;
};
enum class ProbeMethod : std::uint8_t { kArp, kIcmp };
struct ProbeAddress {  // does anybody on the wire use this address? Answered by AddressProbed
  Ticket ticket;
  ProbeMethod method = ProbeMethod::kArp;
  net::Ipv4Address address;
  net::Ipv4Address source;   // ours, to ask from
  InterfaceIndex interface;  // 0: by route (ICMP only)
  net::MacAddress client;    // who is to get it: an ARP answer of its own is no conflict
  Duration timeout = std::chrono::seconds(1);
};
using Work = std::variant<CommitLease, LoadImage, ReadPiece, ReleaseImage, PublishMachine, WriteUpload, AbandonUpload,
                          ProbeAddress>;

// --- Completions
// --------------------------------------------------------------------------------------------------------
enum class ImageStatus : std::uint8_t {
  kLoaded,
  kNotFound,
  kRefused /* link or `..` out of the root */,
  kFailed /* I/O */
};

struct LeaseCommitted {
  Ticket ticket;
  bool durable = false;  // false: nothing may be promised
  bool dropped = false;  // not written, because newer rows filled the queue; else the store failed (disk full)
};
// To a lane whose rows could not be written: they can again, as the store found out by itself or from another's row.
struct LeaseStoreRecovered {};
struct ImageLoaded {
  Ticket ticket;
  PathText path;
  ImageStatus status = ImageStatus::kFailed;
  std::shared_ptr<const Image> image;  // set when kLoaded
  std::uint64_t epoch = 0;             // of the store when the path was resolved: see ImageEpoch
};
enum class PieceStatus : std::uint8_t {
  kRead,
  kBusy,     // as many pieces live as may: one comes free when its last user lets go of it; ask again
  kChanged,  // the file was rewritten in place: what was sent and what would come are not one file
  kFailed,   // I/O
};
struct PieceRead {
  Ticket ticket;
  PieceStatus status = PieceStatus::kFailed;
  std::shared_ptr<const Image> piece;  // set when kRead
};
enum class UploadStatus : std::uint8_t {
  kWritten,
  kFull,        // the disk, or what the drop directory may hold
  kNamesTaken,  // too many files of that name are there
  kFailed,      // I/O, or too many files open
};
struct UploadWritten {  // any status but kWritten: the upload is forgotten, nothing of it is kept
  Ticket ticket;
  UploadStatus status = UploadStatus::kFailed;
  UploadName name;                       // the last time: what the file is called now
  std::shared_ptr<UploadBuffer> buffer;  // given back
};
struct MachineChanged {
  Machine machine;
};
struct AddressProbed {
  Ticket ticket;
  bool in_use = false;  // somebody answered; false also where it could not be asked
};
// Our IPv4 addresses on one interface, as they are now.
struct OwnAddress {
  net::Ipv4Address address;
  net::Ipv4Prefix prefix;
};
struct InterfaceAddresses {
  FixedText<16> name;
  std::vector<OwnAddress> addresses;
};
struct InterfaceMtu {
  InterfaceIndex interface;
  std::uint32_t mtu = 0;  // bytes
};
struct ConfigSwapped {
  std::shared_ptr<const Config> config;
  // Null: as they were.
  std::shared_ptr<const std::vector<InterfaceAddresses>> addresses = nullptr;
  std::shared_ptr<const std::vector<InterfaceMtu>> mtus = nullptr;
};
struct StopLane {};  // finish running transfers until the lane's grace ends, accept nothing new
using Completion = std::variant<LeaseCommitted, ImageLoaded, PieceRead, UploadWritten, MachineChanged, ConfigSwapped,
                                StopLane, AddressProbed, LeaseStoreRecovered>;

// Takes Work to whoever does it. Implementations: the daemon's (queues to threads), the simulation's (virtual delays).
// `submit` may be called by any lane's thread, never blocks, and moves from `work` only when it returns true; false
// means the queue is full: the engine drops or retries, and counts.
class WorkRouter {
 public:
  virtual ~WorkRouter() = default;
  [[nodiscard]] virtual bool submit(LaneId from, Work& work) = 0;
};

}  // namespace rackcast
