#include "core/engine/tftp/image_cache.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

#include "core/engine/tftp/engine_limits.h"
#include "core/images/image_epoch.h"
#include "tests/support/heap_image.h"

namespace rackcast::engine::tftpd {
namespace {

MonotonicTime at(Duration time) {
  return MonotonicTime(time);
}

class ImageCacheTest : public ::testing::Test {
 protected:
  CacheIndex put_image(const std::string& path, MonotonicTime now) {
    const CacheIndex index = cache.claim(path, cache.hash(path), now, pins);
    cache.hold(index, pins.acquire(std::make_shared<testing::HeapImage>(testing::bytes_of(path), 1)), pins);
    cache.at(index).resolved_at = cache.at(index).used_at = now;
    cache.at(index).epoch = 1;
    return index;
  }
  CacheIndex put_missing(const std::string& path, MonotonicTime now) {
    const CacheIndex index = cache.claim(path, cache.hash(path), now, pins);
    if (index == kNoEntry) return index;
    cache.at(index).kind = CacheEntry::Kind::kNotFound;
    cache.at(index).resolved_at = cache.at(index).used_at = now;
    cache.at(index).epoch = 1;
    return index;
  }
  PinTable pins{64};
  ImageCache cache{64, 7};
};

TEST_F(ImageCacheTest, FindsWhatWasPutAndNothingElse) {
  const CacheIndex index = put_image("a", {});
  EXPECT_EQ(cache.find("a", cache.hash("a")), index);
  EXPECT_EQ(cache.find("b", cache.hash("b")), kNoEntry);
  EXPECT_EQ(cache.find("b", cache.hash("a")), kNoEntry);  // the path decides, not its hash
}

TEST_F(ImageCacheTest, FreshUntilTheEpochMovesOrTheEntryAges) {
  const CacheEntry& entry = cache.at(put_image("a", at(std::chrono::seconds(10))));
  EXPECT_TRUE(ImageCache::fresh(entry, 1, at(std::chrono::seconds(11))));
  EXPECT_FALSE(ImageCache::fresh(entry, 2, at(std::chrono::seconds(11))));
  EXPECT_FALSE(ImageCache::fresh(entry, 1, at(std::chrono::seconds(10)) + kRevalidateAfter));
}

TEST_F(ImageCacheTest, UsableUntilTheEpochMovesOrTheEntryIsTooOld) {
  const CacheEntry& entry = cache.at(put_image("a", at(std::chrono::seconds(10))));
  EXPECT_TRUE(ImageCache::usable(entry, 1, at(std::chrono::seconds(10)) + kRevalidateAfter));
  EXPECT_FALSE(ImageCache::usable(entry, 2, at(std::chrono::seconds(10)) + kRevalidateAfter));
  EXPECT_FALSE(ImageCache::usable(entry, 1, at(std::chrono::seconds(10)) + kStaleMax));
}

TEST_F(ImageCacheTest, AFloodOfMissingNamesDoesNotPushOutTheNamesOfImagesThatAreUnpinned) {
  put_image("image", {});
  cache.sweep(1, at(kStaleMax), pins);
  EXPECT_EQ(cache.images(), 0U);
  for (int i = 0; i < 1'000; ++i) put_missing("missing" + std::to_string(i), at(kStaleMax));
  const CacheIndex index = cache.find("image", cache.hash("image"));
  ASSERT_NE(index, kNoEntry);
  EXPECT_TRUE(cache.at(index).known);
}

TEST_F(ImageCacheTest, AFloodOfMissingNamesDoesNotPushOutImages) {
  for (int i = 0; i < 8; ++i) put_image("image" + std::to_string(i), {});
  for (int i = 0; i < 10'000; ++i) put_missing("missing" + std::to_string(i), at(std::chrono::milliseconds(i)));
  int left = 0;
  for (int i = 0; i < 8; ++i) {
    const std::string path = "image" + std::to_string(i);
    left += cache.find(path, cache.hash(path)) != kNoEntry ? 1 : 0;
  }
  EXPECT_EQ(left, 8);
  EXPECT_EQ(cache.images(), 8U);
}

TEST_F(ImageCacheTest, APlaceThatIsLoadingIsNeverTaken) {
  std::set<CacheIndex> loading;
  for (int i = 0; i < 2'000; ++i) {
    const CacheIndex index = put_missing("p" + std::to_string(i), {});
    if (index == kNoEntry) continue;
    EXPECT_FALSE(loading.contains(index));
    cache.at(index).loading = true;
    loading.insert(index);
  }
  EXPECT_EQ(loading.size(), 64U);
  EXPECT_EQ(put_missing("one more", {}), kNoEntry);
}

TEST_F(ImageCacheTest, APlaceWhoseAnswerWasLostIsTakenOnceItsTimeIsOverAndNobodyWaits) {
  std::array<Transfer, 1> transfers;
  constexpr int kPlaces = ImageCache::kWays;
  ImageCache small{kPlaces, 7};  // one set
  const auto claim = [&](const std::string& path, MonotonicTime now) {
    return small.claim(path, small.hash(path), now, pins);
  };
  for (int i = 0; i < kPlaces; ++i) {
    const CacheIndex index = claim("p" + std::to_string(i), {});
    ASSERT_NE(index, kNoEntry);
    small.at(index).loading = true;
    small.at(index).load_asked_at = at(std::chrono::seconds(i));
  }
  const CacheIndex oldest = small.find("p0", small.hash("p0"));
  const CacheIndex second = small.find("p1", small.hash("p1"));
  small.at(oldest).waiters.push_back(transfers, 0);
  EXPECT_EQ(claim("new", at(kImageWait)), kNoEntry);  // one waits for it, the others are younger
  EXPECT_EQ(claim("new", at(kImageWait + std::chrono::seconds(1))), second);
  EXPECT_EQ(small.find("p1", small.hash("p1")), kNoEntry);
  EXPECT_FALSE(small.at(second).loading);
  small.at(second).loading = true;
  small.at(second).load_asked_at = at(kImageWait + std::chrono::seconds(1));
  small.at(oldest).waiters.remove(transfers, 0);
  EXPECT_EQ(claim("newer", at(kImageWait + std::chrono::seconds(1))), oldest);
}

TEST_F(ImageCacheTest, AnImageWhoseRevalidationWasLostIsUnpinnedBySweep) {
  const CacheIndex index = put_image("a", at(std::chrono::seconds(1)));
  cache.at(index).loading = true;
  cache.at(index).load_asked_at = at(std::chrono::seconds(4));
  cache.sweep(1, at(std::chrono::seconds(1) + kStaleMax), pins);
  EXPECT_EQ(pins.in_use(), 1U);
  cache.sweep(1, at(std::chrono::seconds(4) + kImageWait), pins);
  EXPECT_EQ(pins.in_use(), 0U);
}

TEST_F(ImageCacheTest, ReplacedAndEvictedEntriesReleaseTheirPins) {
  for (int i = 0; i < 500; ++i) {
    put_image("i" + std::to_string(i), at(std::chrono::milliseconds(i)));
    while (pins.take_released() != nullptr) continue;
  }
  EXPECT_EQ(pins.in_use(), cache.images());
  while (cache.evict_one(pins)) continue;
  EXPECT_EQ(pins.in_use(), 0U);
  EXPECT_EQ(cache.images(), 0U);
}

TEST_F(ImageCacheTest, SweepUnpinsWhatIsStaleSoThatTheStoreMayEvictIt) {
  put_image("old", at(std::chrono::seconds(1)));
  const CacheIndex waiting = put_image("old but being asked", at(std::chrono::seconds(1)));
  cache.at(waiting).loading = true;
  put_image("young", at(std::chrono::seconds(4)));
  const MonotonicTime later = at(std::chrono::seconds(1)) + kStaleMax;
  cache.sweep(1, later, pins);
  EXPECT_EQ(cache.images(), 2U);
  EXPECT_EQ(pins.in_use(), 2U);
  cache.at(waiting).loading = false;
  cache.sweep(2, later, pins);
  EXPECT_EQ(pins.in_use(), 0U);
}

TEST_F(ImageCacheTest, HashDependsOnTheSeedAndEveryByte) {
  const ImageCache other(64, 8);
  EXPECT_NE(cache.hash("pxelinux.0"), other.hash("pxelinux.0"));
  std::set<std::uint64_t> hashes;
  std::string path(40, 'a');
  for (char& c : path) {
    c = 'b';
    hashes.insert(cache.hash(path));
    c = 'a';
  }
  for (std::size_t size = 0; size <= path.size(); ++size) hashes.insert(cache.hash(path.substr(0, size)));
  EXPECT_EQ(hashes.size(), 40U + 41U);
}

}  // namespace
}  // namespace rackcast::engine::tftpd
