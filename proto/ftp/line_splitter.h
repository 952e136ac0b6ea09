// Command lines out of the control connection's byte stream: CRLF (a bare LF is tolerated), Telnet sequences taken out
// (RFC 959 section 4.1.3, RFC 854), one bound on a line's length.
//
// Clients send IAC IP IAC DM before ABOR, and the DM may have left the stream as urgent data: an IAC at the start of a
// line is therefore Telnet's whatever follows; further in, an IAC before no Telnet command is a byte of a file name.
//
// Owns its buffer and nothing else; never allocates after construction; not thread-safe. Any bytes, cut anywhere, give
// the same lines. A peer can send without ever ending a line (an endless line or subnegotiation costs no memory): an
// idle timer has to count lines, not bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace rackcast::ftp {

class LineSplitter {
 public:
  // Without the line end. A longer line is swallowed to its end and reported once.
  static constexpr std::size_t kLineBytesMax = 4'096;

  enum class Outcome : std::uint8_t {
    kNeedMore,  // all input is consumed, no line is complete
    kLine,
    kTooLong,  // a whole line was dropped: one 500 "Input line too long."
  };

  struct Step {
    Outcome outcome = Outcome::kNeedMore;
    std::size_t consumed_bytes = 0;  // at least 1 where there was input
    std::string_view line;           // kLine: without its end; borrowed from the splitter until the next call
  };

  // Consumes `input` up to the end of one line. Call again with the rest until kNeedMore.
  [[nodiscard]] Step next(std::span<const std::byte> input);

 private:
  enum class Telnet : std::uint8_t { kText, kCommand, kOption, kSubnegotiation, kSubnegotiationCommand };

  enum class Got : std::uint8_t { kNothing, kLineEnd };

  Got take(std::uint8_t byte);
  Got take_text(std::uint8_t byte);
  Got take_telnet_command(std::uint8_t byte);
  void append(std::uint8_t byte);
  [[nodiscard]] Step finish_line(std::size_t consumed_bytes);

  Telnet telnet_ = Telnet::kText;
  bool too_long_ = false;
  std::size_t size_ = 0;                        // of the line so far
  std::array<char, kLineBytesMax + 1> line_{};  // one more for the CR before the LF
};

}  // namespace rackcast::ftp
