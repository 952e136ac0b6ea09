#include "core/engine/http/head_scan.h"

namespace rackcast::engine {

namespace {

HeadScan refuse(unsigned status) {
  HeadScan scan;
  scan.state = HeadScan::State::kRefused;
  scan.status = status;
  return scan;
}

// Every line but the last ended in CRLF and held no other control byte.
struct LineEnd {
  enum class Kind : std::uint8_t { kOpen, kFound, kBad } kind = Kind::kOpen;
  std::size_t at = 0;  // of the CR
};

LineEnd find_line_end(std::string_view text, std::size_t from) {
  for (std::size_t i = from; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n' || c == '\0') return {LineEnd::Kind::kBad, i};
    if (c != '\r') continue;
    if (i + 1 == text.size()) return {LineEnd::Kind::kOpen, i};
    return {text[i + 1] == '\n' ? LineEnd::Kind::kFound : LineEnd::Kind::kBad, i};
  }
  return {LineEnd::Kind::kOpen, text.size()};
}

}  // namespace

HeadScan scan_head(std::string_view received) {
  HeadScan scan;
  if (received.starts_with("\r\n")) scan.skip = 2;
  const std::string_view text = received.substr(scan.skip);
  std::size_t at = 0;
  for (std::size_t line = 0;; ++line) {
    const LineEnd end = find_line_end(text, at);
    if (end.kind == LineEnd::Kind::kBad) return refuse(400);
    const std::size_t length = end.at - at;
    if (line == 0 && length > kRequestLineBytesMax) return refuse(414);
    if (end.at > kRequestHeadBytesMax || line > kRequestFieldsMax + 1) return refuse(431);
    if (end.kind == LineEnd::Kind::kOpen) return scan;
    if (length == 0) {
      if (line == 0) return refuse(400);  // a second empty line before any request
      scan.state = HeadScan::State::kComplete;
      scan.size = end.at + 2;
      return scan;
    }
    // A line that begins with a blank: folded (RFC 9112 §5.2), or blanks before the first field (§2.2).
    if (text[at] == ' ' || text[at] == '\t') return refuse(400);
    at = end.at + 2;
  }
}

}  // namespace rackcast::engine
