// Any bytes as rules: problems or rules, which applied to any bytes as a client's message stay within their bounds, and
// written out are read alike. The first two octets say how much of the end is the message.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "core/policy/parse_rules.h"
#include "core/policy/rule_text.h"
#include "proto/dhcp/options.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using rackcast::ClientFacts;

struct Parser {
  rackcast::OptionCatalog catalog;
  std::vector<std::string> variables;
  std::vector<rackcast::RuleProblem> problems;
  rackcast::RuleParseContext context;

  Parser() {
    context.catalog = &catalog;
    context.definitions_allowed = true;
    context.variables = &variables;
    context.class_number = [](std::string_view name) { return static_cast<std::uint16_t>(name.size()); };
    context.resolve = [](std::string_view name) {
      return std::vector<rackcast::net::Ipv4Address>(name.size() % 3, rackcast::net::Ipv4Address(10, 0, 0, 1));
    };
  }
};

void apply(const rackcast::Rules& rules, std::string_view packet, rackcast::Outcome& outcome) {
  const auto bytes = std::as_bytes(std::span(packet));
  ClientFacts facts;
  std::array<std::byte, 2'048> scratch;
  facts.packet = bytes;
  facts.address = rackcast::net::Ipv4Address(10, 0, 0, 7);
  facts.lease_seconds = 60;
  if (const auto message = rackcast::dhcp4::parse_message(bytes)) {
    const rackcast::dhcp4::Options options(*message, scratch);
    facts.message = &*message;
    facts.options = &options;
    static_cast<void>(rules.apply(facts, outcome));
    return;
  }
  const rackcast::dhcp4::Options options(bytes, scratch);
  facts.options = &options;
  static_cast<void>(rules.apply(facts, outcome));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t message = size < 2 ? 0 : (std::size_t{data[0]} << 8U | data[1]) % size;
  const std::string_view packet = input.substr(size - message);
  if (size >= 2 && size - message >= 2) input = input.substr(2, size - message - 2);

  Parser parser;
  const rackcast::Rules rules = rackcast::parse_rules(input, parser.context, parser.problems);
  if (parser.problems.size() > rackcast::kRuleProblemsMax) std::abort();
  const auto outcome = std::make_unique<rackcast::Outcome>();
  apply(rules, packet, *outcome);
  if (outcome->steps > rackcast::kRuleStepsMax + 1'024) std::abort();

  Parser again;
  const std::string definitions = rackcast::definitions_text(parser.catalog);
  if (!rackcast::parse_rules(definitions, again.context, again.problems).empty()) std::abort();
  again.variables = parser.variables;
  const std::string text = rules.text(parser.catalog);
  if (!(rackcast::parse_rules(text, again.context, again.problems) == rules)) std::abort();
  std::array<std::byte, 512> room;
  for (std::size_t space = 0; space < parser.catalog.spaces(); ++space)
    static_cast<void>(rackcast::encapsulate(parser.catalog, static_cast<std::uint16_t>(space), *outcome, room));
  return 0;
}
