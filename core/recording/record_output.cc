#include "core/recording/record_output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "core/errno_text.h"

namespace rackcast {

namespace {

// One wait for room; between two the caller's wish to hurry is looked at.
constexpr std::chrono::milliseconds kWait{50};

}  // namespace

Result<RecordOutput> RecordOutput::take(FileDescriptor descriptor) {
  struct stat facts {};
  const int flags = ::fcntl(descriptor.get(), F_GETFL);
  if (flags < 0 || ::fstat(descriptor.get(), &facts) != 0)
    return fail("the output cannot be used: " + errno_text(errno));
  if ((flags & O_ACCMODE) == O_RDONLY) return fail("the output is not open for writing");
  if (S_ISREG(facts.st_mode)) return RecordOutput(std::move(descriptor), Kind::kFile);
  // A terminal may stop taking bytes as a pipe's reader may.
  if (S_ISFIFO(facts.st_mode) || S_ISCHR(facts.st_mode)) return RecordOutput(std::move(descriptor), Kind::kPipe);
  if (S_ISSOCK(facts.st_mode)) return RecordOutput(std::move(descriptor), Kind::kSocket);
  return fail("the output is neither a file nor a pipe");
}

RecordOutput::Outcome RecordOutput::write(std::span<const std::byte> bytes, const std::function<bool()>& hurry) {
  auto waited = std::chrono::milliseconds::zero();
  while (!bytes.empty()) {
    pollfd room{.fd = descriptor_.get(), .events = POLLOUT, .revents = 0};
    const int ready = ::poll(&room, 1, static_cast<int>(kWait.count()));
    if (ready == 0) {
      waited += kWait;
      if (waited >= kHurriedWait && hurry()) return Outcome::kStalled;
      continue;
    }
    const long count = ready < 0 ? -1 : write_some(bytes);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count < 0) {
      error_ = errno == EPIPE ? "whoever read the recording has gone"
                              : "the recording cannot be written: " + errno_text(errno);
      return Outcome::kFailed;
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    waited = waited.zero();
  }
  return Outcome::kWritten;
}

long RecordOutput::write_some(std::span<const std::byte> bytes) {
  if (kind_ == Kind::kSocket) return ::send(descriptor_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  // A pipe that poll() calls writable takes PIPE_BUF bytes without blocking, and no more for certain.
  const std::size_t size = kind_ == Kind::kPipe ? std::min<std::size_t>(bytes.size(), PIPE_BUF) : bytes.size();
  return ::write(descriptor_.get(), bytes.data(), size);
}

}  // namespace rackcast
