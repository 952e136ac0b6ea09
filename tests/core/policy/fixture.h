// A client's message, and rules and expressions said in text about it.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/policy/option_catalog.h"
#include "core/policy/outcome.h"
#include "core/policy/parse_rules.h"
#include "core/policy/rules.h"
#include "proto/dhcp/message.h"
#include "proto/dhcp/options.h"

namespace rackcast::testing {

inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}
// Binary literals: octets("\x00\x07").
template <std::size_t kSize>
std::string octets(const char (&literal)[kSize]) {
  return {literal, kSize - 1};
}

// A DISCOVER of a UEFI machine behind a relay, in octets.
class ClientMessage {
 public:
  ClientMessage() {
    packet_.assign(dhcp4::kOptionsOffset, std::byte{0});
    packet_[0] = packet_[1] = std::byte{1};
    packet_[2] = std::byte{6};
    const std::array<std::uint8_t, 6> mac{0x52, 0x54, 0x00, 0xAB, 0xCD, 0xEF};
    for (std::size_t i = 0; i < mac.size(); ++i) packet_[28 + i] = static_cast<std::byte>(mac[i]);
    set_text(dhcp4::kSnameOffset, "boot.example");
    set_text(dhcp4::kFileOffset, "asked.efi");
    for (std::size_t i = 0; i < dhcp4::kCookieSize; ++i) packet_[dhcp4::kVendorOffset + i] = dhcp4::kCookie[i];
    add(53, "\x01");
    add(12, "Lab-PC7");
    add(60, "PXEClient:Arch:00007:UNDI:003016");
    add(77, "iPXE");
    add(93, octets("\x00\x07"));
    add(82, octets("\x01\x06slot-3\x02\x04rack"));
    add(175, octets("\xb0\x01\x01\x13\x01\x01"));
    end();
  }

  void add(std::uint8_t code, std::string_view value) {
    packet_.push_back(static_cast<std::byte>(code));
    packet_.push_back(static_cast<std::byte>(value.size()));
    for (const char c : value) packet_.push_back(static_cast<std::byte>(c));
  }
  void end() {
    packet_.push_back(std::byte{255});
    message_ = *dhcp4::parse_message(packet_);
    options_ = std::make_unique<dhcp4::Options>(message_, scratch_);
  }

  [[nodiscard]] ClientFacts facts() const {
    ClientFacts facts;
    facts.packet = packet_;
    facts.message = &message_;
    facts.options = options_.get();
    facts.known = true;
    facts.address = net::Ipv4Address(10, 0, 0, 77);
    facts.lease_seconds = 600;
    facts.host_name = "pc7";
    facts.server_name = "boot1";
    return facts;
  }

 private:
  void set_text(std::size_t at, std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) packet_[at + i] = static_cast<std::byte>(text[i]);
  }

  std::vector<std::byte> packet_;
  std::array<std::byte, 1'500> scratch_{};
  dhcp4::Message message_;
  std::unique_ptr<dhcp4::Options> options_;
};

class PolicyTest : public ::testing::Test {
 protected:
  PolicyTest() {
    context.catalog = &catalog;
    context.definitions_allowed = true;
    context.variables = &variables;
    context.class_number = [](std::string_view name) -> std::optional<std::uint16_t> {
      if (name == "pxe") return 3;
      return std::nullopt;
    };
    context.resolve = [](std::string_view name) -> std::vector<net::Ipv4Address> {
      if (name == "boot.example.org") return {net::Ipv4Address(10, 0, 0, 9)};
      if (name == "two.example.org") return {net::Ipv4Address(10, 0, 0, 8), net::Ipv4Address(10, 0, 0, 9)};
      return {};
    };
  }

  Rules rules(std::string_view text) {
    problems.clear();
    return parse_rules(text, context, problems);
  }
  // Without a problem.
  Rules good(std::string_view text) {
    Rules result = rules(text);
    EXPECT_EQ(problems_text(), "") << text;
    return result;
  }
  bool apply(std::string_view text) {
    applied_ = good(text);
    outcome->clear();
    return applied_.apply(client.facts(), *outcome);
  }
  std::optional<std::string> option(std::string_view name, std::string_view space = "dhcp") {
    const OptionDefinition* const definition = catalog.find(space, name);
    if (definition == nullptr) return std::nullopt;
    const auto bytes = outcome->option(definition->key);
    if (!bytes) return std::nullopt;
    return text_of(*bytes);
  }
  bool holds(std::string_view text) {
    problems.clear();
    expression_ = parse_condition(text, context, problems);
    EXPECT_EQ(problems_text(), "") << text;
    EXPECT_FALSE(expression_.empty()) << text;
    return expression_.holds(client.facts(), *outcome);
  }
  std::optional<std::string> value(std::string_view text) {
    problems.clear();
    expression_ = parse_data(text, context, problems);
    EXPECT_EQ(problems_text(), "") << text;
    EXPECT_FALSE(expression_.empty()) << text;
    outcome->clear();
    const auto bytes = expression_.value(client.facts(), *outcome);
    if (!bytes) return std::nullopt;
    return text_of(*bytes);
  }
  // What is wrong with rules: "line:column subject".
  std::string problem_of(std::string_view text) {
    rules(text);
    if (problems.empty()) return "";
    const RuleProblem& first = problems.front();
    return std::to_string(first.line) + ':' + std::to_string(first.column) + ' ' + first.subject;
  }
  [[nodiscard]] std::string problems_text() const {
    std::string text;
    for (const RuleProblem& problem : problems)
      text += std::to_string(problem.line) + ':' + std::to_string(problem.column) + ' ' + problem.message + '\n';
    return text;
  }

  OptionCatalog catalog;
  std::vector<std::string> variables;
  RuleParseContext context;
  std::vector<RuleProblem> problems;
  ClientMessage client;
  std::unique_ptr<Outcome> outcome = std::make_unique<Outcome>();

 private:
  Rules applied_;
  Expression expression_;
};

}  // namespace rackcast::testing
