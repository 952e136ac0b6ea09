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

#include "tests/core/leases/lease_test_support.h"
#include "tests/support/temporary_tree.h"

namespace rackcast {
namespace {

using ::testing::HasSubstr;
using testing::numbered_lease;
using testing::TemporaryTree;

constexpr std::chrono::seconds kPatience{20};

// Collects what the store's thread reports; waits are bounded.
class Reports {
 public:
  bool completion(LaneId lane, const Completion& completion) {
    const std::scoped_lock lock(mutex_);
    if (refusals_left_ > 0) {
      --refusals_left_;
      return false;
    }
    lanes_.push_back(lane);
    completions_.push_back(std::get<LeaseCommitted>(completion));
    changed_.notify_all();
    return true;
  }
  // As a lane whose mailbox is full does.
  void refuse_next(int completions) {
    const std::scoped_lock lock(mutex_);
    refusals_left_ = completions;
  }
  void alarm(std::string sentence) {
    const std::scoped_lock lock(mutex_);
    alarms_.push_back(std::move(sentence));
    changed_.notify_all();
  }
  [[nodiscard]] bool wait_for(std::size_t completions) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return completions_.size() >= completions; });
  }
  [[nodiscard]] bool wait_for_alarms(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return alarms_.size() >= count; });
  }
  std::vector<LeaseCommitted> completions() {
    const std::scoped_lock lock(mutex_);
    return completions_;
  }
  std::vector<std::string> alarms() {
    const std::scoped_lock lock(mutex_);
    return alarms_;
  }
  std::vector<LaneId> lanes() {
    const std::scoped_lock lock(mutex_);
    return lanes_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<LaneId> lanes_;
  std::vector<LeaseCommitted> completions_;
  std::vector<std::string> alarms_;
  int refusals_left_ = 0;
};

Result<std::unique_ptr<SqliteLeaseStore>> open_store(const std::filesystem::path& file, Reports& reports,
                                                     const SqliteTuning& tuning = {}) {
  return SqliteLeaseStore::open(
      file, [&reports](LaneId lane, const Completion& completion) { return reports.completion(lane, completion); },
      [&reports](std::string sentence) { reports.alarm(std::move(sentence)); }, tuning);
}

bool submit(SqliteLeaseStore& store, std::uint64_t ticket, const Lease& lease, std::uint16_t lane = 0) {
  CommitLease work{Ticket{ticket}, lease};
  return store.submit(LaneId{lane}, work);
}

std::vector<Lease> load_sorted(const std::filesystem::path& file) {
  Reports reports;
  auto store = open_store(file, reports);
  if (!store) return {};
  auto leases = (*store)->load();
  if (!leases) return {};
  std::sort(leases->begin(), leases->end(), [](const Lease& a, const Lease& b) { return a.address < b.address; });
  return *leases;
}

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

// Nobody asks for anything while the disk is full: the store finds out by itself that it works again.
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
  ASSERT_TRUE(submit(**store, 1, numbered_lease(1)));
  ASSERT_TRUE(reports.wait_for(1));
  ASSERT_TRUE(reports.wait_for_alarms(1));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  (void)signal(SIGXFSZ, handler);
  ASSERT_TRUE(reports.wait_for_alarms(2));
  EXPECT_THAT(reports.alarms()[1], HasSubstr("can be written again"));
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

TEST(SqliteLeaseStore, SaysThatTheFolderIsMissing) {
  Reports reports;
  const auto store = open_store("/nonexistent-rackcast/leases.db", reports);
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().message, HasSubstr("the folder /nonexistent-rackcast does not exist"));
}

TEST(SqliteLeaseStore, SaysThatTheFileCannotBeOpened) {
  const TemporaryTree folder;
  std::filesystem::create_directory(folder.path("leases.db"));  // fails for root too, unlike a mode
  Reports reports;
  const auto store = open_store(folder.path("leases.db"), reports);
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().message, HasSubstr("cannot open or create"));
}

