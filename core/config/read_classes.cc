// [[dhcp.class]] and its members.
#include <algorithm>

#include "core/config/read_policy.h"
#include "core/config/section_reader.h"
#include "core/config/sections.h"

namespace rackcast::config_detail {
namespace {

void add_member(const SectionReader& reader, Position at, SubclassConfig member, std::vector<SubclassConfig>& members) {
  if (members.size() == kMembersMax) return reader.error("name", reader.at(), "more than 65536 members");
  const auto place = std::lower_bound(members.begin(), members.end(), member.value,
                                      [](const SubclassConfig& m, const auto& value) { return m.value < value; });
  if (place != members.end() && place->value == member.value)
    return reader.error("members", at, quoted(octets_text(member.value)) + " is there twice");
  members.insert(place, std::move(member));
}

ClassConfig read_class(const Node& table, PolicyReader& policy, ProblemList& problems) {
  const SectionReader reader(table, "dhcp.class", problems);
  ClassConfig made;
  made.name = reader.text("name").value_or("");
  made.match_if = policy.condition(reader, "match_if");
  made.match = policy.data(reader, "match");
  made.spawn = policy.data(reader, "spawn");
  if (const auto limit = reader.integer("lease_limit")) made.lease_limit = static_cast<std::uint32_t>(*limit);
  made.rules = policy.rules(reader);
  for (const auto& text : reader.texts("members"))
    add_member(reader, text.at, {octets_of(text.value), {}, {}}, made.subclasses);
  for (const Node* const member : array_section(table, "member", "dhcp.class.member", kMembersMax, problems)) {
    const SectionReader own(*member, "dhcp.class.member", problems);
    const auto value = own.text("value");
    SubclassConfig read;
    read.rules = policy.rules(own);
    if (const auto limit = own.integer("lease_limit")) read.lease_limit = static_cast<std::uint32_t>(*limit);
    if (value) read.value = octets_of(*value);
    if (value) add_member(own, own.place("value"), std::move(read), made.subclasses);
  }
  if (!made.subclasses.empty() && reader.find("match") == nullptr && reader.find("spawn") == nullptr)
    reader.error("match", reader.at(), "members are values of match or spawn, as in match = \"hardware\"");
  if (made.lease_limit && made.spawn.empty() && made.match_if.empty() && made.match.empty())
    reader.warning("lease_limit", reader.place("lease_limit"), "only rules that add clients to this class fill it");
  return made;
}

}  // namespace

std::vector<ClassConfig> read_classes(const Node& dhcp, PolicyReader& policy, ProblemList& problems) {
  const auto tables = array_section(dhcp, "class", "dhcp.class", kPolicyClassesMax, problems);
  // All names first: a class may add its clients to a later one.
  std::vector<std::string> names;
  for (const Node* const table : tables) {
    const NodeEntry* const name = table->find("name");
    const std::string text = name != nullptr && name->value.kind == NodeKind::kText ? name->value.text : "";
    if (!text.empty() && std::find(names.begin(), names.end(), text) != names.end())
      problems.error(name->value.at, "dhcp.class.name", quoted(text) + " is there already");
    names.push_back(text);
  }
  policy.name_classes(std::move(names));
  std::vector<ClassConfig> classes;
  classes.reserve(tables.size());
  for (const Node* const table : tables) classes.push_back(read_class(*table, policy, problems));
  return classes;
}

}  // namespace rackcast::config_detail
