// Reads one TOML table by the key table (core/config/keys.h): reports unknown keys with a did-you-mean, wrong types,
// values out of bounds and choices that are not built, and gives typed values with their place for what must be checked
// across keys. A getter answers nullopt (or an empty list) when the key is absent or was reported. Borrows the table
// and the problem list; lives for one parse.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/keys.h"
#include "core/config/node.h"
#include "core/config/problem.h"
#include "core/config/text_rules.h"

namespace rackcast::config_detail {

template <typename T>
struct Located {
  T value;
  Position at;
};

class SectionReader {
 public:
  // Reports every key of `table` that the section does not have, and required ones that are missing.
  SectionReader(const Node& table, std::string_view section, ProblemList& problems);

  [[nodiscard]] Position at() const { return table_.at; }
  [[nodiscard]] const Node* find(std::string_view name) const;
  [[nodiscard]] Position place(std::string_view name) const;  // of the value; of the section when absent

  [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
  [[nodiscard]] std::optional<bool> boolean(std::string_view name) const;
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name) const;
  [[nodiscard]] std::optional<std::size_t> choice(std::string_view name) const;  // index in the table's choices
  [[nodiscard]] std::vector<std::string> chosen(std::string_view name) const;    // several of the table's choices
  [[nodiscard]] std::vector<Located<std::int64_t>> integers(std::string_view name) const;
  [[nodiscard]] std::vector<Located<std::string>> texts(std::string_view name) const;

  // Nodes as they are, of the right kind.
  [[nodiscard]] const Node* table(std::string_view name) const { return typed(name, NodeKind::kTable); }
  [[nodiscard]] const Node* text_node(std::string_view name) const { return typed(name, NodeKind::kText); }

  // Values that have a parse function of their own. `what` ends the sentence: "… is not WHAT".
  [[nodiscard]] std::optional<Located<net::Ipv4Address>> ipv4(std::string_view name) const;
  [[nodiscard]] std::vector<Located<net::Ipv4Address>> ipv4s(std::string_view name) const;
  [[nodiscard]] std::optional<net::Endpoint> endpoint(std::string_view name) const;
  [[nodiscard]] std::vector<net::Endpoint> endpoints(std::string_view name) const;

  // An inline table's integer, by the bounds of `name`; reports a wrong type or value under "name.part".
  [[nodiscard]] std::optional<std::int64_t> bounded(const KeySpec& key, const Node& node) const;

  void error(std::string_view name, Position at, std::string message) const;
  void warning(std::string_view name, Position at, std::string message) const;

 private:
  [[nodiscard]] const KeySpec& spec(std::string_view name) const;
  [[nodiscard]] const Node* typed(std::string_view name, NodeKind kind) const;
  [[nodiscard]] std::string dotted(std::string_view name) const;
  [[nodiscard]] std::vector<const Node*> items(std::string_view name, NodeKind kind) const;
  void report_unknown() const;
  void report_missing() const;

  const Node& table_;
  std::string section_;
  ProblemList& problems_;
};

// "unknown key "x"; did you mean "y"?", or where it belongs.
[[nodiscard]] std::string unknown_key_message(std::string_view section, std::string_view key);

}  // namespace rackcast::config_detail
