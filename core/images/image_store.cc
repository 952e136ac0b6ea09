#include "core/images/image_store.h"

#include <algorithm>
#include <utility>

namespace rackcast {
namespace {

// A file that changes during every one of so many copies is being written: whoever asks later gets it.
constexpr int kCopyTriesMax = 5;
// Of the quick queue, what requests for names that no lane knows as an image leave to all else.
constexpr std::size_t kKeptFreePart = 8;

}  // namespace

std::size_t ImageStore::IdentityHash::operator()(const FileIdentity& identity) const {
  // Inodes of one file system are distinct already; the rest tells generations apart.
  std::uint64_t mixed = identity.inode * 0x9E37'79B9'7F4A'7C15ULL;
  mixed ^= static_cast<std::uint64_t>(identity.mtime_ns) + (identity.size_bytes << 20U) + identity.device;
  return static_cast<std::size_t>(mixed ^ (mixed >> 29U));
}

Result<std::unique_ptr<ImageStore>> ImageStore::create(ImageStoreOptions options, Answer answer) {
  auto root = open_root(options.root);
  if (!root) return tl::make_unexpected(root.error());
  return std::unique_ptr<ImageStore>(new ImageStore(std::move(options), std::move(*root), std::move(answer)));
}

ImageStore::ImageStore(ImageStoreOptions options, RootDirectory root, Answer answer)
    : options_(std::move(options)),
      root_(std::move(root)),
      answer_(std::move(answer)),
      live_pieces_(options_.pieces_max),
      quick_(options_.queue_max),
      spellings_(options_.spellings_max),
      bulk_(options_.queue_max),
      pieces_(options_.queue_max),
      watcher_(std::make_unique<ChangeWatcher>(root_.get(), epoch_, options_.watches_max)) {
  threads_.emplace_back([this] { run_quick(); });
  threads_.emplace_back([this] { run_spellings(); });
  threads_.emplace_back([this] { run_bulk(); });
  threads_.emplace_back([this] { run_pieces(); });
}

ImageStore::~ImageStore() {
  quick_.stop();
  spellings_.stop();
  bulk_.stop();
  pieces_.stop();
  for (std::thread& thread : threads_) thread.join();
}

bool ImageStore::submit(LaneId from, Work& work) {
  const bool piece = std::holds_alternative<ReadPiece>(work);
  const auto* const load = std::get_if<LoadImage>(&work);
  if (!piece && load == nullptr && !std::holds_alternative<ReleaseImage>(work)) return false;
  const bool any_case = load != nullptr && asked_in_any_case(load->path).has_value();
  const bool unknown = load != nullptr && !any_case && !load->known;
  WorkQueue<Request>& queue = piece ? pieces_ : any_case ? spellings_ : quick_;
  Request request{from, std::move(work)};
  if (queue.push(request, unknown ? options_.queue_max / kKeptFreePart : 0)) return true;
  work = std::move(request.work);
  return false;
}

std::shared_ptr<const Image> ImageStore::find(const FileIdentity& identity) {
  const std::scoped_lock lock(mutex_);
  const auto found = held_.find(identity);
  if (found == held_.end() || !found->second.settled || !found->second.image->resident()) return nullptr;
  found->second.used = ++uses_;
  return found->second.image;
}

ImageStoreStats ImageStore::stats() const {
  const std::scoped_lock lock(mutex_);
  ImageStoreStats now = stats_;
  now.images = held_.size();
  now.live_bytes = live_->load();
  now.spellings_refused = spellings_.refused();
  now.submits_refused = quick_.refused() + now.spellings_refused + pieces_.refused();
  now.watcher = watcher_->stats();
  return now;
}

void ImageStore::run_quick() {
  while (auto request = quick_.wait()) {
    if (const auto* const wanted = std::get_if<LoadImage>(&request->work)) {
      look_at_root();
      resolve(request->lane, *wanted, wanted->path);
    }
    // A ReleaseImage has done its work when `request` goes out of scope here.
  }
}

// No look at the root: whoever asks for a name in any case asked for it as it stands before.
void ImageStore::run_spellings() {
  while (const auto request = spellings_.wait()) {
    const auto* const wanted = std::get_if<LoadImage>(&request->work);
    if (const auto path = asked_in_any_case(wanted->path)) resolve(request->lane, *wanted, spelled(*path));
  }
}

void ImageStore::run_bulk() {
  while (const auto job = bulk_.wait()) {
    const Loaded loaded = load(job->path);
    std::vector<Waiter> waiters;
    {
      const std::scoped_lock lock(mutex_);
      waiters = std::move(loading_[job->identity]);
      loading_.erase(job->identity);
      waiters_ -= waiters.size();
    }
    for (const Waiter& waiter : waiters)
      answer(waiter.lane, ImageLoaded{waiter.ticket, waiter.path, loaded.status, loaded.image, waiter.epoch});
  }
}

void ImageStore::run_pieces() {
  while (const auto request = pieces_.wait())
    if (const auto* const wanted = std::get_if<ReadPiece>(&request->work)) read(request->lane, *wanted);
}

Result<void> ImageStore::reopen_root() {
  const auto changed = root_.look();
  if (!changed) {
    count(&ImageStoreStats::roots_missing);
    return tl::make_unexpected(changed.error());
  }
  if (!*changed) return {};
  count(&ImageStoreStats::roots_changed);
  watcher_->serve(root_.get());
  epoch_.bump();
  return {};
}

// Any event may be the root's own: a look is one stat().
void ImageStore::look_at_root() {
  const std::uint64_t epoch = epoch_.value();
  const auto now = std::chrono::steady_clock::now();
  if (epoch == root_looked_epoch_ && now - root_looked_at_ < options_.root_look_after) return;
  if (!reopen_root()) return;  // the next request looks again
  root_looked_epoch_ = epoch;
  root_looked_at_ = now;
}

std::string ImageStore::spelled(std::string_view path) {
  Spelling found = spelling_on_disk(*root_.get(), path, options_.spelling_entries_max);
  const std::scoped_lock lock(mutex_);
  stats_.spelling_entries += found.entries;
  if (found.cut) ++stats_.spellings_cut;
  return std::move(found.path);
}

// `path`: of `request`, as it is spelled on disk.
void ImageStore::resolve(LaneId lane, const LoadImage& request, std::string_view path) {
  watcher_->watch_for(path);
  Waiter waiter{lane, request.ticket, request.path, epoch_.value()};  // read before root and file are looked at
  Loaded loaded;
  {
    const OpenedFile file = open_beneath(*root_.get(), path);
    loaded.status = count_failure(file);
    if (loaded.status == ImageStatus::kLoaded) {
      watcher_->watch_real_folder(file, path);
      loaded.image = held_if_current(file, path);
      const std::uint64_t size = file.identity.size_bytes;
      if (loaded.image == nullptr && size > kQuickBytesMax) {
        enqueue_bulk(waiter, {file.identity, std::string(path)});
        return;
      }
    }
  }
  if (loaded.status == ImageStatus::kLoaded && loaded.image == nullptr) loaded = load(path);
  answer(lane, ImageLoaded{waiter.ticket, waiter.path, loaded.status, std::move(loaded.image), waiter.epoch});
}

std::shared_ptr<const Image> ImageStore::held_if_current(const OpenedFile& file, std::string_view path) {
  const std::scoped_lock lock(mutex_);
  const auto found = held_.find(file.identity);
  if (found == held_.end() || !found->second.settled) return nullptr;
  Held& held = found->second;
  // Held open for want of room, and there is room now: load it.
  if (!held.image->resident() && fits_locked(held.image->size_bytes)) return nullptr;
  held.used = ++uses_;
  if (held.path != path) held.path = path;
  ++stats_.hits;
  return held.image;
}

void ImageStore::enqueue_bulk(Waiter waiter, BulkJob job) {
  {
    const std::scoped_lock lock(mutex_);
    const FileIdentity identity = job.identity;
    const auto found = loading_.find(identity);
    if (waiters_ < options_.waiters_max) {
      if (found != loading_.end() || bulk_.push(job)) {
        if (found != loading_.end()) ++stats_.coalesced;
        ++waiters_;
        loading_[identity].push_back(waiter);
        return;
      }
    }
    ++stats_.waiters_refused;
  }
  answer(waiter.lane, ImageLoaded{waiter.ticket, waiter.path, ImageStatus::kFailed, nullptr, waiter.epoch});
}

ImageStore::Loaded ImageStore::load(std::string_view path) {
  for (int i = 0; i < kCopyTriesMax; ++i) {
    if (auto loaded = load_once(path)) return std::move(*loaded);
    count(&ImageStoreStats::copies_retried);
  }
  count(&ImageStoreStats::copies_given_up);
  return {};
}

// nullopt: the file changed under the copy.
std::optional<ImageStore::Loaded> ImageStore::load_once(std::string_view path) {
  OpenedFile file = open_beneath(*root_.get(), path);
  if (const ImageStatus status = count_failure(file); status != ImageStatus::kLoaded) return Loaded{status, nullptr};
  if (auto held = held_if_current(file, path)) return Loaded{ImageStatus::kLoaded, std::move(held)};
  const std::uint64_t size = file.identity.size_bytes;
  if (!make_room(size)) return keep_open(std::move(file), path);
  DescriptorSource source(file.descriptor.get());
  LoadOutcome outcome = load_resident(source, file.identity, live_);
  {
    const std::scoped_lock lock(mutex_);
    reserved_bytes_ -= size;
  }
  switch (outcome.status) {
    case LoadStatus::kChanged:
      return std::nullopt;
    case LoadStatus::kReadFailed:
      count(&ImageStoreStats::read_failed);
      return Loaded{};
    case LoadStatus::kNoMemory:
      count(&ImageStoreStats::out_of_memory);
      return Loaded{};
    case LoadStatus::kLoaded:
      break;
  }
  count(&ImageStoreStats::loads);
  return publish(std::move(outcome.image), path, outcome.settled);
}

// nullopt: the file changed since it was opened.
std::optional<ImageStore::Loaded> ImageStore::keep_open(OpenedFile file, std::string_view path) {
  count(&ImageStoreStats::above_budget);
  {
    const std::scoped_lock lock(mutex_);
    const auto found = held_.find(file.identity);
    if (found != held_.end()) {
      found->second.used = ++uses_;
      return Loaded{ImageStatus::kLoaded, found->second.image};
    }
  }
  auto held = hold_open(std::move(file));
  if (held == nullptr) return std::nullopt;
  // Every piece is checked as it is read, so a held file needs no settling.
  return publish(std::move(held), path, true);
}

ImageStore::Loaded ImageStore::publish(std::shared_ptr<Image> image, std::string_view path, bool settled) {
  Garbage garbage;
  const std::scoped_lock lock(mutex_);
  const auto same = held_.find(image->identity);
  // Read again because it had not settled, and it is what we hold: keep the one that transfers already pin.
  if (same != held_.end() && same->second.image->resident() && same->second.image->sha256 == image->sha256) {
    same->second.settled = settled;
    same->second.used = ++uses_;
    garbage.push_back(std::move(image));
    return {ImageStatus::kLoaded, same->second.image};
  }
  for (auto entry = held_.begin(); entry != held_.end();) {
    if (entry->second.path != path && entry->first != image->identity) {
      ++entry;
      continue;
    }
    ++stats_.superseded;
    garbage.push_back(std::move(entry->second.image));
    entry = held_.erase(entry);
  }
  if (held_.size() >= options_.images_max) evict_one_locked(garbage);
  image->generation = ++generations_;
  std::shared_ptr<const Image> published = std::move(image);
  held_[published->identity] = Held{published, std::string(path), ++uses_, settled};
  return {ImageStatus::kLoaded, std::move(published)};
}

void ImageStore::read(LaneId lane, const ReadPiece& request) {
  PieceRead done{request.ticket, PieceStatus::kRead, nullptr};
  done.piece = live_piece(request.image->generation, piece_start(request.offset));
  if (done.piece == nullptr) read_new_piece(request, done);
  answer(lane, std::move(done));
}

std::shared_ptr<const Image> ImageStore::live_piece(std::uint64_t generation, std::uint64_t offset) {
  for (const LivePiece& live : live_pieces_) {
    if (live.generation != generation || live.offset != offset) continue;
    if (auto piece = live.piece.lock()) {
      count(&ImageStoreStats::pieces_shared);
      return piece;
    }
  }
  return nullptr;
}

void ImageStore::read_new_piece(const ReadPiece& request, PieceRead& done) {
  const auto place = std::find_if(live_pieces_.begin(), live_pieces_.end(),
                                  [](const LivePiece& live) { return live.piece.expired(); });
  if (place == live_pieces_.end()) {
    count(&ImageStoreStats::pieces_refused);
    done.status = PieceStatus::kBusy;
    return;
  }
  LoadOutcome outcome = read_piece(*request.image, request.offset, live_);
  if (outcome.status != LoadStatus::kLoaded) {
    const bool changed = outcome.status == LoadStatus::kChanged;
    count(changed ? &ImageStoreStats::pieces_changed : &ImageStoreStats::read_failed);
    done.status = changed ? PieceStatus::kChanged : PieceStatus::kFailed;
    return;
  }
  count(&ImageStoreStats::pieces);
  *place = {outcome.image->generation, outcome.image->offset, outcome.image};
  done.piece = std::move(outcome.image);
}

// Whether `size` more bytes would fit, evicting all that nobody uses.
bool ImageStore::fits_locked(std::uint64_t size) const {
  std::uint64_t needed = live_->load() + reserved_bytes_ + size;
  for (const auto& [identity, held] : held_)
    if (held.image.use_count() == 1) needed -= held.image->bytes.size();
  return needed <= options_.budget_bytes;
}

// Reserves `size` bytes, evicting the least recently used images that nobody pins; false when that is not enough.
bool ImageStore::make_room(std::uint64_t size) {
  for (;;) {
    Garbage garbage;  // unmapped after the lock is gone, before the next look at `live_`
    const std::scoped_lock lock(mutex_);
    if (live_->load() + reserved_bytes_ + size <= options_.budget_bytes) {
      reserved_bytes_ += size;
      return true;
    }
    if (!fits_locked(size)) return false;
    evict_one_locked(garbage);
    if (garbage.empty()) return false;
  }
}

// The least recently used that nobody pins; when all are pinned, none (`held_` then outgrows images_max by what is
// pinned).
void ImageStore::evict_one_locked(Garbage& garbage) {
  auto oldest = held_.end();
  for (auto entry = held_.begin(); entry != held_.end(); ++entry)
    if (entry->second.image.use_count() == 1 && (oldest == held_.end() || entry->second.used < oldest->second.used))
      oldest = entry;
  if (oldest == held_.end()) return;
  ++stats_.evicted;
  garbage.push_back(std::move(oldest->second.image));
  held_.erase(oldest);
}

ImageStatus ImageStore::count_failure(const OpenedFile& file) {
  const std::scoped_lock lock(mutex_);
  switch (file.status) {
    case OpenStatus::kOpened:
      if (file.regular()) return ImageStatus::kLoaded;
      ++stats_.not_regular;
      return ImageStatus::kNotFound;
    case OpenStatus::kNotFound:
      ++stats_.not_found;
      return ImageStatus::kNotFound;
    case OpenStatus::kUnreadable:
      ++stats_.unreadable;
      return ImageStatus::kNotFound;
    case OpenStatus::kLeavesRoot:
      ++stats_.links_out;
      return ImageStatus::kRefused;
    case OpenStatus::kFailed:
      break;
  }
  ++stats_.read_failed;
  return ImageStatus::kFailed;
}

void ImageStore::answer(LaneId lane, Completion completion) {
  if (!answer_(lane, std::move(completion))) count(&ImageStoreStats::answers_lost);
}

void ImageStore::count(std::uint64_t ImageStoreStats::*counter) {
  const std::scoped_lock lock(mutex_);
  ++(stats_.*counter);
}

}  // namespace rackcast
