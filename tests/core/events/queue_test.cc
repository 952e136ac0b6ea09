#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "core/events/event_pump.h"
#include "core/events/event_queue.h"

namespace rackcast {
namespace {

class CountingBell final : public EventBell {
 public:
  void ring() override { ++rings; }
  int rings = 0;
};

Event numbered(std::uint64_t number, std::int64_t at_ns = 0) {
  Event event;
  event.transfer = number;
  event.at = WallTime(Duration(at_ns));
  return event;
}

TEST(EventQueue, KeepsOrderAndDropsTheNewestWhenFull) {
  CountingBell bell;
  EventQueue queue(4, bell);
  for (std::uint64_t i = 0; i < 6; ++i) queue.emit(numbered(i));
  EXPECT_EQ(queue.emitted(), 6U);
  EXPECT_EQ(queue.dropped(), 2U);
  for (std::uint64_t i = 0; i < 4; ++i) {
    ASSERT_NE(queue.front(), nullptr);
    EXPECT_EQ(queue.front()->transfer, i);
    queue.pop();
  }
  EXPECT_EQ(queue.front(), nullptr);
  queue.emit(numbered(9));
  EXPECT_EQ(queue.front()->transfer, 9U);
  EXPECT_EQ(queue.dropped(), 2U);
}

TEST(EventQueue, RingsOnlyWhenHalfFull) {
  CountingBell bell;
  EventQueue queue(8, bell);
  for (int i = 0; i < 3; ++i) queue.emit(numbered(0));
  EXPECT_EQ(bell.rings, 0);
  queue.emit(numbered(0));
  EXPECT_EQ(bell.rings, 1);
  for (int i = 0; i < 20; ++i) queue.emit(numbered(0));
  EXPECT_EQ(bell.rings, 1);
}

TEST(EventQueue, OneProducerAndOneConsumerLoseNothingUncounted) {
  CountingBell bell;
  EventQueue queue(64, bell);
  constexpr std::uint64_t kEvents = 50'000;
  std::atomic<bool> done{false};
  std::thread producer([&] {
    for (std::uint64_t i = 0; i < kEvents; ++i) queue.emit(numbered(i));
    done = true;
  });
  std::uint64_t received = 0;
  std::uint64_t next = 0;
  while (true) {
    const bool last = done;
    while (queue.front() != nullptr) {
      ASSERT_GE(queue.front()->transfer, next);
      next = queue.front()->transfer + 1;
      queue.pop();
      ++received;
    }
    if (last) break;
  }
  producer.join();
  EXPECT_EQ(received + queue.dropped(), kEvents);
}

class Recorder final : public EventConsumer {
 public:
  void on_event(const Event& event) override { events.push_back(event); }
  void on_tick(WallTime now) override {
    (void)now;
    ++ticks;
  }
  std::vector<Event> events;
  int ticks = 0;
};

TEST(EventPump, MergesQueuesByTime) {
  Recorder recorder;
  EventPump pump({&recorder});
  EventQueue* const a = pump.add_queue(16);
  EventQueue* const b = pump.add_queue(16);
  a->emit(numbered(1, 10));
  a->emit(numbered(4, 40));
  b->emit(numbered(2, 20));
  b->emit(numbered(3, 30));
  pump.flush();
  ASSERT_EQ(recorder.events.size(), 4U);
  for (std::uint64_t i = 0; i < 4; ++i) EXPECT_EQ(recorder.events[i].transfer, i + 1);
  EXPECT_EQ(recorder.ticks, 1);
}

TEST(EventPump, EveryConsumerSeesEveryEvent) {
  Recorder first;
  Recorder second;
  EventPump pump({&first, &second});
  EventQueue* const queue = pump.add_queue(8);
  pump.start();
  queue->emit(numbered(7));
  pump.flush();
  EXPECT_EQ(first.events.size(), 1U);
  EXPECT_EQ(second.events.size(), 1U);
  pump.stop();
}

TEST(EventPump, FlushReturnsOnlyWhenWhatWasEmittedIsDelivered) {
  Recorder recorder;
  EventPump pump({&recorder});
  EventQueue* const queue = pump.add_queue(64);
  pump.start();
  for (std::uint64_t round = 1; round <= 50; ++round) {
    queue->emit(numbered(round));
    pump.flush();
    EXPECT_EQ(pump.stats().delivered, round);
  }
  pump.stop();
  EXPECT_EQ(recorder.events.size(), 50U);
}

TEST(EventPump, StopDeliversWhatIsLeftAndMayBeCalledTwice) {
  Recorder recorder;
  EventPump pump({&recorder});
  EventQueue* const queue = pump.add_queue(1024);
  pump.start();
  for (std::uint64_t i = 0; i < 1000; ++i) queue->emit(numbered(i));
  pump.stop();
  pump.stop();
  EXPECT_EQ(recorder.events.size(), 1000U);
}

TEST(EventPump, ManyProducersArriveWhole) {
  Recorder recorder;
  EventPump pump({&recorder});
  pump.start();
  std::vector<std::thread> producers;
  constexpr int kProducers = 4;
  constexpr std::uint64_t kEvents = 2000;
  for (int p = 0; p < kProducers; ++p) {
    EventQueue* const queue = pump.add_queue(kEvents);
    producers.emplace_back([queue] {
      for (std::uint64_t i = 0; i < kEvents; ++i) queue->emit(numbered(i));
    });
  }
  for (std::thread& producer : producers) producer.join();
  pump.stop();
  EXPECT_EQ(recorder.events.size(), kProducers * kEvents);
  EXPECT_EQ(pump.stats().dropped, 0U);
}

TEST(EventPump, SaysHowManyEventsWereLost) {
  Recorder recorder;
  EventPump pump({&recorder});
  EventQueue* const queue = pump.add_queue(2);
  for (int i = 0; i < 5; ++i) queue->emit(numbered(0));
  pump.flush();
  ASSERT_EQ(recorder.events.size(), 3U);
  EXPECT_EQ(recorder.events.back().kind, EventKind::kWarning);
  EXPECT_EQ(recorder.events.back().detail.view().substr(0, 13), "3 events lost");
  EXPECT_EQ(pump.stats().dropped, 3U);
}

TEST(EventPump, HasABoundOnQueues) {
  EventPump pump({});
  for (std::size_t i = 0; i < EventPump::kQueuesMax; ++i) ASSERT_NE(pump.add_queue(1), nullptr);
  EXPECT_EQ(pump.add_queue(1), nullptr);
}

}  // namespace
}  // namespace rackcast
