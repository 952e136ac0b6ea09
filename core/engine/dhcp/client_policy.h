// One evaluation for one message: which classes its sender is in, and what every scope gives it, the more specific
// after the more general: [dhcp.boot] and the host's file name, then global -> shared network -> subnet -> pool ->
// classes (the first declared counts, so they are applied from the last) -> host (its groups' rules are part of it).
// Everything that goes into a reply is in the Outcome afterwards.
//
// Made when a configuration is taken, which it borrows; read-only afterwards; nothing here allocates per message.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/engine/dhcp/host_index.h"
#include "core/engine/dhcp/request.h"
#include "core/engine/dhcp/scope_rules.h"

namespace rackcast::engine {

// The classes by what their expressions say of one client.
struct Membership {
  static constexpr std::size_t kEntriesMax = 64;  // subclasses and spawned classes of one client
  struct Entry {
    std::uint16_t class_number = 0;
    const SubclassConfig* subclass = nullptr;  // null: a spawned class
    std::span<const std::byte> value;          // of `match` or `spawn`; the outcome's
  };
  std::array<Entry, kEntriesMax> entries;
  std::size_t count = 0;

  [[nodiscard]] std::span<const Entry> all() const { return std::span(entries).first(count); }
};

// Where a client is. What does not apply is absent.
struct Place {
  std::optional<std::size_t> subnet;  // DhcpConfig::subnets
  const PoolConfig* pool = nullptr;   // null: the subnet's own ranges, or none
  const HostConfig* host = nullptr;
  net::Ipv4Address address;  // being given, for names by pattern; any(): none
};

class ClientPolicy {
 public:
  ClientPolicy() = default;
  explicit ClientPolicy(const DhcpConfig& config);

  // Clears `outcome` and fills its classes.
  void classify(const ClientFacts& facts, Outcome& outcome, Membership& membership) const;
  // Once after classify(). What is in `outcome` already counts as more general than any rule.
  void apply(const ClientFacts& facts, const net::MacAddress& mac, const Place& place, const Membership& membership,
             Outcome& outcome) const;

  // May such a client have an address of this pool? `pool` null: of the subnet's own ranges.
  [[nodiscard]] static bool permits(const PoolConfig* pool, bool known, bool bootp, const Outcome& outcome);

  // The space that option `code` of DHCP's own holds (`encapsulate`); 0: none.
  [[nodiscard]] std::uint16_t space_in(std::uint8_t code) const { return spaces_[code]; }
  [[nodiscard]] const OptionCatalog& catalog() const { return *catalog_; }
  [[nodiscard]] bool limits_leases() const { return limits_leases_; }  // some class has a lease limit
  // Some rule says `ignore-client-uids`, of somebody.
  [[nodiscard]] bool mentions_client_uids() const { return mentions_client_uids_; }

 private:
  void add_members(const ClassConfig& config, std::uint16_t number, const ClientFacts& facts, Outcome& outcome,
                   Membership& membership) const;
  void apply_classes(const ClientFacts& facts, const Membership& membership, Outcome& outcome) const;

  const DhcpConfig* config_ = nullptr;
  std::shared_ptr<const OptionCatalog> catalog_;
  std::vector<ScopeRules> subnets_;  // as in the configuration
  std::vector<ScopeRules> hosts_;    // likewise
  std::array<std::uint16_t, 256> spaces_{};
  bool limits_leases_ = false;
  bool mentions_client_uids_ = false;
};

// Copied into the outcome's own memory; empty when that is full.
[[nodiscard]] std::span<const std::byte> keep_text(std::string_view text, Outcome& outcome);

}  // namespace rackcast::engine
