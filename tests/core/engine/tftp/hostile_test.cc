// Bytes from nowhere and packets bent out of shape: never a crash, never an unbounded answer, nothing left pinned.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "core/engine/tftp/engine_limits.h"
#include "proto/tftp/encode.h"
#include "tests/core/engine/tftp/tftp_world.h"

namespace rackcast::engine {
namespace {

using testing::random_bytes;
using testing::ReaderPlan;
using testing::TftpWorld;
using tftpd::Counter;

const ReaderPlan kBigBlocks{.file = "file", .habits = {.options = testing::kAskBlksize, .blksize = 1'468}};

std::vector<std::byte> packet(std::mt19937_64& random) {
  std::array<std::byte, 4 + 512> room;
  const auto number = tftp::BlockNumber(static_cast<std::uint16_t>(random() % 3 == 0 ? random() : random() % 20));
  std::span<std::byte> used;
  switch (random() % 6) {
    case 0: {
      tftp::Request request;
      const char* const names[] = {"file", "missing", "../x", "/tftpboot/file", "big", "\\a\\b\\c"};
      request.filename = names[random() % 6];
      request.opcode = random() % 3 == 0 ? tftp::Opcode::kWrq : tftp::Opcode::kRrq;
      request.mode = random() % 6 == 0 ? tftp::Mode::kNetascii : tftp::Mode::kOctet;
      if (random() % 2 == 0) request.options.blksize = random() % 3'000;
      if (random() % 2 == 0) request.options.windowsize = random() % 100;
      if (random() % 2 == 0) request.options.tsize = 0;
      if (random() % 4 == 0) request.options.timeout = random() % 300;
      if (random() % 4 == 0) request.options.rollover = random() % 3;
      used = tftp::encode_request(room, request);
      break;
    }
    case 1:
      used = tftp::encode_error(room, static_cast<tftp::ErrorCode>(random() % 10), "stop");
      break;
    case 2: {
      const auto early = tftp::BlockNumber(static_cast<std::uint16_t>(1 + random() % 2));
      const std::size_t header = tftp::encode_data_header(room, random() % 2 == 0 ? early : number).size();
      const std::size_t sizes[] = {0, 1, 400, room.size() - header};
      const std::size_t size = sizes[random() % 4];
      std::generate_n(room.begin() + static_cast<std::ptrdiff_t>(header), size,
                      [&] { return static_cast<std::byte>(random()); });
      used = std::span(room).first(header + size);
      break;
    }
    default:
      used = tftp::encode_ack(room, number);
  }
  return {used.begin(), used.end()};
}

void bend(std::vector<std::byte>& payload, std::mt19937_64& random) {
  if (random() % 2 == 0) return;
  for (auto left = random() % 4; left > 0 && !payload.empty(); --left)
    payload[random() % payload.size()] = static_cast<std::byte>(random());
  if (random() % 4 == 0) payload.resize(random() % (payload.size() + 1));
}

// For "file", without options; written into `room`.
std::span<const std::byte> plain_request(std::span<std::byte> room) {
  tftp::Request request;
  request.filename = "file";
  return tftp::encode_request(room, request);
}

TEST(TftpHostile, MutatedPacketsFromManyPeersLeaveTheEngineWhole) {
  std::uint64_t uploads_started = 0;
  std::uint64_t uploads_done = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    std::mt19937_64 random(seed);
    TftpConfig tftp;
    tftp.upload.dir = "/drop";
    TftpWorld world(seed, {.transfers_max = 32, .cache_paths = 64, .uploads_max = 8}, tftp);
    world.add_file("file", random_bytes(9'000, 1));
    world.add_file("big", random_bytes(400'000, 2), false);
    auto& honest = world.add_client(ReaderPlan{.file = "file", .tries = 1'000});
    std::uint64_t given = 0;
    for (int step = 0; step < 4'000; ++step) {
      auto payload = packet(random);
      bend(payload, random);
      const SocketId socket{static_cast<std::uint16_t>(random() % (testing::kTidCount + 2))};
      if (random() % 4 == 0 && world.last_answered != world.seats[0]->endpoint)  // one that reads what it is sent
        world.inject(world.last_answered, world.last_answered_from, payload);
      else
        world.inject(TftpWorld::endpoint_of(500 + random() % 40), socket, payload);
      ++given;
      if (random() % 8 == 0) world.run_for(std::chrono::microseconds(random() % 20'000));
      if (random() % 64 == 0) world.epoch.bump();
      ASSERT_LE(world.engine->in_flight(), 32U + 8U);
    }
    EXPECT_TRUE(honest.has(world.files["file"]->content())) << "seed " << seed << ": " << honest.why();
    world.run(std::chrono::minutes(30));
    EXPECT_EQ(world.engine->in_flight(), 0U) << "seed " << seed;
    EXPECT_EQ(world.pins_after_rest(), 0U) << "seed " << seed;
    // Few of what is given open a window, and nothing breeds: less goes out than comes in.
    EXPECT_LT(world.datagrams_to_clients, given / 2);
    uploads_started += world.count(Counter::kUploadsStarted);
    uploads_done += world.count(Counter::kUploadsDone);
  }
  EXPECT_GT(uploads_started, 20U) << "else the generator does not get that far";
  EXPECT_GT(uploads_done, 10U);
}

TEST(TftpHostile, AFloodOfForgedSourcesDoesNotPushOutAnHonestClient) {
  std::mt19937_64 random(1);
  TftpWorld world(1, {.transfers_max = 64, .cache_paths = 64});
  world.add_file("file", random_bytes(60'000, 1));
  auto& honest = world.add_client(kBigBlocks);
  std::array<std::byte, 64> room;
  const auto rrq = plain_request(room);
  for (std::size_t i = 0; i < 20'000; ++i) {
    world.inject(TftpWorld::endpoint_of(100'000 + i), testing::kListenSocket, rrq);
    if (i % 8 == 0) world.run_for(std::chrono::microseconds(50));
  }
  world.run();
  EXPECT_TRUE(honest.done()) << honest.why();
  EXPECT_GT(world.count(Counter::kEvictedUnconfirmed), 10'000U);
  EXPECT_EQ(world.engine->in_flight(), 0U);
}

TEST(TftpHostile, AFloodOfForgedSourcesDoesNotPushOutWhoWaitsForTheDisk) {
  TftpWorld world(1, {.transfers_max = 64, .cache_paths = 64});
  world.add_file("file", random_bytes(60'000, 1));
  world.add_file("cold", random_bytes(60'000, 2));
  std::array<std::byte, 64> room;
  const auto rrq = plain_request(room);
  world.inject(TftpWorld::endpoint_of(99'999), testing::kListenSocket, rrq);
  world.run_for(std::chrono::milliseconds(10));  // this one is known
  world.load_time = std::chrono::seconds(3);
  auto& honest = world.add_client(
      ReaderPlan{.file = "cold", .habits = {.options = testing::kAskBlksize, .blksize = 1'468}, .tries = 1});
  for (std::size_t i = 0; i < 20'000; ++i) {
    world.inject(TftpWorld::endpoint_of(100'000 + i), testing::kListenSocket, rrq);
    if (i % 8 == 0) world.run_for(std::chrono::microseconds(300));
  }
  EXPECT_EQ(world.count(Counter::kDone), 0U);
  world.run();
  EXPECT_TRUE(honest.done()) << honest.why() << ": it asks only once";
}

TEST(TftpHostile, AForgedSourceThatRepeatsItsRequestGetsThreeAnswersAndTwoKibibytes) {
  TftpWorld world(1);
  world.add_file("file", random_bytes(60'000, 1));
  std::array<std::byte, 64> room;
  const auto rrq = plain_request(room);
  for (int i = 0; i < 1'000; ++i) {
    world.inject(TftpWorld::endpoint_of(1, 2'070), testing::kListenSocket, rrq);
    world.run_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(world.datagrams_to_clients, tftpd::kAnswersUnconfirmedMax);
  EXPECT_LE(world.bytes_to_clients, tftpd::kAnswerBytesUnconfirmedMax);
}

TEST(TftpHostile, AForgedSourceThatTakesAnotherPortEachTimeGetsFewMore) {
  TftpWorld world(1);
  world.add_file("file", random_bytes(60'000, 1));
  std::array<std::byte, 64> room;
  const auto rrq = plain_request(room);
  for (std::uint16_t port = 1'024; port < 65'000; ++port) {
    world.inject(TftpWorld::endpoint_of(1, port), testing::kListenSocket, rrq);
    if (port % 8 == 0) world.run_for(std::chrono::milliseconds(3));  // 24 s in all
  }
  EXPECT_EQ(world.datagrams_to_clients, std::uint64_t{tftpd::kFirstAnswersMax} + tftpd::kRepeatedAnswersMax);
  EXPECT_LE(world.bytes_to_clients, 52'000U);
}

// Forges requests of one victim and then ACKs at every transfer port, first to last.
struct Sprayer {
  explicit Sprayer(std::uint64_t seed) : world(seed) { world.add_file("file", random_bytes(600'000, 1)); }

  void ask(std::string_view name, std::uint16_t port = 2'070) {
    tftp::Request request;
    request.filename = name;
    request.options.blksize = 1'468;
    request.options.windowsize = 64;
    request.options.tsize = 0;
    std::array<std::byte, 128> room;
    world.inject(TftpWorld::endpoint_of(host, port), testing::kListenSocket, tftp::encode_request(room, request));
    world.run_for(std::chrono::milliseconds(2));
  }
  void ack_everywhere(std::uint16_t block, std::uint16_t port = 2'070) {
    std::array<std::byte, 4> room;
    for (std::uint16_t tid = 1; tid <= testing::kTidCount; ++tid)
      world.inject(TftpWorld::endpoint_of(host, port), SocketId{tid}, tftp::encode_ack(room, tftp::BlockNumber(block)));
  }
  void error_everywhere(tftp::ErrorCode code, std::uint16_t port = 2'070) {
    std::array<std::byte, 8> room;
    for (std::uint16_t tid = 1; tid <= testing::kTidCount; ++tid)
      world.inject(TftpWorld::endpoint_of(host, port), SocketId{tid}, tftp::encode_error(room, code, ""));
  }
  TftpWorld world;
  std::size_t host = 1;
};

TEST(TftpHostile, ForgedAcksSprayedOverAllPortsSucceedNoMoreOftenThanOneGuess) {
  Sprayer attacker(3);
  constexpr std::uint16_t kRounds = 400;
  for (std::uint16_t i = 0; i < kRounds; ++i) {
    attacker.host = i;  // of one address only the first few requests are answered
    attacker.ask("file");
    attacker.ack_everywhere(0);
  }
  const std::uint64_t started = attacker.world.count(Counter::kStarted);
  EXPECT_EQ(attacker.world.count(Counter::kGuessedTid), kRounds - started);
  EXPECT_NEAR(static_cast<double>(started), kRounds / testing::kTidCount,
              35);  // one in four: only the first guess counts
}

// Else each later request of a forged client would be answered for kKnownFor.
TEST(TftpHostile, ForgedErrorsSprayedOverAllPortsMakeNoAddressKnownMoreOftenThanOneGuess) {
  Sprayer attacker(3);
  constexpr std::uint16_t kRounds = 400;
  std::uint64_t known = 0;
  for (std::uint16_t i = 0; i < kRounds; ++i) {
    attacker.host = i;
    attacker.ask("file");
    attacker.error_everywhere(tftp::ErrorCode::kUndefined);
    const std::uint64_t before = attacker.world.datagrams_to_clients;
    for (int more = 0; more < tftpd::kAnswersUnconfirmedMax; ++more) {  // one beyond what a stranger gets
      attacker.ask("file");
      attacker.world.run_for(tftpd::kRepeatSpacing);
    }
    const std::uint64_t answers = attacker.world.datagrams_to_clients - before;
    if (answers == tftpd::kAnswersUnconfirmedMax) ++known;
    attacker.world.run_for(2 * tftpd::kUnconfirmedHold);
  }
  EXPECT_EQ(attacker.world.count(Counter::kSizeProbes), kRounds) << "an ERROR at the right port ends it all the same";
  EXPECT_NEAR(static_cast<double>(known), kRounds / testing::kTidCount, 35);
}

TEST(TftpHostile, EndedTransfersOnTheOtherPortsDoNotHelpTheGuess) {
  std::uint64_t started = 0;
  constexpr std::uint64_t kRounds = 200;
  for (std::uint64_t seed = 1; seed <= kRounds; ++seed) {
    Sprayer attacker(seed);
    // Each request supersedes the one before: the last stands beside two ports with an ended transfer. (A fourth would
    // not be answered: the address is a stranger.)
    for (const char* name : {"a", "b", "file"}) {
      if (*name != 'f') attacker.world.add_file(name, random_bytes(5'000, 1));
      attacker.ask(name);
    }
    attacker.ack_everywhere(0);
    started += attacker.world.count(Counter::kStarted);
    EXPECT_EQ(attacker.world.count(Counter::kStarted) + attacker.world.count(Counter::kGuessedTid), 1U);
  }
  EXPECT_NEAR(static_cast<double>(started), kRounds / testing::kTidCount, 30);
}

TEST(TftpHostile, AStrayAckDoesNotTouchATransferThatWasConfirmed) {
  TftpWorld world(1);
  world.add_file("file", random_bytes(600'000, 1));
  auto& honest = world.add_client(kBigBlocks);
  world.run_for(std::chrono::milliseconds(5));
  ASSERT_TRUE(honest.is_reading());
  std::array<std::byte, 4> room;
  for (std::uint16_t tid = 1; tid <= testing::kTidCount; ++tid)
    if (SocketId{tid} != world.seats[0]->server)
      world.inject(world.seats[0]->endpoint, SocketId{tid}, tftp::encode_ack(room, tftp::BlockNumber(0)));
  world.run();
  EXPECT_TRUE(honest.done()) << honest.why();
  EXPECT_EQ(world.count(Counter::kGuessedTid), 0U);
}

TEST(TftpHostile, AFloodOfNamesIsBoundedByTheCacheAndTheQueue) {
  TftpWorld world(1, {.transfers_max = 256, .cache_paths = 64});
  world.load_time = std::chrono::seconds(1);
  world.harness.router.full = false;
  std::array<std::byte, 128> room;
  for (std::size_t i = 0; i < 5'000; ++i) {
    tftp::Request request;
    const std::string name = "n" + std::to_string(i);
    request.filename = name;
    world.inject(TftpWorld::endpoint_of(i % 200), testing::kListenSocket, tftp::encode_request(room, request));
  }
  EXPECT_GT(world.count(Counter::kDroppedCacheFull), 4'000U);
  EXPECT_LE(world.engine->in_flight(), 64U);
  world.run();
  EXPECT_EQ(world.engine->in_flight(), 0U);
}

// Eight times as many names as the store can look for: its queue is full, and everything in it 1.3 s old.
TEST(TftpHostile, AFloodOfNamesDoesNotHoldUpWhoAsksForAFileThatIsKnown) {
  TftpWorld world(1, {.transfers_max = 256, .cache_paths = 1'024});
  world.load_time = std::chrono::milliseconds(20);
  world.store_queue_max = 64;
  world.add_file("file", random_bytes(60'000, 1));
  world.add_client(kBigBlocks);
  world.run();
  ASSERT_TRUE(world.all_done());
  std::array<std::byte, 128> room;
  for (std::size_t i = 0; i < 12'000; ++i) {
    tftp::Request request;
    const std::string name = "n" + std::to_string(i);
    request.filename = name;
    world.inject(TftpWorld::endpoint_of(1'000 + i % 200), testing::kListenSocket, tftp::encode_request(room, request));
    world.run_for(std::chrono::microseconds(2'500));
    if (i % 1'000 == 900) world.add_client(kBigBlocks);  // each 2.5 s one, which has 0.25 s
    ASSERT_TRUE(i % 1'000 != 999 || world.all_done()) << i << ": " << world.seats.back()->client.why();
  }
  EXPECT_EQ(world.seats.size(), 1U + 12U);
  EXPECT_GT(world.count(Counter::kDroppedLoadQueueFull), 6'000U);
}

}  // namespace
}  // namespace rackcast::engine
