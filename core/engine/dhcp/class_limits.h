// How many leases a class has: dhcpd's `lease limit`, of a class or of each subclass and spawned class by itself. A
// lease is billed when it is offered; a bill counts for as long as the lease table says that the machine has the
// address, so that no end of a lease has to be told here. What it is billed to is stored with it, for after a restart;
// leases from before the first class had a limit are billed as they are renewed.
//
// Bounded: `capacity` bills; beyond, the oldest is forgotten and its class may have one lease more (counted). O(leases
// of the class) for each message of a member. Thread: the lane's. No allocation after construction.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/leases/lease_table.h"
#include "core/leases/slot_index.h"

namespace rackcast::engine {

class ClassLimits {
 public:
  // What a limit is of. A digest, the same at every start; never 0.
  using Account = std::uint64_t;

  ClassLimits(std::size_t capacity, std::uint64_t seed) : seed_(seed), bills_(capacity), by_account_(capacity) {}

  // `value`: of the subclass or the spawned class; empty: the class's own.
  [[nodiscard]] static Account account_of(std::string_view class_name, std::span<const std::byte> value);
  // True: `client` is billed for `address` there; false: the account has its `limit` of others.
  [[nodiscard]] bool bill(Account account, std::uint32_t limit, const LeaseClient& client, net::Ipv4Address address,
                          const LeaseTable& leases);
  // A lease that the store knows was billed.
  void restore(Account account, const MachineKey& key, net::Ipv4Address address) { add(account, key, address); }
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }

 private:
  struct Bill {
    Account account = 0;
    LeaseClient client;  // its key alone
    net::Ipv4Address address;
    bool used = false;
  };

  [[nodiscard]] std::uint64_t hash(Account account) const;  // accounts come from the network
  void add(Account account, const MachineKey& key, net::Ipv4Address address);
  void remove(std::uint32_t at);

  std::uint64_t seed_;
  std::vector<Bill> bills_;
  SlotIndex by_account_;
  std::uint32_t next_ = 0;  // round the table: the oldest, when all are used
  std::uint64_t forgotten_ = 0;
};

}  // namespace rackcast::engine
