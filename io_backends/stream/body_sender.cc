#include "io_backends/stream/body_sender.h"

#include <sys/sendfile.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "io_backends/stream/blocking.h"

namespace rackcast::io {

namespace {

// All of `room` at `from`: bytes read, or -1.
std::int64_t read_fully(int fd, std::span<char> room, std::uint64_t from) {
  std::size_t done = 0;
  while (done < room.size()) {
    const ssize_t got = ::pread(fd, room.data() + done, room.size() - done, static_cast<off_t>(from + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return static_cast<std::int64_t>(done);
}

}  // namespace

const char* describe(BodyOutcome outcome) {
  switch (outcome) {
    case BodyOutcome::kDone:
      return "complete";
    case BodyOutcome::kPeerGone:
      return "the client closed the connection";
    case BodyOutcome::kStalled:
      return "the client took nothing for too long";
    case BodyOutcome::kFileChanged:
      return "the file was rewritten in place while it was sent";
    case BodyOutcome::kReadFailed:
      return "the file could not be read";
  }
  return "";
}

BodyOutcome BodySender::link_failure() const {
  return context_.link.expired() ? BodyOutcome::kStalled : BodyOutcome::kPeerGone;
}

void BodySender::sent(std::uint64_t count) {
  context_.counters.bytes_sent.add(count);
  context_.link.moved(count);
  if (context_.on_progress) context_.on_progress(count);
}

Task<BodyOutcome> BodySender::send(std::uint64_t from, std::uint64_t to) {
  const std::uint64_t held_back =
      source_.sealed() ? 0 : std::min<std::uint64_t>(to - from, context_.limits.held_back_bytes);
  const std::uint64_t streamed_end = to - held_back;
  std::uint64_t at = from;
  while (at < streamed_end) {
    const std::uint64_t end = std::min<std::uint64_t>(streamed_end, at + context_.limits.turn_bytes);
    const BodyOutcome warmed = co_await warm_up(at, end - at);
    if (warmed != BodyOutcome::kDone) co_return warmed;
    if (!source_.unchanged()) co_return BodyOutcome::kFileChanged;
    const BodyOutcome outcome = co_await send_turn(at, end);
    if (outcome != BodyOutcome::kDone) co_return outcome;
    if (!source_.unchanged()) co_return BodyOutcome::kFileChanged;
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);  // the others' turn
  }
  if (held_back == 0) co_return BodyOutcome::kDone;
  co_return co_await send_held_back(streamed_end, to, streamed_end > from);
}

Task<BodyOutcome> BodySender::warm_up(std::uint64_t from, std::uint64_t count) {
  const BodySource::Pages pages = source_.look_at_pages(from, count);
  if (pages == BodySource::Pages::kBeyondEnd) co_return BodyOutcome::kFileChanged;
  if (pages == BodySource::Pages::kWarm) co_return BodyOutcome::kDone;
  context_.counters.cold_reads.add();
  const auto job = [fd = source_.descriptor(), from, count] { return read_into_cache(fd, from, count); };
  const bool read = co_await run_blocking(context_.pool, job);
  co_return read ? BodyOutcome::kDone : BodyOutcome::kReadFailed;
}

Task<BodyOutcome> BodySender::send_turn(std::uint64_t& at, std::uint64_t end) {
  while (at < end && !context_.link.expired()) {
    auto offset = static_cast<off_t>(at);
    const ssize_t count = ::sendfile(context_.link.descriptor(), source_.descriptor(), &offset, end - at);
    if (count > 0) {
      at += static_cast<std::uint64_t>(count);
      sent(static_cast<std::uint64_t>(count));
    } else if (count == 0) {
      co_return BodyOutcome::kFileChanged;  // truncated
    } else if (errno == EAGAIN) {
      const bool writable = co_await context_.link.wait_writable();
      if (!writable) co_return link_failure();
    } else if (errno == EIO || errno == ESTALE || errno == EINVAL || errno == ENOMEM) {
      co_return BodyOutcome::kReadFailed;
    } else if (errno != EINTR) {
      co_return BodyOutcome::kPeerGone;
    }
  }
  co_return at == end ? BodyOutcome::kDone : link_failure();
}

Task<BodyOutcome> BodySender::send_held_back(std::uint64_t from, std::uint64_t to, bool wait_for_rest) {
  std::vector<char> bytes(to - from);
  const int fd = source_.descriptor();
  iovec all{bytes.data(), bytes.size()};
  std::int64_t got = ::preadv2(fd, &all, 1, static_cast<off_t>(from), RWF_NOWAIT);
  if (got != static_cast<std::int64_t>(bytes.size())) {  // cold, a file system without RWF_NOWAIT, or cut short
    if (got < 0 && errno == EAGAIN) context_.counters.cold_reads.add();
    const auto job = [&bytes, fd, from] { return read_fully(fd, bytes, from); };
    got = co_await run_blocking(context_.pool, job);
  }
  if (got < 0) co_return BodyOutcome::kReadFailed;
  if (got != static_cast<std::int64_t>(bytes.size())) co_return BodyOutcome::kFileChanged;
  if (wait_for_rest) {
    // What sendfile queued are the file's own pages: a rewrite changes them until they have left.
    const bool transmitted = co_await context_.link.wait_transmitted();
    if (!transmitted) co_return link_failure();
  }
  if (!source_.unchanged()) co_return BodyOutcome::kFileChanged;
  const bool whole = co_await context_.link.send_all({bytes.data(), bytes.size()});
  if (!whole) co_return link_failure();
  sent(bytes.size());
  co_return BodyOutcome::kDone;
}

}  // namespace rackcast::io
