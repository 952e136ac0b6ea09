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
// One machine may go by several keys in turn. Whoever an address is reserved for, and got it so, has it whatever its
// key; what is kept under a MAC address alone is the machine's with that MAC (as dhcpd sees a lease without a uid). The
// record goes by the latest key from hold() on.
//
// Thread: the DHCP lane's. Time: the wall clock, as an argument, since leases outlive the process.
//
// Memory: about 125 bytes a record, and 32 to 96 for its texts; a million leases take some 200 MB (bench/core has the
// figures). Room is made for what the layout needs, at construction and by reconfigure(), and for what is restored
// beyond it, at most LeaseLimits::leases_max records; nothing is allocated otherwise, and pages are first touched when
// a record is.
//
// Every operation is O(1) or O(log n). reconfigure() is O(size of the layout + what changed in it): a pool whose ranges
// changed becomes a new one, and the old one's records move over a few at each later operation, or all at once if the
// new pool runs out before. There is no second copy to build, and no moment when the table is not the authority.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/leases/lease.h"
#include "core/leases/lease_client.h"
#include "core/leases/lease_layout.h"
#include "core/leases/lease_records.h"
#include "core/leases/lease_table_stats.h"
#include "core/leases/source_counts.h"

namespace rackcast {

struct LeaseLimits {
  std::size_t leases_max = 1'000'000;    // records. Full: the ended lease of the pools that ended first is reused
  std::size_t offer_holds_max = 16'384;  // offers out at once; past it the oldest is taken back, and counted
  Duration offer_hold = std::chrono::seconds(120);       // protocols reference §1.3: at least 120 s
  Duration abandon_hold = std::chrono::seconds(86'400);  // a declined address rests for a day
};

class LeaseTable {
 public:
  // `seed` is random.
  LeaseTable(LeaseLayout layout, const LeaseLimits& limits, std::uint64_t seed);

  // Before anything else: restore() each lease that the store knows, in any order, an address once; then settle() once.
  // `host`: whose reservation it is, where that is known. False: no room.
  bool restore(const Lease& lease, WallTime now, const MachineKey& host = {});
  // Lays out what was restored: which address is to be taken next, what rests for how long. O(n log n) of those that
  // are not in force.
  void settle();
  // Other pools, reservations, subnets or caps from now on. No lease and no offer is lost: one whose address is in no
  // range any more stays in force until it ends.
  void reconfigure(LeaseLayout layout);
  [[nodiscard]] const LeaseLayout& layout() const { return layout_; }

  // --- Looking
  [[nodiscard]] std::optional<Lease> find(net::Ipv4Address address) const;
  // The machine's record on the link: the one in force, else the latest that ended; under its key, else under its MAC.
  [[nodiscard]] std::optional<Lease> find(const LeaseClient& client, std::uint32_t link) const;
  // Whether the client may use the address's pool is not looked at.
  [[nodiscard]] Availability availability(net::Ipv4Address address, const LeaseClient& client) const;
  [[nodiscard]] std::optional<std::uint32_t> pool_of(net::Ipv4Address address) const;  // whose range holds it
  [[nodiscard]] std::optional<std::uint32_t> link_of(net::Ipv4Address address) const;
  // The record equals a row that is on disk.
  [[nodiscard]] bool is_durable(net::Ipv4Address address) const;
  // Addresses that a reload moved between pools count for their new one from their next change on.
  [[nodiscard]] PoolUse use_of(std::uint32_t pool) const;
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (std::uint32_t at = 0; at < records_.made(); ++at)
      if (records_[at].used) visit(records_.lease(at));
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
  [[nodiscard]] std::optional<Lease> release(const LeaseClient& client, net::Ipv4Address address, WallTime now);
  // `rest` absent: LeaseLimits::abandon_hold.
  [[nodiscard]] std::optional<Lease> abandon(const MachineKey& key, net::Ipv4Address address, WallTime now,
                                             std::optional<Duration> rest = {});
  // One of the machine's active leases besides that of `kept`, on whichever link. Nullopt: there is none.
  [[nodiscard]] std::optional<Lease> release_other(const MachineKey& key, net::Ipv4Address kept, WallTime now);

  // Ends what has run out, at most kExpiredEach at a time: if a rack's leases end in the same second, the rest stays
  // their machines' until the next call, which next_deadline() asks for at once. To be called before any decision.
  static constexpr std::size_t kExpiredEach = 1'024;
  void expire(WallTime now);
  [[nodiscard]] std::optional<WallTime> next_deadline() const;

  [[nodiscard]] const LeaseTableStats& stats() const { return stats_; }
  [[nodiscard]] std::size_t size() const { return records_.size(); }
  [[nodiscard]] std::size_t capacity() const { return records_.capacity(); }
  [[nodiscard]] std::size_t offers() const { return offers_; }

 private:
  using PoolId = std::uint32_t;                      // stays the pool's while its ranges do, whatever its number
  static constexpr std::size_t kMovedEach = 64;      // records of pools that are no more, between two messages
  static constexpr std::size_t kCountedEach = 256;   // leases from before a cap was set, between two messages
  static constexpr std::size_t kStraysEach = 4'096;  // room made at once for restored leases outside the layout

