// The authority on who holds which IPv4 address. Everything the DHCP engine promises is decided here, in memory; a
// LeaseStore makes it durable beside it.
//
//   free ──offer──> offered ──activate──> active ──ends──> expired ─┐
//    ^                 │ hold ends / withdraw      └─release─> released ─┤ offered again, its last machine first
//    └─────────────────┘                                                 │
//   any of the machine's own ──abandon (DECLINE)──> abandoned ──86 400 s─┘
//                                    abandoned ──reclaim, when the pool has nothing else──> offered
//
// Keys: the address, and the machine's MachineKey: one machine has at most one lease in force on a link, through
// firmware, boot loader and installer, whatever client identifier each of them sends (design §5).
//
// Thread: the DHCP lane's. Time: the wall clock, as an argument, since leases outlive the process. Memory: one record
// of about 400 bytes per address that was ever handed out, at most LeaseLimits::leases_max, all laid out at
// construction; no allocation afterwards. Every operation is O(1) or O(log n), but for the walk past addresses that are
// taken already after a start or a reconfiguration, which passes each of them once.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/counter_row.h"
#include "core/leases/lease.h"
#include "core/leases/lease_layout.h"
#include "core/leases/slot_index.h"

namespace rackcast {

struct LeaseLimits {
  std::size_t leases_max = 131'072;      // records; about 52 MB. Full: the oldest ended lease of the pool is reused
  std::size_t offer_holds_max = 16'384;  // offers out at once; more DISCOVERs go unanswered and are counted
  Duration offer_hold = std::chrono::seconds(120);       // protocols reference §1.3: at least 120 s
  Duration abandon_hold = std::chrono::seconds(86'400);  // a declined address rests for a day
};

// Who asks. Borrowed for the call.
struct LeaseClient {
  MachineKey key;               // what its leases are kept under
  MachineKey host;              // of its host entry, where that has a key of its own; a reservation may name either
  net::MacAddress mac;          // for the record
  net::Ipv4Address relay;       // giaddr; 0.0.0.0: none
  std::string_view relay_info;  // option 82's contents, raw; for LeaseCaps::per_port
};

enum class OfferFailure : std::uint8_t {
  kNone,
  kPoolEmpty,      // no pool given, or none with a range
  kPoolExhausted,  // every address is held, reserved or resting
  kHoldLimit,      // LeaseLimits::offer_holds_max
  kPortCap,        // LeaseCaps::per_port
  kRelayCap,       // LeaseCaps::per_relay
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
  std::uint64_t port_cap = 0;
  std::uint64_t relay_cap = 0;
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
    CounterRow<LeaseTableStats>{"leases_per_port_cap", "offers not made because the relay's port had its share",
                                &LeaseTableStats::port_cap},
    CounterRow<LeaseTableStats>{"leases_per_relay_cap", "offers not made because the relay had its share",
                                &LeaseTableStats::relay_cap},
    CounterRow<LeaseTableStats>{"lease_table_full", "times the lease table had no room for another address",
                                &LeaseTableStats::table_full},
};
static_assert(sizeof(LeaseTableStats) == kLeaseTableRows.size() * sizeof(std::uint64_t), "every counter has its row");

class LeaseTable {
 public:
  // `extra`: records beyond the pools and reservations, for leases from an earlier configuration. `seed` is random.
  LeaseTable(LeaseLayout layout, std::size_t extra, const LeaseLimits& limits, std::uint64_t seed);

  // A lease known from the store. False: no room. O(1) if abandoned ones come in the order of `ends`.
  bool restore(const Lease& lease, WallTime now);
  // Other pools, reservations, subnets or caps from now on. No lease and no offer is lost: one whose address is in no
  // range any more stays in force until it ends.
  void reconfigure(LeaseLayout layout, WallTime now);
  [[nodiscard]] const LeaseLayout& layout() const { return layout_; }

  // --- Looking
  [[nodiscard]] std::optional<Lease> find(net::Ipv4Address address) const;
  // The machine's record on the link: the one in force, else the latest that ended.
  [[nodiscard]] std::optional<Lease> find(const MachineKey& key, std::uint32_t link) const;
  // Whether the client may use the address's pool is not looked at.
  [[nodiscard]] Availability availability(net::Ipv4Address address, const LeaseClient& client) const;
  [[nodiscard]] std::optional<std::uint32_t> pool_of(net::Ipv4Address address) const;  // whose range holds it
  [[nodiscard]] std::optional<std::uint32_t> link_of(net::Ipv4Address address) const;
  // The record equals a row that is on disk.
  [[nodiscard]] bool is_durable(net::Ipv4Address address) const;
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const Slot& slot : slots_)
      if (slot.used) visit(slot.lease);
  }

