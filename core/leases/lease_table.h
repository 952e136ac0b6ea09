// The authority on who holds which IPv4 address. Everything the DHCP engine promises is decided here, in memory; a
// LeaseStore makes it durable beside it.
//
//   free ──offer──> offered ──activate──> active ──ends──> expired ─┐
//    ^                 │ hold ends / withdraw      └─release─> released ─┤ offered again, its last machine first
//    └─────────────────┘                                                 │
//   any of the machine's own ──abandon (DECLINE)──> abandoned ──86 400 s─┘
//                                    abandoned ──reclaim, when the pool has nothing else──> offered
//
// Keys: the address, and the machine's MAC (chaddr): one machine keeps one address per subnet through firmware, boot
// loader and installer, whatever client identifier each of them sends (design §5, RFC 2131 §4.2 leaves the key to us).
//
// Thread: the DHCP lane's. Time: the wall clock, as an argument, since leases outlive the process. Memory: one record
// of about 400 bytes per address that was ever handed out, at most LeaseLimits::leases_max, all laid out at
// construction; no allocation afterwards. Every operation is O(1) or O(log n), but for the walk past addresses that are
// taken already after a start or a reconfiguration, which passes each of them once.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/config/config.h"
#include "core/counter_row.h"
#include "core/leases/lease.h"
#include "core/leases/slot_index.h"

namespace rackcast {

struct LeaseLimits {
  std::size_t leases_max = 131'072;      // records; about 52 MB. Full: the oldest ended lease of the pool is reused
  std::size_t offer_holds_max = 16'384;  // offers out at once; more DISCOVERs go unanswered and are counted
  Duration offer_hold = std::chrono::seconds(120);       // protocols reference §1.3: at least 120 s
  Duration abandon_hold = std::chrono::seconds(86'400);  // a declined address rests for a day
};

// One per configured subnet, in the configuration's order: its index is the pool's number everywhere. Subnets do not
// overlap, and neither do ranges (the configuration's checks see to it).
struct LeasePool {
  net::Ipv4Prefix subnet;
  std::vector<AddressRange> ranges;
  friend bool operator==(const LeasePool& a, const LeasePool& b);
};

struct Reservation {
  net::Ipv4Address address;
  net::MacAddress mac;
  friend bool operator==(const Reservation&, const Reservation&) = default;
};

enum class OfferFailure : std::uint8_t {
  kNone,
  kPoolEmpty,      // the subnet has no range
  kPoolExhausted,  // every address is held, reserved or resting
  kHoldLimit,      // LeaseLimits::offer_holds_max
};

struct OfferResult {
  OfferFailure failure = OfferFailure::kPoolExhausted;
  net::Ipv4Address address;
};

// What an address is to one machine right now.
enum class Availability : std::uint8_t {
  kOwn,       // offered to it, or its active lease
  kPrevious,  // its lease that ended, still free (an offer it never took is kFree)
  kFree,      // nobody's, and within a range
  kTaken,     // offered or leased to another
  kReserved,  // another machine's reservation
  kResting,   // abandoned
  kOutside,   // no range and no record holds it
};

struct LeaseTableStats {
  std::uint64_t offers_expired = 0;
  std::uint64_t leases_expired = 0;
  std::uint64_t abandoned = 0;
  std::uint64_t reclaimed = 0;  // abandoned, offered before their rest was over
  std::uint64_t pool_exhausted = 0;
  std::uint64_t hold_limit = 0;
  std::uint64_t table_full = 0;  // a record was wanted beyond leases_max
};
inline constexpr std::array kLeaseTableRows{
    CounterRow<LeaseTableStats>{"offers_expired", "offers nobody took", &LeaseTableStats::offers_expired},
    CounterRow<LeaseTableStats>{"leases_expired", "leases that ran out", &LeaseTableStats::leases_expired},
    CounterRow<LeaseTableStats>{"leases_abandoned", "addresses put to rest by a DECLINE", &LeaseTableStats::abandoned},
    CounterRow<LeaseTableStats>{"leases_reclaimed", "abandoned addresses offered before their rest was over",
                                &LeaseTableStats::reclaimed},
    CounterRow<LeaseTableStats>{"pool_exhausted", "times a pool had no free address", &LeaseTableStats::pool_exhausted},
    CounterRow<LeaseTableStats>{"offer_hold_limit", "offers not made because too many were out",
                                &LeaseTableStats::hold_limit},
    CounterRow<LeaseTableStats>{"lease_table_full", "times the lease table had no room for another address",
                                &LeaseTableStats::table_full},
};
static_assert(sizeof(LeaseTableStats) == kLeaseTableRows.size() * sizeof(std::uint64_t), "every counter has its row");

class LeaseTable {
 public:
  // `extra`: records beyond the pools and reservations, for leases from an earlier configuration. `seed` is random.
  LeaseTable(std::vector<LeasePool> pools, const std::vector<Reservation>& reservations, std::size_t extra,
             const LeaseLimits& limits, std::uint64_t seed);

  // A lease known from the store, or from the table this one replaces. False: no room. O(1) if abandoned ones come in
  // the order of `ends`.
  bool restore(const Lease& lease, WallTime now);

  // --- Looking. Pointers are valid until the next change.
  [[nodiscard]] const Lease* find(net::Ipv4Address address) const;
  // The machine's record within `pool`'s subnet: the one in force, else the latest that ended.
  [[nodiscard]] const Lease* find(const net::MacAddress& mac, std::size_t pool) const;
  [[nodiscard]] Availability availability(net::Ipv4Address address, const net::MacAddress& mac) const;
  [[nodiscard]] std::optional<std::size_t> pool_of(net::Ipv4Address address) const;
  // The record equals a row that is on disk.
  [[nodiscard]] bool is_durable(net::Ipv4Address address) const;
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const Slot& slot : slots_)
      if (slot.used) visit(slot.lease);
  }

