#include "core/engine/tftp/image_cache.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/engine/tftp/engine_limits.h"
#include "core/images/image_epoch.h"

namespace rackcast::engine::tftpd {
namespace {

constexpr std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 32U)) * 0xD6E8'FEB8'6659'FD93ULL;
  value = (value ^ (value >> 29U)) * 0xA0761D6478BD642FULL;
  return value ^ (value >> 32U);
}

// Lower goes first.
int worth(const CacheEntry& entry) {
  if (entry.kind == CacheEntry::Kind::kEmpty) return 0;
  return entry.known ? 2 : 1;
}

bool resolved_within(Duration age, const CacheEntry& entry, std::uint64_t epoch, MonotonicTime now) {
  return entry.epoch == epoch && now - entry.resolved_at < age && entry.kind != CacheEntry::Kind::kUnresolved &&
         entry.kind != CacheEntry::Kind::kEmpty;
}

}  // namespace

ImageCache::ImageCache(std::size_t paths_max, std::uint64_t seed)
    : entries_(std::bit_ceil(std::max<std::size_t>((paths_max + kWays - 1) / kWays, 1)) * kWays),
      hashes_(entries_.size()),
      paths_(entries_.size()),
      seed_(seed) {}

std::uint64_t ImageCache::hash(std::string_view path) const {
  std::uint64_t state = mix(seed_ + path.size());
  while (!path.empty()) {
    std::uint64_t word = 0;
    const std::size_t count = std::min(path.size(), sizeof(word));
    std::memcpy(&word, path.data(), count);
    state = mix(state ^ word) + seed_;
    path.remove_prefix(count);
  }
  return mix(state);
}

std::size_t ImageCache::set_of(std::uint64_t path_hash) const {
  return (path_hash & (entries_.size() / kWays - 1)) * kWays;
}

CacheIndex ImageCache::find(std::string_view path, std::uint64_t path_hash) const {
  const std::size_t set = set_of(path_hash);
  for (std::size_t i = set; i < set + kWays; ++i)
    if (hashes_[i] == path_hash && entries_[i].kind != CacheEntry::Kind::kEmpty && paths_[i] == path)
      return static_cast<CacheIndex>(i);
  return kNoEntry;
}

CacheIndex ImageCache::claim(std::string_view path, std::uint64_t path_hash, MonotonicTime now, PinTable& pins) {
  const std::size_t set = set_of(path_hash);
  std::size_t victim = kNoEntry;
  for (std::size_t i = set; i < set + kWays; ++i) {
    const CacheEntry& entry = entries_[i];
    if (being_loaded(entry, now)) continue;
    if (victim == kNoEntry || worth(entry) < worth(entries_[victim]) ||
        (worth(entry) == worth(entries_[victim]) && entry.used_at < entries_[victim].used_at))
      victim = i;
  }
  if (victim == kNoEntry) return kNoEntry;
  const auto index = static_cast<CacheIndex>(victim);
  forget(index, pins);
  entries_[index] = CacheEntry{};
  entries_[index].kind = CacheEntry::Kind::kUnresolved;
  hashes_[index] = path_hash;
  paths_[index].assign(path);
  return index;
}

bool ImageCache::fresh(const CacheEntry& entry, std::uint64_t epoch, MonotonicTime now) {
  return resolved_within(kRevalidateAfter, entry, epoch, now);
}

bool ImageCache::usable(const CacheEntry& entry, std::uint64_t epoch, MonotonicTime now) {
  return resolved_within(kStaleMax, entry, epoch, now);
}

bool ImageCache::being_loaded(const CacheEntry& entry, MonotonicTime now) {
  return entry.loading && (!entry.waiters.empty() || now - entry.load_asked_at < kImageWait);
}

void ImageCache::forget(CacheIndex index, PinTable& pins) {
  CacheEntry& entry = entries_[index];
  if (entry.pin != kNoPin) {
    pins.release(entry.pin);
    --images_;
  }
  entry.pin = kNoPin;
  if (entry.kind != CacheEntry::Kind::kEmpty) entry.kind = CacheEntry::Kind::kUnresolved;
}

void ImageCache::hold(CacheIndex index, PinId pin, PinTable& pins) {
  forget(index, pins);
  entries_[index].kind = CacheEntry::Kind::kImage;
  entries_[index].known = true;
  entries_[index].pin = pin;
  ++images_;
}

void ImageCache::sweep(std::uint64_t epoch, MonotonicTime now, PinTable& pins) {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const CacheEntry& entry = entries_[i];
    if (entry.pin != kNoPin && !being_loaded(entry, now) && !usable(entry, epoch, now))
      forget(static_cast<CacheIndex>(i), pins);
  }
}

bool ImageCache::evict_one(PinTable& pins) {
  std::size_t oldest = kNoEntry;
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (entries_[i].pin != kNoPin && (oldest == kNoEntry || entries_[i].used_at < entries_[oldest].used_at)) oldest = i;
  if (oldest == kNoEntry) return false;
  forget(static_cast<CacheIndex>(oldest), pins);
  return true;
}

}  // namespace rackcast::engine::tftpd
