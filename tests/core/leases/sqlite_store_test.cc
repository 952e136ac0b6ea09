#include "core/leases/sqlite_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>

#include "tests/core/leases/store_test_support.h"

namespace rackcast {
namespace {

using ::testing::HasSubstr;
using testing::kPatience;
using testing::load_sorted;
using testing::numbered_lease;
using testing::open_store;
using testing::Reports;
using testing::submit;
using testing::TemporaryTree;

TEST(SqliteLeaseStore, AnEmptyStoreKnowsNothing) {
  const TemporaryTree folder;
  EXPECT_TRUE(load_sorted(folder.path("leases.db")).empty());
  EXPECT_TRUE(std::filesystem::exists(folder.path("leases.db")));
}

TEST(SqliteLeaseStore, AnsweredRowsAreThereAfterReopening) {
  const TemporaryTree folder;
  Reports reports;
  {
    auto store = open_store(folder.path("leases.db"), reports);
    ASSERT_TRUE(store) << store.error().message;
    (*store)->start();
    ASSERT_TRUE(submit(**store, 7, numbered_lease(1), 3));
    ASSERT_TRUE(reports.wait_for(1));
  }
  EXPECT_EQ(reports.completions()[0].ticket, Ticket{7});
  EXPECT_TRUE(reports.completions()[0].durable);
  EXPECT_EQ(reports.lanes()[0], LaneId{3});
  const auto leases = load_sorted(folder.path("leases.db"));
  ASSERT_EQ(leases.size(), 1U);
  EXPECT_EQ(leases[0], numbered_lease(1));  // every field
}

TEST(SqliteLeaseStore, KeepsAnEndlessBootpLease) {
  const TemporaryTree folder;
  Reports reports;
  Lease lease = numbered_lease(5);
  lease.bootp = true;
  lease.ends = WallTime::max();
  lease.hostname.clear();
  lease.client_identifier.clear();
  {
    auto store = open_store(folder.path("leases.db"), reports);
    ASSERT_TRUE(store);
    (*store)->start();
    ASSERT_TRUE(submit(**store, 1, lease));
  }
  const auto leases = load_sorted(folder.path("leases.db"));
  ASSERT_EQ(leases.size(), 1U);
  EXPECT_EQ(leases[0], lease);
}

TEST(SqliteLeaseStore, TheLastRowOfAnAddressWinsAndAnswersComeInOrder) {
  const TemporaryTree folder;
  Reports reports;
  constexpr std::uint32_t kRows = 500;
  {
    auto store = open_store(folder.path("leases.db"), reports);
    ASSERT_TRUE(store);
    (*store)->start();
    for (std::uint32_t i = 0; i < kRows; ++i) {
      Lease lease = numbered_lease(i % 10 + 1);
      lease.ends += std::chrono::seconds(i);
      ASSERT_TRUE(submit(**store, i, lease));
    }
    ASSERT_TRUE(reports.wait_for(kRows));
    // Many rows, few fsyncs: at least those that were submitted while one was under way went together.
    EXPECT_LT((*store)->stats().commits, kRows);
    EXPECT_EQ((*store)->stats().rows, kRows);
  }
  const auto completions = reports.completions();
  for (std::uint32_t i = 0; i < kRows; ++i) EXPECT_EQ(completions[i].ticket, Ticket{i});
  const auto leases = load_sorted(folder.path("leases.db"));
  ASSERT_EQ(leases.size(), 10U);
  for (std::uint32_t i = 0; i < 10; ++i)
    EXPECT_EQ(leases[i].ends, numbered_lease(i + 1).ends + std::chrono::seconds(kRows - 10 + i));
}

TEST(SqliteLeaseStore, TheDestructorAnswersWhatWasSubmitted) {
  const TemporaryTree folder;
  Reports reports;
  {
    auto store = open_store(folder.path("leases.db"), reports);
    ASSERT_TRUE(store);
    for (std::uint32_t i = 1; i <= 100; ++i) ASSERT_TRUE(submit(**store, i, numbered_lease(i)));
    (*store)->start();
  }
  EXPECT_EQ(reports.completions().size(), 100U);
  EXPECT_EQ(load_sorted(folder.path("leases.db")).size(), 100U);
}

TEST(SqliteLeaseStore, AnAnswerThatFoundTheMailboxFullIsKeptAndComesInOrder) {
  const TemporaryTree folder;
  Reports reports;
  auto store = open_store(folder.path("leases.db"), reports);
  ASSERT_TRUE(store);
  reports.refuse_next(3);
  for (std::uint64_t i = 1; i <= 5; ++i) ASSERT_TRUE(submit(**store, i, numbered_lease(static_cast<std::uint32_t>(i))));
  (*store)->start();
  ASSERT_TRUE(reports.wait_for(5));
  std::uint64_t ticket = 0;
  for (const LeaseCommitted& committed : reports.completions()) {
    EXPECT_EQ(committed.ticket, Ticket{++ticket});
    EXPECT_TRUE(committed.durable);
  }
  EXPECT_EQ((*store)->stats().answers_delayed, 3U);
}

TEST(SqliteLeaseStore, AFullQueueDropsTheOldestAndSaysSo) {
  const TemporaryTree folder;
  Reports reports;
  auto store = open_store(folder.path("leases.db"), reports);
  ASSERT_TRUE(store);
  for (std::uint32_t i = 0; i < SqliteLeaseStore::kQueueRows + 2; ++i)
    ASSERT_TRUE(submit(**store, i, numbered_lease(i + 1), 4));  // nobody takes them: the thread is not started
  const auto dropped = reports.completions();
  ASSERT_EQ(dropped.size(), 2U);
  for (std::uint64_t i = 0; i < 2; ++i) {
    EXPECT_EQ(dropped[i].ticket, Ticket{i});
    EXPECT_TRUE(dropped[i].dropped);
    EXPECT_FALSE(dropped[i].durable);
    EXPECT_EQ(reports.lanes()[i], LaneId{4});
  }
  EXPECT_EQ((*store)->stats().queue_full, 2U);
  (*store)->start();
  ASSERT_TRUE(reports.wait_for(SqliteLeaseStore::kQueueRows + 2));
  EXPECT_TRUE(reports.completions().back().durable);
  store->reset();
  const auto leases = load_sorted(folder.path("leases.db"));
  ASSERT_EQ(leases.size(), SqliteLeaseStore::kQueueRows);
  EXPECT_EQ(leases[0], numbered_lease(3));
}

// The rest of a journal that has just been folded is at most this long, whatever the load.
TEST(SqliteLeaseStore, TheJournalStaysBoundedUnderLoad) {
  const TemporaryTree folder;
  Reports reports;
  SqliteTuning tuning;
  tuning.journal_rows_max = 16'384;
  auto store = open_store(folder.path("leases.db"), reports, tuning);
  ASSERT_TRUE(store);
  (*store)->start();
  constexpr std::uint32_t kRows = 60'000;
  for (std::uint32_t i = 0; i < kRows; ++i) {
    ASSERT_TRUE(submit(**store, i, numbered_lease(i % 20'000 + 1)));
    const bool pause = i % 4'000 == 3'999;  // never more than the queue holds
    ASSERT_TRUE(!pause || reports.wait_for(i + 1));
  }
  store->reset();
  EXPECT_EQ(reports.completions().size(), kRows);
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(folder.path("leases.db").c_str(), &db), SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  ASSERT_EQ(sqlite3_prepare_v2(db, "SELECT count(*) FROM journal", -1, &statement, nullptr), SQLITE_OK);
  ASSERT_EQ(sqlite3_step(statement), SQLITE_ROW);
  EXPECT_LE(sqlite3_column_int64(statement, 0),
            static_cast<std::int64_t>(tuning.journal_rows_max + 2 * SqliteLeaseStore::kBatchRowsMax));
  sqlite3_finalize(statement);
  sqlite3_close(db);
  EXPECT_EQ(load_sorted(folder.path("leases.db")).size(), 20'000U);
}

TEST(SqliteLeaseStore, KeepsKeysAndRelays) {
  const TemporaryTree folder;
  Reports reports;
  Lease lease = numbered_lease(5);
  lease.key = MachineKey::of_client_identifier(std::string(200, 'k'));
  lease.relay = net::Ipv4Address(192, 0, 2, 1);
  lease.relay_info.assign(std::string(255, '\x01'));
  {
    auto store = open_store(folder.path("leases.db"), reports);
    ASSERT_TRUE(store);
    (*store)->start();
    ASSERT_TRUE(submit(**store, 1, lease));
  }
  const auto leases = load_sorted(folder.path("leases.db"));
  ASSERT_EQ(leases.size(), 1U);
  EXPECT_EQ(leases[0], lease);
}

TEST(SqliteLeaseStore, CountsWhatItDidForWhoeverHoldsAnyStore) {
  const TemporaryTree folder;
  Reports reports;
  auto opened = open_store(folder.path("leases.db"), reports);
  ASSERT_TRUE(opened);
  for (std::uint32_t i = 1; i <= 3; ++i) ASSERT_TRUE(submit(**opened, i, numbered_lease(i)));
  (*opened)->start();
  ASSERT_TRUE(reports.wait_for(3));
  const LeaseStore& store = **opened;
  std::map<std::string_view, std::uint64_t> counted;
  const LeaseStoreStats stats = store.stats();
  for (const auto& row : kLeaseStoreRows) counted[row.name] = stats.*row.value;
  EXPECT_EQ(counted, (std::map<std::string_view, std::uint64_t>{{"commits", 1},
                                                                {"rows", 3},
                                                                {"rows_failed", 0},
                                                                {"rows_folded", 0},
                                                                {"queue_full", 0},
                                                                {"answers_delayed", 0},
                                                                {"folds_failed", 0}}));
}

TEST(SqliteLeaseStore, TheJournalIsFoldedInTheBackground) {
  const TemporaryTree folder;
  Reports reports;
  const auto count = [&](const char* sql) {
    sqlite3* db = nullptr;
    EXPECT_EQ(sqlite3_open(folder.path("leases.db").c_str(), &db), SQLITE_OK);
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(db, sql, -1, &statement, nullptr), SQLITE_OK);
    EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
    const auto value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return static_cast<std::size_t>(value);
  };
  {
    auto store = open_store(folder.path("leases.db"), reports);
    ASSERT_TRUE(store);
    (*store)->start();
    for (std::uint32_t i = 0; i < 600; ++i) ASSERT_TRUE(submit(**store, i, numbered_lease(i % 50 + 1)));
    ASSERT_TRUE(reports.wait_for(600));
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while ((*store)->stats().rows_folded < 512 && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    ASSERT_GE((*store)->stats().rows_folded, 512U);
  }
  EXPECT_EQ(count("SELECT count(*) FROM lease"), 50U);
  EXPECT_LE(count("SELECT count(*) FROM journal"), 600U - 512U);
  EXPECT_EQ(load_sorted(folder.path("leases.db")).size(), 50U);
}

// The kernel's own file size limit stands in for a full disk: writes past it fail, and work again once it is lifted.
TEST(SqliteLeaseStore, AFullDiskPromisesNothingAlarmsOnceAndRecovers) {
  const TemporaryTree folder;
  Reports reports;
  auto store = open_store(folder.path("leases.db"), reports);
  ASSERT_TRUE(store);
  (*store)->start();
  ASSERT_TRUE(submit(**store, 1, numbered_lease(1)));
  ASSERT_TRUE(reports.wait_for(1));

  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = signal(SIGXFSZ, SIG_IGN);
  rlimit tight = before;
  tight.rlim_cur = 1;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  for (std::uint64_t i = 2; i <= 4; ++i) {
    ASSERT_TRUE(submit(**store, i, numbered_lease(static_cast<std::uint32_t>(i))));
    ASSERT_TRUE(reports.wait_for(i));
    EXPECT_FALSE(reports.completions().back().durable);
  }
  EXPECT_EQ(reports.alarms().size(), 1U);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  (void)signal(SIGXFSZ, handler);

  ASSERT_TRUE(submit(**store, 5, numbered_lease(5)));
  ASSERT_TRUE(reports.wait_for(5));
  EXPECT_TRUE(reports.completions().back().durable);
  const auto alarms = reports.alarms();
  ASSERT_EQ(alarms.size(), 2U);
  EXPECT_THAT(alarms[0], HasSubstr(folder.path("leases.db")));
  EXPECT_THAT(alarms[0], HasSubstr("no new lease is given"));
  EXPECT_THAT(alarms[1], HasSubstr("can be written again"));
  store->reset();
  const auto leases = load_sorted(folder.path("leases.db"));
  ASSERT_EQ(leases.size(), 2U);
  EXPECT_EQ(leases[1], numbered_lease(5));
}

// Nobody asks for anything while the disk is full: the store finds out by itself that it works again, and tells who was
// refused.
TEST(SqliteLeaseStore, ADiskThatRecoversIsNoticedWithoutTraffic) {
  const TemporaryTree folder;
  Reports reports;
  auto store = open_store(folder.path("leases.db"), reports);
  ASSERT_TRUE(store);
  (*store)->start();
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = signal(SIGXFSZ, SIG_IGN);
  rlimit tight = before;
  tight.rlim_cur = 1;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  ASSERT_TRUE(submit(**store, 1, numbered_lease(1), 3));
  ASSERT_TRUE(submit(**store, 2, numbered_lease(2), 3));
  ASSERT_TRUE(reports.wait_for(2));
  ASSERT_TRUE(reports.wait_for_alarms(1));
  EXPECT_TRUE(reports.recovered().empty());
  reports.refuse_next(1);  // a mailbox that is full when it is told
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  (void)signal(SIGXFSZ, handler);
  ASSERT_TRUE(reports.wait_for_alarms(2));
  EXPECT_THAT(reports.alarms()[1], HasSubstr("can be written again"));
  ASSERT_TRUE(reports.wait_for_recovered(1));
  ASSERT_TRUE(submit(**store, 3, numbered_lease(3), 3));
  ASSERT_TRUE(reports.wait_for(3));
  EXPECT_TRUE(reports.completions().back().durable);
  EXPECT_EQ(reports.recovered(), std::vector{LaneId{3}}) << "once";
}

// A trigger that fails stands in for a disk with room for appends alone.
TEST(SqliteLeaseStore, AFoldThatFailsIsAnAlarmOfItsOwn) {
  const TemporaryTree folder;
  Reports reports;
  auto store = open_store(folder.path("leases.db"), reports);
  ASSERT_TRUE(store);
  (*store)->start();
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(folder.path("leases.db").c_str(), &other), SQLITE_OK);
  // Folding writes `lease`, appending does not.
  ASSERT_EQ(sqlite3_exec(other, "CREATE TRIGGER full BEFORE INSERT ON lease BEGIN SELECT RAISE(FAIL, 'full'); END",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(other);
  for (std::uint64_t i = 1; i <= 100; ++i)
    ASSERT_TRUE(submit(**store, i, numbered_lease(static_cast<std::uint32_t>(i))));
  ASSERT_TRUE(reports.wait_for(100));
  ASSERT_TRUE(reports.wait_for_alarms(1));
  ASSERT_TRUE(submit(**store, 101, numbered_lease(101)));
  ASSERT_TRUE(reports.wait_for(101));
  EXPECT_TRUE(reports.completions().back().durable);
  const auto alarms = reports.alarms();
  ASSERT_EQ(alarms.size(), 1U) << "a commit that succeeds ends no fold's spell";
  EXPECT_THAT(alarms[0], HasSubstr("cannot be folded"));
  EXPECT_EQ((*store)->stats().folds_failed, 1U);
}

}  // namespace
}  // namespace rackcast