  // --- Changing
  // Holds an address for the machine: its current one, else its previous, else `requested`, else the next free one
  // (RFC 2131 §4.3.1). Asking again within the hold gives the same address and renews the hold.
  [[nodiscard]] OfferResult offer(const net::MacAddress& mac, std::size_t pool,
                                  std::optional<net::Ipv4Address> requested, WallTime now);
  // Last resort, when offer() says kPoolExhausted for every pool that would do: cuts short the rest of the pool's
  // address that has rested longest. Whoever used it may be gone; nobody being served at all is worse.
  [[nodiscard]] OfferResult reclaim(const net::MacAddress& mac, std::size_t pool, WallTime now);
  // Holds this address for the machine: a reservation, or an address it says it has. False: not available to it, or a
  // limit was met.
  [[nodiscard]] bool hold(net::Ipv4Address address, const net::MacAddress& mac, WallTime now);
  // `lease` (state kActive) is on disk: it is in force. Ends the machine's other leases in the same subnet. False only
  // when the address went to another machine meanwhile.
  [[nodiscard]] bool activate(const Lease& lease, WallTime now);
  // Drops the machine's offers; active leases stay.
  void withdraw_offers(const net::MacAddress& mac);
  // Both return the record to be made durable, or nullopt where the machine does not hold the address. Abandoning is
  // for pool addresses only: a reservation is the operator's word and stays.
  [[nodiscard]] std::optional<Lease> release(const net::MacAddress& mac, net::Ipv4Address address, WallTime now);
  [[nodiscard]] std::optional<Lease> abandon(const net::MacAddress& mac, net::Ipv4Address address, WallTime now);

  // Ends what has run out. To be called before any decision at `now`.
  void expire(WallTime now);
  [[nodiscard]] std::optional<WallTime> next_deadline() const;

  [[nodiscard]] const LeaseTableStats& stats() const { return stats_; }
  // Goes on where the table this one replaces stopped. Once, after everything was restored.
  void continue_counting(const LeaseTableStats& before);
  [[nodiscard]] std::size_t size() const { return slots_.size() - free_slots_.size(); }
  [[nodiscard]] std::size_t capacity() const { return slots_.size(); }
  [[nodiscard]] std::size_t offers() const { return offers_; }

 private:
  static constexpr std::uint32_t kNoPool = 0xFFFF'FFFF;

  enum class ListName : std::uint8_t { kNone, kReusable, kResting };

  struct Slot {
    Lease lease;
    std::uint32_t pool = kNoPool;      // whose range holds the address; kNoPool: reserved, or in no range
    std::uint32_t previous = kNoSlot;  // in the pool's list
    std::uint32_t next = kNoSlot;
    bool used = false;
    ListName list = ListName::kNone;
    bool keyed = false;  // in by_mac_
    bool durable = false;
    WallTime last_seen;
  };

  struct List {
    std::uint32_t head = kNoSlot;
    std::uint32_t tail = kNoSlot;
  };

  struct Pool {
    LeasePool facts;
    std::size_t range = 0;         // the walk over addresses never handed out: which range,
    std::uint64_t next_fresh = 0;  // and which address in it (host order; 64 bits so that it can pass 255.255.255.255)
    List reusable;                 // the one to take first at the head
    List resting;                  // abandoned, by the end of the rest
  };

  // Addresses of one pool, bounds included: a subnet's, or one of its ranges'.
  struct Stretch {
    net::Ipv4Address first;
    net::Ipv4Address last;
    std::uint32_t pool;
  };

  void index_pools();
  [[nodiscard]] static std::uint32_t pool_at(const std::vector<Stretch>& stretches, net::Ipv4Address address);
  [[nodiscard]] std::uint32_t slot_of(net::Ipv4Address address) const;
  [[nodiscard]] std::uint32_t slot_of(const net::MacAddress& mac, const net::Ipv4Prefix& subnet) const;
  [[nodiscard]] std::uint32_t range_pool(net::Ipv4Address address) const;
  [[nodiscard]] std::optional<net::MacAddress> reserved_for(net::Ipv4Address address) const;
  [[nodiscard]] std::uint32_t take_fresh(std::uint32_t pool);
  [[nodiscard]] std::uint32_t make_slot(net::Ipv4Address address);
  [[nodiscard]] bool hold_slot(std::uint32_t slot, const net::MacAddress& mac, WallTime now);
  void drop_slot(std::uint32_t slot);
  void set_mac(std::uint32_t slot, const net::MacAddress& mac);
  void set_state(std::uint32_t slot, LeaseState state);
  void end_others(const net::MacAddress& mac, std::uint32_t keep, WallTime now);
  void end_lease(std::uint32_t slot, LeaseState state, WallTime now);
  void end_offer(std::uint32_t slot);
  [[nodiscard]] List& list_of(std::uint32_t slot, ListName name);
  void list_first(std::uint32_t slot);
  void list_last(std::uint32_t slot);
  void list_resting(std::uint32_t slot);
  void link_after(std::uint32_t before, std::uint32_t slot, ListName name);
  void unlist(std::uint32_t slot);

  LeaseLimits limits_;
  std::uint64_t seed_;
  std::vector<Pool> pools_;
  std::vector<Stretch> subnets_;           // by address
  std::vector<Stretch> ranges_;            // by address
  std::vector<Reservation> reservations_;  // by address
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  SlotIndex by_address_;
  SlotIndex by_mac_;
  DeadlineHeap<WallTime> deadlines_;
  std::size_t offers_ = 0;
  LeaseTableStats stats_;
};

}  // namespace rackcast
