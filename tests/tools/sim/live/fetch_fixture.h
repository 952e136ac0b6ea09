// A Fetcher with its loop, driven until everything that was ordered has ended.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/tools/sim/live/scripted_server.h"
#include "tools/sim/live/fetcher.h"
#include "tools/sim/machines/digest.h"

namespace rackcast::sim {

struct Ending {
  Failure failure = Failure::kNone;
  std::uint16_t status = 0;
  std::uint64_t bytes = 0;
  std::uint64_t digest = 0;
  std::string text;
};

class FetchTest : public testing::Test, public FetchReceiver {
 protected:
  void on_fetch_event(Instant /*now*/, MachineId machine, const FetchEvent& event) override {
    if (!event.done) {
      ++reports_;
      return;
    }
    endings_[{machine.value(), event.id.value()}] = {event.failure, event.status, event.bytes, event.digest,
                                                     std::string(event.text)};
    if (on_end_) on_end_();
  }

  FetchOrder order(const net::Endpoint& server, std::string path, Scheme scheme) {
    FetchOrder order;
    order.machine = MachineId{0};
    order.source = net::Ipv4Address(127, 1, 0, 1);
    order.request.id = FetchId{++ordered_};
    order.request.scheme = scheme;
    order.request.server = server;
    order.request.path = std::move(path);
    order.request.user_agent = "test/1";
    order.request.keep_text = true;
    order.request.patience = std::chrono::seconds(5);
    return order;
  }

  void place(FetchOrder order) { fetcher_.order(timer_.now(), std::move(order)); }

  // Until `count` fetches ended, at most ten seconds.
  void run_until(std::size_t count) {
    const Instant end = timer_.now() + std::chrono::seconds(10);
    while (endings_.size() < count && timer_.now() < end) loop_.turn(timer_, end);
    ASSERT_GE(endings_.size(), count) << "a fetch hangs";
  }

  Ending fetch(FetchOrder order) {
    const std::pair key{order.machine.value(), order.request.id.value()};
    place(std::move(order));
    run_until(endings_.size() + 1);
    return endings_[key];
  }

  EventLoop loop_;
  RunTimer timer_;
  Fetcher fetcher_{loop_, *this, 100};
  std::map<std::pair<std::uint32_t, std::uint32_t>, Ending> endings_;
  std::function<void()> on_end_;
  std::uint32_t ordered_ = 0;
  int reports_ = 0;
};

inline std::uint64_t digest_of_text(std::string_view text) {
  return digest_of(std::as_bytes(std::span(text)));
}

}  // namespace rackcast::sim
