#include "core/config/keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "core/config/parse.h"

namespace rackcast {
namespace {

std::string bracketed(const SectionSpec& section) {
  const std::string name(section.name);
  return section.shape == SectionShape::kArrayOfTables ? "[[" + name + "]]" : "[" + name + "]";
}

TEST(ConfigKeys, AreUniqueAndComplete) {
  std::set<std::string> seen;
  for (const KeySpec& key : config_keys()) {
    EXPECT_TRUE(seen.insert(full_name(key)).second) << full_name(key);
    EXPECT_NE(find_section(key.section), nullptr) << full_name(key);
    EXPECT_FALSE(key.help.empty()) << full_name(key);
    EXPECT_FALSE(key.example.empty()) << full_name(key);
    EXPECT_EQ(find_key(key.section, key.name), &key);
  }
}

// What must stand in front of a section: those it is part of, and what its examples name.
std::string prelude(const SectionSpec& section) {
  if (section.name == "dhcp.subnet") return "[[dhcp.network]]\nname = \"building-7\"\n";
  if (section.name == "dhcp.subnet.pool")
    return "[[dhcp.class]]\nname = \"phones\"\n[[dhcp.subnet]]\nsubnet = \"192.168.1.0/24\"\n";
  if (section.name == "dhcp.class.member") return "[[dhcp.class]]\nname = \"a\"\nmatch = \"hardware\"\n";
  return "";
}

bool brings_its_subnet(const SectionSpec& section) {
  return section.name == "dhcp.subnet" || section.name == "dhcp.subnet.pool";
}

// A section's keys as its examples have them, with what the file needs around it.
std::string example_file(const SectionSpec& section) {
  std::string text = prelude(section) + bracketed(section) + "\n";
  for (const KeySpec& key : config_keys())
    if (key.section == section.name) text += std::string(key.name) + " = " + std::string(key.example) + "\n";
  if (section.name != "server") text += "[server]\ninterfaces = [\"eth0\"]\n";
  if (section.name == "tftp.class" || section.name == "tftp.network") text += "[tftp]\nroot = \"/t\"\n";
  if (section.name.substr(0, 4) == "dhcp" && !brings_its_subnet(section))
    text += "[[dhcp.subnet]]\nsubnet = \"192.168.1.0/24\"\n";
  return text;
}

TEST(ConfigKeys, HaveExamplesThatParse) {
  for (const SectionSpec& section : config_sections()) {
    if (!section.built) continue;
    const ConfigOutcome outcome = parse_config(example_file(section), "f");
    std::string all;
    for (const Problem& problem : outcome.problems) all += problem_line("f", problem) + "\n";
    EXPECT_NE(outcome.config, nullptr) << example_file(section) << all;
  }
}

TEST(ConfigKeys, HaveDefaultsThatParse) {
  for (const KeySpec& key : config_keys()) {
    if (key.preset.empty()) continue;
    const SectionSpec& section = *find_section(key.section);
    std::string text =
        prelude(section) + bracketed(section) + "\n" + std::string(key.name) + " = " + std::string(key.preset) + "\n";
    if (section.name == "dhcp.host") text += "mac = \"12:34:56:78:ab:cd\"\n";
    for (const KeySpec& other : config_keys())
      if (other.section == key.section && other.required && other.name != key.name)
        text += std::string(other.name) + " = " + std::string(other.example) + "\n";
    if (section.name != "server") text += "[server]\ninterfaces = [\"eth0\"]\n";
    if (section.name == "tftp.class" || section.name == "tftp.network") text += "[tftp]\nroot = \"/t\"\n";
    if (section.name.substr(0, 4) == "dhcp" && !brings_its_subnet(section))
      text += "[[dhcp.subnet]]\nsubnet = \"192.168.1.0/24\"\n";
    EXPECT_NE(parse_config(text, "f").config, nullptr) << text;
  }
}

TEST(ConfigKeys, AreAllReadByTheParser) {
  // A value of a type no key has must be reported for every key: a key that the parser forgets stays silent.
  for (const KeySpec& key : config_keys()) {
    const SectionSpec& section = *find_section(key.section);
    if (!section.built) continue;
    const std::string before = prelude(section) + bracketed(section) + "\n";
    const std::string text = before + std::string(key.name) + " = 1979-05-27\n";
    const auto line = static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n') + 1);
    bool told = false;
    for (const Problem& problem : parse_config(text, "f").problems)
      told = told || (problem.severity == Severity::kError && problem.line == line && problem.key == full_name(key));
    EXPECT_TRUE(told) << full_name(key);
  }
}

TEST(ConfigKeys, AreAllInTheManual) {
  std::ifstream file(RACKCAST_SOURCE_DIR "/docs/configuration.md");
  const std::string manual{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  ASSERT_FALSE(manual.empty());
  for (const SectionSpec& section : config_sections())
    EXPECT_NE(manual.find("## `" + bracketed(section) + "`"), std::string::npos) << section.name;
  for (const KeySpec& key : config_keys()) {
    if (!find_section(key.section)->built) continue;
    // | `name` | default | live or restart | …
    const std::string preset = key.required         ? "required"
                               : key.preset.empty() ? "none"
                                                    : "`" + std::string(key.preset) + "`";
    const std::string row = "| `" + std::string(key.name) + "` | " + preset + " | " +
                            (key.applies == Applies::kLive ? "live" : "restart") + " | ";
    const std::size_t start = manual.find("\n## `" + bracketed(*find_section(key.section)) + "`");
    ASSERT_NE(start, std::string::npos);
    const std::size_t end = manual.find("\n## ", start + 1);
    const std::string part = manual.substr(start, end == std::string::npos ? end : end - start);
    EXPECT_NE(part.find(row), std::string::npos) << full_name(key) << ": " << row;
  }
}

TEST(ConfigKeys, DidYouMeanKnowsWhatIsNear) {
  EXPECT_EQ(did_you_mean("server", "interface"), "interfaces");
  EXPECT_EQ(did_you_mean("tftp", "per-source"), "per_source");
  EXPECT_EQ(did_you_mean("dhcp.subnet", "lease_second"), "lease_seconds");
  EXPECT_EQ(did_you_mean("dhcp", "subnets"), "subnet");
  EXPECT_EQ(did_you_mean("", "lgo"), "log");
  EXPECT_EQ(did_you_mean("http", "max_windowsize"), "");
  EXPECT_EQ(did_you_mean("http", ""), "");
  EXPECT_EQ(did_you_mean("http", std::string(100'000, 'x')), "");
}

TEST(ConfigKeys, DescribeThemselves) {
  const std::string text = describe_keys();
  for (const KeySpec& key : config_keys())
    EXPECT_NE(text.find("\n  " + std::string(key.name) + " = "), std::string::npos) << full_name(key);
}

}  // namespace
}  // namespace rackcast