  struct Pool {
    std::vector<AddressRange> ranges;
    FreshAddresses fresh;
    LeaseList reusable;  // the one to take first at the head
    LeaseList resting;   // abandoned, the first at the head
    PoolUse use;
    std::uint32_t number = 0;
    PoolId heir = kNoPool;  // of a retired one: whose use it counts for
    bool retired = false;
    bool moving = false;  // in retired_: it has records on its lists
  };

  // Addresses of one subnet or pool, bounds included.
  struct Stretch {
    net::Ipv4Address first;
    net::Ipv4Address last;
    std::uint32_t number;  // the subnet's, or the pool's PoolId
  };

  // lease_table_layout.cc: where addresses belong
  void index_subnets();
  void index_ranges();
  void index_reservations();
  void set_pools(const std::vector<Stretch>& old);
  [[nodiscard]] PoolId add_pool(const LeasePool& pool);
  [[nodiscard]] PoolId unchanged_pool(const LeasePool& pool, const std::vector<Stretch>& old) const;
  void inherit(PoolId pool, const std::vector<Stretch>& old);
  void retire(PoolId pool);
  void move_out(std::size_t records_max);
  void free_if_done(PoolId pool);
  void reservations_changed(const std::vector<Reservation>& old);
  void make_room(std::size_t others);
  void reservation_changed(net::Ipv4Address address);
  [[nodiscard]] static std::uint32_t number_at(const std::vector<Stretch>& stretches, net::Ipv4Address address);
  [[nodiscard]] bool is_assignable(net::Ipv4Address address) const;
  [[nodiscard]] PoolId home_of(net::Ipv4Address address) const;                  // kNoPool: reserved, or in no range
  [[nodiscard]] const MachineKey* reserved_for(net::Ipv4Address address) const;  // null: nobody
  [[nodiscard]] bool has_reservation(net::Ipv4Address address, const LeaseClient& client) const;
  [[nodiscard]] bool is_reserved_from(net::Ipv4Address address, const LeaseClient& client) const;
  [[nodiscard]] bool is_own(std::uint32_t at, const LeaseClient& client) const;

  // lease_table_records.cc: what a record goes through
  [[nodiscard]] std::uint32_t make_record(net::Ipv4Address address);
  void drop_record(std::uint32_t at);
  void hold_record(std::uint32_t at, const LeaseClient& client, WallTime now);
  void write(std::uint32_t at, const Lease& lease);
  void see(std::uint32_t at, WallTime now);
  void set_state(std::uint32_t at, LeaseState state);
  void count_state(std::uint32_t at, bool more);
  void end_others(const MachineKey& key, std::uint32_t keep, WallTime now);
  void end_lease(std::uint32_t at, LeaseState state, WallTime now);
  Lease end_by_release(std::uint32_t at, WallTime now);
  void end_offer(std::uint32_t at);
  void bring_home(std::uint32_t at);
  void put_away(std::uint32_t at);
  void list_resting(std::uint32_t at);
  void unlist(std::uint32_t at);
  void list_offer(std::uint32_t at);
  [[nodiscard]] LeaseList& list_of(const LeaseRecord& record);
  void count_source(std::uint32_t at, net::Ipv4Address relay, std::string_view relay_info);
  void uncount_source(std::uint32_t at);
  void count_earlier(std::size_t records_max);
  void keep_latest(std::uint32_t at);
  [[nodiscard]] OfferFailure over_cap(const LeaseClient& client);

  // lease_table.cc
  [[nodiscard]] std::uint32_t latest_on_link(const LeaseClient& client, std::uint32_t link) const;
  [[nodiscard]] std::uint32_t latest_on_link(const MachineKey& key, std::uint32_t link) const;
  [[nodiscard]] std::uint32_t known_record(const LeaseClient& client, std::span<const std::uint32_t> pools) const;
  [[nodiscard]] std::uint32_t new_record(const LeaseClient& client, std::span<const std::uint32_t> pools,
                                         std::optional<net::Ipv4Address> requested);
  [[nodiscard]] std::uint32_t take_fresh(PoolId pool);
  [[nodiscard]] std::uint32_t ended_first(std::span<const std::uint32_t> pools) const;

  LeaseLimits limits_;
  std::uint64_t seed_;
  LeaseLayout layout_;
  std::vector<Stretch> subnets_;              // by address
  std::vector<Stretch> ranges_;               // by address
  std::vector<Reservation> reservations_;     // by address
  std::vector<std::unique_ptr<Pool>> pools_;  // by PoolId; null: the id is free
  std::vector<PoolId> ids_;                   // by number
  std::vector<PoolId> retired_;
  LeaseRecords records_;
  SourceCounts sources_;
  std::uint32_t counted_from_ = kNoSlot;  // records from here on were granted before a cap was set; kNoSlot: none
  DeadlineHeap<WallTime> deadlines_;
  LeaseList outstanding_;  // offers, the oldest first
  std::size_t offers_ = 0;
  LeaseTableStats stats_;
};

}  // namespace rackcast
