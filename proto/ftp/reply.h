// FTP replies on the control connection (RFC 959 section 4.2, RFC 2428, RFC 3659), and their reading by clients
// (simulator, tests). Texts are the engine's.
//
//   one line:      220 text CRLF
//   several:       211-first CRLF  SP line CRLF ...  211 last CRLF     the space keeps a line from looking like the
//   last
//
// Encoders write into a Writer, which fails when the reply does not fit. No text can break a reply: CR, LF and NUL
// become '?', and a byte 255 is doubled as Telnet demands (RFC 854). No allocation, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "proto/bytes/writer.h"
#include "proto/net/address.h"

namespace rackcast::ftp {

enum class ReplyCode : std::uint16_t {
  kTransferStarting = 150,
  kOkay = 200,
  kSuperfluous = 202,
  kSystemStatus = 211,
  kFileStatus = 213,
  kHelp = 214,
  kSystemType = 215,
  kReady = 220,
  kGoodbye = 221,
  kNoTransfer = 225,
  kTransferComplete = 226,
  kPassive = 227,
  kExtendedPassive = 229,
  kLoggedIn = 230,
  kFileActionOkay = 250,
  kPathname = 257,
  kNeedPassword = 331,
  kFileActionPending = 350,
  kServiceUnavailable = 421,
  kNoDataConnection = 425,
  kTransferAborted = 426,
  kFileBusy = 450,
  kLocalError = 451,
  kSyntaxError = 500,
  kBadArgument = 501,
  kNotImplemented = 502,
  kBadSequence = 503,
  kBadParameter = 504,
  kBadProtocol = 522,
  kNotLoggedIn = 530,
  kFileUnavailable = 550,
};

// Bytes a one-line reply needs at most for `text_bytes` of text.
[[nodiscard]] constexpr std::size_t reply_bytes_max(std::size_t text_bytes) {
  return 4 + 2 * text_bytes + 2;
}

void put_reply(bytes::Writer& out, ReplyCode code, std::string_view text);

// The parts of a reply of several lines, in this order; put_reply() with the same code ends it.
void put_reply_begin(bytes::Writer& out, ReplyCode code, std::string_view text);
void put_reply_line(bytes::Writer& out, std::string_view text);

// 227 with the address and TCP port to connect to, as every client's scanner expects it.
void put_passive_reply(bytes::Writer& out, net::Ipv4Address address, net::UdpPort port);
// 229 with the TCP port; no dot at the end.
void put_extended_passive_reply(bytes::Writer& out, net::UdpPort port);
// 257 "path" is the current directory; quotes inside the path are doubled (RFC 959 appendix II).
void put_pathname_reply(bytes::Writer& out, std::string_view path);

// For clients. A line as received, without its CRLF.
struct ReplyLine {
  std::uint16_t code = 0;  // 100..599
  bool last = true;        // false: "ddd-", more lines follow
  std::string_view text;
};
// Nothing for a line that does not begin like a reply (such as the middle lines of a longer one).
[[nodiscard]] std::optional<ReplyLine> parse_reply_line(std::string_view line);
// The endpoint in the text of a 227: six numbers, wherever they stand (RFC 1123 section 4.1.2.6).
[[nodiscard]] std::optional<net::Endpoint> parse_passive_text(std::string_view text);
// The TCP port in the text of a 229.
[[nodiscard]] std::optional<net::UdpPort> parse_extended_passive_text(std::string_view text);

}  // namespace rackcast::ftp
