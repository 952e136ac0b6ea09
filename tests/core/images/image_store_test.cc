#include "core/images/image_store.h"

#include <sys/resource.h>

#include <csignal>

#include "tests/core/images/image_store_fixture.h"

namespace rackcast {
namespace {

TEST_F(ImageStoreTest, LoadsAFileAndAnswersTheLaneAndTicketThatAsked) {
  tree.write("root/a/file", "content");
  start();
  ask("a/file", 77, LaneId{3});
  const auto [lane, completion] = answers.take();
  const auto& answer = std::get<ImageLoaded>(completion);
  EXPECT_EQ(lane, LaneId{3});
  EXPECT_EQ(answer.ticket, Ticket{77});
  EXPECT_EQ(answer.path.view(), "a/file");
  EXPECT_EQ(answer.status, ImageStatus::kLoaded);
  ASSERT_NE(answer.image, nullptr);
  EXPECT_EQ(text_of(*answer.image), "content");
  EXPECT_GT(answer.image->generation, 0U);
}

TEST_F(ImageStoreTest, MissingRootIsAnErrorSentence) {
  options.root = tree.path("nowhere");
  const auto created = ImageStore::create(options, [](LaneId, Completion) { return true; });
  ASSERT_FALSE(created.has_value());
  EXPECT_NE(created.error().message.find("nowhere"), std::string::npos);
}

TEST_F(ImageStoreTest, NotFoundFolderAndLinkOutAreToldApartAndCounted) {
  tree.write("root/folder/file", "");
  tree.write("outside", "secret");
  tree.link("../outside", "root/out");
  tree.link("folder/file", "root/in");
  start();
  EXPECT_EQ(load("missing").status, ImageStatus::kNotFound);
  EXPECT_EQ(load("folder").status, ImageStatus::kNotFound);
  EXPECT_EQ(load("").status, ImageStatus::kNotFound);
  EXPECT_EQ(load("out").status, ImageStatus::kRefused);
  EXPECT_EQ(load("../outside").status, ImageStatus::kRefused);
  EXPECT_EQ(load("in").status, ImageStatus::kLoaded);
  const ImageStoreStats stats = store->stats();
  EXPECT_EQ(stats.not_found, 1U);
  EXPECT_EQ(stats.not_regular, 2U);
  EXPECT_EQ(stats.links_out, 2U);
}

TEST_F(ImageStoreTest, EntriesLookedAtForNamesInAnyCaseAreCounted) {
  tree.write("root/Boot/BCD", "store");
  options.spelling_entries_max = 20;
  start();
  EXPECT_EQ(load("Boot/BCD").status, ImageStatus::kLoaded);
  EXPECT_EQ(store->stats().spelling_entries, 0U);
  EXPECT_EQ(load(*in_any_case("boot/bcd")).status, ImageStatus::kLoaded);
  EXPECT_GE(store->stats().spelling_entries, 2U);
  EXPECT_EQ(store->stats().spellings_cut, 0U);
  for (std::size_t i = 0; i < 20; ++i) tree.write("root/Boot/" + std::to_string(i), "");
  EXPECT_EQ(load(*in_any_case("boot/none")).status, ImageStatus::kNotFound);
  EXPECT_EQ(store->stats().spellings_cut, 1U);
}

TEST_F(ImageStoreTest, TheSameContentIsTheSameImage) {
  tree.write("root/file", "content");
  start();
  age("file");
  const auto first = load("file").image;
  const auto second = load("file").image;
  EXPECT_EQ(first, second);
  EXPECT_EQ(store->stats().loads, 1U);
  EXPECT_EQ(store->stats().hits, 1U);
  EXPECT_EQ(store->find(first->identity), first);
  FileIdentity other = first->identity;
  ++other.mtime_ns;
  EXPECT_EQ(store->find(other), nullptr);
}

TEST_F(ImageStoreTest, ReplacedByRenameInTheMiddleOfUse) {
  tree.write("root/file", "old generation");
  start();
  const auto old = load("file").image;
  tree.write("root/new", "new");
  tree.rename("root/new", "root/file");
  const auto fresh = load("file").image;
  EXPECT_EQ(text_of(*old), "old generation");
  EXPECT_EQ(text_of(*fresh), "new");
  EXPECT_GT(fresh->generation, old->generation);
  EXPECT_EQ(store->stats().superseded, 1U);
  EXPECT_EQ(store->find(old->identity), nullptr);
}

TEST_F(ImageStoreTest, TruncatedInTheMiddleOfUse) {
  const std::string content(100'000, 'o');
  tree.write("root/file", content);
  start();
  const auto old = load("file").image;
  tree.truncate("root/file", 10);
  EXPECT_EQ(text_of(*old), content);  // would raise SIGBUS on a map of the file itself
  EXPECT_EQ(text_of(*load("file").image), std::string(10, 'o'));
}

TEST_F(ImageStoreTest, RewrittenWithinOneClockTickIsStillSeen) {
  start();
  for (int round = 0; round < 50; ++round) {
    const std::string content(64, static_cast<char>('a' + round % 26));
    tree.write("root/file", content);  // same size, often the same mtime
    EXPECT_EQ(text_of(*load("file").image), content) << round;
  }
}

TEST_F(ImageStoreTest, AnUnsettledCopyThatProvesRightKeepsItsGeneration) {
  tree.write("root/file", "content");
  start();
  const auto first = load("file").image;
  age("file");
  EXPECT_EQ(load("file").image, first);
  EXPECT_EQ(load("file").image, first);
  EXPECT_LE(store->stats().loads, 2U);
}

TEST_F(ImageStoreTest, AFileRewrittenWhileItIsCopiedIsNeverServedMixed) {
  constexpr std::size_t kSize = 3'000'000;
  tree.write("root/file", std::string(kSize, 'a'));
  start();
  std::atomic<bool> stop{false};
  // Replaces the file again and again, each version of one letter.
  std::thread writer([&] {
    for (char letter = 'b'; !stop; letter = letter == 'z' ? 'b' : static_cast<char>(letter + 1)) {
      tree.write("root/next", std::string(kSize, letter));
      tree.rename("root/next", "root/file");
    }
  });
  for (int round = 0; round < 30; ++round) {
    const ImageLoaded answer = load("file");
    if (answer.status != ImageStatus::kLoaded) {
      EXPECT_EQ(answer.status, ImageStatus::kFailed);
      continue;
    }
    const std::string text = text_of(*answer.image);
    ASSERT_EQ(text.size(), kSize);
    EXPECT_EQ(text.find_first_not_of(text.front()), std::string::npos) << "two versions mixed";
  }
  stop = true;
  writer.join();
}

TEST_F(ImageStoreTest, ABigImageLoadsOnceForAllWhoWaitAndDoesNotHoldUpSmallOnes) {
  tree.write("root/big", std::string(ImageStore::kQuickBytesMax * 8, 'b'));
  tree.write("root/small", "s");
  start();
  age("big");
  for (std::uint64_t i = 0; i < 10; ++i) ask("big", 100 + i);
  ask("small", 7);
  std::vector<std::shared_ptr<const Image>> images;
  bool small_seen = false;
  for (int i = 0; i < 11; ++i) {
    const ImageLoaded answer = loaded();
    ASSERT_EQ(answer.status, ImageStatus::kLoaded);
    if (answer.path.view() == "small") {
      small_seen = true;
    } else {
      images.push_back(answer.image);
    }
  }
  EXPECT_TRUE(small_seen);
  ASSERT_EQ(images.size(), 10U);
  for (const auto& image : images) EXPECT_EQ(image, images.front());
  const ImageStoreStats stats = store->stats();
  EXPECT_EQ(stats.loads, 2U);
  EXPECT_EQ(stats.coalesced + stats.hits, 9U);
}

TEST_F(ImageStoreTest, BudgetEvictsTheLeastRecentlyUsedThatNobodyPins) {
  for (const char* name : {"a", "b", "c"}) tree.write(std::string("root/") + name, std::string(100'000, *name));
  start(250'000);
  for (const char* name : {"a", "b", "c"}) age(name);
  const FileIdentity a = load("a").image->identity;
  const auto b = load("b").image;  // pinned by us
  ASSERT_NE(store->find(a), nullptr);
  const auto c = load("c").image;
  EXPECT_TRUE(c->resident());
  EXPECT_EQ(store->find(a), nullptr);
  EXPECT_NE(store->find(b->identity), nullptr);
  EXPECT_EQ(store->stats().evicted, 1U);
  EXPECT_LE(store->stats().live_bytes, 250'000U);
}

TEST_F(ImageStoreTest, WhenAllIsPinnedTheNextImageComesInPiecesAndIsLoadedOnceThereIsRoom) {
  for (const char* name : {"a", "b"}) tree.write(std::string("root/") + name, std::string(100'000, *name));
  start(150'000);
  for (const char* name : {"a", "b"}) age(name);
  auto a = load("a").image;
  auto b = load("b").image;
  ASSERT_NE(b, nullptr);
  EXPECT_FALSE(b->resident());
  EXPECT_EQ(store->stats().above_budget, 1U);
  EXPECT_EQ(text_of(*read(b, 0).piece), std::string(100'000, 'b'));
  EXPECT_FALSE(load("b").image->resident());
  Work work = ReleaseImage{std::move(a)};
  ASSERT_TRUE(store->submit(LaneId{0}, work));
  EXPECT_TRUE(load("b").image->resident());  // the queue is in order: the release came first
}

TEST_F(ImageStoreTest, ImagesMaxIsHeldByEviction) {
  start(1 << 20, 3);
  for (int i = 0; i < 8; ++i) {
    const std::string name = "f" + std::to_string(i);
    tree.write("root/" + name, name);
    EXPECT_EQ(load(name).status, ImageStatus::kLoaded);
  }
  EXPECT_LE(store->stats().images, 3U);
}

TEST_F(ImageStoreTest, AnImageAboveTheBudgetIsReadInPieces) {
  std::string content(3 * kPieceBytes + 777, ' ');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i >> 11U);
  tree.write("root/huge", content);
  start(100'000);
  const auto image = load("huge").image;
  ASSERT_NE(image, nullptr);
  EXPECT_FALSE(image->resident());
  EXPECT_EQ(image->size_bytes, content.size());
  std::string joined;
  while (joined.size() < content.size()) {
    const PieceRead answer = read(image, joined.size());
    ASSERT_EQ(answer.status, PieceStatus::kRead);
    EXPECT_EQ(answer.ticket, Ticket{9});
    joined.resize(answer.piece->offset);
    joined += text_of(*answer.piece);
  }
  EXPECT_EQ(joined, content);
}

TEST_F(ImageStoreTest, TransfersAtOnePlaceShareAPiece) {
  tree.write("root/huge", std::string(2 * kPieceBytes, 'h'));
  start(100'000);
  const auto image = load("huge").image;
  const PieceRead first = read(image, 10);
  const PieceRead second = read(image, kPieceBytes - 10);
  EXPECT_EQ(first.piece, second.piece);
  EXPECT_EQ(store->stats().pieces, 1U);
  EXPECT_EQ(store->stats().pieces_shared, 1U);
}

TEST_F(ImageStoreTest, APieceMoreThanMayLiveIsToldToAskAgain) {
  tree.write("root/huge", std::string(3 * kPieceBytes, 'h'));
  options.pieces_max = 2;
  start(100'000);
  const auto image = load("huge").image;
  const PieceRead first = read(image, 0);
  PieceRead second = read(image, kPieceBytes);
  ASSERT_EQ(second.status, PieceStatus::kRead);
  const PieceRead refused = read(image, 2 * kPieceBytes);
  EXPECT_EQ(refused.status, PieceStatus::kBusy);
  EXPECT_EQ(refused.piece, nullptr);
  EXPECT_EQ(store->stats().pieces_refused, 1U);
  EXPECT_EQ(read(image, 1).piece, first.piece);  // what lives is shared all the same
  second.piece.reset();
  EXPECT_EQ(read(image, 2 * kPieceBytes).status, PieceStatus::kRead);
}

TEST_F(ImageStoreTest, APieceOfAFileThatChangedInPlaceFails) {
  tree.write("root/huge", std::string(2 * kPieceBytes, 'h'));
  start(100'000);
  const auto image = load("huge").image;
  tree.truncate("root/huge", kPieceBytes);
  const PieceRead answer = read(image, kPieceBytes);
  EXPECT_EQ(answer.status, PieceStatus::kChanged);
  EXPECT_EQ(answer.piece, nullptr);
  EXPECT_EQ(store->stats().pieces_changed, 1U);
  EXPECT_EQ(load("huge").image->size_bytes, kPieceBytes);
}

TEST_F(ImageStoreTest, EveryKindOfChangeMovesTheEpoch) {
  tree.write("root/folder/file", "1");
  start();
  const auto moved_by = [&](std::string_view path, auto&& change) {
    const std::uint64_t before = load(path).epoch;
    change();
    return eventually([&] { return store->epoch().value() > before; });
  };
  EXPECT_TRUE(moved_by("folder/file", [&] { tree.write("root/folder/file", "2"); }));
  EXPECT_TRUE(moved_by("folder/file", [&] {
    tree.write("root/folder/new", "3");
    tree.rename("root/folder/new", "root/folder/file");
  }));
  EXPECT_TRUE(moved_by("folder/file", [&] { tree.remove("root/folder/file"); }));
  EXPECT_TRUE(moved_by("folder/file", [&] { tree.write("root/folder/file", "4"); }));
  EXPECT_TRUE(moved_by("folder/link", [&] { tree.link("file", "root/folder/link"); }));
  EXPECT_EQ(load("folder/link").status, ImageStatus::kLoaded);
}

TEST_F(ImageStoreTest, AFolderThatAppearsLaterIsSeen) {
  start();
  const std::uint64_t before = load("new/folder/file").epoch;
  tree.write("root/new/folder/file", "here");
  EXPECT_TRUE(eventually([&] { return store->epoch().value() > before; }));
  // The lane asks again; by and by the store watches the folder itself.
  EXPECT_EQ(load("new/folder/file").status, ImageStatus::kLoaded);
  const std::uint64_t after = load("new/folder/file").epoch;
  tree.write("root/new/folder/file", "again");
  EXPECT_TRUE(eventually([&] { return store->epoch().value() > after; }));
}

TEST_F(ImageStoreTest, AFolderThatWasRemovedAndMadeAgainIsWatchedAgain) {
  tree.write("root/folder/file", "1");
  start();
  const std::uint64_t before = load("folder/file").epoch;
  tree.remove("root/folder");
  ASSERT_TRUE(eventually([&] { return store->epoch().value() > before && store->stats().watcher.folders == 0; }));
  tree.write("root/folder/file", "2");
  const std::uint64_t between = load("folder/file").epoch;
  tree.write("root/folder/file", "3");
  EXPECT_TRUE(eventually([&] { return store->epoch().value() > between; }));
}

TEST_F(ImageStoreTest, AChangeBehindALinkIsSeen) {
  tree.write("root/versions/2/file", "1");
  tree.link("versions/2/file", "root/current");
  start();
  const std::uint64_t before = load("current").epoch;
  tree.write("root/versions/2/file", "2");
  EXPECT_TRUE(eventually([&] { return store->epoch().value() > before; }));
}

TEST_F(ImageStoreTest, FoldersWatchedAreBoundedAndCounted) {
  tree.make_folder("root");
  for (int i = 0; i < 6; ++i) tree.write("root/d" + std::to_string(i) + "/f", "x");
  options.watches_max = 4;
  start();
  for (int i = 0; i < 6; ++i) EXPECT_EQ(load("d" + std::to_string(i) + "/f").status, ImageStatus::kLoaded);
  EXPECT_EQ(store->stats().watcher.folders, 4U);
  EXPECT_EQ(store->stats().watcher.watches_refused, 2U);
}

TEST_F(ImageStoreTest, RevalidationAloneFindsANewFile) {
  // What a lane does when its entry is kRevalidateAfter old: ask again. No event is needed for the right answer.
  tree.write("root/file", "1");
  start();
  EXPECT_EQ(load("missing").status, ImageStatus::kNotFound);
  tree.write("root/missing", "now there");
  EXPECT_EQ(text_of(*load("missing").image), "now there");
  tree.remove("root/file");
  EXPECT_EQ(load("file").status, ImageStatus::kNotFound);
}

TEST_F(ImageStoreTest, NoRoomForTheCopyIsAFailureThatIsCounted) {
  tree.write("root/file", std::string(200'000, 'x'));
  start();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  auto* const old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tight{100'000, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  const ImageStatus status = load("file").status;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  (void)std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(status, ImageStatus::kFailed);
  EXPECT_EQ(store->stats().out_of_memory, 1U);
  EXPECT_EQ(load("file").status, ImageStatus::kLoaded);  // and it recovers
}

TEST_F(ImageStoreTest, OtherWorkIsLeftAlone) {
  start();
  Work work = PublishMachine{};
  EXPECT_FALSE(store->submit(LaneId{0}, work));
  EXPECT_TRUE(std::holds_alternative<PublishMachine>(work));
}

TEST_F(ImageStoreTest, AFullQueueRefusesAndLeavesTheWorkUntouched) {
  tree.write("root/big", std::string(ImageStore::kQuickBytesMax, 'b'));
  start();
  bool refused = false;
  int accepted = 0;
  for (int i = 0; i < 100'000 && !refused; ++i) {
    Work work = LoadImage{Ticket{5}, "big"};
    if (store->submit(LaneId{0}, work)) {
      ++accepted;
    } else {
      refused = true;
      EXPECT_EQ(std::get<LoadImage>(work).path.view(), "big");
    }
  }
  EXPECT_TRUE(refused);
  EXPECT_GE(store->stats().submits_refused, 1U);
  for (int i = 0; i < accepted; ++i) EXPECT_EQ(loaded().status, ImageStatus::kLoaded);
}

// Holds up the store's thread that answers for `path`, from the first answer on until it is let go.
class HeldAnswer {
 public:
  explicit HeldAnswer(std::string path) : path_(std::move(path)) {}
  ~HeldAnswer() { let_go(); }
  void operator()(const ImageLoaded* loaded) {
    if (loaded == nullptr || loaded->path != path_) return;
    std::unique_lock lock(mutex_);
    held_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return let_go_; });
  }
  [[nodiscard]] bool is_held() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [this] { return held_; });
  }
  void let_go() {
    const std::scoped_lock lock(mutex_);
    let_go_ = true;
    changed_.notify_all();
  }

 private:
  const std::string path_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  bool let_go_ = false;
};

TEST_F(ImageStoreTest, NamesInAnyCaseHoldUpNoOthersAndHaveAQueueOfTheirOwn) {
  tree.write("root/file", "x");
  options.spellings_max = 4;
  HeldAnswer held("\\FILE");
  before_answer = [&](const ImageLoaded* loaded) { held(loaded); };
  start();
  ask("\\FILE", 1);
  ASSERT_TRUE(held.is_held());
  for (std::uint64_t i = 0; i < 4; ++i) ask("\\File", 2 + i);
  Work work = LoadImage{Ticket{6}, "\\filE"};
  EXPECT_FALSE(store->submit(LaneId{0}, work));
  EXPECT_EQ(store->stats().spellings_refused, 1U);
  EXPECT_EQ(store->stats().submits_refused, 1U);
  EXPECT_EQ(load("file").status, ImageStatus::kLoaded);
  held.let_go();
  for (std::uint64_t i = 0; i < 5; ++i) EXPECT_EQ(loaded().ticket, Ticket{1 + i});
}

TEST_F(ImageStoreTest, NamesThatNobodyKnowsLeaveRoomForImagesThatAreKnown) {
  tree.write("root/file", "x");
  HeldAnswer held("file");
  before_answer = [&](const ImageLoaded* loaded) { held(loaded); };
  start();
  ask("file");
  ASSERT_TRUE(held.is_held());
  std::size_t unknown = 0;
  for (Work work = LoadImage{Ticket{2}, "missing"}; store->submit(LaneId{0}, work);
       work = LoadImage{Ticket{2}, "missing"})
    ++unknown;
  EXPECT_EQ(unknown, options.queue_max * 7 / 8);
  Work work = LoadImage{Ticket{3}, "file", true};
  EXPECT_TRUE(store->submit(LaneId{0}, work));
  work = ReleaseImage{};
  EXPECT_TRUE(store->submit(LaneId{0}, work));
  held.let_go();
  EXPECT_EQ(loaded().ticket, Ticket{1});
  for (std::size_t i = 0; i < unknown; ++i) EXPECT_EQ(loaded().status, ImageStatus::kNotFound);
  EXPECT_EQ(loaded().ticket, Ticket{3});
}

TEST_F(ImageStoreTest, AnAnswerThatCannotBeDeliveredIsCounted) {
  tree.write("root/file", "x");
  start();
  answers.full = true;
  ask("file");
  EXPECT_TRUE(eventually([&] { return store->stats().answers_lost == 1; }));
}

TEST_F(ImageStoreTest, ImagesOutliveTheStore) {
  tree.write("root/file", "content");
  start();
  const auto image = load("file").image;
  store.reset();
  EXPECT_EQ(text_of(*image), "content");
}

}  // namespace
}  // namespace rackcast
