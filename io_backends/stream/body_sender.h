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
#include "io_backends/stream/counters.h"
#include "io_backends/stream/file_source.h"
#include "io_backends/stream/link.h"

namespace rackcast::io {

enum class SendOutcome : std::uint8_t {
  kDone,
  kPeerGone,     // reset, closed, or aborted by us
  kStalled,      // took nothing for send_stall_timeout
  kFileChanged,  // rewritten in place or truncated
  kReadFailed,
};
[[nodiscard]] const char* describe(SendOutcome outcome);  // "the file changed while it was sent"

// What one transfer needs beside its bytes.
struct SendContext {
  Link& link;
  asio::thread_pool& pool;
  StreamCounters& counters;
  const StreamLimits& limits;
  std::function<void(std::uint64_t)> on_progress;  // bytes just handed to the kernel
};

class BodySender {
 public:
  BodySender(SendContext context, FileSource& source) : context_(std::move(context)), source_(source) {}

  // [from, to) of the file. The socket is left as it is when the outcome is not kDone: the caller ends it.
  [[nodiscard]] Task<SendOutcome> send(std::uint64_t from, std::uint64_t to);

 private:
  Task<SendOutcome> send_turn(std::uint64_t& at, std::uint64_t end);
  Task<SendOutcome> send_held_back(std::uint64_t from, std::uint64_t to, bool wait_for_rest);
  Task<SendOutcome> warm_up(std::uint64_t from, std::uint64_t count);
  [[nodiscard]] SendOutcome link_failure() const;
  void sent(std::uint64_t count);

  SendContext context_;
  FileSource& source_;
};

}  // namespace rackcast::io
