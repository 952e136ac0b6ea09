// Writing a DHCPv4/BOOTP message into a caller's buffer: fixed header, `sname` and `file`, options in the order they
// are put, the end marker, zero padding to the minimum size (RFC 2131 §2, RFC 2132 §2, RFC 1542 §2.1).
//
// Never writes past the buffer nor past `size_bytes_max`. An option that does not fit is left out whole and counted,
// and smaller ones after it may still be put: the order of the calls is the order of importance. Values over 255 octets
// are split (RFC 3396); shorter ones never are, since old ROMs do not join. Options go into `file` and `sname` only
// where the caller gave those fields up (`Limits::overload`), and option 52 is written only if that was used.
//
//   MessageWriter writer(slot, header, {.size_bytes_max = 548});
//   writer.set_last(OptionCode::kRelayAgentInfo, echo);      // its room is kept from the start
//   writer.put_u8(OptionCode::kMessageType, ...);
//   const std::span<std::byte> datagram = writer.finish();
//
// One writer, one message, one thread; no allocation. The buffer stays the caller's; bytes past the result are
// untouched.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "proto/bytes/writer.h"
#include "proto/dhcp/message.h"
#include "proto/dhcp/option_code.h"
#include "proto/dhcp/options.h"

namespace rackcast::dhcp4 {

class MessageWriter {
 public:
  struct Limits {
    std::size_t size_bytes_max = kMessageSizeDefault;  // of the UDP payload
    std::size_t size_bytes_min = kMessageSizeMin;      // padded to this; at least the fixed header, cookie and end
    Overload overload = Overload::kNone;  // PXE clients misread overloaded fields: leave it at kNone for them
  };

  // `header` is written at once. A buffer or maximum below the minimum makes a writer that is not ok() and takes
  // nothing.
  MessageWriter(std::span<std::byte> out, const Header& header, const Limits& limits);

  [[nodiscard]] bool ok() const { return state_ == State::kOpen || state_ == State::kRaw; }

  // NUL-terminated text. False, and nothing written: too long (127 and 63 octets), an embedded NUL, or a field that was
  // given up to overload.
  [[nodiscard]] bool set_file(std::string_view name);
  [[nodiscard]] bool set_sname(std::string_view name);

  // One option each; every code at most once, as receivers join repeats. False when it was left out; dropped_count()
  // remembers, so the result may be ignored. Codes 0, 52 and 255 are the writer's own and are refused.
  bool put(OptionCode code, std::span<const std::byte> value);
  bool put_u8(OptionCode code, std::uint8_t value);
  bool put_u16(OptionCode code, std::uint16_t value);
  bool put_u32(OptionCode code, std::uint32_t value);
  bool put_address(OptionCode code, net::Ipv4Address address);
  bool put_addresses(OptionCode code, std::span<const net::Ipv4Address> addresses);  // kAddressesMax at most
  bool put_text(OptionCode code, std::string_view text);
  // With a NUL after the text, for ROMs that take a value for a C string; kTerminatedTextMax octets at most.
  bool put_terminated_text(OptionCode code, std::string_view text);

  // The option that must come last (relay agent information, RFC 3046 §2.2): its room in the options field is kept
  // from now on and it is written by finish(). `value` is the caller's until then. Once per message, before the puts.
  bool set_last(OptionCode code, std::span<const std::byte> value);

  // Instead of cookie and options: what a BOOTP client without a cookie had in its vendor area (RFC 951 has the server
  // return it). Only before any option was put; false if it does not fit.
  [[nodiscard]] bool set_raw_vendor_area(std::span<const std::byte> vendor_area);

  // The longest value one more option could have without being split or left out.
  [[nodiscard]] std::size_t room() const;
  [[nodiscard]] std::size_t dropped_count() const { return dropped_count_; }
  // Of the first option left out: which one the operator is told about. kPad when none was.
  [[nodiscard]] OptionCode first_dropped() const { return first_dropped_; }

  // The whole message, padded; empty when not ok(). The writer takes nothing afterwards.
  [[nodiscard]] std::span<std::byte> finish();

  static constexpr std::size_t kAddressesMax = 63;
  static constexpr std::size_t kTerminatedTextMax = 254;

 private:
  enum class State : std::uint8_t { kOpen, kRaw, kFinished, kFailed };
  enum Field : std::uint8_t { kOptionsField, kFileField, kSnameField, kFieldCount };

  struct Area {
    bytes::Writer writer;
    std::size_t kept = 0;  // octets not to be given to put(): the end marker, option 52, the last option
    [[nodiscard]] std::size_t room() const { return writer.room() > kept ? writer.room() - kept : 0; }
  };

  bool write_text_field(std::string_view text, std::size_t offset, std::size_t size, bool given_up);
  [[nodiscard]] bool may_use(std::size_t field) const;
  bool put_whole(OptionCode code, std::span<const std::byte> value);
  bool put_split(OptionCode code, std::span<const std::byte> value);
  [[nodiscard]] bool fits_split(std::size_t size) const;
  bool drop(OptionCode code);
  void close_areas();

  std::span<std::byte> out_;  // cut to the maximum size
  std::array<Area, kFieldCount> areas_;
  std::size_t size_bytes_min_;
  Overload overload_;
  State state_ = State::kOpen;
  std::uint8_t current_ = kOptionsField;  // never goes back: pieces are joined in the order of the fields
  bool touched_ = false;                  // an option was put or promised
  std::size_t raw_size_ = 0;
  OptionCode last_code_ = OptionCode::kPad;
  std::span<const std::byte> last_value_;
  std::size_t dropped_count_ = 0;
  OptionCode first_dropped_ = OptionCode::kPad;
};

}  // namespace rackcast::dhcp4
