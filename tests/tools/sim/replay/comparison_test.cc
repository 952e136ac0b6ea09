#include "tools/sim/replay/comparison.h"

#include <gtest/gtest.h>

#include "tests/tools/sim/replay/made_capture.h"

namespace rackcast::sim {
namespace {

using namespace test;
using namespace std::chrono_literals;

constexpr WallTime kBegin{1'790'000'000s};
constexpr WallTime kEnd = kBegin + 100s;

class Comparisons : public ::testing::Test {
 protected:
  void ask(unsigned number, const Bytes& payload) {
    CapturedDatagram datagram;
    datagram.dialogue = Dialogue::kTftp;
    datagram.to_server = true;
    datagram.source = client(number);
    datagram.payload = payload;
    comparison_.asked(datagram);
  }
  std::size_t then(unsigned number, const Bytes& payload, std::uint16_t tid = 50'000) {
    return comparison_.said(Side::kRecorded, Dialogue::kTftp, kBegin, client(number), tid, payload);
  }
  std::size_t now(unsigned number, const Bytes& payload, std::uint16_t tid = 3, WallTime at = kBegin) {
    return comparison_.said(Side::kProduced, Dialogue::kTftp, at, client(number), tid, payload);
  }
  Comparison comparison_{kEnd, 1s};
};

TEST_F(Comparisons, TheSameInOrderIsNoDifference) {
  ask(1, request("a"));
  for (const Bytes& payload : {oack(1'408), data(1, "x"), data(2, "y")}) {
    then(1, payload);
    now(1, payload);
  }
  const auto result = comparison_.result();
  EXPECT_EQ(result.clients_differing, 0U);
  EXPECT_EQ(result.clients, 1U);
  EXPECT_EQ(result.exchanges, 1U);
  EXPECT_EQ(result.recorded, 3U);
  EXPECT_EQ(result.produced, 3U);
}

TEST_F(Comparisons, RepetitionsAreCountedNotCompared) {
  ask(1, request("a"));
  for (const Bytes& payload : {data(1, "x"), data(1, "x"), data(2, "y"), data(1, "x")}) then(1, payload);
  for (const Bytes& payload : {data(1, "x"), data(2, "y")}) now(1, payload);
  const auto result = comparison_.result();
  EXPECT_EQ(result.clients_differing, 0U);
  EXPECT_EQ(result.repeats_recorded, 2U);
  EXPECT_EQ(result.repeats_produced, 0U);
}

TEST_F(Comparisons, TheFirstDifferenceOfEachClientIsTold) {
  ask(1, request("a"));
  then(1, oack(1'408));
  now(1, oack(512));
  then(1, data(1, "x"));
  now(1, data(1, "z"));
  ask(2, request("b"));
  then(2, data(1, "abc"));
  now(2, data(1, "abX"));
  ask(3, request("c"));
  then(3, error(tftp::ErrorCode::kFileNotFound, "no\x1b[2J"));
  ask(4, request("d"));
  now(4, data(1, ""));
  const auto result = comparison_.result();
  EXPECT_EQ(result.clients_differing, 4U);
  ASSERT_EQ(result.divergences.size(), 4U);
  EXPECT_EQ(result.divergences[0].client, "10.0.0.101:2070");
  EXPECT_EQ(result.divergences[0].position, 0U);
  EXPECT_EQ(result.divergences[0].recorded, "OACK blksize=1408");
  EXPECT_EQ(result.divergences[0].produced, "OACK blksize=512");
  EXPECT_EQ(result.divergences[1].recorded, "DATA 1, 3 bytes");
  EXPECT_EQ(result.divergences[1].produced, "DATA 1, 3 bytes, but other bytes from 6 on");
  EXPECT_EQ(result.divergences[2].recorded, "ERROR 1 \"no.[2J\"");
  EXPECT_EQ(result.divergences[2].produced, "nothing");
  EXPECT_EQ(result.divergences[3].recorded, "nothing");
}

TEST_F(Comparisons, ARequestAskedAgainIsOneExchangeAndAFileAskedAgainIsTwo) {
  ask(1, request("a"));
  ask(1, request("a"));  // the answer was late then; now it came before the second
  then(1, data(1, "x"));
  EXPECT_EQ(now(1, data(1, "x")), 1U);
  ask(1, ack(1));
  ask(1, request("a"));
  then(1, data(1, "x"), 50'001);
  EXPECT_EQ(comparison_.result().clients_differing, 1U) << "the second time nobody answers now";
  EXPECT_EQ(now(1, data(1, "x"), 4), 2U);
  EXPECT_EQ(comparison_.result().clients_differing, 0U);
}

TEST_F(Comparisons, ALateRepetitionBelongsToTheTransferBefore) {
  ask(1, request("a"));
  then(1, data(1, "x"), 50'000);
  now(1, data(1, "x"), 3);
  ask(1, ack(0));
  ask(1, request("b"));
  EXPECT_EQ(then(1, data(1, "x"), 50'000), 1U);
  then(1, data(1, "y"), 50'001);
  now(1, data(1, "y"), 4);
  const auto result = comparison_.result();
  EXPECT_EQ(result.clients_differing, 0U);
  EXPECT_EQ(result.repeats_recorded, 1U);
}

TEST_F(Comparisons, WhatComesAsTheRecordingEndsMayBeMissingThere) {
  ask(1, request("a"));
  now(1, data(1, "x"), 3, kEnd - 2s);
  EXPECT_EQ(comparison_.result().clients_differing, 1U);
  ask(2, request("a"));
  now(2, data(1, "x"), 3, kEnd - 500ms);
  const auto result = comparison_.result();
  EXPECT_EQ(result.clients_differing, 1U);
  EXPECT_EQ(result.at_the_end, 1U);
}

}  // namespace
}  // namespace rackcast::sim
