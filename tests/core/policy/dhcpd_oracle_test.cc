// Differential: expressions at random, answered by dhcpd itself (its configuration test evaluates global statements and
// prints what they log) and by us. There is no packet at that time, so every option is missing: the truth tables of
// what is missing, ranks of operators and every function of data are compared. Skipped where dhcpd is not installed.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <string>

#include "tests/core/policy/fixture.h"
#include "tests/support/temporary_tree.h"

namespace rackcast::testing {
namespace {

constexpr const char* kDhcpd = "/usr/sbin/dhcpd";

// Only what both read alike: dhcpd takes no bare number for one on the right of `and`, nor names such as "x" or "add".
class Questions {
 public:
  explicit Questions(std::uint32_t seed) : random_(seed) {}

  std::string condition(std::size_t depth) {
    switch (pick(depth == 0 ? 5 : 11)) {
      case 0:
        return "exists host-name";
      case 1:
        return one_of({"\"a\" = \"a\"", "\"a\" != \"a\""});
      case 2:
        return "option host-name " + one_of({"~=", "~~"}) + " \"a\"";
      case 3:
        return data(0) + one_of({" ~= ", " ~~ "}) + one_of({"\"^a\"", "\"[b-d]$\"", "\"(ab|c)+\"", "\"B?c\""});
      case 4:
      case 5:
        return data(depth) + one_of({" = ", " != "}) + data(depth);
      case 6:
        return "((" + integer(depth - 1) + one_of({") = (", ") != ("}) + integer(depth - 1) + "))";
      case 7:
        return "not (" + condition(depth - 1) + ")";
      case 8:
        return "not exists host-name";
      case 9:
        return condition(depth - 1) + one_of({" and ", " or "}) + condition(depth - 1);
      default:
        return "(" + condition(depth - 1) + ")" + one_of({" and ", " or "}) + "(" + condition(depth - 1) + ")";
    }
  }

  std::string data(std::size_t depth) {
    switch (pick(depth == 0 ? 4 : 14)) {
      case 0:
        return one_of({"\"\"", "\"a\"", "\"abC\"", "\"c\"", "\"ab\""});
      case 1:
        return one_of({"61:62", "00:07", "ff:00:61:62", "01:02:03:04:05:06:07:08"});
      case 2:
        return "\"abcdEFGH\"";
      case 3:
        return pick(3) == 0 ? one_of({"option host-name", "null"}) : "\"a\"";
      case 4:
      case 5:
        return "substring (" + data(depth - 1) + ", " + number() + ", " + number() + ")";
      case 6:
        return "suffix (" + data(depth - 1) + ", " + number() + ")";
      case 7:
        return one_of({"lcase", "ucase"}) + " (" + data(depth - 1) + ")";
      case 8:
        return "concat (" + data(depth - 1) + ", " + data(depth - 1) + ", " + data(depth - 1) + ")";
      case 9:
        return "pick-first-value (" + data(depth - 1) + ", " + data(depth - 1) + ")";
      case 10:
        return "reverse (" + std::to_string(pick(3) + 1) + ", " + data(depth - 1) + ")";
      case 11:
      case 12:
        // Not base 10 of 32 bits: from 1410065408 on dhcpd puts a 0 in front, an overflow of its own.
        return "binary-to-ascii (" + one_of({"2, 8", "8, 16", "10, 8", "10, 16", "16, 8", "16, 32"}) + ", " +
               one_of({"\"\"", "\":\""}) + ", " + data(depth - 1) + ")";
      default:
        return "encode-int (" + integer(depth - 1) + ", " + one_of({"8", "16", "32"}) + ")";
    }
  }

  std::string integer(std::size_t depth) {
    switch (pick(depth == 0 ? 2 : 4)) {
      case 0:
        return "extract-int (" + one_of({"61:62:63:64", "07:00", "\"abcd\"", "option host-name"}) + ", " +
               one_of({"8", "16", "32"}) + ")";
      case 1:
        return "extract-int (05, 8)";
      case 2:
        return integer(depth - 1) + one_of({" + ", " * ", " / ", " % ", " & ", " | ", " ^ "}) + number();
      default:
        return "(" + integer(depth - 1) + ")";
    }
  }

