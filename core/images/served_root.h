// The root that is served, held open, and whether its path still leads there: a folder renamed to its place, a link
// switched, a medium mounted over it are another directory behind the same path. What is under way goes on in the
// directory it began in.
//
// Threads: any. look() blocks on the file system.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "core/images/open_beneath.h"
#include "core/result.h"

namespace rackcast {

class ServedRoot {
 public:
  explicit ServedRoot(RootDirectory opened) : held_(std::make_shared<const RootDirectory>(std::move(opened))) {}

  [[nodiscard]] std::shared_ptr<const RootDirectory> get() const;

  // True: another directory lies at the path, and get() returns it from now on. An error (open_root's sentence) when
  // nothing can be opened there: what was held before stays, since whoever swaps two folders by name has a moment
  // without either.
  [[nodiscard]] Result<bool> look();

 private:
  std::mutex looking_;        // one look at a time; get() never waits for it
  mutable std::mutex mutex_;  // guards held_
  std::shared_ptr<const RootDirectory> held_;
};

}  // namespace rackcast
