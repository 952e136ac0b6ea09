// TFTP packets as values: RFC 1350 (packets), 2347 (options), 2348 (blksize), 2349 (timeout, tsize), 7440 (windowsize),
// 2090 (multicast), and tftp-hpa's utimeout and rollover. Shape only: what a value means, whether it is granted and
// what path a file name is are the engine's decisions. The encoders are in encode.h.
//
//   RRQ 1 | WRQ 2   opcode  file NUL  mode NUL  { name NUL value NUL }...
//   DATA 3          opcode  block  0...65464 bytes
//   ACK 4           opcode  block
//   ERROR 5         opcode  code  text NUL
//   OACK 6          opcode  { name NUL value NUL }...
//   e.g. 00 01 "a" 00 "octet" 00 "blksize" 00 "1468" 00 : RRQ of "a", 1468-byte blocks asked
//
// Every view and span in a result borrows from the datagram that was parsed and dies with it. Total: any bytes give a
// packet or one reject reason. No allocation, O(datagram size), any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <tl/expected.hpp>
#include <variant>

#include "proto/tftp/block.h"

namespace rackcast::tftp {

inline constexpr std::uint16_t kBlockSizeDefault = 512;  // bytes, RFC 1350
inline constexpr std::uint16_t kBlockSizeMin = 8;        // RFC 2348
inline constexpr std::uint16_t kBlockSizeMax = 65'464;   // RFC 2348
inline constexpr std::uint16_t kWindowSizeMin = 1;       // blocks, RFC 7440; its maximum is 65535
inline constexpr std::uint8_t kTimeoutSecondsMin = 1;    // RFC 2349; its maximum is 255
inline constexpr std::uint32_t kUtimeoutMin = 10'000;    // microseconds, tftp-hpa
inline constexpr std::uint32_t kUtimeoutMax = 255'000'000;
inline constexpr std::size_t kDataHeaderBytes = 4;

// RFC 2347 lets senders use 512 bytes; we take what a lane's receive buffer can hold.
inline constexpr std::size_t kRequestBytesMax = 2'048;
// Options looked at in one RRQ, WRQ or OACK. Nine are defined; more than this is an attack, and rejected.
inline constexpr std::size_t kOptionsMax = 32;

enum class Opcode : std::uint16_t { kRrq = 1, kWrq = 2, kData = 3, kAck = 4, kError = 5, kOack = 6 };

// Open: a peer may send any other number.
enum class ErrorCode : std::uint16_t {
  kUndefined = 0,
  kFileNotFound = 1,
  kAccessViolation = 2,
  kDiskFull = 3,
  kIllegalOperation = 4,
  kUnknownTid = 5,
  kFileExists = 6,
  kNoSuchUser = 7,
  kOptionRefused = 8,  // RFC 2347; also how EDK2 ends its size query, which is no failure
};

enum class Mode : std::uint8_t {
  kOctet,
  kNetascii,
  kMail
};  // mail is obsolete: parsed so that it can be refused by name

// Why bytes are not a packet. One per datagram: the first reason met.
enum class RejectReason : std::uint8_t {
  kTooShort,  // ends inside the fixed part
  kUnknownOpcode,
  kUnexpectedOpcode,  // a packet of another kind than the called parser's
  kRequestTooLong,    // beyond kRequestBytesMax
  kFilenameUnterminated,
  kFilenameEmpty,
  kModeUnterminated,
  kModeUnknown,
  kOptionUnterminated,  // a name or value without its NUL, or a name without a value
  kOptionNameEmpty,     // OACK only: padding behind the options breaks real clients, so it may not pass here
  kTooManyOptions,
  kDataTooLong,  // beyond kBlockSizeMax
  kCount_,
};
[[nodiscard]] std::string_view text(RejectReason reason);  // static; "filename unterminated"

template <typename T>
using Parsed = tl::expected<T, RejectReason>;

// Options with their names resolved. A number is present when its first mention was well-formed: 1 to 20 ASCII digits
// that fit 64 bits. It is otherwise unchecked (blksize 4 and windowsize 70000 arrive as they are). Names are matched in
// any case; a repeated name is ignored, even after a malformed first mention.
struct Options {
  std::optional<std::uint64_t> blksize;       // bytes
  std::optional<std::uint64_t> tsize;         // bytes
  std::optional<std::uint64_t> timeout;       // seconds
  std::optional<std::uint64_t> utimeout;      // microseconds
  std::optional<std::uint64_t> windowsize;    // blocks
  std::optional<std::uint64_t> rollover;      // the number after 65535
  std::optional<std::string_view> multicast;  // RFC 2090; empty in an RRQ, "addr,port,mc" in an OACK

  std::uint8_t unknown_count = 0;    // ignored as RFC 2347 section 1 says; at most kOptionsMax
  std::uint8_t malformed_count = 0;  // recognised name, value that is no number: ignored too
  std::uint8_t duplicate_count = 0;
  bool uppercase_names = false;  // some name was not all lower case (GRUB would miss it in an OACK)

  [[nodiscard]] bool any_recognised() const {
    return blksize || tsize || timeout || utimeout || windowsize || rollover || multicast;
  }
  friend bool operator==(const Options&, const Options&) = default;
};

struct Request {
  Opcode opcode = Opcode::kRrq;  // kRrq or kWrq
  std::string_view filename;     // raw bytes, not empty, no NUL
  Mode mode = Mode::kOctet;
  Options options;
};

struct Data {
  BlockNumber block;
  std::span<const std::byte> payload;  // at most kBlockSizeMax bytes
};

struct Ack {
  BlockNumber block;
};

struct ErrorReport {
  ErrorCode code = ErrorCode::kUndefined;
  std::string_view text;  // raw bytes: sanitise where it is printed
};

struct OptionAck {
  Options options;
};

struct Rejected {
  RejectReason reason = RejectReason::kTooShort;
};

using Packet = std::variant<Request, Data, Ack, ErrorReport, OptionAck, Rejected>;

// Any datagram.
[[nodiscard]] Packet parse(std::span<const std::byte> datagram);

// One kind each; another kind is kUnexpectedOpcode, an opcode nobody defined kUnknownOpcode.
// NUL padding behind a request's last option is accepted: clients that send fixed-size requests exist.
[[nodiscard]] Parsed<Request> parse_request(std::span<const std::byte> datagram);
[[nodiscard]] Parsed<Data> parse_data(std::span<const std::byte> datagram);
// Bytes behind the block number are ignored: some stacks hand up Ethernet padding.
[[nodiscard]] Parsed<Ack> parse_ack(std::span<const std::byte> datagram);
// The text may lack its NUL or be absent: an ERROR ends a transfer, however badly it is written.
[[nodiscard]] Parsed<ErrorReport> parse_error(std::span<const std::byte> datagram);
[[nodiscard]] Parsed<OptionAck> parse_oack(std::span<const std::byte> datagram);

}  // namespace rackcast::tftp
