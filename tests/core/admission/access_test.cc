#include "core/admission/access.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "core/admission/local_time.h"

namespace rackcast {
namespace {

net::IpPrefix prefix(std::string_view text) {
  return *net::IpPrefix::parse(text);
}

bool allowed(const AdmissionConfig& config, std::string_view address) {
  return address_allowed(*net::IpAddress::parse(address), config);
}

TEST(Access, WithoutListsEverybodyMayCome) {
  const AdmissionConfig config;
  EXPECT_TRUE(allowed(config, "10.0.0.1"));
  EXPECT_TRUE(allowed(config, "fd00::1"));
}

TEST(Access, OnlyFromKeepsOutWhatItDoesNotName) {
  AdmissionConfig config;
  config.only_from = {prefix("192.168.1.0/24"), prefix("fd00::/8")};
  for (const AdmissionPolicy policy : {AdmissionPolicy::kXinetd, AdmissionPolicy::kQueue}) {
    config.policy = policy;
    EXPECT_TRUE(allowed(config, "192.168.1.7"));
    EXPECT_TRUE(allowed(config, "fd12::1"));
    EXPECT_FALSE(allowed(config, "192.168.2.7"));
    EXPECT_FALSE(allowed(config, "2001:db8::1"));
  }
}

TEST(Access, AnEmptyOnlyFromIsNobody) {
  AdmissionConfig config;
  config.only_from.emplace();
  for (const AdmissionPolicy policy : {AdmissionPolicy::kXinetd, AdmissionPolicy::kQueue}) {
    config.policy = policy;
    EXPECT_FALSE(allowed(config, "192.168.1.7"));
  }
}

TEST(Access, NoAccessKeepsOutWhatItNames) {
  AdmissionConfig config;
  config.no_access = {prefix("192.168.1.7")};
  for (const AdmissionPolicy policy : {AdmissionPolicy::kXinetd, AdmissionPolicy::kQueue}) {
    config.policy = policy;
    EXPECT_FALSE(allowed(config, "192.168.1.7"));
    EXPECT_TRUE(allowed(config, "192.168.1.8"));
  }
}

TEST(Access, InBothListsXinetdRefusesAndQueueTakesTheLongerPrefix) {
  AdmissionConfig config;
  config.only_from = {prefix("192.168.1.0/24"), prefix("10.1.2.3")};
  config.no_access = {prefix("192.168.1.128/25"), prefix("10.0.0.0/8")};
  config.policy = AdmissionPolicy::kQueue;
  EXPECT_TRUE(allowed(config, "192.168.1.7"));
  EXPECT_FALSE(allowed(config, "192.168.1.200"));
  EXPECT_TRUE(allowed(config, "10.1.2.3"));
  EXPECT_FALSE(allowed(config, "10.1.2.4"));
  config.policy = AdmissionPolicy::kXinetd;
  EXPECT_TRUE(allowed(config, "192.168.1.7"));
  EXPECT_FALSE(allowed(config, "192.168.1.200"));
  EXPECT_FALSE(allowed(config, "10.1.2.3"));
}

TEST(Access, EquallyLongIsRefused) {
  AdmissionConfig config;
  config.only_from = {prefix("10.0.0.0/8")};
  config.no_access = {prefix("10.0.0.0/8")};
  EXPECT_FALSE(allowed(config, "10.1.2.3"));
}

TEST(Access, TimesIncludeBothEnds) {
  AdmissionConfig config;
  EXPECT_TRUE(time_allowed(0, config));
  config.access_times = {{8 * 60, 12 * 60}, {13 * 60, 17 * 60 + 30}};
  EXPECT_FALSE(time_allowed(8 * 60 - 1, config));
  EXPECT_TRUE(time_allowed(8 * 60, config));
  EXPECT_TRUE(time_allowed(12 * 60, config));
  EXPECT_FALSE(time_allowed(12 * 60 + 1, config));
  EXPECT_TRUE(time_allowed(17 * 60 + 30, config));
  EXPECT_FALSE(time_allowed(17 * 60 + 31, config));
}

// One test, because the C library has one time zone per process.
TEST(Access, TheSystemsLocalTimeFollowsDaylightSaving) {
  ::setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
  ::tzset();
  const LocalTime& local = system_local_time();
  // 2026-03-29T00:59:59Z is 01:59 in winter; a second later it is 03:00.
  const WallTime last_winter_second(std::chrono::seconds(1'774'745'999));
  EXPECT_EQ(local.minute_of_day(last_winter_second), 119U);
  EXPECT_EQ(local.minute_of_day(last_winter_second + std::chrono::seconds(1)), 180U);
}

}  // namespace
}  // namespace rackcast
