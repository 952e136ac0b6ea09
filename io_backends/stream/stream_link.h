// One connected TCP socket with a deadline: what HTTP connections, FTP control connections and FTP data connections
// read and write through. Reads and writes never throw; a link that failed, expired or was shut stays so.
//
// Thread: its stream thread. Sends try the kernel first and suspend only when it is full.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "io_backends/stream/asio.h"
#include "io_backends/stream/settings.h"
#include "io_backends/stream/watch.h"

namespace rackcast::io {

enum class More : std::uint8_t { kNo, kFollows };  // kFollows: file bytes come next, do not send a short segment yet

struct ReadResult {
  enum class State : std::uint8_t {
    kBytes,
    kEnd,      // the peer closed its side, or the connection broke
    kExpired,  // the deadline came
    kWoken,    // wake() was called
  };
  State state = State::kEnd;
  std::size_t size = 0;
};

class StreamLink final : public Watched {
 public:
  StreamLink(tcp::socket socket, Watch& watch, const StreamLimits& limits);

  [[nodiscard]] int descriptor() { return socket_.native_handle(); }
  [[nodiscard]] bool expired() const { return expired_; }
  [[nodiscard]] const net::Endpoint& peer() const { return peer_; }
  [[nodiscard]] const net::Endpoint& local() const { return local_; }
  [[nodiscard]] std::uint32_t scope_id() const { return scope_id_; }

  void set_deadline_in(Milliseconds delay) { set_deadline(SteadyClock::now() + delay); }

  // At least one byte, or why not. The deadline is the caller's.
  [[nodiscard]] Task<ReadResult> read_some(std::span<char> room);
  // Everything, or false: broken, or the peer took nothing for send_stall_timeout.
  [[nodiscard]] Task<bool> send_all(std::string_view bytes, More more = More::kNo);
  // Until the kernel takes bytes again; false as for send_all.
  [[nodiscard]] Task<bool> wait_writable();
  // Until everything handed to the kernel has left for the network at least once; false as for send_all.
  [[nodiscard]] Task<bool> wait_transmitted();
  // Half-close, then drop what the peer still sends until it closes too: a plain close would answer late bytes with a
  // reset, which destroys the tail of what is under way to the peer (RFC 9112 §9.6).
  [[nodiscard]] Task<void> finish();

  // Only our side: what was sent is followed by the end, the peer may still send.
  void half_close();

  // Lets a read_some() that waits (or the next one) return kWoken.
  void wake();
  // Ends every wait now, as a deadline does.
  void on_deadline() override;
  // Usable again after a deadline, to say goodbye.
  void revive() { expired_ = false; }
  // Idle: on_stop() ends it.
  void set_idle(bool idle) { idle_ = idle; }
  // Life is a byte that was read or sent, or one that the peer acknowledged: a slow reader lives.
  void on_stop(Time now) override;
  void moved(std::uint64_t bytes) { moved_bytes_ += bytes; }  // sent past send_all()

 private:
  tcp::socket socket_;
  const StreamLimits& limits_;
  net::Endpoint peer_;
  net::Endpoint local_;
  std::uint32_t scope_id_ = 0;
  bool expired_ = false;
  bool woken_ = false;
  bool idle_ = false;
  std::uint64_t moved_bytes_ = 0;  // read and sent
  // While the server stops: what was seen of it last, and since when it is so.
  std::uint64_t seen_bytes_ = 0;
  int seen_unacknowledged_ = -1;
  Time seen_at_{};
};

}  // namespace rackcast::io
