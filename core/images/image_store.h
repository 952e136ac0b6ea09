// The one owner of images: resolves paths under a root, loads each generation once, keeps it within a byte budget, and
// sees when files change. The only file I/O of the boot files.
//
//   lanes --submit(LoadImage, ReadPiece, ReleaseImage)--> queues --> quick thread: resolve, small loads, releases
//                                                                --> spelling thread: the same for names in any case
//                                                                --> bulk thread: loads above kQuickBytesMax
//                                                                --> piece thread: pieces of images above the budget
//   lanes <--answer(lane, ImageLoaded | PieceRead)------------------ (any of the four)
//   ImageEpoch <--bump------------------------------------------ change watcher thread (inotify)
//
// Concurrent requests for one image coalesce: one copy, one answer each. The old generation is served until the new one
// is whole; whoever holds it (a transfer's pin) keeps it alive after that. Limits, each with a counter in
// ImageStoreStats: budget, images held, queue lengths, requests waiting for one bulk load, live pieces, copies retried,
// watches, folder entries looked at for one name.
//
// Strangers may ask for any number of names that do not exist. Those that cost whole folders to be read (in any case)
// wait in a queue of their own, before a thread of their own; the others leave the last eighth of theirs to images that
// lanes know and to releases.
//
// Threads: submit, find, epoch and stats from any. Answers are made on the store's threads; the callback must not
// block.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/images/change_watcher.h"
#include "core/images/image_epoch.h"
#include "core/images/image_loader.h"
#include "core/images/served_root.h"
#include "core/images/spelling.h"
#include "core/images/work_queue.h"
#include "core/result.h"
#include "core/work.h"

namespace rackcast {

struct ImageStoreOptions {
  std::string root;  // absolute
  std::uint64_t budget_bytes = std::uint64_t{2} << 30U;
  std::size_t images_max = 512;                            // each holds a descriptor: keep below RLIMIT_NOFILE
  std::size_t queue_max = 8'192;                           // per queue ...
  std::size_t spellings_max = 256;                         // ... but that of names in any case: milliseconds each
  std::size_t waiters_max = 16'384;                        // requests that wait for bulk loads, all together
  std::size_t pieces_max = 1'024;                          // live pieces, about 1 MiB each
  std::size_t watches_max = 1'024;                         // folders
  std::size_t spelling_entries_max = kSpellingEntriesMax;  // looked at for one name asked for in any case
  Duration root_look_after = kRevalidateAfter;  // ... since the last look at what lies behind the root's path
};

struct ImageStoreStats {
  std::uint64_t images = 0;      // gauges
  std::uint64_t live_bytes = 0;  // mapped by every image that lives, superseded generations and pieces included
  std::uint64_t loads = 0;       // copies made
  std::uint64_t hits = 0;        // answered from what is held
  std::uint64_t coalesced = 0;   // joined a load under way
  std::uint64_t not_found = 0;
  std::uint64_t links_out = 0;  // refused: a link that leaves the root
  std::uint64_t unreadable = 0;
  std::uint64_t not_regular = 0;      // a folder, a device
  std::uint64_t copies_retried = 0;   // the file changed while it was copied
  std::uint64_t copies_given_up = 0;  // ... every time
  std::uint64_t out_of_memory = 0;    // memfd, map or descriptor refused
  std::uint64_t read_failed = 0;
  std::uint64_t above_budget = 0;  // held open for pieces: larger than the budget, or than what is not pinned of it
  std::uint64_t evicted = 0;
  std::uint64_t superseded = 0;      // generations replaced by a newer one
  std::uint64_t pieces = 0;          // read
  std::uint64_t pieces_shared = 0;   // answered by one that lives
  std::uint64_t pieces_changed = 0;  // refused: the held file changed
  std::uint64_t pieces_refused = 0;  // `pieces_max`: told to ask again
  std::uint64_t waiters_refused = 0;
  std::uint64_t submits_refused = 0;    // a queue was full (of names in any case, too)
  std::uint64_t spellings_refused = 0;  // ... that of names in any case
  std::uint64_t answers_lost = 0;       // the lane's mailbox was full; the engine asks again
  std::uint64_t roots_changed = 0;      // another directory at the root's path is served since
  std::uint64_t roots_missing = 0;      // looks that found none: the one held before was served
  std::uint64_t spelling_entries = 0;   // of folders, looked at for names asked for in any case
  std::uint64_t spellings_cut = 0;      // such names whose folders have more than spelling_entries_max
  ChangeWatcherStats watcher;
};

class ImageStore {
 public:
  // False: could not be delivered (counted; engines ask again).
  using Answer = std::function<bool(LaneId, Completion)>;

  // Images larger than this are copied on the bulk thread, so that they do not hold up the small ones.
  static constexpr std::uint64_t kQuickBytesMax = std::uint64_t{4} << 20U;

