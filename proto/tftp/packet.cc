#include "proto/tftp/packet.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "proto/bytes/ascii.h"
#include "proto/bytes/cursor.h"
#include "proto/tftp/option_table.h"

namespace rackcast::tftp {
namespace {

using bytes::Cursor;

constexpr std::size_t kNumberDigitsMax = 20;  // of 2^64 - 1

std::optional<std::uint64_t> parse_number(std::string_view text) {
  if (text.empty() || text.size() > kNumberDigitsMax) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Which names were met: a bit each of kNumericOptions, and one more for multicast.
class SeenNames {
 public:
  bool first_time(std::size_t name) {
    const std::uint32_t bit = 1U << name;
    return (std::exchange(mask_, mask_ | bit) & bit) == 0;
  }

 private:
  std::uint32_t mask_ = 0;
};

void take_option(std::string_view name, std::string_view value, SeenNames& seen, Options& options) {
  if (std::any_of(name.begin(), name.end(), bytes::is_upper)) options.uppercase_names = true;
  if (bytes::equal_any_case(name, kMulticastName)) {
    if (seen.first_time(kNumericOptions.size()))
      options.multicast = value;
    else
      ++options.duplicate_count;
    return;
  }
  for (std::size_t i = 0; i < kNumericOptions.size(); ++i) {
    if (!bytes::equal_any_case(name, kNumericOptions[i].name)) continue;
    if (!seen.first_time(i)) {
      ++options.duplicate_count;
    } else if (const auto number = parse_number(value)) {
      options.*kNumericOptions[i].value = number;
    } else {
      ++options.malformed_count;
    }
    return;
  }
  ++options.unknown_count;
}

enum class Padding : std::uint8_t { kAccepted, kRefused };

bool only_nuls(Cursor rest) {
  const auto data = rest.rest();
  return std::all_of(data.begin(), data.end(), [](std::byte b) { return b == std::byte{0}; });
}

Parsed<Options> parse_options(Cursor in, Padding padding) {
  Options options;
  SeenNames seen;
  for (std::size_t count = 0; !in.at_end(); ++count) {
    const Cursor here = in;
    const std::string_view name = in.until_nul();
    if (in.ok() && name.empty()) {
      if (padding == Padding::kRefused) return tl::make_unexpected(RejectReason::kOptionNameEmpty);
      if (only_nuls(here)) break;
    }
    const std::string_view value = in.until_nul();
    if (!in.ok()) return tl::make_unexpected(RejectReason::kOptionUnterminated);
    if (count == kOptionsMax) return tl::make_unexpected(RejectReason::kTooManyOptions);
    take_option(name, value, seen, options);
  }
  return options;
}

std::optional<Mode> parse_mode(std::string_view text) {
  if (bytes::equal_any_case(text, "octet")) return Mode::kOctet;
  if (bytes::equal_any_case(text, "netascii")) return Mode::kNetascii;
  if (bytes::equal_any_case(text, "mail")) return Mode::kMail;
  return std::nullopt;
}

constexpr auto wire_value(Opcode opcode) {
  return static_cast<std::uint16_t>(opcode);
}

Parsed<Opcode> read_opcode(Cursor& in) {
  const std::uint16_t opcode = in.be16();
  if (!in.ok()) return tl::make_unexpected(RejectReason::kTooShort);
  if (opcode < wire_value(Opcode::kRrq) || opcode > wire_value(Opcode::kOack))
    return tl::make_unexpected(RejectReason::kUnknownOpcode);
  return Opcode{opcode};
}

// Nothing to reject: the datagram is of the wanted kind, and `in` stands behind the opcode.
std::optional<RejectReason> expect_opcode(Cursor& in, Opcode wanted) {
  const auto opcode = read_opcode(in);
  if (!opcode) return opcode.error();
  if (*opcode != wanted) return RejectReason::kUnexpectedOpcode;
  return std::nullopt;
}

}  // namespace

Parsed<Request> parse_request(std::span<const std::byte> datagram) {
  Cursor in(datagram);
  const auto opcode = read_opcode(in);
  if (!opcode) return tl::make_unexpected(opcode.error());
  if (*opcode != Opcode::kRrq && *opcode != Opcode::kWrq) return tl::make_unexpected(RejectReason::kUnexpectedOpcode);
  if (datagram.size() > kRequestBytesMax) return tl::make_unexpected(RejectReason::kRequestTooLong);

  const std::string_view filename = in.until_nul();
  if (!in.ok()) return tl::make_unexpected(RejectReason::kFilenameUnterminated);
  if (filename.empty()) return tl::make_unexpected(RejectReason::kFilenameEmpty);
  const std::string_view mode_text = in.until_nul();
  if (!in.ok()) return tl::make_unexpected(RejectReason::kModeUnterminated);
  const auto mode = parse_mode(mode_text);
  if (!mode) return tl::make_unexpected(RejectReason::kModeUnknown);
  const auto options = parse_options(in, Padding::kAccepted);
  if (!options) return tl::make_unexpected(options.error());
  return Request{.opcode = *opcode, .filename = filename, .mode = *mode, .options = *options};
}

Parsed<Data> parse_data(std::span<const std::byte> datagram) {
  Cursor in(datagram);
  if (const auto reason = expect_opcode(in, Opcode::kData)) return tl::make_unexpected(*reason);
  const BlockNumber block(in.be16());
  if (!in.ok()) return tl::make_unexpected(RejectReason::kTooShort);
  if (in.remaining() > kBlockSizeMax) return tl::make_unexpected(RejectReason::kDataTooLong);
  return Data{.block = block, .payload = in.rest()};
}

Parsed<Ack> parse_ack(std::span<const std::byte> datagram) {
  Cursor in(datagram);
  if (const auto reason = expect_opcode(in, Opcode::kAck)) return tl::make_unexpected(*reason);
  const BlockNumber block(in.be16());
  if (!in.ok()) return tl::make_unexpected(RejectReason::kTooShort);
  return Ack{.block = block};
}

Parsed<ErrorReport> parse_error(std::span<const std::byte> datagram) {
  Cursor in(datagram);
  if (const auto reason = expect_opcode(in, Opcode::kError)) return tl::make_unexpected(*reason);
  const ErrorCode code{in.be16()};
  if (!in.ok()) return tl::make_unexpected(RejectReason::kTooShort);
  const auto rest = in.rest();
  const std::string_view unterminated(reinterpret_cast<const char*>(rest.data()), rest.size());
  return ErrorReport{.code = code, .text = unterminated.substr(0, unterminated.find('\0'))};
}

Parsed<OptionAck> parse_oack(std::span<const std::byte> datagram) {
  Cursor in(datagram);
  if (const auto reason = expect_opcode(in, Opcode::kOack)) return tl::make_unexpected(*reason);
  const auto options = parse_options(in, Padding::kRefused);
  if (!options) return tl::make_unexpected(options.error());
  return OptionAck{.options = *options};
}

Packet parse(std::span<const std::byte> datagram) {
  const auto packet = [](const auto& parsed) -> Packet {
    if (parsed) return *parsed;
    return Rejected{parsed.error()};
  };
  Cursor in(datagram);
  const auto opcode = read_opcode(in);
  if (!opcode) return Rejected{opcode.error()};
  switch (*opcode) {
    case Opcode::kRrq:
    case Opcode::kWrq:
      return packet(parse_request(datagram));
    case Opcode::kData:
      return packet(parse_data(datagram));
    case Opcode::kAck:
      return packet(parse_ack(datagram));
    case Opcode::kError:
      return packet(parse_error(datagram));
    case Opcode::kOack:
      return packet(parse_oack(datagram));
  }
  return Rejected{RejectReason::kUnknownOpcode};
}

std::string_view text(RejectReason reason) {
  switch (reason) {
    case RejectReason::kTooShort:
      return "too short";
    case RejectReason::kUnknownOpcode:
      return "unknown opcode";
    case RejectReason::kUnexpectedOpcode:
      return "unexpected opcode";
    case RejectReason::kRequestTooLong:
      return "request too long";
    case RejectReason::kFilenameUnterminated:
      return "filename unterminated";
    case RejectReason::kFilenameEmpty:
      return "filename empty";
    case RejectReason::kModeUnterminated:
      return "mode unterminated";
    case RejectReason::kModeUnknown:
      return "mode unknown";
    case RejectReason::kOptionUnterminated:
      return "option unterminated";
    case RejectReason::kOptionNameEmpty:
      return "option name empty";
    case RejectReason::kTooManyOptions:
      return "too many options";
    case RejectReason::kDataTooLong:
      return "data too long";
    case RejectReason::kCount_:
      break;
  }
  return "no such reason";
}

}  // namespace rackcast::tftp
