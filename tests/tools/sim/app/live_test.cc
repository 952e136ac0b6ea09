// The program against a real server, on loopback.
#include <gmock/gmock.h>

#include "tools/sim/app.h"

namespace rackcast::sim {
namespace {

std::size_t count_of(std::string_view text, std::string_view word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

TEST(LiveTest, AnInterruptionIsSaidOnce) {
  const std::vector<const char*> words{"rackcast-sim", "steady", "rate=1",   "--clients", "5",
                                       "--skip",       "dhcp",   "--server", "127.0.0.77"};
  const ParsedOptions parsed = parse_options(static_cast<int>(words.size()), words.data());
  ASSERT_TRUE(parsed.options);
  const std::atomic<bool> stop{true};
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  const int exit_code = run_app(*parsed.options, stop);
  const std::string table = ::testing::internal::GetCapturedStdout();
  (void)::testing::internal::GetCapturedStderr();
  EXPECT_EQ(exit_code, 1);
  EXPECT_EQ(count_of(table, "interrupted"), 1U) << table;
}

}  // namespace
}  // namespace rackcast::sim
