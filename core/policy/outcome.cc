#include "core/policy/outcome.h"

#include <algorithm>

namespace rackcast {

static_assert(kOutcomeOptionsMax < 256, "dhcp_places_ holds a place plus one in an octet");

void Outcome::clear() {
  option_count_ = 0;
  dhcp_places_.fill(0);
  for (Setting& setting : parameters_) setting.set = false;
  variables_.fill(std::nullopt);
  classes.reset();
  used_ = 0;
  steps = 0;
  overran = false;
}

std::size_t Outcome::find(OptionKey key) const {
  if (key.space == kDhcpSpace) {
    const std::uint8_t place = key.code < dhcp_places_.size() ? dhcp_places_[key.code] : 0;
    return place == 0 ? option_count_ : place - 1U;
  }
  const auto end = options_.begin() + static_cast<std::ptrdiff_t>(option_count_);
  return static_cast<std::size_t>(
      std::find_if(options_.begin(), end, [&](const Value& value) { return value.key == key; }) - options_.begin());
}

std::optional<std::span<const std::byte>> Outcome::option(OptionKey key) const {
  const std::size_t place = find(key);
  if (place == option_count_) return std::nullopt;
  return options_[place].bytes;
}

void Outcome::set_option(OptionKey key, std::span<const std::byte> bytes) {
  const std::size_t place = find(key);
  if (place < option_count_) {
    options_[place].bytes = bytes;
    return;
  }
  if (option_count_ == options_.size() || (key.space == kDhcpSpace && key.code >= dhcp_places_.size())) {
    overran = true;
    return;
  }
  options_[option_count_++] = {key, bytes};
  if (key.space == kDhcpSpace) dhcp_places_[key.code] = static_cast<std::uint8_t>(option_count_);
}

void Outcome::remove_option(OptionKey key) {
  const std::size_t place = find(key);
  if (place == option_count_) return;
  if (key.space == kDhcpSpace) dhcp_places_[key.code] = 0;
  for (std::size_t i = place + 1; i < option_count_; ++i) {
    options_[i - 1] = options_[i];
    if (options_[i].key.space == kDhcpSpace) --dhcp_places_[options_[i].key.code];
  }
  --option_count_;
}

std::optional<std::uint32_t> Outcome::number(Parameter parameter) const {
  const Setting& setting = parameters_[static_cast<std::size_t>(parameter)];
  if (!setting.set) return std::nullopt;
  return setting.number;
}

std::optional<std::string_view> Outcome::text(Parameter parameter) const {
  const Setting& setting = parameters_[static_cast<std::size_t>(parameter)];
  if (!setting.set) return std::nullopt;
  return std::string_view(reinterpret_cast<const char*>(setting.bytes.data()), setting.bytes.size());
}

std::optional<net::Ipv4Address> Outcome::address(Parameter parameter) const {
  const Setting& setting = parameters_[static_cast<std::size_t>(parameter)];
  if (!setting.set || setting.bytes.size() < 4) return std::nullopt;
  const auto octet = [&](std::size_t i) { return std::to_integer<std::uint8_t>(setting.bytes[i]); };
  return net::Ipv4Address(octet(0), octet(1), octet(2), octet(3));
}

void Outcome::set_number(Parameter parameter, std::uint32_t value) {
  parameters_[static_cast<std::size_t>(parameter)] = {true, value, {}};
}

void Outcome::set_bytes(Parameter parameter, std::span<const std::byte> bytes) {
  parameters_[static_cast<std::size_t>(parameter)] = {true, 0, bytes};
}

void Outcome::unset(Parameter parameter) {
  parameters_[static_cast<std::size_t>(parameter)].set = false;
}

std::span<std::byte> Outcome::scratch(std::size_t size) {
  if (size > arena_.size() - used_) {
    overran = true;
    return {};
  }
  const std::span<std::byte> part = std::span(arena_).subspan(used_, size);
  used_ += size;
  return part;
}

std::optional<std::span<const std::byte>> Outcome::variable(std::uint16_t number) const {
  if (number >= variables_.size()) return std::nullopt;
  return variables_[number];
}

void Outcome::set_variable(std::uint16_t number, std::optional<std::span<const std::byte>> bytes) {
  if (number < variables_.size())
    variables_[number] = bytes;
  else
    overran = true;
}

}  // namespace rackcast