  // --- Changing
  // Holds an address of `pools` for the machine. `pools`: those of one link that it may use, the preferred first. Its
  // current address on the link, else its previous, else `requested`, else the next never given, else the one that
  // ended first (RFC 2131 §4.3.1). Asking again within the hold gives the same address and renews the hold. A lease in
  // force in no range of the layout stays its machine's; one in a pool that is not given does not.
  [[nodiscard]] OfferResult offer(const LeaseClient& client, std::span<const std::uint32_t> pools,
                                  std::optional<net::Ipv4Address> requested, WallTime now);
  // Last resort, when offer() says kPoolExhausted: cuts short the rest of the pools' address that has rested longest.
  // Whoever used it may be gone; nobody being served at all is worse.
  [[nodiscard]] OfferResult reclaim(const LeaseClient& client, std::span<const std::uint32_t> pools, WallTime now);
  // Holds this address for the machine: a reservation, or an address it says it has. Anything but kNone: not available
  // to it (kPoolExhausted), or a limit was met.
  [[nodiscard]] OfferFailure hold(net::Ipv4Address address, const LeaseClient& client, WallTime now);
  // `lease` (state kActive) is on disk: it is in force. Ends the machine's other leases on the link. False only when
  // the address went to another machine meanwhile.
  [[nodiscard]] bool activate(const Lease& lease, WallTime now);
  // Drops the machine's offers; active leases stay.
  void withdraw_offers(const MachineKey& key);
  // Both return the record to be made durable, or nullopt where the machine does not hold the address. Abandoning is
  // for pool addresses only: a reservation is the operator's word and stays.
  [[nodiscard]] std::optional<Lease> release(const MachineKey& key, net::Ipv4Address address, WallTime now);
  [[nodiscard]] std::optional<Lease> abandon(const MachineKey& key, net::Ipv4Address address, WallTime now);

  // Ends what has run out. To be called before any decision at `now`.
  void expire(WallTime now);
  [[nodiscard]] std::optional<WallTime> next_deadline() const;

  [[nodiscard]] const LeaseTableStats& stats() const { return stats_; }
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
    bool keyed = false;  // in by_key_
    bool durable = false;
    WallTime last_seen;
  };

  struct List {
    std::uint32_t head = kNoSlot;
    std::uint32_t tail = kNoSlot;
  };

  struct Pool {
    std::vector<AddressRange> ranges;
    std::size_t range = 0;         // the walk over addresses never handed out: which range,
    std::uint64_t next_fresh = 0;  // and which address in it (host order; 64 bits so that it can pass 255.255.255.255)
    List reusable;                 // the one to take first at the head
    List resting;                  // abandoned, by the end of the rest
  };

  // Addresses of one subnet or pool, bounds included.
  struct Stretch {
    net::Ipv4Address first;
    net::Ipv4Address last;
    std::uint32_t number;
  };

  void index_layout();
  [[nodiscard]] static std::uint32_t number_at(const std::vector<Stretch>& stretches, net::Ipv4Address address);
  [[nodiscard]] bool is_assignable(net::Ipv4Address address) const;
  [[nodiscard]] std::uint32_t slot_of(net::Ipv4Address address) const;
  [[nodiscard]] std::uint32_t slot_of(const MachineKey& key, std::uint32_t link) const;
  [[nodiscard]] std::uint32_t range_pool(net::Ipv4Address address) const;
  [[nodiscard]] const MachineKey* reserved_for(net::Ipv4Address address) const;  // null: nobody
  [[nodiscard]] bool is_reserved_from(net::Ipv4Address address, const LeaseClient& client) const;
  [[nodiscard]] std::uint32_t known_slot(const LeaseClient& client, std::span<const std::uint32_t> pools) const;
  [[nodiscard]] std::uint32_t new_slot(const LeaseClient& client, std::span<const std::uint32_t> pools,
                                       std::optional<net::Ipv4Address> requested);
  [[nodiscard]] std::uint32_t take_fresh(std::uint32_t pool);
  [[nodiscard]] std::uint32_t make_slot(net::Ipv4Address address);
  [[nodiscard]] bool hold_slot(std::uint32_t slot, const LeaseClient& client, WallTime now);
  void drop_slot(std::uint32_t slot);
  void set_owner(std::uint32_t slot, const MachineKey& key, const net::MacAddress& mac);
  void set_state(std::uint32_t slot, LeaseState state);
  void end_others(const MachineKey& key, std::uint32_t keep, WallTime now);
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
  std::vector<Stretch> subnets_;  // by address
  std::vector<Stretch> ranges_;   // by address
  LeaseLayout layout_;
  std::vector<Reservation> reservations_;  // by address
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  SlotIndex by_address_;
  SlotIndex by_key_;
  DeadlineHeap<WallTime> deadlines_;
  std::size_t offers_ = 0;
  LeaseTableStats stats_;
};

}  // namespace rackcast
