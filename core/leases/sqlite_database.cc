#include "core/leases/sqlite_database.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "core/errno_text.h"

namespace rackcast {
namespace {

constexpr std::int64_t kApplicationId = 0x526B'4C73;  // "RkLs", so that file(1) and we know our own
constexpr std::int64_t kSchemaVersion = 3;
constexpr int kBusyMs = 2'000;  // somebody reads with the sqlite3 shell

constexpr const char* kSchema =
    "CREATE TABLE lease(address INTEGER PRIMARY KEY, mac BLOB NOT NULL, state INTEGER NOT NULL, bootp INTEGER NOT NULL,"
    " starts INTEGER NOT NULL, ends INTEGER NOT NULL, hostname BLOB NOT NULL, client_identifier BLOB NOT NULL,"
    " key_kind INTEGER NOT NULL DEFAULT 0, key BLOB NOT NULL DEFAULT x'', relay INTEGER NOT NULL DEFAULT 0,"
    " relay_info BLOB NOT NULL DEFAULT x'', account INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE journal(id INTEGER PRIMARY KEY, address INTEGER NOT NULL, mac BLOB NOT NULL, state INTEGER NOT NULL,"
    " bootp INTEGER NOT NULL, starts INTEGER NOT NULL, ends INTEGER NOT NULL, hostname BLOB NOT NULL,"
    " client_identifier BLOB NOT NULL, key_kind INTEGER NOT NULL DEFAULT 0, key BLOB NOT NULL DEFAULT x'',"
    " relay INTEGER NOT NULL DEFAULT 0, relay_info BLOB NOT NULL DEFAULT x'', account INTEGER NOT NULL DEFAULT 0);";
// Version 1 knew MAC addresses as keys and no relays: key kind 0 says "the MAC address".
constexpr const char* kFromVersion1 =
    "ALTER TABLE lease ADD COLUMN key_kind INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE lease ADD COLUMN key BLOB NOT NULL DEFAULT x'';"
    "ALTER TABLE lease ADD COLUMN relay INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE lease ADD COLUMN relay_info BLOB NOT NULL DEFAULT x'';"
    "ALTER TABLE journal ADD COLUMN key_kind INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE journal ADD COLUMN key BLOB NOT NULL DEFAULT x'';"
    "ALTER TABLE journal ADD COLUMN relay INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE journal ADD COLUMN relay_info BLOB NOT NULL DEFAULT x'';";
// Version 2 did not say which class's lease limit a lease counts for.
constexpr const char* kFromVersion2 =
    "ALTER TABLE lease ADD COLUMN account INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE journal ADD COLUMN account INTEGER NOT NULL DEFAULT 0;";

#define RACKCAST_LEASE_COLUMNS \
  "address, mac, state, bootp, starts, ends, hostname, client_identifier, key_kind, key, relay, relay_info, account"
constexpr const char* kInsert =
    "INSERT INTO journal(" RACKCAST_LEASE_COLUMNS ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
#define RACKCAST_FOLDED_ROWS \
  "SELECT " RACKCAST_LEASE_COLUMNS " FROM lease WHERE address NOT IN (SELECT address FROM journal)"
#define RACKCAST_JOURNAL_ROWS \
  "SELECT " RACKCAST_LEASE_COLUMNS " FROM journal WHERE id IN (SELECT max(id) FROM journal GROUP BY address)"
constexpr const char* kReadAll = RACKCAST_FOLDED_ROWS " UNION ALL " RACKCAST_JOURNAL_ROWS " ORDER BY address";
static_assert(static_cast<int>(LeaseState::kActive) == 2, "what the statements below ask for");
constexpr std::array kLoad{RACKCAST_FOLDED_ROWS " AND state = 2", RACKCAST_JOURNAL_ROWS " AND state = 2",
                           RACKCAST_FOLDED_ROWS " AND state <> 2", RACKCAST_JOURNAL_ROWS " AND state <> 2"};
constexpr const char* kFoldInto = "INSERT OR REPLACE INTO lease(" RACKCAST_LEASE_COLUMNS
                                  ") SELECT " RACKCAST_LEASE_COLUMNS " FROM journal WHERE id <= ?1 ORDER BY id";
#undef RACKCAST_JOURNAL_ROWS
#undef RACKCAST_FOLDED_ROWS
#undef RACKCAST_LEASE_COLUMNS
constexpr const char* kFoldDelete = "DELETE FROM journal WHERE id <= ?1";
constexpr const char* kFoldLimit = "SELECT max(id) FROM (SELECT id FROM journal ORDER BY id LIMIT ?1)";

// Times are stored as nanoseconds since 1970; "never" is the largest number.
std::int64_t to_number(WallTime t) {
  return t.time_since_epoch().count();
}
WallTime to_time(std::int64_t number) {
  return WallTime(Duration(number));
}

int bind_blob(sqlite3_stmt* statement, int index, std::string_view bytes) {
  // A null pointer would bind NULL.
  return sqlite3_bind_blob(statement, index, bytes.empty() ? "" : bytes.data(), static_cast<int>(bytes.size()),
                           SQLITE_STATIC);
}

std::string_view column_bytes(sqlite3_stmt* row, int column) {
  const void* data = sqlite3_column_blob(row, column);
  const int size = sqlite3_column_bytes(row, column);
  return data == nullptr ? std::string_view{}
                         : std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

bool bind(sqlite3_stmt* statement, const Lease& lease) {
  const std::string_view mac(reinterpret_cast<const char*>(lease.mac.octets.data()), lease.mac.octets.size());
  return sqlite3_bind_int64(statement, 1, lease.address.value()) == SQLITE_OK &&
         bind_blob(statement, 2, mac) == SQLITE_OK &&
         sqlite3_bind_int(statement, 3, static_cast<int>(lease.state)) == SQLITE_OK &&
         sqlite3_bind_int(statement, 4, lease.bootp ? 1 : 0) == SQLITE_OK &&
         sqlite3_bind_int64(statement, 5, to_number(lease.starts)) == SQLITE_OK &&
         sqlite3_bind_int64(statement, 6, to_number(lease.ends)) == SQLITE_OK &&
         bind_blob(statement, 7, lease.hostname) == SQLITE_OK &&
         bind_blob(statement, 8, lease.client_identifier) == SQLITE_OK &&
         sqlite3_bind_int(statement, 9, static_cast<int>(lease.key.kind())) == SQLITE_OK &&
         bind_blob(statement, 10, lease.key.bytes()) == SQLITE_OK &&
         sqlite3_bind_int64(statement, 11, lease.relay.value()) == SQLITE_OK &&
         bind_blob(statement, 12, lease.relay_info) == SQLITE_OK &&
         sqlite3_bind_int64(statement, 13, static_cast<std::int64_t>(lease.account)) == SQLITE_OK;
}

// Nullopt for a row nobody of us wrote: it is passed over rather than trusted.
std::optional<Lease> to_lease(sqlite3_stmt* row) {
  const std::int64_t address = sqlite3_column_int64(row, 0);
  const std::string_view mac = column_bytes(row, 1);
  const int state = sqlite3_column_int(row, 2);
  if (address <= 0 || address > 0xFFFF'FFFF || mac.size() != 6) return std::nullopt;
  if (state < 0 || state > static_cast<int>(LeaseState::kAbandoned)) return std::nullopt;
  Lease lease;
  lease.address = net::Ipv4Address(static_cast<std::uint32_t>(address));
  std::memcpy(lease.mac.octets.data(), mac.data(), mac.size());
  lease.state = static_cast<LeaseState>(state);
  lease.bootp = sqlite3_column_int(row, 3) != 0;
  lease.starts = to_time(sqlite3_column_int64(row, 4));
  lease.ends = to_time(sqlite3_column_int64(row, 5));
  lease.hostname.assign(column_bytes(row, 6));
  lease.client_identifier.assign(column_bytes(row, 7));
  const auto key = MachineKey::from_stored(sqlite3_column_int64(row, 8), column_bytes(row, 9));
  lease.key = key.value_or(MachineKey::of_mac(lease.mac));
  lease.relay = net::Ipv4Address(static_cast<std::uint32_t>(sqlite3_column_int64(row, 10)));
  lease.relay_info.assign(column_bytes(row, 11));
  lease.account = static_cast<std::uint64_t>(sqlite3_column_int64(row, 12));
  return lease;
}

}  // namespace

void SqliteLeaseStore::Database::CloseDatabase::operator()(sqlite3* db) const {
  sqlite3_close_v2(db);
}
void SqliteLeaseStore::Database::FinishStatement::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

SqliteLeaseStore::Database::Database(std::filesystem::path file, std::unique_ptr<sqlite3, CloseDatabase> db)
    : file_(std::move(file)), db_(std::move(db)) {}

SqliteLeaseStore::Database::~Database() = default;

Result<std::unique_ptr<SqliteLeaseStore::Database>> SqliteLeaseStore::Database::open(const std::filesystem::path& file,
                                                                                     const SqliteTuning& tuning) {
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error))
    return fail("lease store: the folder " + folder.string() + " does not exist; create it or set [server] state_dir");
  sqlite3* raw = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int opened = sqlite3_open_v2(file.c_str(), &raw, flags, tuning.vfs.empty() ? nullptr : tuning.vfs.c_str());
  std::unique_ptr<sqlite3, CloseDatabase> db(raw);
  if (opened != SQLITE_OK) {
    const int reason = raw == nullptr ? 0 : sqlite3_system_errno(raw);
    return fail("lease store: cannot open or create " + file.string() + " (" +
                (reason != 0 ? errno_text(reason) : sqlite3_errstr(opened)) + "); check the permissions of " +
                folder.string());
  }
  // SQLite falls back to read-only without a word.
  if (sqlite3_db_readonly(db.get(), "main") == 1)
    return fail("lease store: " + file.string() + " is not writable; check the permissions of the file and its folder");
  std::unique_ptr<Database> database(new Database(file, std::move(db)));
  if (auto done = database->set_up(tuning); !done) return tl::make_unexpected(done.error());
  return database;
}

Result<std::unique_ptr<SqliteLeaseStore::Database>> SqliteLeaseStore::Database::open_to_read(
    const std::filesystem::path& file) {
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<sqlite3, CloseDatabase> db(raw);
  if (opened != SQLITE_OK)
    return fail("lease store: cannot open " + file.string() + " (" + sqlite3_errstr(opened) +
                "); is it there, and may you read it and its folder?");
  std::unique_ptr<Database> database(new Database(file, std::move(db)));
  sqlite3_busy_timeout(database->db_.get(), kBusyMs);
  const auto id = database->number("PRAGMA application_id");
  const auto version = database->number("PRAGMA user_version");
  if (!id || !version) return tl::make_unexpected((!id ? id : version).error());
  if (*id != kApplicationId) return fail("lease store: " + file.string() + " is a database of another program");
  if (*version != kSchemaVersion)
    return fail("lease store: " + file.string() + " is of format " + std::to_string(*version) +
                ", this rackcast reads " + std::to_string(kSchemaVersion) +
                "; start the rackcastd that belongs to it once");
  return database;
}

Result<void> SqliteLeaseStore::Database::set_up(const SqliteTuning& tuning) {
  sqlite3_busy_timeout(db_.get(), kBusyMs);
  sqlite3_extended_result_codes(db_.get(), 1);
  // The log is synced at every commit, so that a row that was answered survives power loss, not only a crash of ours.
  // EXTRA is FULL for the log, and while the file is made also syncs the removal of its rollback journal: one that came
  // back with the power would undo what was written since.
  if (auto done = run(tuning.synced ? "PRAGMA synchronous=EXTRA" : "PRAGMA synchronous=OFF"); !done) return done;
  if (auto done = check_schema(); !done) return done;
  // The log is emptied by checkpoint(), after the answers, not inside a commit that somebody waits for.
  for (const char* pragma : {"PRAGMA journal_mode=WAL", "PRAGMA temp_store=MEMORY", "PRAGMA wal_autocheckpoint=0"})
    if (auto done = run(pragma); !done) return done;
  sqlite3_wal_hook(
      db_.get(),
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<Database*>(self)->log_pages_ = static_cast<std::size_t>(pages);
        return SQLITE_OK;
      },
      this);
  auto insert = prepare(kInsert);
  if (!insert) return tl::make_unexpected(insert.error());
  insert_ = std::move(*insert);
  const auto rows = number("SELECT count(*) FROM journal");
  if (!rows) return tl::make_unexpected(rows.error());
  journal_rows_ = static_cast<std::size_t>(*rows);
  return {};
}

