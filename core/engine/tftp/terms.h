// What client and server agree on before the first block: RFC 2347 negotiation as one pure function. Unknown, malformed
// and out-of-range options are left out of the OACK, never an error; values are capped, never raised.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/packet_io.h"
#include "core/time.h"
#include "proto/tftp/packet.h"

namespace rackcast::engine::tftpd {

// A netascii block is translated into the slot's header room.
inline constexpr std::uint16_t kNetasciiBlockMax = kSlotHeaderBytes - tftp::kDataHeaderBytes;

struct TermLimits {
  std::uint16_t block_size_max = tftp::kBlockSizeMax;
  std::uint16_t window_max = 64;
  // Before the first resend when the client does not ask for another (RFC 1123 section 4.2.3.2 asks for some back-off).
  std::uint32_t first_wait_us = 1'000'000;
  tftp::Rollover rollover = tftp::Rollover::kToZero;  // when the client does not ask
};

struct Terms {
  tftp::Mode mode = tftp::Mode::kOctet;
  tftp::Rollover rollover = tftp::Rollover::kToZero;
  std::uint16_t block_size = tftp::kBlockSizeDefault;
  std::uint16_t window = 1;              // blocks
  std::uint32_t timeout_us = 1'000'000;  // first wait
  std::uint8_t timeout_seconds = 0;      // what option timeout is echoed with
  // Which options the OACK carries.
  bool blksize = false;
  bool tsize = false;
  bool windowsize = false;
  bool timeout = false;
  bool utimeout = false;
  bool rollover_asked = false;

  [[nodiscard]] bool any() const { return blksize || tsize || windowsize || timeout || utimeout || rollover_asked; }
  [[nodiscard]] Duration first_wait() const { return std::chrono::microseconds(timeout_us); }
  friend bool operator==(const Terms&, const Terms&) = default;
};

// Options an operator does not want are as if they had not been asked for.
void drop_options(tftp::Options& asked, std::span<const std::string> unwanted);

[[nodiscard]] Terms negotiate(const tftp::Request& request, const TermLimits& limits);

// The OACK's content, exactly what was asked and granted. Precondition: terms.any().
[[nodiscard]] tftp::Options granted(const Terms& terms, std::uint64_t size_bytes);

}  // namespace rackcast::engine::tftpd
