// The store's thread: order, answers, endings.
#include "core/uploads/upload_store.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/temporary_tree.h"

namespace rackcast {
namespace {

class UploadStoreTest : public ::testing::Test {
 protected:
  void open(std::uint64_t total = 1 << 20) {
    auto directory = DropDirectory::open(path(), total);
    ASSERT_TRUE(directory) << directory.error().message;
    store = std::make_unique<UploadStore>(
        std::move(*directory), [this](LaneId lane, const Completion& done) { return take(lane, done); },
        [this](std::string alarm) { alarms.push_back(std::move(alarm)); });
  }
  bool take(LaneId lane, const Completion& done) {
    if (refusals.load() > 0) {
      --refusals;
      return false;
    }
    std::pair answer{lane, std::get<UploadWritten>(done)};
    return answers.push(answer);
  }
  void submit(std::uint64_t ticket, std::size_t size, bool first, bool last, std::uint16_t lane = 0) {
    auto buffer = std::make_shared<UploadBuffer>();
    buffer->size = size;
    Work work = WriteUpload{Ticket{ticket}, UploadName("a"), buffer, first, last};
    ASSERT_TRUE(store->submit(LaneId{lane}, work));
  }
  UploadWritten answer() {
    auto next = answers.wait();
    return next->second;
  }
  [[nodiscard]] std::string path() const { return tree.path(""); }
  [[nodiscard]] std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path()), {}));
  }

  testing::TemporaryTree tree;
  std::atomic<int> refusals{0};
  WorkQueue<std::pair<LaneId, UploadWritten>> answers{64};
  std::vector<std::string> alarms;  // read once the store is gone, or after the answer that follows
  std::unique_ptr<UploadStore> store;
};

TEST_F(UploadStoreTest, UploadsOfTwoLanesWithOneTicketAreTwoFiles) {
  open();
  submit(7, 100, true, false, 0);
  submit(7, 10, true, false, 1);
  submit(7, 100, false, true, 0);
  submit(7, 10, false, true, 1);
  std::vector<std::string> names;
  for (int i = 0; i < 4; ++i) {
    const UploadWritten done = answer();
    EXPECT_EQ(done.status, UploadStatus::kWritten);
    ASSERT_NE(done.buffer, nullptr);
    names.emplace_back(done.name.view());
  }
  EXPECT_EQ(names[2], "a");
  EXPECT_EQ(names[3], "a.1");
  EXPECT_EQ(std::filesystem::file_size(path() + "/a"), 200U);
  EXPECT_EQ(std::filesystem::file_size(path() + "/a.1"), 20U);
  EXPECT_EQ(store->stats().files, 2U);
}

TEST_F(UploadStoreTest, WhatIsAbandonedOrUnderWayAtTheEndIsGone) {
  open();
  submit(1, 100, true, false);
  submit(2, 100, true, false);
  Work gone = AbandonUpload{Ticket{1}};
  ASSERT_TRUE(store->submit(LaneId{0}, gone));
  submit(1, 100, false, true);
  EXPECT_EQ(answer().status, UploadStatus::kWritten);
  EXPECT_EQ(answer().status, UploadStatus::kWritten);
  EXPECT_EQ(answer().status, UploadStatus::kFailed) << "it was forgotten";
  EXPECT_EQ(entries(), 1U);
  EXPECT_EQ(store->stats().abandoned, 1U);
  store.reset();
  EXPECT_EQ(entries(), 0U);
}

TEST_F(UploadStoreTest, AFullDirectoryIsOneAlarmAndOneWhenItIsOver) {
  open(5'000);
  for (std::uint64_t ticket = 1; ticket <= 5; ++ticket) {
    submit(ticket, 6'000, true, true);
    EXPECT_EQ(answer().status, UploadStatus::kFull);
  }
  submit(9, 100, true, true);
  EXPECT_EQ(answer().status, UploadStatus::kWritten);
  EXPECT_EQ(store->stats().full, 5U);
  store.reset();
  ASSERT_EQ(alarms.size(), 2U);
  EXPECT_NE(alarms[0].find("is full"), std::string::npos) << alarms[0];
}

TEST_F(UploadStoreTest, AnAnswerThatFindsTheMailboxFullIsKept) {
  open();
  refusals = 3;
  submit(1, 1, true, true);
  EXPECT_EQ(answer().status, UploadStatus::kWritten);
  EXPECT_EQ(store->stats().answers_delayed, 3U);
}

TEST_F(UploadStoreTest, TakesNoOtherWork) {
  open();
  Work other = LoadImage{Ticket{1}, "a"};
  EXPECT_FALSE(store->submit(LaneId{0}, other));
}

}  // namespace
}  // namespace rackcast