 private:
  std::size_t pick(std::size_t count) { return random_() % count; }
  template <std::size_t kSize>
  std::string one_of(const char* const (&choices)[kSize]) {
    return choices[pick(kSize)];
  }
  std::string number() { return std::to_string(pick(10)); }

  std::mt19937 random_;
};

// What the text of a condition or of data says, as dhcpd's log line has it.
std::string asked(const std::string& label, const std::string& expression, bool is_condition) {
  if (is_condition)
    return "if (" + expression + ") { log (info, \"" + label + " T\"); } else { log (info, \"" + label + " F\"); }\n";
  return "log (info, concat (\"" + label + " \", binary-to-ascii (16, 8, \":\", " + expression + ")));\n";
}

std::map<std::string, std::string> dhcpd_answers(const std::string& configuration, const TemporaryTree& tree) {
  tree.write("dhcpd.conf", configuration + "subnet 10.0.0.0 netmask 255.255.255.0 { }\n");
  tree.write("leases", "");
  const std::string command =
      std::string(kDhcpd) + " -t -cf " + tree.path("dhcpd.conf") + " -lf " + tree.path("leases") + " 2>&1";
  std::map<std::string, std::string> answers;
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return answers;
  std::array<char, 8'192> line;
  while (std::fgets(line.data(), static_cast<int>(line.size()), pipe) != nullptr) {
    std::string text(line.data());
    if (text.ends_with('\n')) text.pop_back();
    const std::size_t blank = text.find(' ');
    if (text.starts_with("q") && blank != std::string::npos) answers[text.substr(0, blank)] = text.substr(blank + 1);
  }
  ::pclose(pipe);
  return answers;
}

class DhcpdOracleTest : public PolicyTest {
 protected:
  std::string ours(const std::string& expression, bool is_condition) {
    const ClientFacts nobody;
    problems.clear();
    outcome->clear();
    if (is_condition) return parse_condition(expression, context, problems).holds(nobody, *outcome) ? "T" : "F";
    const Expression data = parse_data("binary-to-ascii (16, 8, \":\", " + expression + ")", context, problems);
    const auto bytes = data.value(nobody, *outcome);
    return bytes ? text_of(*bytes) : "missing";
  }
};

TEST_F(DhcpdOracleTest, AnswersAreTheSame) {
  if (!std::filesystem::exists(kDhcpd)) GTEST_SKIP() << kDhcpd << " is not installed";
  const TemporaryTree tree;
  std::size_t compared = 0;
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    Questions questions(seed);
    std::string configuration;
    std::map<std::string, std::pair<std::string, bool>> asked_of;
    for (int i = 0; i < 120; ++i) {
      const std::string label = "q" + std::to_string(i);
      const bool is_condition = i % 3 != 0;
      const std::string expression = is_condition ? questions.condition(3) : questions.data(3);
      configuration += asked(label, expression, is_condition);
      asked_of[label] = {expression, is_condition};
    }
    const auto answers = dhcpd_answers(configuration, tree);
    ASSERT_GT(answers.size(), 60U) << "seed " << seed << ": dhcpd did not read\n" << configuration;
    for (const auto& [label, question] : asked_of) {
      const auto answer = answers.find(label);
      const std::string expected = answer == answers.end() ? "missing" : answer->second;
      const std::string answered = ours(question.first, question.second);
      if (outcome->overran) continue;  // a value longer than we hold, which dhcpd does
      EXPECT_EQ(answered, expected) << "seed " << seed << ' ' << question.first;
      EXPECT_EQ(problems_text(), "") << question.first;
      ++compared;
    }
  }
  EXPECT_GT(compared, 4'700U);
}

}  // namespace
}  // namespace rackcast::testing
