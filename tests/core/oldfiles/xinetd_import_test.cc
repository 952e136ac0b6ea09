#include "core/oldfiles/xinetd_import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/config/parse.h"
#include "core/config/reload.h"
#include "core/oldfiles/toml_text.h"
#include "tests/core/oldfiles/fake_host.h"

namespace rackcast {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string sample(const std::string& name) {
  std::ifstream file(std::string(RACKCAST_SAMPLES) + "/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct Imported {
  std::optional<Config> config;
  std::vector<std::string> honoured;
  std::vector<std::string> others;  // remarks, not honoured, errors
};

Imported import_text(const std::string& text, bool strict = false, testing::FakeHost host = {}) {
  host.files["f"] = text;
  ImportReport report;
  Imported imported;
  imported.config = import_xinetd_file("f", host, {.strict = strict}, report);
  EXPECT_EQ(imported.config.has_value(), !report.has_errors());
  for (const ImportNote& note : report.notes())
    (note.kind == ImportKind::kHonoured ? imported.honoured : imported.others).push_back(import_line(note));
  return imported;
}

std::string service(const std::string& lines, const std::string& arguments = "-s /t") {
  return "service tftp\n{\nserver = in.tftpd\nserver_args = " + arguments + "\n" + lines + "\n}\n";
}

std::vector<std::string> text_of(const std::vector<net::IpPrefix>& list) {
  std::vector<std::string> texts;
  for (const net::IpPrefix& p : list)
    texts.push_back(std::string(p.base.text().view()) + "/" + std::to_string(p.length));
  return texts;
}

// What is written and read again means the same, key by key.
void expect_round_trip(const Config& config, const std::string& what) {
  const auto text = toml_text(config);
  ASSERT_TRUE(text) << what;
  const ConfigOutcome outcome = parse_config(*text, "f");
  std::string problems;
  for (const Problem& problem : outcome.problems) problems += problem_line("f", problem) + "\n";
  ASSERT_NE(outcome.config, nullptr) << what << "\n" << *text << problems;
  for (const KeySpec& key : config_keys())
    EXPECT_EQ(value_text(*outcome.config, key), value_text(config, key)) << what << ": " << full_name(key);
  EXPECT_TRUE(reload_plan(config, *outcome.config).empty()) << what;
  ASSERT_EQ(outcome.config->tftp.has_value(), config.tftp.has_value());
  if (config.tftp) {
    EXPECT_EQ(outcome.config->tftp->listen_given, config.tftp->listen_given);
    EXPECT_EQ(outcome.config->tftp->admission.only_from, config.tftp->admission.only_from);
    EXPECT_EQ(outcome.config->tftp->admission.no_access, config.tftp->admission.no_access);
    EXPECT_EQ(outcome.config->tftp->admission.log_on_failure, config.tftp->admission.log_on_failure);
  }
}

bool has_access_keys(const Config& config) {
  const auto has = [](const AdmissionConfig& a) {
    return a.only_from || !a.no_access.empty() || !a.access_times.empty() || !a.log_on_failure;
  };
  return (config.tftp && has(config.tftp->admission)) || (config.ftp && has(config.ftp->admission));
}

TEST(XinetdImport, TheClassicFileIsHonouredLineByLine) {
  const Imported imported = import_text(sample("classic"));
  ASSERT_TRUE(imported.config);
  const TftpConfig& tftp = *imported.config->tftp;
  EXPECT_EQ(tftp.root, "/tftpboot");
  EXPECT_EQ(tftp.admission.per_source, 11U);
  EXPECT_EQ(tftp.admission.cps->rate, 100U);
  EXPECT_EQ(tftp.admission.cps->wait_seconds, 2U);
  EXPECT_EQ(tftp.admission.policy, AdmissionPolicy::kQueue);
  EXPECT_FALSE(tftp.admission.instances);
  EXPECT_THAT(tftp.listen, ElementsAre(*net::Endpoint::parse("0.0.0.0:69")));
  EXPECT_THAT(imported.config->server.interfaces, ElementsAre("lo", "eth0"));
  EXPECT_EQ(imported.config->server.user, "nobody");
  EXPECT_THAT(imported.others, ElementsAre(HasSubstr("f:8:2: remark: wait: xinetd started in.tftpd once")));
}

TEST(XinetdImport, TrailingTextChangesNothing) {
  const Imported plain = import_text(sample("classic"));
  const Imported trailing = import_text(sample("trailing_text"));
  ASSERT_TRUE(trailing.config);
  for (const KeySpec& key : config_keys()) {
    if (full_name(key) == "tftp.upload_dir") continue;  // by -c
    EXPECT_EQ(value_text(*trailing.config, key), value_text(*plain.config, key)) << full_name(key);
  }
  EXPECT_THAT(trailing.others, Contains(HasSubstr("f:9:44: remark: disable: \"turned\" and what follows")));
  EXPECT_THAT(trailing.others, Contains(HasSubstr("f:8:48: remark: -c: [tftp] upload_dir")));
  EXPECT_THAT(trailing.others, Contains(HasSubstr("f:14:1: not honoured: restart: neither service")));
}

TEST(XinetdImport, StrictIsXinetdsPolicyWithItsOwnRate) {
  EXPECT_EQ(import_text(sample("classic"), true).config->tftp->admission.policy, AdmissionPolicy::kXinetd);
  EXPECT_EQ(import_text(sample("classic"), true).config->tftp->admission.cps->rate, 100U);
  const Imported bare = import_text(service(""), true);
  EXPECT_EQ(bare.config->tftp->admission.cps->rate, 50U);
  EXPECT_EQ(bare.config->tftp->admission.cps->wait_seconds, 10U);
  EXPECT_FALSE(import_text(service("cps = 0 1"), true).config->tftp->admission.cps);
  EXPECT_FALSE(import_text(service("")).config->tftp->admission.cps);
}

TEST(XinetdImport, DisabledIsOff) {
  const Imported off = import_text(sample("disabled"));
  ASSERT_TRUE(off.config);
  EXPECT_FALSE(off.config->tftp);
  EXPECT_FALSE(import_text("defaults\n{\ndisabled = tftp\n}\n" + service("")).config->tftp);
  EXPECT_FALSE(import_text("defaults\n{\nenabled = ftp\n}\n" + service("")).config->tftp);
  EXPECT_TRUE(import_text("defaults\n{\nenabled = tftp\n}\n" + service("")).config->tftp);
  EXPECT_TRUE(import_text("defaults\n{\ndisabled = tftp\n}\n" + service("id = other")).config->tftp);
  EXPECT_FALSE(import_text(service("instances = 0")).config->tftp);
}

TEST(XinetdImport, ReadsDefaultsAndAccess) {
  const Imported imported = import_text(sample("xinetd.conf"));
  ASSERT_TRUE(imported.config);
  const AdmissionConfig& admission = imported.config->tftp->admission;
  EXPECT_EQ(admission.instances, 60U);
  EXPECT_FALSE(admission.per_source);
  EXPECT_EQ(admission.cps->rate, 25U);
  EXPECT_THAT(text_of(*admission.only_from), ElementsAre("192.168.0.0/16", "10.1.2.0/24", "10.1.3.0/24", "fd00::/8"));
  EXPECT_THAT(text_of(admission.no_access), ElementsAre("192.168.1.13/32", "192.168.1.66/32", "fd00::66/128"));
  ASSERT_EQ(admission.access_times.size(), 2U);
  EXPECT_EQ(admission.access_times[1].last, 23 * 60 + 59);
  EXPECT_TRUE(imported.config->log.syslog);
  EXPECT_FALSE(imported.config->ftp);
  EXPECT_THAT(imported.others, Contains(HasSubstr("no_access: \".evil.example\" IS LET IN: domains")));
  EXPECT_THAT(imported.others, Contains(HasSubstr("\"bad.example\" looked up once, now: 192.168.1.66, fd00::66")));
  EXPECT_THAT(imported.others, Contains(HasSubstr("not honoured: telnet: rackcast has no such service")));
  EXPECT_THAT(imported.others, Contains(HasSubstr("remark: echo: is off")));
  EXPECT_THAT(imported.others, Contains(HasSubstr("not honoured: max_load")));
}

TEST(XinetdImport, ReadsTftpHpasArguments) {
  const Imported imported = import_text(sample("every_flag"));
  ASSERT_TRUE(imported.config);
  const TftpConfig& tftp = *imported.config->tftp;
  EXPECT_EQ(tftp.root, "/srv/tftp");
  EXPECT_EQ(tftp.map_file, "/etc/tftpd.map");
  EXPECT_THAT(tftp.refused_options, ElementsAre("blksize", "tsize"));
  EXPECT_EQ(tftp.max_blksize, 1468);
  EXPECT_EQ(tftp.tid_ports->first, 50'000);
  EXPECT_EQ(tftp.tid_ports->last, 50'999);
  EXPECT_EQ(tftp.retransmit_us, 500'000U);
  EXPECT_EQ(tftp.upload.dir, "/var/lib/rackcast/uploads");
  EXPECT_EQ(imported.config->server.user, "tftpd");
  EXPECT_THAT(tftp.listen, ElementsAre(*net::Endpoint::parse("0.0.0.0:6969"), *net::Endpoint::parse("[::]:6969")));
  for (const char* expected :
       {"f:8:16: remark: -c: [tftp] upload_dir /var/lib/rackcast/uploads",
        "not honoured: -U:", "not honoured: -4:", "not honoured: -a:", "not honoured: --foo: no argument",
        "not honoured: /other: one folder", "\"SENSOR\"", "\"NOPE\" is no flag",
        "not honoured: bogus: xinetd has no such attribute", "did you mean per_source?", "not honoured: nice"})
    EXPECT_THAT(imported.others, Contains(HasSubstr(expected)));
}

TEST(XinetdImport, TakesFilesOfClientsOnlyWhereTheyAreMadeAndNotServed) {
  EXPECT_EQ(import_text(service("", "-s /tftpboot")).config->tftp->upload.dir, "");
  for (const char* arguments : {"-c -s /tftpboot", "--create /tftpboot", "-sc /tftpboot"})
    EXPECT_EQ(import_text(service("", arguments)).config->tftp->upload.dir, "/var/lib/rackcast/uploads") << arguments;
  for (const char* arguments : {"-c -s /", "-c /var/lib", "-s /var/lib/rackcast/uploads/pxe -c"}) {
    const Imported served = import_text(service("", arguments));
    ASSERT_TRUE(served.config) << arguments;
    EXPECT_EQ(served.config->tftp->upload.dir, "") << arguments;
    EXPECT_THAT(served.others, Contains(HasSubstr("not honoured: -c: no file is taken"))) << arguments;
  }
}

TEST(XinetdImport, ReadsAtftpdsArguments) {
  const Imported imported = import_text(sample("atftpd"));
  ASSERT_TRUE(imported.config);
  EXPECT_EQ(imported.config->tftp->root, "/srv/tftp");
  EXPECT_EQ(imported.config->tftp->admission.instances, 100U);
  EXPECT_EQ(imported.config->tftp->retransmit_us, 5'000'000U);
  EXPECT_THAT(imported.config->tftp->refused_options, ElementsAre("blksize"));
  EXPECT_THAT(imported.others, Contains(HasSubstr("not honoured: --mcast-addr")));
}

TEST(XinetdImport, ReadsWhatStandsBehindTcpd) {
  const Imported imported = import_text(sample("tcpd"));
  ASSERT_TRUE(imported.config);
  EXPECT_EQ(imported.config->tftp->root, "/boot/net");
  EXPECT_EQ(imported.config->server.user, "tftp");
  EXPECT_THAT(imported.config->tftp->listen, ElementsAre(*net::Endpoint::parse("192.168.1.110:69")));
  EXPECT_THAT(imported.config->server.interfaces, ElementsAre("eth0"));
  EXPECT_FALSE(imported.config->tftp->admission.log_on_failure);
}

TEST(XinetdImport, LogOnFailureIsTheSetOfWordsThatIsLeft) {
  const auto logged = [](const std::string& lines) {
    const std::string text =
        "service tftp\n{\nsocket_type = dgram\nwait = yes\nuser = root\n"
        "server = /usr/sbin/in.tftpd\nserver_args = -s /t\n" +
        lines + "}\n";
    const Imported imported = import_text(text);
    EXPECT_TRUE(imported.config) << lines;
    return imported.config && imported.config->tftp->admission.log_on_failure;
  };
  EXPECT_TRUE(logged("log_on_failure = HOST USERID\nlog_on_failure -= USERID\n"));
  EXPECT_FALSE(logged("log_on_failure = HOST\nlog_on_failure -= HOST\n"));
  EXPECT_TRUE(logged("log_on_failure = HOST\nlog_on_failure -= HOST\nlog_on_failure += ATTEMPT\n"));
  EXPECT_FALSE(logged("log_on_failure = HOST\nlog_on_failure =\n"));
}

TEST(XinetdImport, TakesTheServiceThatIsOn) {
  const Imported imported = import_text(sample("two_families"));
  ASSERT_TRUE(imported.config);
  EXPECT_THAT(imported.config->tftp->listen, ElementsAre(*net::Endpoint::parse("[::]:69")));
}

TEST(XinetdImport, ReadsAnFtpService) {
  const Imported imported = import_text(sample("ftp"));
  ASSERT_TRUE(imported.config);
  ASSERT_TRUE(imported.config->ftp);
  EXPECT_FALSE(imported.config->tftp);
  EXPECT_EQ(imported.config->ftp->root, "/var/ftp");
  EXPECT_EQ(imported.config->ftp->admission.instances, 200U);
  EXPECT_EQ(imported.config->ftp->admission.per_source, 5U);
}

TEST(XinetdImport, FollowsIncludes) {
  testing::FakeHost host;
  host.folders["xinetd.d"] = {"tftp", "tftp.rpmsave"};
  host.files["xinetd.d/tftp"] = sample("classic");
  const Imported imported = import_text(sample("include"), false, host);
  EXPECT_FALSE(imported.config);  // a file that is named and missing
  EXPECT_THAT(imported.others, Contains(HasSubstr("f:6:1: error: cannot read missing.conf.example")));
  host.files["missing.conf.example"] = "";
  EXPECT_EQ(import_text(sample("include"), false, host).config->tftp->root, "/tftpboot");
}

TEST(XinetdImport, RefusesWhatXinetdWouldNotStart) {
  for (const char* line : {"cps = many 2", "per_source = x", "instances = -1", "access_times = 9:00-8:00",
                           "disable = maybe", "bind = nowhere.example", "port = 0", "user = a:b"}) {
    const Imported imported = import_text(service(line));
    EXPECT_FALSE(imported.config) << line;
    EXPECT_THAT(imported.others, Contains(HasSubstr("f:5:"))) << line;
  }
  EXPECT_THAT(import_text("service tftp\n{\nserver = in.tftpd\n}\n").others, Contains(HasSubstr("names no folder")));
  EXPECT_THAT(import_text("service tftp\n{\nserver = in.tftpd\nserver_args = -s boot\n}\n").others,
              Contains(HasSubstr("must be an absolute path")));
  EXPECT_THAT(import_text("service telnet\n{\n}\n").others, Contains(HasSubstr("there is no service tftp")));
  EXPECT_FALSE(import_text("").config);
  std::string many = "only_from = 1.1.1.1";
  for (int i = 0; i < 256; ++i) many += " 10.0.1." + std::to_string(i) + "/32";
  EXPECT_THAT(import_text(service(many)).others, Contains(HasSubstr("more than 256")));
}

TEST(XinetdImport, OnlyFromThatNamesNobodyLetsNobodyIn) {
  const Imported imported = import_text(service("only_from = .lab.example\nonly_from += gone.example"));
  ASSERT_TRUE(imported.config);
  ASSERT_TRUE(imported.config->tftp->admission.only_from);
  EXPECT_TRUE(imported.config->tftp->admission.only_from->empty());
}

TEST(XinetdImport, TheFirstOfTwoEqualLinesCounts) {
  const Imported imported = import_text(service("per_source = 3\nper_source = 4\nper_source += 5"));
  EXPECT_EQ(imported.config->tftp->admission.per_source, 3U);
  EXPECT_THAT(imported.others, Contains(HasSubstr("f:6:1: not honoured: per_source: is there already")));
}

TEST(XinetdImport, EverySampleIsTheSameWrittenAsToml) {
  unsigned written = 0;
  unsigned waiting = 0;
  for (const auto& entry : std::filesystem::directory_iterator(RACKCAST_SAMPLES)) {
    const std::string name = entry.path().filename().string();
    testing::FakeHost host;
    host.folders["xinetd.d"] = {"tftp"};
    host.files["xinetd.d/tftp"] = sample("classic");
    host.files["missing.conf.example"] = "";
    for (const bool strict : {false, true}) {
      const Imported imported = import_text(sample(name), strict, host);
      ASSERT_TRUE(imported.config) << name;
      EXPECT_THAT(imported.others, Not(Contains(HasSubstr("error")))) << name;
      if (has_access_keys(*imported.config) && find_key("tftp", "only_from") == nullptr) {
        ++waiting;  // the configuration file has no access lists yet
        continue;
      }
      expect_round_trip(*imported.config, name);
      ++written;
    }
  }
  EXPECT_EQ(written + waiting, 22U);
  EXPECT_GE(written, 16U);
}

TEST(XinetdImport, TakesEveryPrefixOfEverySample) {
  for (const auto& entry : std::filesystem::directory_iterator(RACKCAST_SAMPLES)) {
    const std::string text = sample(entry.path().filename().string());
    for (std::size_t size = 0; size <= text.size(); ++size) (void)import_text(text.substr(0, size));
  }
}

TEST(TomlText, QuotesAndRefuses) {
  Config config;
  config.ftp.emplace();
  config.ftp->listen = {*net::Endpoint::parse("0.0.0.0:21")};
  config.ftp->root = "/a\"b\\c \xC3\xA4";
  EXPECT_THAT(toml_text(config).value(), HasSubstr("root = \"/a\\\"b\\\\c \xC3\xA4\"\n"));
  for (const char* wrong : {"/\xFF", "/\xC3", "/\xC0\x80", "/\xED\xA0\x80", "/\xF4\x90\x80\x80", "/\xE0\x80\x80"}) {
    config.ftp->root = wrong;
    EXPECT_FALSE(toml_text(config)) << wrong;
  }
}

}  // namespace
}  // namespace rackcast
