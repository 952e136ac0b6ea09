// The deadlines of one stream thread: everything that waits for a peer registers here, and one timer per thread looks
// at all of them a few times a second. No timer per operation, so re-arming a deadline is one store.
//
// Thread: the stream thread that owns the Watch. Registration is O(1); a sweep is O(registered).
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

namespace rackcast::io {

class Watch;

// Something that must not wait for ever. Registered while it lives.
class Watched {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Watched(Watch& watch);
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  void set_deadline(Time deadline) { deadline_ = deadline; }
  void clear_deadline() { deadline_ = Time::max(); }
  [[nodiscard]] bool has_deadline() const { return deadline_ != Time::max(); }  // it waits for its peer

  // Ends whatever this waits for. May be called more than once; must not destroy it.
  virtual void on_deadline() = 0;
  // The server stops: said once, and again with every sweep until it is gone. What waits for nothing that is under way
  // ends, and so does what waits for a peer that shows no sign of life; what moves on goes on.
  virtual void on_stop(Time now) = 0;

 protected:
  virtual ~Watched();

 private:
  friend class Watch;
  Watch& watch_;
  std::size_t index_ = 0;
  Time deadline_ = Time::max();
};

class Watch {
 public:
  void sweep(Watched::Time now) {
    // By index: on_deadline() only cancels; what it cancels is destroyed later, from the event loop.
    for (std::size_t i = 0; i < all_.size(); ++i) {
      if (all_[i]->deadline_ > now) continue;
      all_[i]->clear_deadline();
      all_[i]->on_deadline();
    }
  }
  void stop_idle(Watched::Time now) {
    for (std::size_t i = 0; i < all_.size(); ++i) all_[i]->on_stop(now);
  }
  void expire_all() {
    for (std::size_t i = 0; i < all_.size(); ++i) all_[i]->on_deadline();
  }
  [[nodiscard]] bool empty() const { return all_.empty(); }

 private:
  friend class Watched;
  std::vector<Watched*> all_;
};

inline Watched::Watched(Watch& watch) : watch_(watch), index_(watch.all_.size()) {
  watch.all_.push_back(this);
}

inline Watched::~Watched() {
  watch_.all_[index_] = watch_.all_.back();
  watch_.all_[index_]->index_ = index_;
  watch_.all_.pop_back();
}

}  // namespace rackcast::io
