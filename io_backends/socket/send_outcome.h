// What an errno of a send means for the burst. One table for both kernel backends.
#pragma once

#include <cerrno>
#include <cstdint>

#include "core/packet_io.h"

namespace rackcast::io {

enum class SendOutcome : std::uint8_t {
  kBlocked,         // buffer full: keep the burst, go on when the socket is writable
  kOffloadRefused,  // send the same burst one by one
  kUnreachable,     // no route, no neighbour, interface down: drop
  kFailed,          // anything else: drop
};

// `error` > 0. ENOBUFS is a drop, not a block: nothing would tell when to go on.
[[nodiscard]] constexpr SendOutcome classify_send_error(int error, bool offloaded) {
  if (offloaded && (error == EIO || error == EINVAL || error == EMSGSIZE)) return SendOutcome::kOffloadRefused;
  switch (error) {
    case EAGAIN:
      return SendOutcome::kBlocked;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case ENODEV:
    case ENXIO:
    case EADDRNOTAVAIL:
      return SendOutcome::kUnreachable;
    default:
      return SendOutcome::kFailed;
  }
}

constexpr void count_drop(SendOutcome outcome, IoStats& stats) {
  if (outcome == SendOutcome::kUnreachable) {
    ++stats.send_unreachable;
  } else {
    ++stats.send_failed;
  }
}

}  // namespace rackcast::io
