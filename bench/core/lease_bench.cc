// The lease table and store at a million leases: memory, one exchange's share, a reload's stop, a restart.
//   build/release/bench/lease_bench
#include <benchmark/benchmark.h>
#include <malloc.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

#include "core/leases/lease_table.h"
#include "core/leases/sqlite_store.h"

namespace rackcast {
namespace {

constexpr std::uint32_t kLeases = 1'000'000;
const WallTime kStart{std::chrono::hours(24 * 365 * 50)};

net::Ipv4Address address(std::uint32_t n) {
  return net::Ipv4Address(0x0A00'0001U + n);
}
net::MacAddress mac(std::uint32_t n) {
  return {{0x52, 0x54, static_cast<std::uint8_t>(n >> 24U), static_cast<std::uint8_t>(n >> 16U),
           static_cast<std::uint8_t>(n >> 8U), static_cast<std::uint8_t>(n)}};
}

// A /12 with one range of a million, another /12 with a small one, and reservations in the first.
LeaseLayout layout(std::uint32_t addresses = kLeases, std::uint32_t reservations = 0) {
  LeaseLayout all;
  all.subnets = {{{net::Ipv4Address(10, 0, 0, 0), 12}, 0}, {{net::Ipv4Address(10, 16, 0, 0), 12}, 1}};
  all.pools = {{{{address(0), address(addresses - 1)}}}, {{{net::Ipv4Address(10, 16, 0, 1), {10, 16, 3, 255}}}}};
  for (std::uint32_t n = 0; n < reservations; ++n)
    all.reservations.push_back(
        {net::Ipv4Address(10, 17, static_cast<std::uint8_t>(n >> 8U), static_cast<std::uint8_t>(n)),
         MachineKey::of_mac(mac(0xF000'0000U + n))});
  return all;
}

// A machine that sends a name of ten letters and an identifier of nineteen octets (RFC 4361), behind a relay that adds
// thirty.
Lease lease(std::uint32_t n) {
  Lease made;
  made.address = address(n);
  made.mac = mac(n);
  made.key = MachineKey::of_mac(made.mac);
  made.state = LeaseState::kActive;
  made.starts = kStart;
  made.ends = kStart + std::chrono::hours(12) + std::chrono::milliseconds(n % 7'200'000);
  made.hostname = "node-01234";
  made.client_identifier = "0123456789012345678";
  made.relay = net::Ipv4Address(10, 31, 0, 1);
  made.relay_info = "012345678901234567890123456789";
  return made;
}

std::unique_ptr<LeaseTable> full_table() {
  auto table = std::make_unique<LeaseTable>(layout(), LeaseLimits{.leases_max = kLeases + 100'000}, 42);
  for (std::uint32_t n = 0; n < kLeases; ++n)
    if (!table->restore(lease(n), kStart)) throw std::runtime_error("no room");
  table->settle();
  return table;
}

// Built once: it takes longer than most that is measured on it.
LeaseTable& table() {
  static const std::unique_ptr<LeaseTable> made = full_table();
  return *made;
}

double heap_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double pages = 0;
  file >> pages >> pages;
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

// The most that was resident since mark_peak().
double peak_bytes() {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;) {
    double kilobytes = 0;
    if (word == "VmHWM:" && file >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}
void mark_peak() {
  std::ofstream("/proc/self/clear_refs") << "5";  // proc(5): VmHWM starts again at what is resident now
}

// heap_bytes counts what was asked for, resident_bytes what was touched.
void memory_of_a_million(benchmark::State& state) {
  for (auto _ : state) {
    const double heap = heap_bytes();
    const double resident = resident_bytes();
    const auto made = full_table();
    state.counters["heap_MB"] = (heap_bytes() - heap) / 1e6;
    state.counters["resident_MB"] = (resident_bytes() - resident) / 1e6;
    if (heap_bytes() - heap > 300e6) state.SkipWithError("more than 300 MB");
  }
}
BENCHMARK(memory_of_a_million)->Unit(benchmark::kMillisecond)->Iterations(1);

void small_table(benchmark::State& state) {
  for (auto _ : state) {
    const double heap = heap_bytes();
    LeaseTable made(layout(200), {}, 42);
    benchmark::DoNotOptimize(made);
    state.counters["heap_kB"] = (heap_bytes() - heap) / 1e3;
  }
}
BENCHMARK(small_table)->Unit(benchmark::kMicrosecond)->Iterations(20);

LeaseClient client(std::uint32_t n) {
  return {MachineKey::of_mac(mac(n)), {}, mac(n), {}, {}};
}

// A renewal: find, hold, activate. Random machines of the million.
void renew_one(benchmark::State& state) {
  LeaseTable& full = table();
  std::uint32_t n = 0;
  for (auto _ : state) {
    n = (n + 611'953U) % kLeases;
    benchmark::DoNotOptimize(full.find(address(n)));
    benchmark::DoNotOptimize(full.hold(address(n), client(n), kStart));
    benchmark::DoNotOptimize(full.activate(lease(n), kStart));
  }
}
BENCHMARK(renew_one);

// DISCOVER, ACK, RELEASE of new machines in the small pool.
void offer_and_release(benchmark::State& state) {
  LeaseTable& full = table();
  std::uint32_t n = kLeases;
  for (auto _ : state) {
    ++n;
    const OfferResult offered = full.offer(client(n), std::array{1U}, {}, kStart);
    Lease granted = lease(n);
    granted.address = offered.address;
    benchmark::DoNotOptimize(full.activate(granted, kStart));
    benchmark::DoNotOptimize(full.release(client(n), granted.address, kStart));
  }
}
BENCHMARK(offer_and_release);

// What a lane stands still for when the configuration changes beside a million leases, and the first offer after it.
enum Change : int { kReservation, kWiderRange, kNarrowerRange, kSubnetGone };

void reload(benchmark::State& state) {
  LeaseTable& full = table();
  bool changed = false;
  std::uint32_t n = 2 * kLeases;
  const LeaseLayout before = layout(kLeases, 10'000);
  full.reconfigure(before);
  for (auto _ : state) {
    state.PauseTiming();
    LeaseLayout next = before;
    changed = !changed;
    if (changed) {
      switch (state.range(0)) {
        case kReservation:
          next = layout(kLeases, 10'001);
          break;
        case kWiderRange:
          next = layout(kLeases + 40'000, 10'000);
          break;
        case kNarrowerRange:
          next = layout(kLeases / 2, 10'000);
          break;
        default:
          next.subnets.erase(next.subnets.begin());
          next.pools.erase(next.pools.begin());
          break;
      }
    }
    const auto pool = static_cast<std::uint32_t>(next.pools.size() - 1);
    state.ResumeTiming();
    full.reconfigure(std::move(next));
    benchmark::DoNotOptimize(full.offer(client(++n), std::array{pool}, {}, kStart));
    state.PauseTiming();
    full.withdraw_offers(client(n).key);
    full.expire(kStart);
    state.ResumeTiming();
  }
  full.reconfigure(layout());
}
BENCHMARK(reload)
    ->ArgName("change")
    ->Arg(kReservation)
    ->Arg(kWiderRange)
    ->Arg(kNarrowerRange)
    ->Arg(kSubnetGone)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(20);

// A restart: the file read and the table filled, with leases in force, or with as many that have ended.
void load_a_million(benchmark::State& state) {
  const std::string ended = state.range(0) == 0 ? "2" : "3";  // LeaseState
  const auto folder = std::filesystem::temp_directory_path() / ("rackcast-lease-bench-" + std::to_string(getpid()));
  std::filesystem::create_directory(folder);
  const auto file = folder / "leases.db";
  const auto open = [&] {
    return SqliteLeaseStore::open(
        file, [](LaneId, const Completion&) { return true; }, [](const std::string&) {});
  };
  (void)open();  // makes the tables
  sqlite3* db = nullptr;
  sqlite3_open(file.c_str(), &db);
  const std::string fill =
      "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999999) INSERT INTO lease(address, mac,"
      " state, bootp, starts, ends, hostname, client_identifier, key_kind, key, relay, relay_info) SELECT"
      " 167772161 + i, randomblob(6), " +
      ended +
      ", 0, 1576800000000000000 - abs(random() % 1000000), 9000000000000000000, printf('node-%05d', i % 100000),"
      " randomblob(19), 0, x'', 167772160, randomblob(30) FROM n";
  if (sqlite3_exec(db, fill.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) state.SkipWithError(sqlite3_errmsg(db));
  sqlite3_close(db);
  for (auto _ : state) {
    (void)malloc_trim(0);
    mark_peak();
    const double before = resident_bytes();
    const auto store = open();
    LeaseTable made(layout(), LeaseLimits{.leases_max = kLeases}, 42);
    const auto read = (*store)->load([&](const Lease& known) { (void)made.restore(known, kStart); });
    made.settle();
    if (!read || made.size() != kLeases) state.SkipWithError("not all were there");
    state.counters["peak_MB"] = (peak_bytes() - before) / 1e6;
    if (peak_bytes() - before > 300e6) state.SkipWithError("more than 300 MB");
  }
  std::filesystem::remove_all(folder);
}
BENCHMARK(load_a_million)->ArgName("ended")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
}  // namespace rackcast
