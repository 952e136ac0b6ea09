#include "io_backends/socket/tx_slots.h"

#include <gtest/gtest.h>

namespace rackcast::io {
namespace {

TEST(TxSlots, LendsEachSlotOnceAndTakesItBack) {
  TxSlots slots(3, 1);
  TxSlot* a = slots.reserve();
  TxSlot* b = slots.reserve();
  TxSlot* c = slots.reserve();
  ASSERT_NE(c, nullptr);
  EXPECT_NE(a, b);
  EXPECT_NE(b, c);
  EXPECT_EQ(slots.reserve(), nullptr);
  slots.cancel(b);
  EXPECT_EQ(slots.reserve(), b);
}

TEST(TxSlots, ALentSlotIsEmpty) {
  TxSlots slots(1, 1);
  TxSlot* slot = slots.reserve();
  slot->pin = PinId{4};
  slot->destination.ttl = 9;
  slot->add(10);
  slots.cancel(slot);
  slot = slots.reserve();
  EXPECT_EQ(slot->count(), 0U);
  EXPECT_EQ(slot->pin, kNoPin);
  EXPECT_EQ(slot->destination.ttl, 0);
  EXPECT_EQ(slot->header_room().size(), kSlotHeaderBytes);
}

TEST(TxSlots, AFinishedSlotWithAPinIsFreeOnlyAfterReap) {
  TxSlots slots(2, 1);
  TxSlot* with_pin = slots.reserve();
  with_pin->pin = PinId{8};
  TxSlot* without = slots.reserve();
  slots.finish(with_pin);
  slots.finish(without);
  EXPECT_EQ(slots.reserve(), without);
  EXPECT_EQ(slots.reserve(), nullptr);
  std::array<PinId, 4> pins;
  EXPECT_EQ(slots.reap({}), 0U);
  ASSERT_EQ(slots.reap(pins), 1U);
  EXPECT_EQ(pins[0], PinId{8});
  EXPECT_EQ(slots.reap(pins), 0U);
  EXPECT_EQ(slots.reserve(), with_pin);
}

TEST(TxSlots, QueuesKeepTheirOrderApart) {
  TxSlots slots(4, 2);
  TxSlot* a = slots.reserve();
  TxSlot* b = slots.reserve();
  TxSlot* c = slots.reserve();
  TxSlot* d = slots.reserve();
  slots.push_back(0, a);
  slots.push_back(1, d);
  slots.push_back(0, b);
  slots.push_back(0, c);
  EXPECT_EQ(slots.queued(0), 3U);
  EXPECT_EQ(slots.front(0), a);
  EXPECT_EQ(slots.next(a), b);
  EXPECT_EQ(slots.next(b), c);
  EXPECT_EQ(slots.next(c), nullptr);
  for (TxSlot* expected : {a, b, c}) {
    EXPECT_EQ(slots.front(0), expected);
    slots.pop_front(0);
  }
  EXPECT_TRUE(slots.empty(0));
  EXPECT_EQ(slots.front(0), nullptr);
  slots.push_back(0, c);
  slots.push_back(0, a);
  EXPECT_EQ(slots.front(0), c);
  EXPECT_EQ(slots.next(c), a);
  EXPECT_EQ(slots.front(1), d);
}

}  // namespace
}  // namespace rackcast::io
