// Every file of the corpus, as a configuration, as TOML, and as a configuration again.
#include <gmock/gmock.h>

#include "core/config/parse.h"
#include "core/config/reload.h"
#include "core/oldfiles/dhcpd_import.h"
#include "core/oldfiles/toml_text.h"
#include "tests/core/oldfiles/dhcpd_corpus.h"
#include "tests/core/oldfiles/same_dhcp.h"

namespace rackcast {
namespace {

class DhcpdCorpus : public ::testing::TestWithParam<std::string> {};

std::string lines(const ImportReport& report) {
  std::string text;
  for (const ImportNote& note : report.notes())
    if (note.kind != ImportKind::kHonoured) text += import_line(note) + "\n";
  return text;
}

TEST_P(DhcpdCorpus, IsTheSameAfterTomlAndBack) {
  testing::FakeHost host = testing::corpus_host();
  ImportReport report;
  const auto made = import_dhcpd_file(GetParam(), host, report);
  ASSERT_TRUE(made) << lines(report);
  const auto text = toml_text(*made);
  ASSERT_TRUE(text) << text.error().message;
  const ConfigOutcome again = parse_config(*text, "f");
  std::string problems;
  for (const Problem& problem : again.problems) problems += problem_line("f", problem) + "\n";
  ASSERT_NE(again.config, nullptr) << problems << *text;
  EXPECT_EQ(testing::difference(*made->dhcp, *again.config->dhcp), "") << *text;
  EXPECT_EQ(made->server.interfaces, again.config->server.interfaces);
  EXPECT_TRUE(reload_plan(*made, *again.config).empty()) << *text;
  // And what was read back is written as it was.
  EXPECT_EQ(toml_text(*again.config).value_or("none"), *text);
}

std::string test_name(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param.substr(0, info.param.find('.'));
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Valid, DhcpdCorpus, ::testing::ValuesIn(testing::corpus_files("")), test_name);

class BrokenDhcpdCorpus : public ::testing::TestWithParam<std::string> {};

TEST_P(BrokenDhcpdCorpus, HasErrorsWithTheirPlaces) {
  testing::FakeHost host = testing::corpus_host();
  ImportReport report;
  EXPECT_FALSE(import_dhcpd_file(GetParam(), host, report));
  std::size_t placed = 0;
  for (const ImportNote& note : report.notes()) {
    if (note.kind != ImportKind::kError) continue;
    ++placed;
    EXPECT_GT(note.at.line, 0U) << import_line(note);
    EXPECT_GT(note.at.column, 0U) << import_line(note);
    ASSERT_NE(note.at.file, nullptr);
    EXPECT_EQ(*note.at.file, GetParam());
  }
  EXPECT_GT(placed, 0U);
}

INSTANTIATE_TEST_SUITE_P(Broken, BrokenDhcpdCorpus, ::testing::ValuesIn(testing::corpus_files("broken")), test_name);
INSTANTIATE_TEST_SUITE_P(Refused, BrokenDhcpdCorpus, ::testing::ValuesIn(testing::corpus_files("refused")), test_name);

TEST(DhcpdCorpusSize, IsLarge) {
  EXPECT_GE(testing::corpus_files("").size(), 25U);
  EXPECT_GE(testing::corpus_files("broken").size(), 10U);
}

}  // namespace
}  // namespace rackcast
