// One thread's private copy of what is known of every machine: each lane and each stream thread has its own, kept up to
// date by the MachineChanged records the DHCP lane publishes. Looked up by MAC (DHCP) or by address (TFTP, HTTP, FTP).
//
// Bounded: past the capacity the machine that was heard of longest ago makes room, and `evicted()` counts it; it comes
// back with its next lease. An address belongs to the machine that got it last. Thread: the owner's. No allocation
// after construction; O(1).
#pragma once

#include <vector>

#include "core/leases/slot_index.h"
#include "core/machines/machine.h"

namespace rackcast {

class MachineTable {
 public:
  // `seed`: random, keeps hash chains unpredictable from outside.
  MachineTable(std::size_t capacity, std::uint64_t seed);

  // Null when unknown. Valid until the next upsert().
  [[nodiscard]] const Machine* find(const net::MacAddress& mac) const;
  [[nodiscard]] const Machine* find(net::Ipv4Address address) const;
  // Leases are IPv4: nobody is known by an IPv6 address.
  [[nodiscard]] const Machine* find(const net::IpAddress& address) const {
    return address.is_v4() ? find(address.v4()) : nullptr;
  }

  void upsert(const Machine& machine);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t capacity() const { return slots_.size(); }
  [[nodiscard]] std::uint64_t evicted() const { return evicted_; }

 private:
  struct Slot {
    Machine machine;
    std::uint32_t newer = kNoSlot;
    std::uint32_t older = kNoSlot;
  };

  [[nodiscard]] std::uint32_t slot_of(const net::MacAddress& mac) const;
  [[nodiscard]] std::uint32_t slot_of(net::Ipv4Address address) const;
  [[nodiscard]] std::uint32_t room();
  void set_address(std::uint32_t slot, net::Ipv4Address address);
  void put_newest(std::uint32_t slot);
  void take_out(std::uint32_t slot);

  std::uint64_t seed_;
  std::vector<Slot> slots_;
  SlotIndex by_mac_;
  SlotIndex by_address_;
  std::size_t size_ = 0;
  std::uint32_t newest_ = kNoSlot;
  std::uint32_t oldest_ = kNoSlot;
  std::uint64_t evicted_ = 0;
};

}  // namespace rackcast
