// The store's file: what cannot be opened and why, and files of other programs and of other versions.
#include <gmock/gmock.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "tests/core/leases/store_test_support.h"

namespace rackcast {
namespace {

using ::testing::HasSubstr;
using testing::load_sorted;
using testing::open_store;
using testing::Reports;
using testing::TemporaryTree;

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

// One of the second: nothing is known of class limits.
TEST(SqliteLeaseStore, TakesOverTheSecondFormat) {
  const TemporaryTree folder;
  const std::filesystem::path file = folder.path("leases.db");
  EXPECT_TRUE(load_sorted(file).empty());
  run_sql(file,
          "ALTER TABLE lease DROP COLUMN account;ALTER TABLE journal DROP COLUMN account;PRAGMA user_version=2;"
          "INSERT INTO lease VALUES(167772161, x'525400000001', 2, 0, 5, 6, 'old', x'01', 0, x'', 7, x'01');");
  auto leases = load_sorted(file);
  ASSERT_EQ(leases.size(), 1U);
  EXPECT_EQ(leases[0].relay, net::Ipv4Address(0, 0, 0, 7));
  EXPECT_EQ(leases[0].account, 0U);
}

TEST(SqliteLeaseStore, PassesOverRowsNobodyOfUsWrote) {
  const TemporaryTree folder;
  EXPECT_TRUE(load_sorted(folder.path("leases.db")).empty());
  run_sql(folder.path("leases.db"), "INSERT INTO lease VALUES(1, x'00', 2, 0, 0, 0, x'', x'', 0, x'', 0, x'', 0)");
  run_sql(folder.path("leases.db"),
          "INSERT INTO lease VALUES(-5, x'010203040506', 2, 0, 0, 0, x'', x'', 0, x'', 0, x'', 0)");
  run_sql(folder.path("leases.db"),
          "INSERT INTO lease VALUES(3, x'010203040506', 77, 0, 0, 0, x'', x'', 0, x'', 0, x'', 0)");
  run_sql(folder.path("leases.db"),
          "INSERT INTO lease VALUES(4, x'010203040506', 2, 0, 0, 0, x'', x'', 0, x'', 0, x'', 0)");
  EXPECT_EQ(load_sorted(folder.path("leases.db")).size(), 1U);
}

}  // namespace
}  // namespace rackcast
