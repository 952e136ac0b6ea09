// Lines and descriptors on a Unix stream socket. Both ends use it; neither trusts the other with more than the bounds
// below. Thread: whoever owns the socket.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/file_descriptor.h"

namespace rackcast::io {

// Without the newline. A request names a few values; an answer may list something.
inline constexpr std::size_t kControlRequestBytesMax = 4'096;
inline constexpr std::size_t kControlAnswerBytesMax = std::size_t{1} << 20U;

enum class LineStatus : std::uint8_t { kMore, kLine, kEnd, kTooLong, kFailed };

// Collects one line. Descriptors that come along are kept (the last one; others are closed).
class LineReader {
 public:
  explicit LineReader(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // Takes what is there; kMore: nothing more for now. kEnd: the peer closed before its line was whole. With kLine,
  // line() holds it; what follows it is ignored.
  [[nodiscard]] LineStatus read(int socket);

  [[nodiscard]] const std::string& line() const { return line_; }
  [[nodiscard]] FileDescriptor take_descriptor() { return std::move(descriptor_); }

 private:
  std::size_t bytes_max_;
  std::string line_;
  FileDescriptor descriptor_;
};

// Sends as much of `text` as goes without waiting, with `descriptor` (-1: none) beside its first byte. The count, or -1
// with errno.
[[nodiscard]] long send_text(int socket, std::string_view text, int descriptor = -1);

}  // namespace rackcast::io
