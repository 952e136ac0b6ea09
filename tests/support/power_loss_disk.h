// A disk in memory, as an SQLite file layer, that can lose power: what was not synced is forgotten, wholly or in part.
//
// The model. A write is in the page cache until its file is synced. Power loss keeps what was synced, and of the rest
// nothing (Loss::kAll) or any sectors in any order (Loss::kSome: torn and reordered writes). A sync that fails has
// written some sectors, and the others are taken for clean, as Linux does: only writing them again brings them to disk.
// A file that was never synced is not there afterwards; one that was removed without a sync may be back.
//
// Faults are counted in operations that reach the disk (write, truncate, sync, remove), so that a seed names a point.
// Thread-safe. Registered with SQLite under name() while it lives; destroy every connection first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

struct sqlite3_vfs;

namespace rackcast::testing {

class PowerLossDisk {
 public:
  static constexpr std::size_t kSector = 512;
  enum class Loss : std::uint8_t { kAll, kSome };

  explicit PowerLossDisk(std::uint64_t seed);
  ~PowerLossDisk();
  PowerLossDisk(const PowerLossDisk&) = delete;
  PowerLossDisk& operator=(const PowerLossDisk&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  // The power fails in the middle of the operation after `operations` more. From then on everything fails.
  void cut_after(std::uint64_t operations);
  // Power is back: the files are what was on the disk.
  void reboot(Loss loss);
  // No room for files to grow, or room again.
  void set_full(bool full);
  // Of a hundred syncs so many fail.
  void set_failing_syncs(unsigned percent);
  [[nodiscard]] bool is_dead() const;
  [[nodiscard]] std::uint64_t operations() const;
  [[nodiscard]] std::uint64_t failed_syncs() const;

 private:
  struct Change {
    std::uint64_t offset = 0;
    std::vector<std::byte> bytes;
    bool truncates = false;  // to `offset`
  };
  struct File {
    std::vector<std::byte> now;
    std::vector<std::byte> synced;
    std::vector<Change> pending;  // of `now`, not of `synced`
    bool exists = false;
    bool exists_synced = false;
    std::vector<std::vector<std::byte>> shared;  // the WAL index: memory, gone with the power
  };
  struct Layer;  // SQLite's function tables
  friend struct Layer;

  static void apply(std::vector<std::byte>& content, const Change& change);
  void apply_some(File& file);
  [[nodiscard]] bool take_operation(bool& last);
  int write(File& file, Change change);
  int sync(File& file);

  mutable std::mutex mutex_;
  std::string name_;
  std::unique_ptr<sqlite3_vfs> vfs_;
  std::map<std::string, File> files_;
  std::mt19937_64 random_;
  std::uint64_t operations_ = 0;
  std::uint64_t cut_at_ = ~std::uint64_t{0};
  bool dead_ = false;
  bool full_ = false;
  unsigned failing_syncs_percent_ = 0;
  std::uint64_t failed_syncs_ = 0;
};

}  // namespace rackcast::testing
