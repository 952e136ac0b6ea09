// kill -9 at a random moment: every lease that was answered is known afterwards.
//
//   test ── fork ──> child: opens the store, submits leases, writes the ticket of each answered one to a pipe
//     reads tickets until a random count, SIGKILL, reads what is left, reopens the store, compares
//
// A round whose child ends by itself would prove nothing, so the child never ends: it goes on until it is killed.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <random>

#include "core/leases/sqlite_store.h"
#include "tests/core/leases/lease_test_support.h"
#include "tests/support/temporary_tree.h"

namespace rackcast {
namespace {

using testing::numbered_lease;
using testing::TemporaryTree;

constexpr std::uint32_t kAddresses = 300;
constexpr std::size_t kInFlightMax = 100;

// Version v of a lease shows in its end, so that a lost update is seen and not only a lost row.
Lease versioned_lease(std::uint64_t ticket) {
  Lease lease = numbered_lease(static_cast<std::uint32_t>(ticket % kAddresses) + 1);
  lease.ends += std::chrono::seconds(static_cast<std::int64_t>(ticket));
  return lease;
}

[[noreturn]] void run_child(const std::filesystem::path& file, int pipe, std::uint64_t first_ticket) {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t in_flight = 0;
  auto store = SqliteLeaseStore::open(
      file,
      [&](LaneId, const Completion& completion) {
        const auto& committed = std::get<LeaseCommitted>(completion);
        const std::uint64_t ticket = committed.ticket.value();
        if (!committed.durable || ::write(pipe, &ticket, sizeof ticket) != sizeof ticket) ::_exit(3);
        const std::scoped_lock lock(mutex);
        --in_flight;
        changed.notify_one();
        return true;
      },
      [](const std::string&) { ::_exit(4); });
  if (!store) ::_exit(5);
  (*store)->start();
  for (std::uint64_t ticket = first_ticket;; ++ticket) {
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return in_flight < kInFlightMax; });
      ++in_flight;
    }
    CommitLease work{Ticket{ticket}, versioned_lease(ticket)};
    if (!(*store)->submit(LaneId{0}, work)) ::_exit(6);
  }
}

struct Round {
  std::uint64_t first_ticket = 0;
  std::uint64_t last_ticket = 0;  // the highest that was answered
  bool killed = false;
};

Round run_round(const std::filesystem::path& file, std::uint64_t first_ticket, std::size_t answers_wanted) {
  int ends[2];
  if (::pipe(ends) != 0) return {};
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    run_child(file, ends[1], first_ticket);
  }
  ::close(ends[1]);
  Round round{first_ticket, 0, false};
  std::uint64_t ticket = 0;
  for (std::size_t i = 0; ::read(ends[0], &ticket, sizeof ticket) == sizeof ticket; ++i) {
    round.last_ticket = ticket;
    if (i + 1 == answers_wanted) ::kill(child, SIGKILL);
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  round.killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  return round;
}

TEST(LeaseCrash, EveryAnsweredLeaseIsKnownAfterKill9) {
  const TemporaryTree folder;
  const auto file = folder.path("leases.db");
  std::mt19937 random(20'261'124);
  std::uint64_t next_ticket = 1;
  std::map<net::Ipv4Address, Lease> answered;  // over all rounds
  for (int number = 0; number < 5; ++number) {
    const std::size_t answers_wanted = 1 + random() % 2'000;
    SCOPED_TRACE(::testing::Message() << "round " << number << ", killed after answer " << answers_wanted);
    const Round round = run_round(file, next_ticket, answers_wanted);
    ASSERT_TRUE(round.killed);
    ASSERT_GE(round.last_ticket, round.first_ticket + answers_wanted - 1);  // answers come in order of submission

    auto store = SqliteLeaseStore::open(
        file, [](LaneId, const Completion&) { return true; }, [](const std::string&) {});
    ASSERT_TRUE(store) << store.error().message;
    const auto leases = testing::all_of(**store);
    ASSERT_TRUE(leases) << leases.error().message;
    std::map<net::Ipv4Address, Lease> known;
    for (const Lease& lease : *leases)
      EXPECT_TRUE(known.emplace(lease.address, lease).second) << "two rows, one address";

    for (std::uint64_t ticket = round.first_ticket; ticket <= round.last_ticket; ++ticket)
      answered[versioned_lease(ticket).address] = versioned_lease(ticket);
    for (const auto& [address, lease] : answered) {
      const auto found = known.find(address);
      ASSERT_NE(found, known.end()) << address.text().view();
      EXPECT_EQ(found->second.mac, lease.mac);
      // A later row that was written but not answered may be there as well.
      EXPECT_GE(found->second.ends, lease.ends);
    }
    next_ticket = round.last_ticket + kInFlightMax + 1;
  }
}

}  // namespace
}  // namespace rackcast
