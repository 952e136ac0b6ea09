// Power fails at random points: every lease that was answered is known afterwards, and no address is given twice.
//
//   round:  open the store on what is left of the disk -> compare with what was promised so far
//           submit grants, renewals, releases and new owners of the same addresses, until the power is gone
//
// Compared is by version: each row carries the number of its submission. What is found for an address may be newer than
// the last row that was answered (it was written, nobody was told), and must be a row that was submitted; it may never
// be older.
#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <random>
#include <set>

#include "core/leases/sqlite_store.h"
#include "tests/core/leases/lease_test_support.h"
#include "tests/support/power_loss_disk.h"

namespace rackcast {
namespace {

using testing::PowerLossDisk;

constexpr std::uint32_t kAddresses = 120;
constexpr std::chrono::seconds kPatience{20};

net::Ipv4Address address_of(std::uint32_t number) {
  return net::Ipv4Address(10, 0, 1, static_cast<std::uint8_t>(1 + number));
}

// What was submitted and what was answered, through all rounds.
struct Promises {
  std::map<std::uint64_t, Lease> rows;                       // by version
  std::map<net::Ipv4Address, std::uint64_t> answered;        // the newest version that was
  std::map<net::Ipv4Address, std::uint64_t> submitted_last;  // newest version of the address
  std::uint64_t next_version = 1;
};

std::uint64_t version_of(const Lease& lease) {
  return static_cast<std::uint64_t>(lease.starts.time_since_epoch().count());
}

// The address's next row: a grant if it is free, else a renewal or a release.
Lease next_row(Promises& promises, std::uint32_t number, std::uint64_t random) {
  Lease lease;
  lease.address = address_of(number);
  const auto last = promises.submitted_last.find(lease.address);
  const Lease* before = last == promises.submitted_last.end() ? nullptr : &promises.rows.at(last->second);
  if (before == nullptr || before->state == LeaseState::kReleased) {
    const auto machine = static_cast<unsigned>(promises.next_version);  // a new one each time
    lease.mac = testing::mac(machine);
    lease.key = testing::key(machine);
    lease.state = LeaseState::kActive;
  } else {
    lease = *before;
    if (random % 3 == 0) lease.state = LeaseState::kReleased;
  }
  lease.hostname = std::string_view("a host name of some length").substr(0, random % 26);
  const std::uint64_t version = promises.next_version++;
  lease.starts = WallTime(Duration(static_cast<std::int64_t>(version)));
  lease.ends = testing::kStart + std::chrono::hours(12);
  promises.rows[version] = lease;
  promises.submitted_last[lease.address] = version;
  return lease;
}

// The first thing that is wrong, or "".
std::string compare(const Promises& promises, const std::vector<Lease>& known) {
  std::map<net::Ipv4Address, const Lease*> found;
  for (const Lease& lease : known)
    if (!found.emplace(lease.address, &lease).second) return "two rows for one address";
  for (const Lease& lease : known) {
    const auto row = promises.rows.find(version_of(lease));
    if (row == promises.rows.end() || !(row->second == lease)) return "a row that nobody submitted";
  }
  for (const auto& [address, version] : promises.answered) {
    const auto at = found.find(address);
    if (at == found.end()) return std::string(address.text().view()) + ": lost";
    if (version_of(*at->second) < version) return std::string(address.text().view()) + ": an older row than answered";
  }
  return {};
}

// What a restarted server would do with it: nobody else is offered an address that somebody was promised.
std::string offer_to_strangers(const std::vector<Lease>& known) {
  LeaseLayout layout;
  layout.subnets = {{{net::Ipv4Address(10, 0, 1, 0), 24}, 0}};
  layout.pools = {{{{address_of(0), address_of(kAddresses - 1)}}}};
  LeaseTable table(layout, {}, 1);
  for (const Lease& lease : known)
    if (!table.restore(lease, testing::kStart)) return "no room";
  table.settle();
  std::set<net::Ipv4Address> held;
  for (const Lease& lease : known)
    if (lease.state == LeaseState::kActive) held.insert(lease.address);
  for (unsigned n = 0; n < kAddresses; ++n) {
    const OfferResult result = table.offer(testing::client(0xF0'0000 + n), std::array{0U}, {}, testing::kStart);
    if (result.failure != OfferFailure::kNone) break;
    if (held.contains(result.address)) return std::string(result.address.text().view()) + ": given twice";
  }
  return {};
}

class Store {
 public:
  Store(PowerLossDisk& disk, Promises& promises, bool synced) : promises_(promises) {
    SqliteTuning tuning;
    tuning.vfs = disk.name();
    tuning.synced = synced;
    tuning.journal_rows_max = 200;  // folds and checkpoints within a round
    tuning.log_pages = 40;
    auto opened = SqliteLeaseStore::open(
        "leases.db",
        [this](LaneId, const Completion& c) {
          const auto* committed = std::get_if<LeaseCommitted>(&c);
          return committed == nullptr || answer(*committed);
        },
        [this](const std::string&) {
          const std::scoped_lock lock(mutex_);
          ++alarms_;
        },
        tuning);
    if (opened)
      store_ = std::move(*opened);
    else
      error_ = opened.error().message;
  }

  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] Result<std::vector<Lease>> load() { return testing::all_of(*store_); }
  void start() { store_->start(); }
  [[nodiscard]] int alarms() {
    const std::scoped_lock lock(mutex_);
    return alarms_;
  }

  // A burst of rows; when all are answered, how many of them durably.
  std::size_t submit(std::mt19937_64& random, std::size_t rows) {
    std::unique_lock lock(mutex_);
    durable_ = 0;
    for (std::size_t i = 0; i < rows; ++i) {
      const auto number = static_cast<std::uint32_t>(random() % kAddresses);
      CommitLease work{Ticket{promises_.next_version}, next_row(promises_, number, random())};
      ++waiting_;
      lock.unlock();
      EXPECT_TRUE(store_->submit(LaneId{0}, work));
      lock.lock();
    }
    EXPECT_TRUE(answered_.wait_for(lock, kPatience, [&] { return waiting_ == 0; }));
    return durable_;
  }

 private:
  bool answer(const LeaseCommitted& committed) {
    const std::scoped_lock lock(mutex_);
    --waiting_;
    if (committed.durable) {
      ++durable_;
      const std::uint64_t version = committed.ticket.value();
      promises_.answered[promises_.rows.at(version).address] = version;
    }
    answered_.notify_one();
    return true;
  }

  Promises& promises_;
  std::mutex mutex_;
  std::condition_variable answered_;
  std::size_t waiting_ = 0;
  std::size_t durable_ = 0;
  int alarms_ = 0;
  std::string error_;
  std::unique_ptr<SqliteLeaseStore> store_;
};

struct Outcome {
  std::string wrong;  // "" = nothing
  int rounds = 0;
  std::size_t answered = 0;
};

Outcome lose_power(std::uint64_t seed, int rounds, PowerLossDisk::Loss loss, bool synced) {
  PowerLossDisk disk(seed);
  std::mt19937_64 random(seed);
  Promises promises;
  Outcome outcome;
  for (; outcome.rounds < rounds && outcome.wrong.empty(); ++outcome.rounds) {
    {
      Store store(disk, promises, synced);
      if (!store.error().empty()) {
        outcome.wrong = store.error();
        break;
      }
      const auto known = store.load();
      outcome.wrong = known ? compare(promises, *known) : known.error().message;
      if (outcome.wrong.empty()) outcome.wrong = offer_to_strangers(*known);
      if (!outcome.wrong.empty()) break;
      // A row that is there counts from now on: a server that restarts gives it to its machine.
      promises.submitted_last.clear();
      for (const Lease& lease : *known) {
        promises.answered[lease.address] = version_of(lease);
        promises.submitted_last[lease.address] = version_of(lease);
      }
      disk.cut_after(random() % 150);
      store.start();
      while (!disk.is_dead()) outcome.answered += store.submit(random, SqliteLeaseStore::kBatchRows);
    }
    disk.reboot(loss);
  }
  return outcome;
}

TEST(PowerLoss, EveryAnsweredLeaseSurvivesAtAThousandPoints) {
  const std::uint64_t seed = 20'261'124;
  const Outcome outcome = lose_power(seed, 1'000, PowerLossDisk::Loss::kAll, true);
  EXPECT_EQ(outcome.wrong, "") << "seed " << seed << ", round " << outcome.rounds;
  EXPECT_EQ(outcome.rounds, 1'000);
  EXPECT_GT(outcome.answered, 20'000U);  // there was something to lose
}

TEST(PowerLoss, TornAndReorderedWritesLoseNothingEither) {
  const std::uint64_t seed = 1'124;
  const Outcome outcome = lose_power(seed, 1'000, PowerLossDisk::Loss::kSome, true);
  EXPECT_EQ(outcome.wrong, "") << "seed " << seed << ", round " << outcome.rounds;
  EXPECT_EQ(outcome.rounds, 1'000);
  EXPECT_GT(outcome.answered, 20'000U);
}

// The test above sees what it is for: a store that does not sync fails it, with either kind of loss.
TEST(PowerLoss, AStoreThatDoesNotSyncIsFoundOut) {
  for (const auto loss : {PowerLossDisk::Loss::kAll, PowerLossDisk::Loss::kSome}) {
    const Outcome outcome = lose_power(7, 1'000, loss, false);
    EXPECT_NE(outcome.wrong, "");
    EXPECT_LT(outcome.rounds, 1'000);
  }
}

TEST(PowerLoss, SyncsThatFailPromiseNothingAndLoseNothing) {
  PowerLossDisk disk(3);
  std::mt19937_64 random(3);
  Promises promises;
  std::size_t refused = 0;
  for (int round = 0; round < 60; ++round) {
    {
      Store store(disk, promises, true);
      ASSERT_EQ(store.error(), "") << round;
      const auto known = store.load();
      ASSERT_TRUE(known) << known.error().message;
      ASSERT_EQ(compare(promises, *known), "") << round;
      promises.submitted_last.clear();
      for (const Lease& lease : *known) promises.submitted_last[lease.address] = version_of(lease);
      store.start();
      disk.set_failing_syncs(30);
      for (int burst = 0; burst < 10; ++burst) refused += 32 - store.submit(random, 32);
      disk.set_failing_syncs(0);
      EXPECT_EQ(store.submit(random, 32), 32U);
    }
    disk.cut_after(0);
    disk.reboot(PowerLossDisk::Loss::kSome);
  }
  EXPECT_GT(refused, 0U);
  EXPECT_GT(disk.failed_syncs(), 100U);
}

TEST(PowerLoss, AFullDiskPromisesNothingAlarmsOnceAndRecovers) {
  PowerLossDisk disk(4);
  std::mt19937_64 random(4);
  Promises promises;
  {
    Store store(disk, promises, true);
    ASSERT_EQ(store.error(), "");
    store.start();
    EXPECT_EQ(store.submit(random, 64), 64U);
    disk.set_full(true);
    for (int burst = 0; burst < 20; ++burst) EXPECT_EQ(store.submit(random, 64), 0U);
    EXPECT_EQ(store.alarms(), 1);
    disk.set_full(false);
    EXPECT_EQ(store.submit(random, 64), 64U);
    EXPECT_EQ(store.alarms(), 2);
  }
  Store store(disk, promises, true);
  EXPECT_EQ(compare(promises, *store.load()), "");
}

}  // namespace
}  // namespace rackcast
