#include "tests/support/power_loss_disk.h"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cstring>

namespace rackcast::testing {

struct PowerLossDisk::Layer {
  struct Handle {
    sqlite3_file base;
    PowerLossDisk* disk;
    File* file;
  };
  static Handle& handle(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }
  static PowerLossDisk& disk(sqlite3_vfs* vfs) { return *static_cast<PowerLossDisk*>(vfs->pAppData); }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* opened, int flags, int* flags_out) {
    PowerLossDisk& self = disk(vfs);
    const std::scoped_lock lock(self.mutex_);
    opened->pMethods = nullptr;
    if (self.dead_) return SQLITE_IOERR;
    File& file = self.files_[name == nullptr ? "temporary" : name];
    if (!file.exists && (flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
    file.exists = true;
    handle(opened) = {{&kMethods}, &self, &file};
    if (flags_out != nullptr) *flags_out = flags;
    return SQLITE_OK;
  }
  static int remove(sqlite3_vfs* vfs, const char* name, int synced) {
    PowerLossDisk& self = disk(vfs);
    const std::scoped_lock lock(self.mutex_);
    bool last = false;
    if (!self.take_operation(last)) return SQLITE_IOERR;
    File& file = self.files_[name];
    file.exists = false;
    file.now.clear();
    file.pending.clear();
    if (synced != 0) {
      file.exists_synced = false;
      file.synced.clear();
    }
    return SQLITE_OK;
  }
  static int access(sqlite3_vfs* vfs, const char* name, int, int* result) {
    PowerLossDisk& self = disk(vfs);
    const std::scoped_lock lock(self.mutex_);
    const auto at = self.files_.find(name);
    *result = at != self.files_.end() && at->second.exists ? 1 : 0;
    return SQLITE_OK;
  }
  static int full_name(sqlite3_vfs*, const char* name, int size, char* out) {
    sqlite3_snprintf(size, out, "%s", name);
    return SQLITE_OK;
  }
  static int last_error(sqlite3_vfs*, int, char*) { return 0; }

  static int close(sqlite3_file*) { return SQLITE_OK; }
  static int read(sqlite3_file* from, void* out, int size, sqlite3_int64 offset) {
    Handle& h = handle(from);
    const std::scoped_lock lock(h.disk->mutex_);
    if (h.disk->dead_) return SQLITE_IOERR_READ;
    const auto begin = std::min<std::size_t>(static_cast<std::size_t>(offset), h.file->now.size());
    const auto count = std::min<std::size_t>(static_cast<std::size_t>(size), h.file->now.size() - begin);
    if (count > 0) std::memcpy(out, h.file->now.data() + begin, count);
    std::memset(static_cast<char*>(out) + count, 0, static_cast<std::size_t>(size) - count);
    return count == static_cast<std::size_t>(size) ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
  }
  static int write(sqlite3_file* to, const void* bytes, int size, sqlite3_int64 offset) {
    Handle& h = handle(to);
    const auto* from = static_cast<const std::byte*>(bytes);
    return h.disk->write(*h.file, {static_cast<std::uint64_t>(offset), {from, from + size}, false});
  }
  static int truncate(sqlite3_file* of, sqlite3_int64 size) {
    Handle& h = handle(of);
    return h.disk->write(*h.file, {static_cast<std::uint64_t>(size), {}, true});
  }
  static int sync(sqlite3_file* of, int) {
    Handle& h = handle(of);
    return h.disk->sync(*h.file);
  }
  static int size(sqlite3_file* of, sqlite3_int64* out) {
    Handle& h = handle(of);
    const std::scoped_lock lock(h.disk->mutex_);
    *out = static_cast<sqlite3_int64>(h.file->now.size());
    return SQLITE_OK;
  }
  static int lock(sqlite3_file*, int) { return SQLITE_OK; }  // one connection at a time
  static int is_reserved(sqlite3_file*, int* out) {
    *out = 0;
    return SQLITE_OK;
  }
  static int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
  static int sector(sqlite3_file*) { return static_cast<int>(kSector); }
  static int characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }  // as on Linux
  static int shared_map(sqlite3_file* of, int region, int size, int extend, void volatile** out) {
    Handle& h = handle(of);
    const std::scoped_lock lock(h.disk->mutex_);
    auto& shared = h.file->shared;
    *out = nullptr;
    if (static_cast<std::size_t>(region) >= shared.size()) {
      if (extend == 0) return SQLITE_OK;
      shared.resize(static_cast<std::size_t>(region) + 1, std::vector<std::byte>(static_cast<std::size_t>(size)));
    }
    *out = shared[static_cast<std::size_t>(region)].data();
    return SQLITE_OK;
  }
  static int shared_lock(sqlite3_file*, int, int, int) { return SQLITE_OK; }
  static void shared_barrier(sqlite3_file*) { std::atomic_thread_fence(std::memory_order_seq_cst); }
  static int shared_unmap(sqlite3_file* of, int) {
    Handle& h = handle(of);
    const std::scoped_lock lock(h.disk->mutex_);
    h.file->shared.clear();
    return SQLITE_OK;
  }

  static constexpr sqlite3_io_methods kMethods{
      2,           close,   read,   write,           truncate,   sync,        size,           lock,         lock,
      is_reserved, control, sector, characteristics, shared_map, shared_lock, shared_barrier, shared_unmap, nullptr,
      nullptr};
};

PowerLossDisk::PowerLossDisk(std::uint64_t seed)
    : name_("power-loss-" + std::to_string(seed)), vfs_(std::make_unique<sqlite3_vfs>()), random_(seed) {
  *vfs_ = *sqlite3_vfs_find(nullptr);  // sleeping and the clock are the system's
  vfs_->iVersion = 2;
  vfs_->szOsFile = static_cast<int>(sizeof(Layer::Handle));
  vfs_->pNext = nullptr;
  vfs_->zName = name_.c_str();
  vfs_->pAppData = this;
  vfs_->xOpen = Layer::open;
  vfs_->xDelete = Layer::remove;
  vfs_->xAccess = Layer::access;
  vfs_->xFullPathname = Layer::full_name;
  vfs_->xGetLastError = Layer::last_error;
  sqlite3_vfs_register(vfs_.get(), 0);
}

PowerLossDisk::~PowerLossDisk() {
  sqlite3_vfs_unregister(vfs_.get());
}

void PowerLossDisk::cut_after(std::uint64_t operations) {
  const std::scoped_lock lock(mutex_);
  cut_at_ = operations_ + operations;
}

void PowerLossDisk::set_full(bool full) {
  const std::scoped_lock lock(mutex_);
  full_ = full;
}

void PowerLossDisk::set_failing_syncs(unsigned percent) {
  const std::scoped_lock lock(mutex_);
  failing_syncs_percent_ = percent;
}

bool PowerLossDisk::is_dead() const {
  const std::scoped_lock lock(mutex_);
  return dead_;
}

std::uint64_t PowerLossDisk::operations() const {
  const std::scoped_lock lock(mutex_);
  return operations_;
}

std::uint64_t PowerLossDisk::failed_syncs() const {
  const std::scoped_lock lock(mutex_);
  return failed_syncs_;
}

void PowerLossDisk::apply(std::vector<std::byte>& content, const Change& change) {
  if (change.truncates) {
    content.resize(std::min<std::size_t>(content.size(), change.offset));
    return;
  }
  if (content.size() < change.offset + change.bytes.size()) content.resize(change.offset + change.bytes.size());
  std::copy(change.bytes.begin(), change.bytes.end(), content.begin() + static_cast<std::ptrdiff_t>(change.offset));
}

// Any of the pending sectors, in any order.
void PowerLossDisk::apply_some(File& file) {
  std::vector<Change> pieces;
  for (const Change& change : file.pending) {
    if (change.truncates) {
      pieces.push_back(change);
      continue;
    }
    for (std::size_t at = 0; at < change.bytes.size();) {
      const std::size_t count = std::min(kSector - (change.offset + at) % kSector, change.bytes.size() - at);
      const auto begin = change.bytes.begin() + static_cast<std::ptrdiff_t>(at);
      pieces.push_back({change.offset + at, {begin, begin + static_cast<std::ptrdiff_t>(count)}, false});
      at += count;
    }
  }
  if (random_() % 2 == 0) std::shuffle(pieces.begin(), pieces.end(), random_);
  const std::uint64_t percent = random_() % 101;
  for (const Change& piece : pieces)
    if (random_() % 100 < percent) apply(file.synced, piece);
}

void PowerLossDisk::reboot(Loss loss) {
  const std::scoped_lock lock(mutex_);
  for (auto& [name, file] : files_) {
    if (file.exists && !file.exists_synced && loss == Loss::kSome && random_() % 2 == 0) file.exists_synced = true;
    if (loss == Loss::kSome) apply_some(file);
    if (!file.exists_synced) file.synced.clear();
    file.exists = file.exists_synced;
    file.now = file.synced;
    file.pending.clear();
    file.shared.clear();
  }
  dead_ = false;
  cut_at_ = ~std::uint64_t{0};
}

// False: there is no power. `last`: it goes in the middle of this one.
bool PowerLossDisk::take_operation(bool& last) {
  if (dead_) return false;
  last = operations_ >= cut_at_;
  ++operations_;
  dead_ = last;
  return true;
}

int PowerLossDisk::write(File& file, Change change) {
  const std::scoped_lock lock(mutex_);
  bool last = false;
  if (!take_operation(last)) return SQLITE_IOERR_WRITE;
  if (full_ && !change.truncates && change.offset + change.bytes.size() > file.now.size()) return SQLITE_FULL;
  if (last && !change.truncates) change.bytes.resize(random_() % (change.bytes.size() + 1));
  apply(file.now, change);
  file.pending.push_back(std::move(change));
  return last ? SQLITE_IOERR_WRITE : SQLITE_OK;
}

int PowerLossDisk::sync(File& file) {
  const std::scoped_lock lock(mutex_);
  bool last = false;
  if (!take_operation(last)) return SQLITE_IOERR_FSYNC;
  if (last) return SQLITE_IOERR_FSYNC;  // what of it reached the disk is reboot()'s to say
  if (random_() % 100 < failing_syncs_percent_) {
    ++failed_syncs_;
    apply_some(file);
    file.pending.clear();
    return SQLITE_IOERR_FSYNC;
  }
  for (const Change& change : file.pending) apply(file.synced, change);
  file.pending.clear();
  file.exists_synced = true;
  return SQLITE_OK;
}

}  // namespace rackcast::testing
