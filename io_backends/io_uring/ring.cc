#include "io_backends/io_uring/ring.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "core/errno_text.h"
#include "io_backends/socket/kernel_clock.h"

namespace rackcast::io {
namespace {

// Best first. DEFER_TASKRUN (6.1): completions run when we ask, not in between; COOP_TASKRUN (5.19): without
// interrupting us; SUBMIT_ALL (5.18): one bad request does not hold up the rest.
constexpr std::array<unsigned, 4> kFlagSets{
    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL,
    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_SUBMIT_ALL,
    IORING_SETUP_COOP_TASKRUN | IORING_SETUP_SUBMIT_ALL, 0};

tl::unexpected<Error> setup_error(int error) {
  switch (error) {
    case EPERM:
    case EACCES:
      return fail("io_uring is forbidden here (a container's seccomp filter, or sysctl kernel.io_uring_disabled)");
    case ENOSYS:
      return fail("this kernel has no io_uring, or a seccomp filter hides it");
    case ENOMEM:
      return fail("no memory for an io_uring (a low memlock limit, see `ulimit -l`)");
    default:
      return fail(std::string("io_uring cannot be set up: ") + errno_text(error));
  }
}

// Multishot recvmsg has no probe of its own; it came in 6.0 together with zero-copy send, which has.
Result<void> check_kernel(io_uring* ring) {
  io_uring_probe* probe = io_uring_get_probe_ring(ring);
  const bool supported = probe != nullptr && io_uring_opcode_supported(probe, IORING_OP_SEND_ZC) != 0;
  io_uring_free_probe(probe);
  if (supported) return {};
  return fail("this kernel's io_uring is too old (multishot receive needs Linux 6.0)");
}

}  // namespace

Result<void> io_uring_available() {
  auto ring = Ring::create(8, 16);
  if (!ring) return tl::make_unexpected(ring.error());
  return {};
}

Result<std::unique_ptr<Ring>> Ring::create(unsigned submission_entries, unsigned completion_entries) {
  std::unique_ptr<Ring> ring(new Ring);
  int error = EINVAL;
  for (const unsigned flags : kFlagSets) {
    io_uring_params params{};
    params.flags = flags | IORING_SETUP_CQSIZE;
    params.cq_entries = completion_entries;
    error = -io_uring_queue_init_params(submission_entries, &ring->ring_, &params);
    if (error != EINVAL) break;
  }
  if (error != 0) {
    ring->ring_.ring_fd = -1;
    return setup_error(error);
  }
  if (auto checked = check_kernel(&ring->ring_); !checked) return tl::make_unexpected(checked.error());
  // Saves a descriptor look-up per system call; nothing depends on it.
  static_cast<void>(io_uring_register_ring_fd(&ring->ring_));
  return ring;
}

Ring::~Ring() {
  if (ring_.ring_fd >= 0) io_uring_queue_exit(&ring_);
}

io_uring_sqe* Ring::next_submission() {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  if (sqe != nullptr) return sqe;
  static_cast<void>(io_uring_submit(&ring_));
  return io_uring_get_sqe(&ring_);
}

void Ring::submit() {
  static_cast<void>(io_uring_submit_and_get_events(&ring_));
}

bool Ring::submit_and_wait(MonotonicTime until) {
  __kernel_timespec timeout{};
  if (until != kNever) {
    const timespec left = to_timespec(std::max(until - monotonic_now(), Duration::zero()));
    timeout = {left.tv_sec, left.tv_nsec};
  }
  io_uring_cqe* first = nullptr;
  const int result = io_uring_submit_and_wait_timeout(&ring_, &first, 1, until == kNever ? nullptr : &timeout, nullptr);
  return result >= 0 || result == -ETIME || result == -EINTR || result == -EAGAIN || result == -EBUSY;
}

}  // namespace rackcast::io
