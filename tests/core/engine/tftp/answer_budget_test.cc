#include "core/engine/tftp/answer_budget.h"

#include <gtest/gtest.h>

#include "core/engine/tftp/engine_limits.h"

namespace rackcast::engine::tftpd {
namespace {

using namespace std::chrono_literals;

constexpr MonotonicTime kStart{100s};

net::Endpoint host(std::uint32_t number, std::uint16_t port = 2'070) {
  return {net::Ipv4Address(0x0A00'0000 + number), net::UdpPort(port)};
}

int taken(AnswerBudget& budget, MonotonicTime now, const net::Endpoint& peer, int asked) {
  int given = 0;
  for (int i = 0; i < asked; ++i) given += budget.take(now, peer) ? 1 : 0;
  return given;
}

TEST(TftpAnswerBudget, AStrangerHasAFewAnswersInEachHold) {
  AnswerBudget budget(8, 1);
  EXPECT_EQ(taken(budget, kStart, host(1), 10), kAnswersUnconfirmedMax);
  EXPECT_FALSE(budget.has_left(kStart, host(1)));
  EXPECT_TRUE(budget.has_left(kStart, host(2)));
  EXPECT_TRUE(budget.has_left(kStart, host(1, 2'071))) << "another machine behind the address, or its owner";
  EXPECT_EQ(taken(budget, kStart + kUnconfirmedHold - 1ns, host(1), 10), 0);
  EXPECT_TRUE(budget.has_left(kStart + kUnconfirmedHold, host(1)));
  EXPECT_EQ(taken(budget, kStart + kUnconfirmedHold, host(1), 10), kAnswersUnconfirmedMax);
}

TEST(TftpAnswerBudget, AllPortsOfAnAddressHaveSomeAnswersInEachHold) {
  AnswerBudget budget(1'024, 1);
  const auto port = [](int i) { return host(1, static_cast<std::uint16_t>(2'000 + i)); };
  const auto taken_by_all = [&](MonotonicTime now) {
    int given = 0;
    for (int i = 0; i < 1'000; ++i) given += taken(budget, now, port(i), 10);
    return given;
  };
  EXPECT_EQ(taken_by_all(kStart), kFirstAnswersMax + kRepeatedAnswersMax);
  EXPECT_FALSE(budget.has_left(kStart, port(5'000)));
  EXPECT_TRUE(budget.take(kStart, host(2))) << "another's";
  EXPECT_EQ(taken_by_all(kStart + kUnconfirmedHold - 1ns), 0);
  EXPECT_EQ(taken_by_all(kStart + kUnconfirmedHold), kFirstAnswersMax + kRepeatedAnswersMax);
}

TEST(TftpAnswerBudget, RepeatsOfSomeLeaveTheOthersTheirFirstAnswer) {
  AnswerBudget budget(1'024, 1);
  int given = 0;
  for (std::uint16_t port = 2'000; port < 2'000 + kRepeatedAnswersMax; ++port)
    given += taken(budget, kStart, host(1, port), 10);
  EXPECT_EQ(given, 2 * kRepeatedAnswersMax);
  EXPECT_TRUE(budget.take(kStart, host(1, 3'000)));
  EXPECT_FALSE(budget.take(kStart, host(1, 3'000)));
}

TEST(TftpAnswerBudget, OneThatAnswersOpensItsAddressForAll) {
  AnswerBudget budget(1'024, 1);
  for (std::uint16_t port = 2'000; port < 2'100; ++port) (void)budget.take(kStart, host(1, port));
  EXPECT_FALSE(budget.take(kStart, host(1, 3'000)));
  budget.prove(kStart, host(1).address);
  EXPECT_TRUE(budget.take(kStart, host(1, 3'000)));
}

TEST(TftpAnswerBudget, TheSmallestTableCountsAsWell) {
  AnswerBudget budget(1, 1);
  for (std::uint32_t i = 0; i < 100; ++i) EXPECT_TRUE(budget.take(kStart, host(i)));
}

TEST(TftpAnswerBudget, WhoAnsweredHasNoLimitForAWhile) {
  AnswerBudget budget(8, 1);
  EXPECT_EQ(taken(budget, kStart, host(1), 10), kAnswersUnconfirmedMax);
  budget.prove(kStart, host(1).address);
  EXPECT_TRUE(budget.known(kStart, host(1).address));
  EXPECT_EQ(taken(budget, kStart, host(1), 1'000), 1'000);
  EXPECT_EQ(taken(budget, kStart, host(1, 2'071), 1'000), 1'000);
  EXPECT_FALSE(budget.known(kStart + kKnownFor, host(1).address));
  EXPECT_EQ(taken(budget, kStart + kKnownFor, host(1), 10), kAnswersUnconfirmedMax);
}

TEST(TftpAnswerBudget, AFloodOfStrangersPushesOutStrangers) {
  AnswerBudget budget(64, 1);
  budget.prove(kStart, host(1).address);
  for (std::uint32_t i = 0; i < 100'000; ++i) EXPECT_TRUE(budget.take(kStart + i * 1us, host(1'000 + i)));
  EXPECT_TRUE(budget.known(kStart + 1s, host(1).address));
  EXPECT_TRUE(budget.take(kStart + 1s, host(2))) << "and nobody new is kept out";
}

}  // namespace
}  // namespace rackcast::engine::tftpd
