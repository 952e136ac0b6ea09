// Rules and expressions in a TOML file: the keys `options`, `rules`, `match_if`, `match`, `spawn` and option
// definitions, by the language of core/policy. One object for one file: it holds the names they share. Reports into the
// problem list at the place in the TOML file. Used while [dhcp] is read; one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.h"
#include "core/config/section_reader.h"
#include "core/policy/parse_rules.h"

namespace rackcast::config_detail {

class PolicyReader {
 public:
  explicit PolicyReader(ProblemList& problems);

  // First: [[dhcp.option_space]] and [[dhcp.option]], then the classes' names, by number.
  void read_definitions(const Node& dhcp);
  void name_classes(std::vector<std::string> names) { classes_ = std::move(names); }

  // The keys `options` and `rules` of a section.
  [[nodiscard]] Rules rules(const SectionReader& section);
  [[nodiscard]] Expression condition(const SectionReader& section, std::string_view key);
  [[nodiscard]] Expression data(const SectionReader& section, std::string_view key);
  // A value of this option, encoded; reports at `key`.
  [[nodiscard]] std::optional<std::vector<std::byte>> option_value(const SectionReader& section, std::string_view key,
                                                                   const OptionDefinition& option, const Node& value);
  [[nodiscard]] const OptionDefinition* find_option(std::string_view name) const;  // "NAME" or "SPACE.NAME"
  [[nodiscard]] std::optional<std::uint16_t> find_class(std::string_view name) const;

  [[nodiscard]] std::shared_ptr<const OptionCatalog> catalog() const { return catalog_; }

 private:
  void read_space(const Node& table);
  void read_option(const Node& table);
  void options(const SectionReader& section, const Node& table, const std::string& space, std::string& statements);
  void report(const SectionReader& section, std::string_view key, const Node& text,
              const std::vector<RuleProblem>& problems);

  ProblemList& problems_;
  std::shared_ptr<OptionCatalog> catalog_;
  std::vector<std::string> classes_;
  std::vector<std::string> variables_;
  RuleParseContext context_;
};

// Text as octets: 01:02:ff (two at least) and 0x0102ff are octets, everything else is itself.
[[nodiscard]] std::vector<std::byte> octets_of(std::string_view text);
// The other way; octets_of() gives `octets` back.
[[nodiscard]] std::string octets_text(std::span<const std::byte> octets);

}  // namespace rackcast::config_detail
