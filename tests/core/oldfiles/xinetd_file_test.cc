#include "core/oldfiles/xinetd_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/oldfiles/xinetd_access.h"
#include "tests/core/oldfiles/fake_host.h"

namespace rackcast {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string shown(const std::vector<XinetdEntry>& entries) {
  constexpr const char* kKinds[] = {"service", "defaults", "include", "includedir"};
  constexpr const char* kOperators[] = {"=", "+=", "-="};
  std::string text;
  for (const XinetdEntry& entry : entries) {
    text += kKinds[static_cast<int>(entry.kind)] + (entry.name.empty() ? "" : " " + entry.name) + "@" +
            std::to_string(entry.at.line) + ";";
    for (const XinetdAttribute& a : entry.attributes) {
      text += " " + a.name + kOperators[static_cast<int>(a.op)];
      for (const XinetdWord& word : a.values) text += word.text + "@" + std::to_string(word.column) + ",";
    }
    text += "\n";
  }
  return text;
}

std::string shown(std::string_view text) {
  ImportReport report;
  const std::string entries = shown(parse_xinetd(text, "f", report));
  EXPECT_TRUE(report.notes().empty()) << import_line(report.notes().front());
  return entries;
}

std::vector<std::string> told(std::string_view text) {
  ImportReport report;
  (void)parse_xinetd(text, "f", report);
  std::vector<std::string> lines;
  for (const ImportNote& note : report.notes()) lines.push_back(import_line(note));
  return lines;
}

TEST(XinetdFile, ReadsEntriesWithTheirPlaces) {
  EXPECT_EQ(shown("service tftp\n{\n\tuser\t= root\n  only_from += a b\n only_from -= a\n}\n"),
            "service tftp@1; user=root@9, only_from+=a@16,b@18, only_from-=a@15,\n");
  EXPECT_EQ(shown("# c\n\ndefaults\n{\n  # c\n\n instances = 60\n}\ninclude /a\nincludedir /b\n"),
            "defaults@3; instances=60@14,\ninclude /a@9;\nincludedir /b@10;\n");
  EXPECT_EQ(shown(""), "");
}

TEST(XinetdFile, ReadsWhatOldFilesHold) {
  EXPECT_EQ(shown("\xEF\xBB\xBFservice tftp\r\n{\r\na = b\r\n}"), "service tftp@1; a=b@5,\n");
  EXPECT_EQ(shown("service tftp {\na = b # why\n}\n"), "service tftp@1; a=b@5,\n");
  EXPECT_EQ(shown("service tftp{\na=b\nc =d\ne+= f\ng\t-=h\ni =\nj = #x\n}\n"),
            "service tftp@1; a=b@3, c=d@4, e+=f@5, g-=h@5, i= j=\n");
  EXPECT_EQ(shown("service t\n{\nenv = A=1 B=2\n}\n"), "service t@1; env=A=1@7,B=2@11,\n");
}

TEST(XinetdFile, TellsWhatItDoesNotUnderstand) {
  EXPECT_THAT(told("what is this\nservice t\n{\n}\n"), ElementsAre(HasSubstr("f:1:1: not honoured: what: neither")));
  EXPECT_THAT(told("service t\n{\na b\n}\n"), ElementsAre(HasSubstr("f:3:1: not honoured: a: neither ATTRIBUTE")));
  EXPECT_THAT(told("service t\n{\na = b\n"), ElementsAre(HasSubstr("f:1:1: error: t: the entry is not closed")));
  EXPECT_THAT(told("service t\n"), ElementsAre(HasSubstr("error: t: \"{\" is missing")));
  EXPECT_THAT(told("service t\nservice u\n{\n}\n"), ElementsAre(HasSubstr("f:1:1: not honoured: t: \"{\" does not")));
  EXPECT_THAT(told("service\n{\n}\n"), ElementsAre(HasSubstr("a name must follow")));
  EXPECT_THAT(told("service t\n{\n} the end\n"), ElementsAre(HasSubstr("f:3:3: remark: the:")));
  EXPECT_THAT(told(std::string(kXinetdLineBytesMax + 1, 'a')), ElementsAre(HasSubstr("longer than 8192")));
  EXPECT_THAT(told("a\x1B[31m\n"), ElementsAre(HasSubstr("a?[31m")));
}

TEST(XinetdFile, BoundsEntriesAttributesAndNotes) {
  std::string many;
  for (std::size_t i = 0; i <= kXinetdEntriesMax; ++i) many += "service s\n{\n}\n";
  ImportReport report;
  EXPECT_EQ(parse_xinetd(many, "f", report).size(), kXinetdEntriesMax);
  EXPECT_EQ(report.notes().size(), 1U);
  many = "service s\n{\n";
  for (std::size_t i = 0; i <= kXinetdAttributesMax; ++i) many += "a = b\n";
  ImportReport attributes;
  EXPECT_EQ(parse_xinetd(many + "}\n", "f", attributes).front().attributes.size(), kXinetdAttributesMax);
  EXPECT_EQ(attributes.notes().size(), 1U);
  many.clear();
  for (std::size_t i = 0; i < kImportNotesMax + 7; ++i) many += "x\n";
  ImportReport notes;
  (void)parse_xinetd(many, "f", notes);
  EXPECT_EQ(notes.notes().size(), kImportNotesMax);
  EXPECT_EQ(notes.suppressed(), 7U);
}

TEST(XinetdFile, FollowsIncludesAsXinetdDoes) {
  testing::FakeHost host;
  host.files["/c"] = "include /a\nincludedir /d\nservice last\n{\n}\n";
  host.files["/a"] = "service a\n{\n}\n";
  host.folders["/d"] = {"z", "B", "no.rpm", "old~", "a"};
  for (const char* name : {"z", "B", "no.rpm", "old~", "a"})
    host.files[std::string("/d/") + name] = "service " + std::string(name) + "-d\n{\n}\n";
  ImportReport report;
  EXPECT_EQ(shown(load_xinetd("/c", host, report)),
            "service a@1;\nservice B-d@1;\nservice a-d@1;\nservice z-d@1;\nservice last@3;\n");
  EXPECT_TRUE(report.notes().empty());
}

TEST(XinetdFile, BoundsIncludes) {
  testing::FakeHost host;
  host.files["/c"] = "include /c\n";
  ImportReport circle;
  (void)load_xinetd("/c", host, circle);
  ASSERT_EQ(circle.notes().size(), 1U);
  EXPECT_THAT(import_line(circle.notes()[0]), HasSubstr("/c:1:1: error: /c: includes go more than 8 deep"));
  host.files["/w"].clear();
  for (std::size_t i = 0; i <= kXinetdFilesMax; ++i) host.files["/w"] += "include /e\n";
  host.files["/e"] = "";
  ImportReport wide;
  (void)load_xinetd("/w", host, wide);
  EXPECT_TRUE(wide.has_errors());
  host.files["/big"] = std::string(kXinetdFileBytesMax + 1, '\n');
  ImportReport big;
  (void)load_xinetd("/big", host, big);
  EXPECT_TRUE(big.has_errors());
  host.files["/m"] = "include /1\ninclude /1\ninclude /1\ninclude /1\ninclude /1\n";
  host.files["/1"] = std::string(kXinetdFileBytesMax, '\n');
  ImportReport total;
  (void)load_xinetd("/m", host, total);
  EXPECT_TRUE(total.has_errors());
  ImportReport none;
  (void)load_xinetd("/none", host, none);
  EXPECT_THAT(import_line(none.notes().at(0)), HasSubstr("/none: error: cannot read /none"));
}

std::string form(std::string_view word) {
  testing::FakeHost host;
  const AccessForm parsed = parse_access_form(word, host);
  EXPECT_EQ(parsed.problem.empty(), !parsed.prefixes.empty()) << word;
  std::string text;
  for (const net::IpPrefix& p : parsed.prefixes)
    text += (text.empty() ? "" : " ") + std::string(p.base.text().view()) + "/" + std::to_string(p.length);
  return text;
}

TEST(XinetdAccess, KnowsAllForms) {
  EXPECT_EQ(form("192.168.1.5"), "192.168.1.5/32");
  EXPECT_EQ(form("192.168.1.0"), "192.168.1.0/24");
  EXPECT_EQ(form("10.0.0.0"), "10.0.0.0/8");
  EXPECT_EQ(form("10.0.1.0"), "10.0.1.0/24");
  EXPECT_EQ(form("0.0.0.0"), "0.0.0.0/0");
  EXPECT_EQ(form("192.168.1.{1,2,30}"), "192.168.1.1/32 192.168.1.2/32 192.168.1.30/32");
  EXPECT_EQ(form("10.1.{2,3}"), "10.1.2.0/24 10.1.3.0/24");
  EXPECT_EQ(form("{10,11}"), "10.0.0.0/8 11.0.0.0/8");
  EXPECT_EQ(form("192.168.1.77/24"), "192.168.1.0/24");
  EXPECT_EQ(form("192.168.1.77/32"), "192.168.1.77/32");
  EXPECT_EQ(form("fd00::1/8"), "fd00::/8");
  EXPECT_EQ(form("fd00::1"), "fd00::1/128");
  EXPECT_EQ(form("::"), "::/0");
  EXPECT_EQ(form("bad.example"), "192.168.1.66/32 fd00::66/128");
  for (const char* wrong :
       {"", "nobody.example", ".example", "192.168.1", "1.2.3.4/33", "1.2.3.4/", "1.2.3.{", "1.2.3.{}", "1.2.3.{1,,2}",
        "1.2.3.{256}", "1.2.3.4.{5}", "1..{2}", "1.2.3.4,1.2.3.5", "x{1}", "/8", "{1}x"})
    EXPECT_EQ(form(wrong), "") << wrong;
}

TEST(XinetdAccess, KnowsTimes) {
  const auto span = parse_access_time("7:00-19:30");
  ASSERT_TRUE(span);
  EXPECT_EQ(span->first, 420);
  EXPECT_EQ(span->last, 1170);
  EXPECT_TRUE(parse_access_time("00:00-23:59"));
  for (const char* wrong :
       {"", "7-9", "7:00", "9:00-7:00", "7:00-7:00", "24:00-25:00", "7:60-8:00", "a:b-c:d", "7:00-8:00x"})
    EXPECT_FALSE(parse_access_time(wrong)) << wrong;
}

}  // namespace
}  // namespace rackcast