// An empty file becomes ours; anything else must be ours already and not younger than we are.
Result<void> SqliteLeaseStore::Database::check_schema() {
  const auto tables = number("SELECT count(*) FROM sqlite_master");
  if (!tables) return tl::make_unexpected(tables.error());
  const auto id = number("PRAGMA application_id");
  const auto version = number("PRAGMA user_version");
  if (!id || !version) return tl::make_unexpected((!id ? id : version).error());
  if (*tables == 0 && *id == 0) {
    const std::string sql = std::string("BEGIN IMMEDIATE;") + kSchema +
                            "PRAGMA application_id=" + std::to_string(kApplicationId) +
                            ";PRAGMA user_version=" + std::to_string(kSchemaVersion) + ";COMMIT";
    return run(sql.c_str());
  }
  if (*id != kApplicationId)
    return fail("lease store: " + file_.string() +
                " is a database of another program; move it away or set another [server] state_dir");
  if (*version > kSchemaVersion)
    return fail("lease store: " + file_.string() + " was written by a newer rackcast (format " +
                std::to_string(*version) + ", this one knows " + std::to_string(kSchemaVersion) +
                "); upgrade rackcast, or move the file away to start without leases");
  if (*version == kSchemaVersion) return {};
  const std::string sql = std::string("BEGIN IMMEDIATE;") + (*version < 2 ? kFromVersion1 : "") + kFromVersion2 +
                          "PRAGMA user_version=" + std::to_string(kSchemaVersion) + ";COMMIT";
  return run(sql.c_str());
}

