// One io_uring, owned: set up with the best flags this kernel takes, torn down once. Everything but construction of the
// object is confined to the thread that called create() (SINGLE_ISSUER).
#pragma once

#include <liburing.h>

#include <memory>

#include "core/result.h"
#include "core/time.h"

namespace rackcast::io {

// Error: one sentence, why this kernel or container cannot run the io_uring backend (forbidden, too old). Makes and
// drops a small ring; any thread.
[[nodiscard]] Result<void> io_uring_available();

class Ring {
 public:
  // `completion_entries`: completions that may wait unread; made explicit since multishot requests post many.
  [[nodiscard]] static Result<std::unique_ptr<Ring>> create(unsigned submission_entries, unsigned completion_entries);
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  ~Ring();

  [[nodiscard]] io_uring* get() { return &ring_; }

  // An empty submission, submitting what is there when the queue is full; null only when the kernel takes nothing.
  [[nodiscard]] io_uring_sqe* next_submission();

  // Submits what is prepared and runs what has finished; does not wait.
  void submit();
  // The same, and waits for a completion until `until`. False: the kernel refuses (the wrong thread, say).
  [[nodiscard]] bool submit_and_wait(MonotonicTime until);

  [[nodiscard]] bool has_unsubmitted() { return io_uring_sq_ready(&ring_) > 0; }
  [[nodiscard]] bool has_completions() { return io_uring_cq_ready(&ring_) > 0; }

 private:
  Ring() = default;
  io_uring ring_{};
};

}  // namespace rackcast::io
