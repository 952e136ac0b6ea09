// A TOML document as plain values with positions, so that one source file alone includes the TOML library. Owned by the
// parser for the length of one parse; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/problem.h"

namespace rackcast::config_detail {

enum class NodeKind : std::uint8_t { kTable, kArray, kText, kInteger, kFloat, kBoolean, kDate };

struct NodeEntry;

struct Node {
  NodeKind kind = NodeKind::kTable;
  Position at;
  std::string text;
  Position text_at;         // of kText: where its first character stands
  bool over_lines = false;  // of kText: written as it is between '''
  std::int64_t integer = 0;
  bool boolean = false;
  std::vector<Node> items;         // kArray
  std::vector<NodeEntry> entries;  // kTable
  bool array_of_tables = false;    // kArray that is not empty and holds tables only

  [[nodiscard]] const NodeEntry* find(std::string_view key) const;
};

struct NodeEntry {
  std::string key;
  Position key_at;
  Node value;
};

// "a table", "an integer", for "expected X, found Y".
[[nodiscard]] std::string_view kind_name(NodeKind kind);

// The document's root table, or nullopt after having reported the syntax error.
[[nodiscard]] std::optional<Node> read_toml(std::string_view text, ProblemList& problems);

}  // namespace rackcast::config_detail
