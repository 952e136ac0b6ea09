// TFTP packets into a caller's span; the counterpart of packet.h.
//
// Each encoder returns the used prefix of `out`. An empty result means that it did not fit, or that a field cannot be
// carried (a NUL inside a name or value); `out` then holds no packet. Bytes are exact: never padded, since real clients
// reject NULs behind an OACK's last option. Option names go out in lower case, since GRUB matches them so, in a fixed
// order; the counters of Options are not read. No allocation, any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "proto/tftp/packet.h"

namespace rackcast::tftp {

// The largest ERROR we send; longer text is cut. Keeps it one frame and no amplifier.
inline constexpr std::size_t kErrorTextBytesMax = 128;

// RRQ or WRQ; used by clients (simulator, tests). An empty filename is refused.
[[nodiscard]] std::span<std::byte> encode_request(std::span<std::byte> out, const Request& request);

// The four bytes before a DATA payload; the payload is a second segment, borrowed from the image.
[[nodiscard]] std::span<std::byte> encode_data_header(std::span<std::byte> out, BlockNumber block);

[[nodiscard]] std::span<std::byte> encode_ack(std::span<std::byte> out, BlockNumber block);

// `text` ends at its first NUL or at kErrorTextBytesMax.
[[nodiscard]] std::span<std::byte> encode_error(std::span<std::byte> out, ErrorCode code, std::string_view text);

// Exactly the options that are present. Precondition: at least one is (without options the answer to a request is
// DATA 1, RFC 2347); an OACK without options is refused.
[[nodiscard]] std::span<std::byte> encode_oack(std::span<std::byte> out, const Options& granted);

}  // namespace rackcast::tftp
