// The sources that one SourceLimiter knows: those with an instance running, and those whose last one ended, until their
// place is needed. Fixed capacity, laid out at construction, never an allocation afterwards. Only idle sources are
// evicted, the longest idle first. A source enters only with an admitted request. Under policy kQueue the engines ask
// once a peer has shown that it is there, so forged addresses do not enter. Under kXinetd the request itself is
// admitted, as from xinetd: those can fill the table then, and leave with their requests' hold.
//
// Thread: the owner's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/admission/service_totals.h"
#include "core/leases/slot_index.h"
#include "core/time.h"
#include "proto/net/address.h"

namespace rackcast {

struct Source {
  net::IpAddress address;
  std::uint32_t running = 0;   // instances
  std::uint32_t admitted = 0;  // since its connection began, without those undone
  MonotonicTime idle_since;    // end of its last instance; unchanged while one runs
  CpsTicket connection;        // where cps counted it
  std::uint64_t hash = 0;
};

class SourceTable {
 public:
  // `seed` is secret: the addresses come from the network.
  SourceTable(std::size_t capacity, std::uint64_t seed);

  // Lent until the next call of a member that is not const; null when unknown.
  [[nodiscard]] Source* find(const net::IpAddress& address);
  // Whether add() has a place: one never used, or an idle source's.
  [[nodiscard]] bool has_room() const { return unused_ < sources_.size() || !free_.empty() || !idle_.empty(); }
  // Precondition: has_room(), and find(address) is null. `evicted`: the source whose place it took, if any (to be
  // judged by its idle time); its old content.
  struct Added {
    Source* source;
    bool evicted;
    MonotonicTime evicted_idle_since;
  };
  Added add(const net::IpAddress& address);
  // Idle sources may be evicted, busy ones not. `source` is from find() or add(), and new ones are busy.
  void set_busy(Source& source) { idle_.erase(slot_of(source)); }
  void set_idle(Source& source) { idle_.set(slot_of(source), source.idle_since); }
  // Precondition: the source is busy.
  void remove(Source& source);

  [[nodiscard]] std::size_t capacity() const { return sources_.size(); }
  [[nodiscard]] std::size_t size() const { return unused_ - free_.size(); }

 private:
  [[nodiscard]] std::uint32_t slot_of(const Source& source) const {
    return static_cast<std::uint32_t>(&source - sources_.data());
  }

  std::uint64_t seed_;
  std::vector<Source> sources_;
  SlotIndex index_;
  DeadlineHeap<MonotonicTime> idle_;  // by idle_since
  std::vector<std::uint32_t> free_;   // slots that were removed
  std::size_t unused_ = 0;            // slots below were used at least once
};

}  // namespace rackcast