Result<void> SqliteLeaseStore::Database::append(std::span<const Lease> rows) {
  Result<void> done = append_rows(rows);
  if (!done) roll_back();
  if (done) journal_rows_ += rows.size();
  return done;
}

Result<void> SqliteLeaseStore::Database::append_rows(std::span<const Lease> rows) {
  if (auto begun = run("BEGIN IMMEDIATE"); !begun) return begun;
  for (const Lease& lease : rows) {
    const bool written = bind(insert_.get(), lease) && sqlite3_step(insert_.get()) == SQLITE_DONE;
    sqlite3_reset(insert_.get());
    if (!written) return failure("write to");
  }
  return run("COMMIT");
}

Result<void> SqliteLeaseStore::Database::probe() {
  const std::string write = "BEGIN IMMEDIATE;PRAGMA user_version=" + std::to_string(kSchemaVersion) + ";COMMIT";
  Result<void> done = run(write.c_str());
  if (!done) roll_back();
  return done;
}

Result<void> SqliteLeaseStore::Database::checkpoint() {
  int in_log = 0;
  int moved = 0;
  const int code = sqlite3_wal_checkpoint_v2(db_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &moved);
  if (code != SQLITE_OK && (code & 0xFF) != SQLITE_BUSY) return failure("write to");
  log_pages_ = static_cast<std::size_t>(std::max(0, in_log - moved));  // none left: the next commit begins at the front
  return {};
}

