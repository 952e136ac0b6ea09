// Limits and live settings of the stream path (HTTP, FTP, the board's listener). StreamLimits are fixed at start and
// differ from their defaults only in tests; StreamView is what a reload swaps.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "core/config/config.h"

namespace rackcast::io {

using Milliseconds = std::chrono::milliseconds;

struct StreamLimits {
  // HTTP connections and FTP control connections together, per thread: three for each of five thousand machines that
  // install at once. Over it: HTTP gets 503 with Retry-After, FTP 421, both counted.
  std::size_t connections_max = 16'384;
  // Apart from the others, so that a full rack cannot lock the operator out.
  std::size_t board_connections_max = 64;

  Milliseconds request_head_timeout{20'000};  // from its first byte to its empty line
  Milliseconds keep_alive_timeout{30'000};    // idle between requests: longer than iPXE's pool of 10 s
  Milliseconds send_stall_timeout{60'000};    // no byte taken by the peer
  Milliseconds drain_timeout{2'000};          // after half-close, for the peer's close
  Milliseconds ftp_idle_timeout{300'000};     // no command on the control connection
  Milliseconds data_open_timeout{60'000};     // accept or connect of a data connection
  // A transfer that must wait for its turn (admission = "queue") is held this long, then told to come back: shorter
  // than the patience of installers (curl and librepo: 30 s without a byte).
  Milliseconds queue_wait_max{15'000};
  Milliseconds stop_stall_timeout{1'000};  // while the server stops: no sign of life of whom it waits for

  // Deadlines are looked at this often.
  Milliseconds sweep_interval{100};
  Milliseconds progress_interval{500};

  std::size_t turn_bytes = 512 * 1'024;       // one connection's share of its thread before others come
  std::size_t held_back_bytes = 128 * 1'024;  // end of a tree file's body, sent only once the file proved unchanged
  // Threads for what may wait for a disk: cold look-ups, cold pages, directory listings. One job per connection.
  unsigned blocking_threads = 2;
};

// What a reload may change, for requests that start after it.
struct StreamView {
  std::optional<std::string> http_root;
  std::optional<std::string> ftp_root;
  std::optional<PortRange> passive_ports;
  AdmissionConfig http_admission;
  AdmissionConfig ftp_admission;

  static std::shared_ptr<const StreamView> from(const Config& config);
  // After a reload to `config`. Its listeners live on until a restart, so a section that `config` lacks keeps what it
  // had, and one that was off stays off.
  [[nodiscard]] std::shared_ptr<const StreamView> updated(const Config& config) const;
};

}  // namespace rackcast::io
