// Property: generated rules, written out, are read again as the same rules. The seed is printed.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/core/policy/fixture.h"

namespace rackcast::testing {
namespace {

// Text of the grammar, at random and well typed; more often than people would, deep.
class Grammar {
 public:
  explicit Grammar(std::uint32_t seed) : random_(seed) {}

  std::string statements(std::size_t depth) {
    std::string text;
    for (std::size_t i = pick(4) + 1; i-- > 0;) text += statement(depth) + '\n';
    return text;
  }

 private:
  std::size_t pick(std::size_t count) { return random_() % count; }
  template <std::size_t kSize>
  std::string one_of(const char* const (&choices)[kSize]) {
    return choices[pick(kSize)];
  }
  std::string number() { return std::to_string(random_() % 300); }
  std::string octet_list() {
    std::string text;
    for (std::size_t i = pick(5) + 1; i-- > 0;) {
      char pair[3];
      std::snprintf(pair, sizeof pair, "%02x", static_cast<unsigned>(random_() % 256));
      text += (text.empty() ? "" : ":") + std::string(pair);
    }
    return text;
  }
  std::string quoted() {
    std::string text = "\"";
    for (std::size_t i = pick(6); i-- > 0;)
      text += one_of({"a", "B", " ", ";", "\\\"", "\\\\", "\\x00", "\\n", "}", "#", "\\377"});
    return text + '"';
  }
  std::string name() {
    return one_of({"host-name", "user-class", "agent.circuit-id", "unknown-222", "pxe-system-type"});
  }
  std::string variable() { return one_of({"x", "why", "z9"}); }

  std::string data(std::size_t depth) {
    const std::size_t form = pick(depth == 0 ? 9 : 18);
    switch (form) {
      case 0:
      case 1:
        return quoted();
      case 2:
        return octet_list();
      case 3:
        return "option " + name();
      case 4:
        return "config-option " + name();
      case 5:
        return one_of(
            {"hardware", "filename", "server-name", "host-decl-name", "leased-address", "gethostname ()", "null"});
      case 6:
        return variable();
      case 7:
        return "packet (" + number() + ", " + number() + ")";
      case 8:
        return "encode-int (" + number() + ", " + one_of({"8", "16", "32"}) + ")";
      case 9:
        return "substring (" + data(depth - 1) + ", " + integer(depth - 1) + ", " + integer(depth - 1) + ")";
      case 10:
        return "suffix (" + data(depth - 1) + ", " + integer(depth - 1) + ")";
      case 11:
        return one_of({"lcase", "ucase"}) + " (" + data(depth - 1) + ")";
      case 12:
        return "concat (" + data(depth - 1) + ", " + data(depth - 1) + ", " + data(depth - 1) + ")";
      case 13:
        return "pick-first-value (" + data(depth - 1) + ", " + data(depth - 1) + ")";
      case 14:
        return "reverse (" + integer(depth - 1) + ", " + data(depth - 1) + ")";
      case 15:
        return "binary-to-ascii (" + integer(depth - 1) + ", " + number() + ", " + data(depth - 1) + ", " +
               data(depth - 1) + ")";
      case 16:
        return "(" + data(depth - 1) + ")";
      default:
        return "encode-int (" + integer(depth - 1) + ", 16)";
    }
  }

  std::string integer(std::size_t depth) {
    switch (pick(depth == 0 ? 3 : 7)) {
      case 0:
      case 1:
        return number();
      case 2:
        return "lease-time";
      case 3:
        return variable();
      case 4:
        return "extract-int (" + data(depth - 1) + ", " + one_of({"8", "16", "32"}) + ")";
      case 5:
        return "(" + integer(depth - 1) + ")";
      default:
        return integer(depth - 1) + one_of({" + ", " - ", " * ", " / ", " % ", " & ", " | ", " ^ "}) + integer(0);
    }
  }

  std::string condition(std::size_t depth) {
    switch (pick(depth == 0 ? 4 : 10)) {
      case 0:
        return one_of({"known", "static"});
      case 1:
        return "exists " + name();
      case 2:
        return "defined (" + variable() + ")";
      case 3:
        return "option user-class ~= \"^i[A-Z]*$\"";
      case 4:
      case 5:
        return data(depth - 1) + one_of({" = ", " != "}) + data(depth - 1);
      case 6:
        return "extract-int (" + data(depth - 1) + ", 8) = " + number();
      case 7:
        return "not (" + condition(depth - 1) + ")";
      case 8:
        return condition(depth - 1) + one_of({" and ", " or "}) + condition(depth - 1);
      default:
        return "(" + condition(depth - 1) + ")" + one_of({" and ", " or "}) + "(" + condition(depth - 1) + ")";
    }
  }

  std::string statement(std::size_t depth) {
    switch (pick(depth == 0 ? 8 : 11)) {
      case 0:
        return "option domain-name " + quoted() + ";";
      case 1:
        return one_of({"option ", "default ", "append ", "prepend "}) + name() + " = " + data(depth) + ";";
      case 2:
        return "option routers 10.0.0." + std::to_string(pick(256)) + ", 10.0.1.1;";
      case 3:
        return one_of({"authoritative;", "not authoritative;", "allow bootp;", "deny booting;", "ping-check off;",
                       "default-lease-time 600;", "max-lease-time infinite;", "next-server 10.0.0.1;", "break;",
                       "add \"pxe\";", "vendor-option-space agent;"});
      case 4:
        return one_of({"filename", "server-name", "next-server", "min-secs", "allow-bootp", "boot-unknown-clients",
                       "declines"}) +
               " = " + data(depth) + ";";
      case 5:
        return "set " + variable() + " = " + data(depth) + ";";
      case 6:
        return "set " + variable() + " = " + condition(depth) + ";";
      case 7:
        return "unset " + variable() + ";";
      case 8:
        return "if " + condition(depth) + " {\n" + statements(depth - 1) + "} elsif " + condition(depth) + " {\n" +
               "} else {\n" + statements(depth - 1) + "}";
      case 9:
        return "switch (option user-class) { case " + quoted() + ": " + statements(depth - 1) + " case " + data(depth) +
               ": default: " + statements(depth - 1) + "}";
      default:
        return "switch (extract-int (" + data(depth) + ", 16)) { case 7: " + statements(depth - 1) + " case " +
               integer(1) + ": " + statements(depth - 1) + "}";
    }
  }

  std::mt19937 random_;
};

using RoundTripTest = PolicyTest;

TEST_F(RoundTripTest, WrittenRulesAreReadAlike) {
  std::size_t well_formed = 0;
  for (std::uint32_t seed = 1; seed <= 3'000; ++seed) {
    Grammar grammar(seed);
    const std::string text = grammar.statements(3);
    const Rules first = rules(text);
    well_formed += problems.empty() ? 1U : 0U;
    const std::string written = first.text(catalog);
    const Rules second = good(written);
    ASSERT_TRUE(second == first) << "seed " << seed << "\n" << text << "\nwritten\n" << written;
    ASSERT_EQ(second.text(catalog), written) << "seed " << seed;
    // And both say the same to a client.
    outcome->clear();
    first.apply(client.facts(), *outcome);
    const auto other = std::make_unique<Outcome>();
    second.apply(client.facts(), *other);
    ASSERT_EQ(outcome->options().size(), other->options().size()) << "seed " << seed;
    for (std::size_t i = 0; i < other->options().size(); ++i)
      ASSERT_EQ(text_of(outcome->options()[i].bytes), text_of(other->options()[i].bytes)) << "seed " << seed;
  }
  EXPECT_GT(well_formed, 1'500U);
}

}  // namespace
}  // namespace rackcast::testing
