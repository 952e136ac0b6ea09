#include "core/images/served_root.h"

#include <sys/stat.h>

#include <utility>

namespace rackcast {

std::shared_ptr<const RootDirectory> ServedRoot::get() const {
  const std::scoped_lock lock(mutex_);
  return held_;
}

Result<bool> ServedRoot::look() {
  const std::scoped_lock one_at_a_time(looking_);
  const auto before = get();
  struct stat facts {};
  if (::stat(before->path.c_str(), &facts) == 0 && facts.st_dev == before->device && facts.st_ino == before->inode)
    return false;
  auto opened = open_root(before->path);
  if (!opened) return tl::make_unexpected(opened.error());
  auto next = std::make_shared<const RootDirectory>(std::move(*opened));
  const bool other = next->device != before->device || next->inode != before->inode;
  if (!other) return false;
  const std::scoped_lock lock(mutex_);
  held_ = std::move(next);
  return true;
}

}  // namespace rackcast
