// What a lane knows of paths: path -> pinned image, or "not there", or "being asked". Answers requests without leaving
// the lane while an entry is usable: resolved at the present epoch and less than kStaleMax ago. Beyond kRevalidateAfter
// it is fresh no more: the lane then asks the store beside the answer.
//
// Set-associative: a path has kWays places; a new one takes an empty place, else the longest unused, missing names
// before those of images, never one that is being loaded (unless its answer is long overdue and nobody waits for it any
// more: it was lost). So a flood of names that do not exist cannot push out the images in use, nor their names. An
// image is pinned only while its entry is usable (sweep), so that the store may evict what nobody asks for.
//
// The engine's lane only; no allocation after construction; O(kWays) per call, sweep O(entries).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/engine/tftp/transfer.h"
#include "core/images/path.h"
#include "core/images/pin_table.h"
#include "core/time.h"

namespace rackcast::engine::tftpd {

struct CacheEntry {
  enum class Kind : std::uint8_t { kEmpty, kUnresolved, kImage, kNotFound, kLinkRefused };
  Kind kind = Kind::kEmpty;
  bool loading = false;
  bool known = false;           // the store's last word was an image, which may have been unpinned since
  std::uint8_t load_tries = 0;  // repeated because the epoch moved meanwhile
  PinId pin = kNoPin;           // the entry's own, when kImage
  std::uint64_t epoch = 0;
  MonotonicTime resolved_at;
  MonotonicTime used_at;
  MonotonicTime load_asked_at;
  WaiterList waiters;
};

class ImageCache {
 public:
  // Enough that a cache three fifths full seldom has a full set: about 1 in 50.
  static constexpr std::size_t kWays = 16;

  // `paths_max` is rounded up to whole sets.
  ImageCache(std::size_t paths_max, std::uint64_t seed);

  [[nodiscard]] std::uint64_t hash(std::string_view path) const;

  // The path's entry; kNoEntry when there is none.
  [[nodiscard]] CacheIndex find(std::string_view path, std::uint64_t path_hash) const;
  // A place for a path that has none, kUnresolved; releases what it held before. kNoEntry: all its places are loading.
  [[nodiscard]] CacheIndex claim(std::string_view path, std::uint64_t path_hash, MonotonicTime now, PinTable& pins);

  [[nodiscard]] CacheEntry& at(CacheIndex index) { return entries_[index]; }
  [[nodiscard]] const PathText& path(CacheIndex index) const { return paths_[index]; }

  [[nodiscard]] static bool fresh(const CacheEntry& entry, std::uint64_t epoch, MonotonicTime now);
  [[nodiscard]] static bool usable(const CacheEntry& entry, std::uint64_t epoch, MonotonicTime now);
  // Asked for, and the answer may still come: younger than kImageWait, or somebody waits.
  [[nodiscard]] static bool being_loaded(const CacheEntry& entry, MonotonicTime now);

  // Makes the entry hold nothing, but keeps its place, its waiters and whether it is loading.
  void forget(CacheIndex index, PinTable& pins);
  // Makes it hold a pin, which it takes over.
  void hold(CacheIndex index, PinId pin, PinTable& pins);

  // Unpins images whose entries are not usable and not being asked for again.
  void sweep(std::uint64_t epoch, MonotonicTime now, PinTable& pins);
  // Unpins the longest unused image; false when none is held.
  [[nodiscard]] bool evict_one(PinTable& pins);
  [[nodiscard]] std::size_t images() const { return images_; }
  [[nodiscard]] std::size_t capacity() const { return entries_.size(); }

 private:
  [[nodiscard]] std::size_t set_of(std::uint64_t path_hash) const;

  std::vector<CacheEntry> entries_;
  std::vector<std::uint64_t> hashes_;  // beside entries_: a set's are two cache lines, its entries twenty
  std::vector<PathText> paths_;        // beside entries_: only read when a hash matches
  std::uint64_t seed_;
  std::size_t images_ = 0;
};

}  // namespace rackcast::engine::tftpd