  // Errors: the root is missing or not readable; the kernel lacks openat2.
  [[nodiscard]] static Result<std::unique_ptr<ImageStore>> create(ImageStoreOptions options, Answer answer);
  ~ImageStore();  // stops and joins; requests still queued get no answer
  ImageStore(const ImageStore&) = delete;
  ImageStore& operator=(const ImageStore&) = delete;

  // LoadImage, ReadPiece and ReleaseImage; false (untouched) for any other, or when the queue is full. Never blocks on
  // the disk.
  [[nodiscard]] bool submit(LaneId from, Work& work);

  // Looks at once whether the root's path leads to another directory, which is served from then on (reload). Without
  // this, the next request that comes after an event of the watcher, or root_look_after since the last look, does so.
  // Blocks on the file system. Errors: nothing to be opened there; the directory held before is served on.
  [[nodiscard]] Result<void> reopen_root();

  // The resident image that is this very file content, or null: how HTTP and FTP serve the generation TFTP serves.
  [[nodiscard]] std::shared_ptr<const Image> find(const FileIdentity& identity);

  [[nodiscard]] const ImageEpoch& epoch() const { return epoch_; }
  [[nodiscard]] ImageStoreStats stats() const;

 private:
  struct Request {
    LaneId lane;
    Work work;
  };
  struct Waiter {
    LaneId lane;
    Ticket ticket;
    PathText path;
    std::uint64_t epoch = 0;
  };
  struct BulkJob {
    FileIdentity identity;  // what the waiters wait for
    std::string path;
  };
  struct Held {
    std::shared_ptr<const Image> image;
    std::string path;        // last asked by this name
    std::uint64_t used = 0;  // clock of uses, for LRU
    bool settled = false;
  };
  struct LivePiece {
    std::uint64_t generation = 0;
    std::uint64_t offset = 0;
    std::weak_ptr<const Image> piece;
  };
  struct IdentityHash {
    std::size_t operator()(const FileIdentity& identity) const;
  };
  struct Loaded {
    ImageStatus status = ImageStatus::kFailed;
    std::shared_ptr<const Image> image;
  };
  using Garbage = std::vector<std::shared_ptr<const Image>>;  // destroyed by its owner outside the lock

  ImageStore(ImageStoreOptions options, RootDirectory root, Answer answer);

  void run_quick();
  void run_spellings();
  void run_bulk();
  void run_pieces();

  void look_at_root();
  void resolve(LaneId lane, const LoadImage& request, std::string_view path);
  [[nodiscard]] std::string spelled(std::string_view path);
  [[nodiscard]] std::shared_ptr<const Image> held_if_current(const OpenedFile& file, std::string_view path);
  void enqueue_bulk(Waiter waiter, BulkJob job);
  [[nodiscard]] Loaded load(std::string_view path);
  [[nodiscard]] std::optional<Loaded> load_once(std::string_view path);
  [[nodiscard]] std::optional<Loaded> keep_open(OpenedFile file, std::string_view path);
  [[nodiscard]] Loaded publish(std::shared_ptr<Image> image, std::string_view path, bool settled);
  void read(LaneId lane, const ReadPiece& request);
  [[nodiscard]] std::shared_ptr<const Image> live_piece(std::uint64_t generation, std::uint64_t offset);
  void read_new_piece(const ReadPiece& request, PieceRead& done);

  [[nodiscard]] bool fits_locked(std::uint64_t size) const;
  [[nodiscard]] bool make_room(std::uint64_t size);
  void evict_one_locked(Garbage& garbage);
  [[nodiscard]] ImageStatus count_failure(const OpenedFile& file);
  void answer(LaneId lane, Completion completion);
  void count(std::uint64_t ImageStoreStats::*counter);

  const ImageStoreOptions options_;
  ServedRoot root_;
  const Answer answer_;
  ImageEpoch epoch_;
  LiveBytes live_ = std::make_shared<std::atomic<std::uint64_t>>(0);

  mutable std::mutex mutex_;  // guards the next block
  std::unordered_map<FileIdentity, Held, IdentityHash> held_;
  std::unordered_map<FileIdentity, std::vector<Waiter>, IdentityHash> loading_;
  std::size_t waiters_ = 0;
  std::uint64_t uses_ = 0;
  std::uint64_t generations_ = 0;
  std::uint64_t reserved_bytes_ = 0;  // room made for copies under way
  ImageStoreStats stats_;

  std::uint64_t root_looked_epoch_ = 0;                   // the quick thread's, as the next
  std::chrono::steady_clock::time_point root_looked_at_;  // of the last look at the root's path
  std::vector<LivePiece> live_pieces_;  // the piece thread's; also shares a piece among transfers that are at one place

  WorkQueue<Request> quick_;
  WorkQueue<Request> spellings_;
  WorkQueue<BulkJob> bulk_;
  WorkQueue<Request> pieces_;
  std::unique_ptr<ChangeWatcher> watcher_;
  std::vector<std::thread> threads_;
};

}  // namespace rackcast
