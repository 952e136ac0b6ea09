#include "core/events/event_log.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/events/log_sink.h"

namespace rackcast {
namespace {

using namespace std::chrono_literals;

class Lines final : public LineSink {
 public:
  void write(LogLevel level, std::string_view line) override { all.emplace_back(level, line); }
  std::vector<std::pair<LogLevel, std::string>> all;
};

constexpr WallTime kStart{Duration(1'790'000'000'000'000'000)};

Event at(EventKind kind, WallTime time) {
  Event event;
  event.kind = kind;
  event.at = time;
  event.interface = "eth0";
  return event;
}

TEST(EventLog, WritesWhatTheLevelLetsThrough) {
  Lines lines;
  EventLog log(lines, LogLevel::kInfo);
  log.on_event(at(EventKind::kDhcpDiscover, kStart));
  log.on_event(at(EventKind::kNotFound, kStart));
  ASSERT_EQ(lines.all.size(), 1U);
  EXPECT_EQ(lines.all[0].second, "DHCPDISCOVER from 00:00:00:00:00:00 via eth0");
  log.set_level(LogLevel::kDebug);
  log.on_event(at(EventKind::kNotFound, kStart));
  EXPECT_EQ(lines.all.size(), 2U);
  log.set_level(LogLevel::kError);
  log.on_event(at(EventKind::kWarning, kStart));
  EXPECT_EQ(lines.all.size(), 2U);
}

TEST(EventLog, LeavesQuietEventsToTheBoard) {
  Lines lines;
  EventLog log(lines, LogLevel::kTrace);
  Event refusal = at(EventKind::kRefused, kStart);
  refusal.quiet = true;
  log.on_event(refusal);
  EXPECT_TRUE(lines.all.empty());
  refusal.quiet = false;
  log.on_event(refusal);
  EXPECT_EQ(lines.all.size(), 1U);
}

TEST(EventLog, AFloodBecomesOneLineThatCountsIt) {
  Lines lines;
  EventLog log(lines, LogLevel::kDebug);
  for (std::uint32_t i = 0; i < 10'000; ++i) log.on_event(at(EventKind::kNotFound, kStart + i * 1us));
  EXPECT_EQ(lines.all.size(), kTroubleLinesPerSecondMax);
  log.on_tick(kStart + 500ms);
  EXPECT_EQ(lines.all.size(), kTroubleLinesPerSecondMax);
  log.on_tick(kStart + 1s);
  ASSERT_EQ(lines.all.size(), kTroubleLinesPerSecondMax + 1);
  EXPECT_EQ(lines.all.back().second, "suppressed 9950 lines of this kind within a second: not found");
  EXPECT_EQ(log.suppressed(), 9950U);
  log.on_tick(kStart + 2s);
  EXPECT_EQ(lines.all.size(), kTroubleLinesPerSecondMax + 1);
  log.on_event(at(EventKind::kNotFound, kStart + 3s));
  EXPECT_EQ(lines.all.size(), kTroubleLinesPerSecondMax + 2);
}

TEST(EventLog, OneKindInFloodDoesNotSilenceAnother) {
  Lines lines;
  EventLog log(lines, LogLevel::kInfo);
  for (int i = 0; i < 10'000; ++i) log.on_event(at(EventKind::kDhcpNak, kStart));
  const std::size_t before = lines.all.size();
  log.on_event(at(EventKind::kDhcpAck, kStart));
  EXPECT_EQ(lines.all.size(), before + 1);
}

TEST(EventLog, AClockSetBackOpensNoNewBudgets) {
  Lines lines;
  EventLog log(lines, LogLevel::kDebug);
  for (int i = 0; i < 1000; ++i) log.on_event(at(EventKind::kNotFound, kStart - i * 1s));
  EXPECT_EQ(lines.all.size(), kTroubleLinesPerSecondMax);
  log.on_tick(kStart - 3600s);
  log.on_event(at(EventKind::kNotFound, kStart - 3600s));
  EXPECT_EQ(lines.all.size(), kTroubleLinesPerSecondMax + 2);
}

TEST(LogSink, WritesTimeLevelAndLineToStandardError) {
  testing::internal::CaptureStderr();
  {
    LogSink sink(false);
    sink.write(LogLevel::kWarning, "DHCPACK on {} to %s");  // not a format string
  }
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find(" warning DHCPACK on {} to %s\n"), std::string::npos) << text;
  EXPECT_EQ(text.substr(0, 2), "20");
}

TEST(LogSink, SyslogMayBeSwitchedWhileRunning) {
  testing::internal::CaptureStderr();
  LogSink sink(true);
  sink.write(LogLevel::kInfo, "with syslog");
  sink.set_syslog(false);
  sink.set_syslog(false);
  sink.write(LogLevel::kInfo, "without");
  sink.set_syslog(true);
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("info with syslog\n"), std::string::npos) << text;
  EXPECT_NE(text.find("info without\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace rackcast
