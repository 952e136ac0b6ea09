// How many leases a class has: dhcpd's `lease limit`, of a class or of each subclass and spawned class by itself. A
// lease is billed when it is offered; a bill counts for as long as the lease table says that the machine has the
// address, so that no end of a lease has to be told here. After a restart leases are billed as they are renewed.
//
// Bounded: `capacity` bills; beyond, the oldest is forgotten and its class may have one lease more (counted). O(leases
// of the class) for each message of a member. Thread: the lane's. No allocation after construction.
#pragma once

#include <cstdint>
#include <vector>

#include "core/leases/lease_table.h"
#include "core/leases/slot_index.h"

namespace rackcast::engine {

class ClassLimits {
 public:
  explicit ClassLimits(std::size_t capacity) : bills_(capacity), by_account_(capacity) {}

  // `account`: a seeded hash of what the limit is of. True: `client` is billed for `address` there; false: the account
  // has its `limit` of others.
  [[nodiscard]] bool bill(std::uint64_t account, std::uint32_t limit, const LeaseClient& client,
                          net::Ipv4Address address, const LeaseTable& leases);
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }

 private:
  struct Bill {
    std::uint64_t account = 0;
    LeaseClient client;  // its key alone
    net::Ipv4Address address;
    bool used = false;
  };

  void remove(std::uint32_t at);

  std::vector<Bill> bills_;
  SlotIndex by_account_;
  std::uint32_t next_ = 0;  // round the table: the oldest, when all are used
  std::uint64_t forgotten_ = 0;
};

}  // namespace rackcast::engine
