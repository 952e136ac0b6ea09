// A million transfers at once, as a hall of machines that all stopped to think: started, answered, silent. Measured is
// the heap of the engine alone; nothing of it grows with the load, so what it has at the end it had from the start.
#include <malloc.h>

#include "tests/core/engine/tftp/tftp_engine_fixture.h"

namespace rackcast::engine {
namespace {

constexpr std::size_t kTransfers = 1'000'000;
constexpr std::size_t kBytesMax = std::size_t{1} << 30U;

std::size_t heap_bytes() {
  const struct mallinfo2 heap = ::mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

net::Endpoint machine(std::size_t number) {
  return {net::Ipv4Address(static_cast<std::uint32_t>(0x0A00'0001 + number)), net::UdpPort(2'070)};
}

TEST_F(TftpEngineTest, AMillionTransfersFitInAGibibyte) {
  const std::size_t before = heap_bytes();
  build({}, limits_for(kTransfers));  // the daemon's
  const auto image = file(std::vector<std::byte>(100'000));
  open(image, {.blksize = 1'468}, machine(0));
  for (std::size_t i = 1; i < kTransfers; ++i) {
    rrq("file", {.blksize = 1'468}, machine(i));
    // Time goes on: a million requests within one instant would be a flood of forged ones.
    if (i % 1'000 == 0) now.monotonic += std::chrono::microseconds(100);
    if (i % 10'000 == 0) {
      harness.io.sent.clear();
      harness.events.events.clear();
    }
  }
  (void)sent();  // `tid` is where the last one is answered
  harness.io.sent = {};
  harness.events.events = {};
  EXPECT_EQ(engine->in_flight(), kTransfers);
  const std::size_t used = heap_bytes() - before;
  EXPECT_LE(used, kBytesMax);
  RecordProperty("bytes_per_transfer", static_cast<int>(used / kTransfers));
  std::printf("%zu bytes of heap per transfer\n", used / kTransfers);

  // None of them is forgotten: the last one goes on where it was.
  ack(0, machine(kTransfers - 1));
  EXPECT_EQ(count(Counter::kStarted), 1U);
  EXPECT_NE(sent_text().find("D1"), std::string::npos);
}

}  // namespace
}  // namespace rackcast::engine
