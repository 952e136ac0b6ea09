#include "core/config/keys.h"

#include <gtest/gtest.h>

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

// A section's keys as its examples have them, with what the file needs around it.
std::string example_file(const SectionSpec& section) {
  std::string text = bracketed(section) + "\n";
  for (const KeySpec& key : config_keys())
    if (key.section == section.name) text += std::string(key.name) + " = " + std::string(key.example) + "\n";
  if (section.name != "server") text += "[server]\ninterfaces = [\"eth0\"]\n";
  if ((section.name == "tftp.class" || section.name == "tftp.network")) text += "[tftp]\nroot = \"/t\"\n";
  if (section.name.substr(0, 4) == "dhcp" && section.name != "dhcp.subnet")
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
    std::string text = bracketed(section) + "\n" + std::string(key.name) + " = " + std::string(key.preset) + "\n";
    for (const KeySpec& other : config_keys())
      if (other.section == key.section && other.required && other.name != key.name)
        text += std::string(other.name) + " = " + std::string(other.example) + "\n";
    if (section.name != "server") text += "[server]\ninterfaces = [\"eth0\"]\n";
    if ((section.name == "tftp.class" || section.name == "tftp.network")) text += "[tftp]\nroot = \"/t\"\n";
    if (section.name == "dhcp") text += "[[dhcp.subnet]]\nsubnet = \"192.168.1.0/24\"\n";
    EXPECT_NE(parse_config(text, "f").config, nullptr) << text;
  }
}

TEST(ConfigKeys, AreAllReadByTheParser) {
  // A value of a type no key has must be reported for every key: a key that the parser forgets stays silent.
  for (const KeySpec& key : config_keys()) {
    const SectionSpec& section = *find_section(key.section);
    if (!section.built) continue;
    const std::string text = bracketed(section) + "\n" + std::string(key.name) + " = 1979-05-27\n";
    bool told = false;
    for (const Problem& problem : parse_config(text, "f").problems)
      told = told || (problem.severity == Severity::kError && problem.line == 2 && problem.key == full_name(key));
    EXPECT_TRUE(told) << full_name(key);
  }
}

TEST(ConfigKeys, AreAllInTheManual) {
  std::ifstream file(RACKCAST_SOURCE_DIR "/docs/configuration.md");
  const std::string manual{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  ASSERT_FALSE(manual.empty());
  for (const SectionSpec& section : config_sections())
    EXPECT_NE(manual.find("`" + bracketed(section) + "`"), std::string::npos) << section.name;
  for (const KeySpec& key : config_keys()) {
    if (!find_section(key.section)->built) continue;
    // | `name` | default | live or restart | …
    const std::string preset = key.required         ? "required"
                               : key.preset.empty() ? "none"
                                                    : "`" + std::string(key.preset) + "`";
    const std::string row = "| `" + std::string(key.name) + "` | " + preset + " | " +
                            (key.applies == Applies::kLive ? "live" : "restart") + " | ";
    const std::size_t start = manual.find("`" + bracketed(*find_section(key.section)) + "`");
    ASSERT_NE(start, std::string::npos);
    const std::size_t end = manual.find("\n## ", start);
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
