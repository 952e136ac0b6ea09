// Sends a range of a file over a link, in turns, so that one fast reader does not keep a thread from its other
// connections and a slow disk keeps nobody.
//
//   image:      sendfile                                       (sealed: no checks)
//   tree file:  [cold? read ahead on the pool] [check] sendfile <= turn_bytes [check] …  last part: read, wait until
//               the rest has left, [check], send
//
// The last held_back_bytes are sent from memory, after the check that follows reading them: if the file was rewritten
// at any time before, the body stays short and the client knows. Nothing is ever padded.
//
// Thread: the stream thread of the link.
#pragma once

#include <cstdint>
#include <functional>

#include "io_backends/stream/asio.h"
#include "io_backends/stream/body_source.h"
#include "io_backends/stream/counters.h"
#include "io_backends/stream/stream_link.h"

namespace rackcast::io {

enum class BodyOutcome : std::uint8_t {
  kDone,
  kPeerGone,     // reset, closed, or aborted by us
  kStalled,      // took nothing for send_stall_timeout
  kFileChanged,  // rewritten in place or truncated
  kReadFailed,
};
[[nodiscard]] const char* describe(BodyOutcome outcome);  // "the file changed while it was sent"

// What one transfer needs beside its bytes.
struct SendContext {
  StreamLink& link;
  asio::thread_pool& pool;
  StreamCounters& counters;
  const StreamLimits& limits;
  std::function<void(std::uint64_t)> on_progress;  // bytes just handed to the kernel
};

class BodySender {
 public:
  BodySender(SendContext context, BodySource& source) : context_(std::move(context)), source_(source) {}

  // [from, to) of the file. The socket is left as it is when the outcome is not kDone: the caller ends it.
  [[nodiscard]] Task<BodyOutcome> send(std::uint64_t from, std::uint64_t to);

 private:
  Task<BodyOutcome> send_turn(std::uint64_t& at, std::uint64_t end);
  Task<BodyOutcome> send_held_back(std::uint64_t from, std::uint64_t to, bool wait_for_rest);
  Task<BodyOutcome> warm_up(std::uint64_t from, std::uint64_t count);
  [[nodiscard]] BodyOutcome link_failure() const;
  void sent(std::uint64_t count);

  SendContext context_;
  BodySource& source_;
};

}  // namespace rackcast::io
