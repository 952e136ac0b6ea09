// After construction the limiter allocates nothing: admitted, refused, delayed, undone, evicted.
#include "tests/core/admission/fixture.h"
#include "tests/support/allocation_count.h"

namespace rackcast::admission_test {
namespace {

TEST_F(Limiter, AllocatesNothingAfterConstruction) {
  rebuild(128);
  config.instances = 100;
  config.per_source = 2;
  config.cps = Cps{10, 1};
  config.access_times = {{0, 1'439}};
  config.no_access = {*net::IpPrefix::parse("10.0.7.0/24")};
  std::uint64_t random = 1;
  const std::uint64_t before = testing::allocation_count();
  for (int i = 0; i < 200'000; ++i) {
    random = random * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    const auto number = static_cast<std::uint32_t>(random >> 40U) % 2'048;
    config.policy = (random >> 20U) % 2 == 0 ? AdmissionPolicy::kXinetd : AdmissionPolicy::kQueue;
    if ((random >> 33U) % 3 == 0)
      release(number % 256);
    else if ((random >> 33U) % 17 == 0)
      undo(number % 256);
    else
      (void)asked(number % 256 + ((random >> 60U) == 0 ? 0x700 : 0));
    pass(milliseconds(3));
  }
  EXPECT_EQ(testing::allocation_count() - before, 0U);
  EXPECT_GT(limiter->counters().admitted, 1'000U);
  EXPECT_GT(limiter->counters().undone, 100U);
  EXPECT_GT(limiter->counters().sources_evicted, 100U);
  EXPECT_GT(refused(AdmissionReason::kConnectionRate), 10U);
  EXPECT_GT(delayed(AdmissionReason::kConnectionRate), 10U);
}

}  // namespace
}  // namespace rackcast::admission_test
