// An image store over a temporary tree, and its answers.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <string>
#include <thread>

#include "core/images/image_store.h"
#include "tests/support/temporary_tree.h"

namespace rackcast {

inline constexpr std::chrono::seconds kPatience{20};  // only ever waited out by a failing test

inline std::string text_of(const Image& image) {
  return {reinterpret_cast<const char*>(image.bytes.data()), image.bytes.size()};
}

// Where answers land; the test waits on it with a deadline.
class Answers {
 public:
  bool put(LaneId lane, Completion completion) {
    const std::scoped_lock lock(mutex_);
    if (full) return false;
    queue_.emplace_back(lane, std::move(completion));
    arrived_.notify_all();
    return true;
  }
  std::pair<LaneId, Completion> take() {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, kPatience, [this] { return !queue_.empty(); }))
      throw std::runtime_error("no answer from the store");
    auto first = std::move(queue_.front());
    queue_.pop_front();
    return first;
  }
  std::atomic<bool> full{false};

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::pair<LaneId, Completion>> queue_;
};

// Polls until `condition` holds or patience ends.
template <typename Condition>
bool eventually(Condition&& condition) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

class ImageStoreTest : public ::testing::Test {
 protected:
  void start(std::uint64_t budget = std::uint64_t{1} << 30U, std::size_t images_max = 64) {
    tree.make_folder("root");
    options.budget_bytes = budget;
    options.images_max = images_max;
    options.queue_max = 64;
    start_at("root");
  }
  void start_at(std::string_view root) {
    options.root = tree.path(root);
    auto created = ImageStore::create(options, [this](LaneId lane, Completion completion) {
      if (before_answer) before_answer(std::get_if<ImageLoaded>(&completion));
      return answers.put(lane, std::move(completion));
    });
    ASSERT_TRUE(created.has_value()) << created.error().message;
    store = std::move(*created);
  }

  void ask(std::string_view path, std::uint64_t ticket = 1, LaneId lane = LaneId{0}) {
    Work work = LoadImage{Ticket{ticket}, path};
    ASSERT_TRUE(store->submit(lane, work));
  }
  ImageLoaded loaded() { return std::get<ImageLoaded>(answers.take().second); }
  ImageLoaded load(std::string_view path) {
    ask(path);
    return loaded();
  }
  PieceRead read(const std::shared_ptr<const Image>& image, std::uint64_t offset) {
    Work work = ReadPiece{Ticket{9}, image, offset};
    EXPECT_TRUE(store->submit(LaneId{0}, work));
    return std::get<PieceRead>(answers.take().second);
  }
  // The times of a file, put so far back that a copy of it is settled at once.
  void age(std::string_view name) {
    // ctime cannot be set: wait until the clock has moved past the granule by looking, not by sleeping.
    const RootDirectory root = *open_root(tree.path("root"));
    const OpenedFile file = open_beneath(root, name);
    ASSERT_TRUE(eventually([&] {
      timespec now{};
      ::clock_gettime(CLOCK_REALTIME, &now);
      return now.tv_sec * 1'000'000'000 + now.tv_nsec > file.identity.ctime_ns + 25'000'000;
    }));
  }

  testing::TemporaryTree tree;
  ImageStoreOptions options;
  std::function<void(const ImageLoaded*)> before_answer;  // on the store's thread, which it may hold up
  Answers answers;
  std::unique_ptr<ImageStore> store;
};

}  // namespace rackcast
