// What the rules gave one client: options, parameters, classes. Fixed memory, one object per lane, cleared and filled
// for each message; nothing allocates. Values borrow the rules (constants) or the outcome's own arena, and die with
// clear().
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/policy/option_catalog.h"
#include "core/policy/parameter.h"
#include "proto/net/address.h"

namespace rackcast {

inline constexpr std::size_t kOutcomeOptionsMax = 192;
inline constexpr std::size_t kOutcomeBytesMax = 8'192;
inline constexpr std::size_t kOutcomeVariablesMax = 32;
inline constexpr std::size_t kPolicyClassesMax = 256;

class Outcome {
 public:
  void clear();

  // --- Options, in the order in which they were first set.
  struct Value {
    OptionKey key;
    std::span<const std::byte> bytes;
  };
  [[nodiscard]] std::optional<std::span<const std::byte>> option(OptionKey key) const;
  [[nodiscard]] std::span<const Value> options() const { return std::span(options_).first(option_count_); }
  void set_option(OptionKey key, std::span<const std::byte> bytes);  // borrowed
  void remove_option(OptionKey key);

  // --- Parameters; nullopt: no rule set it.
  [[nodiscard]] std::optional<std::uint32_t> number(Parameter parameter) const;  // kNumber, kFlag (0, 1)
  [[nodiscard]] std::optional<std::string_view> text(Parameter parameter) const;
  [[nodiscard]] std::optional<net::Ipv4Address> address(Parameter parameter) const;
  void set_number(Parameter parameter, std::uint32_t value);
  void unset(Parameter parameter);
  void set_bytes(Parameter parameter, std::span<const std::byte> bytes);  // text, or an address's four octets; borrowed

  // --- Classes the client is a member of, by number in the configuration (`add "name"` included).
  std::bitset<kPolicyClassesMax> classes;

  // --- For the evaluator.
  [[nodiscard]] std::span<std::byte> scratch(std::size_t size);  // empty: the arena is full (counted)
  // Memory of values that are needed no longer, such as a condition's: everything taken since mark() is free again.
  [[nodiscard]] std::size_t mark() const { return used_; }
  void release(std::size_t mark) { used_ = mark; }
  [[nodiscard]] std::optional<std::span<const std::byte>> variable(std::uint16_t number) const;
  void set_variable(std::uint16_t number, std::optional<std::span<const std::byte>> bytes);
  std::size_t steps = 0;
  bool overran = false;  // a bound was met since clear(): options, bytes, steps or variables

 private:
  struct Setting {
    bool set = false;
    std::uint32_t number = 0;
    std::span<const std::byte> bytes;
  };
  [[nodiscard]] std::size_t find(OptionKey key) const;  // option_count_: absent

  std::array<Value, kOutcomeOptionsMax> options_;
  std::size_t option_count_ = 0;
  std::array<std::uint8_t, 256> dhcp_places_{};  // of a DHCPv4 option by code: its place in options_, plus one
  std::array<Setting, static_cast<std::size_t>(Parameter::kCount_)> parameters_;
  std::array<std::optional<std::span<const std::byte>>, kOutcomeVariablesMax> variables_;
  std::array<std::byte, kOutcomeBytesMax> arena_;
  std::size_t used_ = 0;
};

// The options of `space` in `outcome` as {code, length, value}… into `out`; what does not fit is left out. For option
// 43, 175 and every other that encapsulates a space.
[[nodiscard]] std::span<const std::byte> encapsulate(const OptionCatalog& catalog, std::uint16_t space,
                                                     const Outcome& outcome, std::span<std::byte> out);

}  // namespace rackcast