Result<std::size_t> SqliteLeaseStore::Database::fold(std::size_t rows_max) {
  if (journal_rows_ == 0) return 0;
  auto folded = fold_rows(rows_max);
  if (!folded) roll_back();
  if (folded) journal_rows_ -= std::min(journal_rows_, *folded);
  return folded;
}

Result<std::size_t> SqliteLeaseStore::Database::fold_rows(std::size_t rows_max) {
  auto limit = prepare(kFoldLimit);
  auto into = prepare(kFoldInto);
  auto remove = prepare(kFoldDelete);
  if (!limit || !into || !remove) return failure("read");
  sqlite3_bind_int64(limit->get(), 1, static_cast<std::int64_t>(rows_max));
  if (sqlite3_step(limit->get()) != SQLITE_ROW) return failure("read");
  const std::int64_t last_id = sqlite3_column_int64(limit->get(), 0);
  sqlite3_reset(limit->get());
  if (auto begun = run("BEGIN IMMEDIATE"); !begun) return tl::make_unexpected(begun.error());
  for (sqlite3_stmt* statement : {into->get(), remove->get()}) {
    sqlite3_bind_int64(statement, 1, last_id);
    if (sqlite3_step(statement) != SQLITE_DONE) return failure("write to");
  }
  const auto moved = static_cast<std::size_t>(sqlite3_changes(db_.get()));
  if (auto done = run("COMMIT"); !done) return tl::make_unexpected(done.error());
  return moved;
}

