#include "core/images/change_watcher.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <utility>

namespace rackcast {
namespace {

// IN_CREATE for links and folders, which appear without being written; IN_ATTRIB for a file made readable.
constexpr std::uint32_t kChanges = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ATTRIB |
                                   IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
// Of a root that nothing was asked for in.
constexpr std::uint32_t kOfItself = IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr std::size_t kEventBytes = 16 * 1024;

// The folders above a path from the root down: "", "a", "a/b" of "a/b/file".
struct Folders {
  std::array<std::string_view, ChangeWatcher::kFoldersDeepMax + 1> names;
  std::size_t count = 1;
};

Folders folders_of(std::string_view path) {
  Folders folders;
  for (std::size_t joint = path.find('/'); joint != std::string_view::npos && folders.count < folders.names.size();
       joint = path.find('/', joint + 1))
    folders.names[folders.count++] = path.substr(0, joint);
  return folders;
}

std::string name_of(int descriptor) {
  return "/proc/self/fd/" + std::to_string(descriptor);
}

}  // namespace

ChangeWatcher::ChangeWatcher(std::shared_ptr<const RootDirectory> root, ImageEpoch& epoch, std::size_t watches_max)
    : epoch_(epoch),
      watches_max_(watches_max),
      inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      root_(std::move(root)) {
  watch_root_locked();  // nobody else is there yet
  if (inotify_.valid() && stop_.valid()) thread_ = std::thread([this] { run(); });
}

ChangeWatcher::~ChangeWatcher() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_.get(), &one, sizeof(one));
  thread_.join();
}

void ChangeWatcher::watch_for(std::string_view path) {
  const auto root = this->root();
  const Folders folders = folders_of(path);
  // What is watched exists: the walk begins below the deepest such.
  std::size_t at = folders.count;
  while (at > 0 && !known(std::string(folders.names[at - 1]))) --at;
  std::string_view nearest;
  FileDescriptor descriptor;  // of `nearest`; not valid: none was found that is not watched already
  for (; at < folders.count; ++at) {
    OpenedFile opened = look_up(*root, folders.names[at]);
    if (opened.status == OpenStatus::kUnreadable) continue;  // one may pass through it all the same
    if (opened.status != OpenStatus::kOpened || !opened.directory()) break;
    nearest = folders.names[at];
    descriptor = std::move(opened.descriptor);
  }
  if (descriptor.valid()) add(*root, std::string(nearest), descriptor.get());
}

void ChangeWatcher::watch_real_folder(const OpenedFile& file, std::string_view path) {
  const auto found = real_path_of(file.descriptor.get());
  if (!found) return;
  const std::string_view real = *found;
  const std::string prefix = root()->real_path + "/";
  if (!real.starts_with(prefix) || real.substr(prefix.size()) == path) return;
  watch_for(real.substr(prefix.size()));
}

void ChangeWatcher::serve(std::shared_ptr<const RootDirectory> root) {
  const std::scoped_lock lock(mutex_);
  for (const auto& [watch, folder] : watches_) ::inotify_rm_watch(inotify_.get(), watch);
  watches_.clear();
  folders_.clear();
  ::inotify_rm_watch(inotify_.get(), root_watch_);
  root_ = std::move(root);
  watch_root_locked();
}

void ChangeWatcher::watch_root_locked() {
  root_watch_ = ::inotify_add_watch(inotify_.get(), name_of(root_->descriptor.get()).c_str(), kOfItself);
  if (root_watch_ < 0) ++stats_.watches_refused;
}

std::shared_ptr<const RootDirectory> ChangeWatcher::root() const {
  const std::scoped_lock lock(mutex_);
  return root_;
}

ChangeWatcherStats ChangeWatcher::stats() const {
  const std::scoped_lock lock(mutex_);
  ChangeWatcherStats now = stats_;
  now.folders = watches_.size();
  return now;
}

bool ChangeWatcher::known(const std::string& folder) const {
  const std::scoped_lock lock(mutex_);
  return folders_.contains(folder);
}

OpenedFile ChangeWatcher::look_up(const RootDirectory& root, std::string_view folder) {
  {
    const std::scoped_lock lock(mutex_);
    ++stats_.lookups;
  }
  return open_beneath(root, folder);
}

void ChangeWatcher::add(const RootDirectory& root, const std::string& folder, int descriptor) {
  const std::scoped_lock lock(mutex_);
  if (&root != root_.get()) return;  // another root meanwhile: the next who asks watches the folder there
  if (!inotify_.valid() || watches_.size() >= watches_max_) {
    ++stats_.watches_refused;
    return;
  }
  const int watch = ::inotify_add_watch(inotify_.get(), name_of(descriptor).c_str(), kChanges);
  if (watch < 0) {
    ++stats_.watches_refused;
    return;
  }
  // The same folder by another name has the same watch: the first name stays.
  if (watches_.emplace(watch, folder).second) folders_.insert(folder);
}

void ChangeWatcher::run() {
  std::array<pollfd, 2> waits{pollfd{inotify_.get(), POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
  for (;;) {
    if (::poll(waits.data(), waits.size(), -1) < 0) continue;  // EINTR
    if (waits[1].revents != 0) return;
    read_events();
  }
}

void ChangeWatcher::read_events() {
  alignas(inotify_event) std::array<char, kEventBytes> buffer;
  const ssize_t size = ::read(inotify_.get(), buffer.data(), buffer.size());
  if (size <= 0) return;
  for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(size);) {
    inotify_event event;
    std::memcpy(&event, buffer.data() + at, sizeof(event));
    at += sizeof(event) + event.len;
    on_event(event.wd, event.mask);
  }
  epoch_.bump();
  const std::scoped_lock lock(mutex_);
  ++stats_.changes;
}

void ChangeWatcher::on_event(int watch, std::uint32_t mask) {
  const std::scoped_lock lock(mutex_);
  // The name of a folder that was moved is stale. The root has none, and may be moved back.
  if ((mask & IN_MOVE_SELF) != 0 && watch != root_watch_) ::inotify_rm_watch(inotify_.get(), watch);
  if ((mask & IN_IGNORED) == 0) return;
  const auto found = watches_.find(watch);
  if (found == watches_.end()) return;
  folders_.erase(found->second);
  watches_.erase(found);
}

}  // namespace rackcast
