// A scope's rules with the configuration file's own keys (routers, dns, next_server, …) in front of them, encoded once
// when the configuration is taken: there is one way from the configuration to a reply, the Outcome.
// Read-only after construction; applying allocates nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/config/config.h"

namespace rackcast::engine {

// dhcpd's figure: nobody renews more often than that, however short a lease it asks for.
inline constexpr std::uint32_t kLeaseSecondsMin = 300;

class ScopeRules {
 public:
  ScopeRules() = default;
  explicit ScopeRules(const Rules& rules) : rules_(rules) {}

  void add_option(OptionKey key, std::span<const std::byte> value);
  void add_addresses(OptionKey key, std::span<const net::Ipv4Address> addresses);  // none: no option
  void add_text(OptionKey key, std::string_view text);
  void add_number(Parameter parameter, std::uint32_t value) { numbers_.push_back({parameter, value}); }
  void add_address(Parameter parameter, net::Ipv4Address address);
  void set_rules(const Rules& rules) { rules_ = rules; }

  // The keys, then the rules. The outcome borrows from this object.
  void apply(const ClientFacts& facts, Outcome& outcome) const;

 private:
  struct Option {
    OptionKey key;
    std::vector<std::byte> value;
  };
  struct Number {
    Parameter parameter;
    std::uint32_t value;
  };
  struct Bytes {
    Parameter parameter;
    std::vector<std::byte> value;
  };

  std::vector<Option> options_;
  std::vector<Number> numbers_;
  std::vector<Bytes> bytes_;
  Rules rules_;
};

// What a subnet's and a host's keys say (but for names by pattern, which depend on the address). A lease time that is
// the preset one is taken for not given: [dhcp]'s rules may have set another.
[[nodiscard]] ScopeRules rules_of(const SubnetConfig& subnet);
[[nodiscard]] ScopeRules rules_of(const HostConfig& host);

}  // namespace rackcast::engine