Result<void> SqliteLeaseStore::Database::for_each(const std::function<void(const Lease&)>& visit) {
  auto rows = prepare(kReadAll);
  if (!rows) return tl::make_unexpected(rows.error());
  return visit_rows(rows->get(), visit);
}

Result<void> SqliteLeaseStore::Database::load(const std::function<void(const Lease&)>& visit) {
  for (const char* sql : kLoad) {
    auto rows = prepare(sql);
    if (!rows) return tl::make_unexpected(rows.error());
    if (auto read = visit_rows(rows->get(), visit); !read) return read;
  }
  return {};
}

Result<bool> SqliteLeaseStore::Database::is_empty() {
  const auto found = number("SELECT EXISTS(SELECT 1 FROM lease) OR EXISTS(SELECT 1 FROM journal)");
  if (!found) return tl::make_unexpected(found.error());
  return *found == 0;
}

Result<void> SqliteLeaseStore::Database::visit_rows(sqlite3_stmt* rows,
                                                    const std::function<void(const Lease&)>& visit) {
  int step = sqlite3_step(rows);
  for (; step == SQLITE_ROW; step = sqlite3_step(rows))
    if (const auto lease = to_lease(rows)) visit(*lease);
  if (step != SQLITE_DONE) return failure("read");
  return {};
}

Result<void> SqliteLeaseStore::Database::run(const char* sql) {
  if (sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failure("write to");
  return {};
}

Result<std::int64_t> SqliteLeaseStore::Database::number(const char* sql) {
  auto statement = prepare(sql);
  if (!statement) return tl::make_unexpected(statement.error());
  if (sqlite3_step(statement->get()) != SQLITE_ROW) return failure("read");
  return sqlite3_column_int64(statement->get(), 0);
}

Result<SqliteLeaseStore::Database::Statement> SqliteLeaseStore::Database::prepare(const char* sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(db_.get(), sql, -1, &raw, nullptr) != SQLITE_OK) return failure("read");
  return Statement(raw);
}

tl::unexpected<Error> SqliteLeaseStore::Database::failure(const char* doing) const {
  const std::string name = file_.string();
  switch (sqlite3_errcode(db_.get()) & 0xFF) {  // extended codes keep the plain one in the low byte
    case SQLITE_NOTADB:
      return fail("lease store: " + name + " is not a database; move it away or set another [server] state_dir");
    case SQLITE_FULL:
      return fail("lease store: no space left for " + name + "; free some");
    case SQLITE_CORRUPT:
      return fail("lease store: " + name + " is damaged; move it away and restart, or restore it from a backup");
    case SQLITE_READONLY:
      return fail("lease store: " + name + " is not writable; check the permissions of the file and its folder");
    case SQLITE_CANTOPEN:
      return fail("lease store: cannot create files beside " + name + "; check the permissions of its folder");
    default:
      break;
  }
  return fail(std::string("lease store: cannot ") + doing + " " + name + " (" + sqlite3_errmsg(db_.get()) + ")");
}

void SqliteLeaseStore::Database::roll_back() {
  if (sqlite3_get_autocommit(db_.get()) == 0) (void)sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace rackcast
