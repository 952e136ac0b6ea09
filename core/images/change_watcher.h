// Sees files change: inotify on the folders of the paths that were asked for, one thread, one output:
// ImageEpoch::bump(). For a missing path the nearest existing folder above it is watched, found from the root down, so
// that a request for a deep path that does not exist costs one look at the disk. Not seen: changes on NFS, a renamed
// parent of a watched folder, folders deeper than kFoldersDeepMax, more folders than `watches_max`; those age out by
// kRevalidateAfter. The root itself is watched from the start, for its own renaming.
//
// Threads: watch_*, serve and stats from any; the events are read on the watcher's own thread, which sleeps in poll().
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>

#include "core/file_descriptor.h"
#include "core/images/image_epoch.h"
#include "core/images/open_beneath.h"

namespace rackcast {

struct ChangeWatcherStats {
  std::uint64_t folders = 0;          // gauge: watched now
  std::uint64_t changes = 0;          // batches of events that moved the epoch
  std::uint64_t lookups = 0;          // folders opened to be watched, found or not
  std::uint64_t watches_refused = 0;  // `watches_max` or the kernel's limit was hit, or inotify is missing
};

class ChangeWatcher {
 public:
  static constexpr std::size_t kFoldersDeepMax = 32;  // what lies deeper is not watched

  // `epoch` outlives the watcher.
  ChangeWatcher(std::shared_ptr<const RootDirectory> root, ImageEpoch& epoch, std::size_t watches_max);
  ~ChangeWatcher();
  ChangeWatcher(const ChangeWatcher&) = delete;
  ChangeWatcher& operator=(const ChangeWatcher&) = delete;

  // Watches the folder that holds `path` (normalised), or its nearest existing ancestor. Call before opening the path,
  // so that a change after the opening is seen.
  void watch_for(std::string_view path);
  // Where `file`, opened as `path`, really lies when a link led elsewhere.
  void watch_real_folder(const OpenedFile& file, std::string_view path);

  // Another root from now on: the folders of the old one are watched no more.
  void serve(std::shared_ptr<const RootDirectory> root);

  [[nodiscard]] ChangeWatcherStats stats() const;

 private:
  [[nodiscard]] bool known(const std::string& folder) const;
  [[nodiscard]] std::shared_ptr<const RootDirectory> root() const;
  [[nodiscard]] OpenedFile look_up(const RootDirectory& root, std::string_view folder);
  void add(const RootDirectory& root, const std::string& folder, int descriptor);
  void watch_root_locked();
  void run();
  void read_events();
  void on_event(int watch, std::uint32_t mask);

  ImageEpoch& epoch_;
  std::size_t watches_max_;
  FileDescriptor inotify_;  // not valid: inotify is missing, everything ages out
  FileDescriptor stop_;
  mutable std::mutex mutex_;  // guards all below
  std::shared_ptr<const RootDirectory> root_;
  int root_watch_ = -1;                 // also in watches_ once something was asked for right below the root
  std::map<int, std::string> watches_;  // the kernel's watch -> folder, as it was named
  std::set<std::string> folders_;
  ChangeWatcherStats stats_;
  std::thread thread_;
};

}  // namespace rackcast
