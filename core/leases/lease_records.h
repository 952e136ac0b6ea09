// The lease table's memory: compact records by number, found by address and by machine, and the lists that link them.
// What a record means, and when it changes, is LeaseTable's business. Thread: the table's.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/leases/fresh_addresses.h"
#include "core/leases/lease.h"
#include "core/leases/segmented_array.h"
#include "core/leases/slot_index.h"
#include "core/leases/text_cells.h"

namespace rackcast {

inline constexpr std::uint32_t kNoPool = 0xFFFF'FFFF;

enum class LeaseListName : std::uint8_t { kNone, kReusable, kResting, kOffers };

struct LeaseRecord {
  WallTime starts;
  WallTime ends;
  MachineKey key;
  net::Ipv4Address address;
  net::Ipv4Address relay;
  std::uint32_t pool = kNoPool;      // where it is counted and listed
  std::uint32_t previous = kNoSlot;  // in that list; `next` also links unused records
  std::uint32_t next = kNoSlot;
  TextCells::Handle texts = TextCells::kNone;
  std::uint32_t counted_port = kNoSlot;   // in SourceCounts
  std::uint32_t counted_relay = kNoSlot;  // likewise
  std::uint32_t last_seen = 0;            // seconds since 1970
  net::MacAddress mac;
  LeaseState state = LeaseState::kFree;
  LeaseListName list = LeaseListName::kNone;
  bool used : 1 = false;
  bool keyed : 1 = false;  // found by its machine
  bool bootp : 1 = false;
  bool durable : 1 = false;
  bool reserved : 1 = false;   // whose it is had it by its reservation
  bool returning : 1 = false;  // offered again to the machine whose lease it was
};
static_assert(sizeof(LeaseRecord) == 88 && std::is_trivially_copyable_v<LeaseRecord>,
              "a million of them are in memory");

// Records in an order of their own.
struct LeaseList {
  std::uint32_t head = kNoSlot;
  std::uint32_t tail = kNoSlot;
};

class LeaseRecords {
 public:
  static constexpr std::size_t kTextCellsEach = 4;  // room for the texts; most records need one or none

  explicit LeaseRecords(std::uint64_t seed) : seed_(seed), by_address_(0), by_key_(0) {}

  void grow(std::size_t capacity);
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::uint32_t made() const { return made_; }  // numbers below were used once

  [[nodiscard]] LeaseRecord& operator[](std::uint32_t at) { return slots_[at]; }
  [[nodiscard]] const LeaseRecord& operator[](std::uint32_t at) const { return slots_[at]; }
  [[nodiscard]] Lease lease(std::uint32_t at) const;

  // A new record of state kFree, nobody's. kNoSlot: full.
  [[nodiscard]] std::uint32_t make(net::Ipv4Address address);
  void drop(std::uint32_t at);
  // Another machine's from now on: what was known of the last one is forgotten, but for the state.
  void set_owner(std::uint32_t at, const MachineKey& key, const net::MacAddress& mac);
  // The same machine, which goes by another key now.
  void rename(std::uint32_t at, const MachineKey& key, const net::MacAddress& mac);
  // False: no room; the record has no texts now.
  [[nodiscard]] bool set_texts(std::uint32_t at, const Lease& lease);

  [[nodiscard]] std::uint32_t find(net::Ipv4Address address) const;
  // The first of the machine's records for which `matches(at)`.
  template <typename Matches>
  [[nodiscard]] std::uint32_t find(const MachineKey& key, Matches&& matches) const {
    return by_key_.find(key.hash(seed_), [&](std::uint32_t at) { return slots_[at].key == key && matches(at); });
  }

  // `before` kNoSlot: at the head.
  void link_after(LeaseList& list, std::uint32_t before, std::uint32_t at);
  void unlink(LeaseList& list, std::uint32_t at);

 private:
  std::uint64_t seed_;
  SegmentedArray<LeaseRecord> slots_;
  TextCells texts_;
  SlotIndex by_address_;
  SlotIndex by_key_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
  std::uint32_t made_ = 0;
  std::uint32_t unused_ = kNoSlot;
};

}  // namespace rackcast
