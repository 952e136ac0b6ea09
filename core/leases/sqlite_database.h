// The SQL of the lease store, and nothing else: opening and checking the file, appending to the journal, folding,
// reading everything back. Private to core/leases. Thread: one at a time.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "core/leases/sqlite_store.h"

struct sqlite3;
struct sqlite3_stmt;

namespace rackcast {

class SqliteLeaseStore::Database {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file,
                                                              const SqliteTuning& tuning);
  // For for_each() alone.
  [[nodiscard]] static Result<std::unique_ptr<Database>> open_to_read(const std::filesystem::path& file);
  ~Database();

  // One transaction: all rows are on disk, or none.
  [[nodiscard]] Result<void> append(std::span<const Lease> rows);
  // Moves at most `rows_max` journal rows, oldest first, into the lease table. How many were moved.
  [[nodiscard]] Result<std::size_t> fold(std::size_t rows_max);
  // Writes something that changes nothing, to see whether writing works.
  [[nodiscard]] Result<void> probe();
  // Moves the log's pages into the file, as far as no reader is in the way.
  [[nodiscard]] Result<void> checkpoint();
  [[nodiscard]] std::size_t log_pages() const { return log_pages_; }  // not yet in the file
  // The last row of each address, by address.
  [[nodiscard]] Result<void> for_each(const std::function<void(const Lease&)>& visit);
  // Likewise, the active ones first, in no order that would have to be made: what it takes in memory is the journal's
  // addresses.
  [[nodiscard]] Result<void> load(const std::function<void(const Lease&)>& visit);
  [[nodiscard]] Result<bool> is_empty();
  [[nodiscard]] std::size_t journal_rows() const { return journal_rows_; }
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }

 private:
  struct CloseDatabase {
    void operator()(sqlite3* db) const;
  };
  struct FinishStatement {
    void operator()(sqlite3_stmt* statement) const;
  };
  using Statement = std::unique_ptr<sqlite3_stmt, FinishStatement>;

  Database(std::filesystem::path file, std::unique_ptr<sqlite3, CloseDatabase> db);

  [[nodiscard]] Result<void> set_up(const SqliteTuning& tuning);
  [[nodiscard]] Result<void> check_schema();
  [[nodiscard]] Result<void> run(const char* sql);
  [[nodiscard]] Result<std::int64_t> number(const char* sql);
  [[nodiscard]] Result<Statement> prepare(const char* sql);
  [[nodiscard]] Result<void> visit_rows(sqlite3_stmt* rows, const std::function<void(const Lease&)>& visit);
  [[nodiscard]] Result<void> append_rows(std::span<const Lease> rows);
  [[nodiscard]] Result<std::size_t> fold_rows(std::size_t rows_max);
  [[nodiscard]] tl::unexpected<Error> failure(const char* doing) const;
  void roll_back();

  std::filesystem::path file_;
  std::unique_ptr<sqlite3, CloseDatabase> db_;
  Statement insert_;
  std::size_t journal_rows_ = 0;
  std::size_t log_pages_ = 0;
};

}  // namespace rackcast
