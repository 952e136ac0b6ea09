// The host entries by what they know their machines by: client identifier, MAC, UUID, the relay's circuit or remote
// identifier, any other option's value. Asked in that order; the first kind with an entry decides (dhcpd asks for the
// client identifier, then the hardware address, then other options). Several entries may share an identity: a machine
// with an address in each of several networks. An entry with several identities is the machine that has any of them.
// Read-only after construction; borrows the configuration's hosts. O(log n), and one step per `host-identifier` option.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <span>
#include <vector>

#include "core/config/config.h"
#include "core/engine/dhcp/request.h"
#include "core/leases/lease.h"

namespace rackcast::engine {

class HostIndex {
 public:
  HostIndex() = default;
  explicit HostIndex(const std::vector<HostConfig>& hosts);

  struct Entry {
    const HostConfig* host = nullptr;
    std::uint32_t number = 0;  // in the configuration
  };
  // The entries of whoever sent this, in the configuration's order; empty: an unknown client.
  [[nodiscard]] std::span<const Entry> find(const Request& request) const;
  // Of whoever has the lease, as far as it tells: its identifier, MAC address and relay.
  [[nodiscard]] std::span<const Entry> find(const Lease& lease) const;

 private:
  enum class Kind : std::uint8_t { kClientIdentifier, kMac, kUuid, kCircuitId, kRemoteId, kOption };
  // What an entry goes by. `bytes` borrows the configuration, or a lookup's caller.
  struct Identity {
    Kind kind;
    OptionKey option;  // of kOption
    std::span<const std::byte> bytes;
    friend std::strong_ordering operator<=>(const Identity& a, const Identity& b) {
      if (const auto order = a.kind <=> b.kind; order != 0) return order;
      if (const auto order = a.option <=> b.option; order != 0) return order;
      return std::lexicographical_compare_three_way(a.bytes.begin(), a.bytes.end(), b.bytes.begin(), b.bytes.end());
    }
  };

  [[nodiscard]] static std::vector<Identity> identities_of(const HostConfig& host);
  [[nodiscard]] std::span<const Entry> find(const Identity& identity) const;
  [[nodiscard]] std::span<const Entry> find(Kind kind, std::span<const std::byte> bytes) const;

  std::vector<Identity> identities_;  // sorted; parallel to entries_
  std::vector<Entry> entries_;
  std::vector<OptionKey> options_;  // that kOption entries name, each once
};

}  // namespace rackcast::engine
