#include "proto/ftp/line_splitter.h"

namespace rackcast::ftp {
namespace {

// RFC 854.
enum TelnetByte : std::uint8_t {
  kSubnegotiationEnd = 240,  // the first of the commands
  kSubnegotiationBegin = 250,
  kWill = 251,
  kDont = 254,  // WILL, WONT, DO, DONT: an option byte follows
  kIac = 255,
};

}  // namespace

LineSplitter::Step LineSplitter::next(std::span<const std::byte> input) {
  for (std::size_t i = 0; i < input.size(); ++i)
    if (take(std::to_integer<std::uint8_t>(input[i])) == Got::kLineEnd) return finish_line(i + 1);
  return {.consumed_bytes = input.size()};
}

LineSplitter::Got LineSplitter::take(std::uint8_t byte) {
  switch (telnet_) {
    case Telnet::kText:
      return take_text(byte);
    case Telnet::kCommand:
      return take_telnet_command(byte);
    case Telnet::kOption:
      telnet_ = Telnet::kText;
      break;
    case Telnet::kSubnegotiation:
      if (byte == kIac) telnet_ = Telnet::kSubnegotiationCommand;
      break;
    case Telnet::kSubnegotiationCommand:
      telnet_ = byte == kSubnegotiationEnd ? Telnet::kText : Telnet::kSubnegotiation;
      break;
  }
  return Got::kNothing;
}

LineSplitter::Got LineSplitter::take_text(std::uint8_t byte) {
  if (byte == '\n') return Got::kLineEnd;
  if (byte == kIac)
    telnet_ = Telnet::kCommand;
  else
    append(byte);
  return Got::kNothing;
}

LineSplitter::Got LineSplitter::take_telnet_command(std::uint8_t byte) {
  telnet_ = Telnet::kText;
  if (byte == kIac) {
    append(kIac);  // doubled: the byte itself
  } else if (byte == kSubnegotiationBegin) {
    telnet_ = Telnet::kSubnegotiation;
  } else if (byte >= kWill && byte <= kDont) {
    telnet_ = Telnet::kOption;
  } else if (byte < kSubnegotiationEnd) {
    if (size_ != 0) append(kIac);
    return take_text(byte);
  }
  return Got::kNothing;
}

void LineSplitter::append(std::uint8_t byte) {
  if (size_ == line_.size())
    too_long_ = true;
  else
    line_[size_++] = static_cast<char>(byte);
}

LineSplitter::Step LineSplitter::finish_line(std::size_t consumed_bytes) {
  std::string_view line(line_.data(), size_);
  if (!too_long_ && line.ends_with('\r')) line.remove_suffix(1);
  const bool too_long = too_long_ || line.size() > kLineBytesMax;
  size_ = 0;
  too_long_ = false;
  if (too_long) return {.outcome = Outcome::kTooLong, .consumed_bytes = consumed_bytes};
  return {.outcome = Outcome::kLine, .consumed_bytes = consumed_bytes, .line = line};
}

}  // namespace rackcast::ftp