// Root may write everywhere, so a child without privileges has to try.
int exit_code_of_open_as_nobody(const std::filesystem::path& file) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && ::setuid(65'534) != 0) ::_exit(2);
    Reports reports;
    const auto store = open_store(file, reports);
    const bool told = !store && store.error().message.find("check the permissions") != std::string::npos;
    ::_exit(told ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(SqliteLeaseStore, SaysThatTheFileOrItsFolderIsNotWritable) {
  const TemporaryTree folder;
  EXPECT_TRUE(load_sorted(folder.path("leases.db")).empty());
  ASSERT_EQ(::chmod(folder.path("").c_str(), 0555), 0);
  ASSERT_EQ(::chmod(folder.path("leases.db").c_str(), 0444), 0);
  EXPECT_EQ(exit_code_of_open_as_nobody(folder.path("leases.db")), 0);
  ASSERT_EQ(::chmod(folder.path("leases.db").c_str(), 0666), 0);
  EXPECT_EQ(exit_code_of_open_as_nobody(folder.path("leases.db")), 0);  // the log beside it cannot be made
  EXPECT_EQ(exit_code_of_open_as_nobody(folder.path("new.db")), 0);
  ASSERT_EQ(::chmod(folder.path("").c_str(), 0755), 0);
}

TEST(SqliteLeaseStore, SaysThatTheFileIsNoDatabase) {
  const TemporaryTree folder;
  std::ofstream(folder.path("leases.db")) << std::string(8192, 'x');
  Reports reports;
  const auto store = open_store(folder.path("leases.db"), reports);
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().message, HasSubstr("is not a database"));
}

void run_sql(const std::filesystem::path& file, const char* sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
}

TEST(SqliteLeaseStore, RefusesAnotherProgramsDatabase) {
  const TemporaryTree folder;
  run_sql(folder.path("leases.db"), "CREATE TABLE t(a)");
  Reports reports;
  const auto store = open_store(folder.path("leases.db"), reports);
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().message, HasSubstr("database of another program"));
}

TEST(SqliteLeaseStore, RefusesANewerFormat) {
  const TemporaryTree folder;
  EXPECT_TRUE(load_sorted(folder.path("leases.db")).empty());
  run_sql(folder.path("leases.db"), "PRAGMA user_version=99");
  Reports reports;
  const auto store = open_store(folder.path("leases.db"), reports);
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().message, HasSubstr("newer rackcast (format 99"));
}

// A file of the first format: its leases stay, under their MAC addresses.
TEST(SqliteLeaseStore, TakesOverTheFirstFormat) {
  const TemporaryTree folder;
  constexpr const char* kColumns =
      "mac BLOB NOT NULL, state INTEGER NOT NULL, bootp INTEGER NOT NULL, starts INTEGER NOT NULL,"
      " ends INTEGER NOT NULL, hostname BLOB NOT NULL, client_identifier BLOB NOT NULL";
  const std::string sql = std::string("CREATE TABLE lease(address INTEGER PRIMARY KEY, ") + kColumns +
                          ");CREATE TABLE journal(id INTEGER PRIMARY KEY, address INTEGER NOT NULL, " + kColumns +
                          ");PRAGMA application_id=1382763635;PRAGMA user_version=1;"
                          "INSERT INTO lease VALUES(167772161, x'525400000001', 2, 0, 5, 6, 'old', x'01');"
                          "INSERT INTO journal VALUES(1, 167772162, x'525400000002', 2, 0, 5, 6, 'newer', x'');";
  run_sql(folder.path("leases.db"), sql.c_str());
  const auto leases = load_sorted(folder.path("leases.db"));
  ASSERT_EQ(leases.size(), 2U);
  EXPECT_EQ(leases[0].hostname.view(), "old");
  EXPECT_EQ(leases[0].key, MachineKey::of_mac({{0x52, 0x54, 0, 0, 0, 1}}));
  EXPECT_EQ(leases[1].hostname.view(), "newer");
  EXPECT_EQ(load_sorted(folder.path("leases.db")), leases);  // once
}

TEST(SqliteLeaseStore, PassesOverRowsNobodyOfUsWrote) {
  const TemporaryTree folder;
  EXPECT_TRUE(load_sorted(folder.path("leases.db")).empty());
  run_sql(folder.path("leases.db"), "INSERT INTO lease VALUES(1, x'00', 2, 0, 0, 0, x'', x'', 0, x'', 0, x'')");
  run_sql(folder.path("leases.db"),
          "INSERT INTO lease VALUES(-5, x'010203040506', 2, 0, 0, 0, x'', x'', 0, x'', 0, x'')");
  run_sql(folder.path("leases.db"),
          "INSERT INTO lease VALUES(3, x'010203040506', 77, 0, 0, 0, x'', x'', 0, x'', 0, x'')");
  run_sql(folder.path("leases.db"),
          "INSERT INTO lease VALUES(4, x'010203040506', 2, 0, 0, 0, x'', x'', 0, x'', 0, x'')");
  EXPECT_EQ(load_sorted(folder.path("leases.db")).size(), 1U);
}

}  // namespace
}  // namespace rackcast
