#include "proto/ftp/reply.h"

#include <algorithm>

#include "proto/ftp/argument.h"
#include "proto/ftp/text_writer.h"

namespace rackcast::ftp {
namespace {

constexpr std::uint16_t kCodeMin = 100;
constexpr std::uint16_t kCodeMax = 599;
constexpr std::size_t kCodeDigits = 3;
constexpr std::string_view kLineEnd = "\r\n";
constexpr char kIac = '\xFF';

void put_code(bytes::Writer& out, ReplyCode code, char separator) {
  const auto value = static_cast<std::uint16_t>(code);
  if (value < kCodeMin || value > kCodeMax) out.fail();
  put_number(out, value);
  out.u8(static_cast<std::uint8_t>(separator));
}

// A byte 255 is sent twice (RFC 854).
void put_text(bytes::Writer& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = std::min(text.find(kIac), text.size() - 1) + 1;
    put_on_one_line(out, text.substr(0, size));
    if (text[size - 1] == kIac) out.text({&kIac, 1});
    text.remove_prefix(size);
  }
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

void put_reply(bytes::Writer& out, ReplyCode code, std::string_view text) {
  put_code(out, code, ' ');
  put_text(out, text);
  out.text(kLineEnd);
}

void put_reply_begin(bytes::Writer& out, ReplyCode code, std::string_view text) {
  put_code(out, code, '-');
  put_text(out, text);
  out.text(kLineEnd);
}

void put_reply_line(bytes::Writer& out, std::string_view text) {
  out.text(" ");
  put_text(out, text);
  out.text(kLineEnd);
}

void put_passive_reply(bytes::Writer& out, net::Ipv4Address address, net::UdpPort port) {
  put_code(out, ReplyCode::kPassive, ' ');
  out.text("Entering Passive Mode (");
  put_port(out, {.address = address, .port = port});
  out.text(").\r\n");
}

void put_extended_passive_reply(bytes::Writer& out, net::UdpPort port) {
  put_code(out, ReplyCode::kExtendedPassive, ' ');
  out.text("Entering Extended Passive Mode (|||");
  put_number(out, port.value());
  out.text("|)\r\n");
}

void put_pathname_reply(bytes::Writer& out, std::string_view path) {
  put_code(out, ReplyCode::kPathname, ' ');
  out.text("\"");
  while (!path.empty()) {
    const std::size_t size = std::min(path.find('"'), path.size());
    put_text(out, path.substr(0, size));
    path.remove_prefix(size);
    if (path.empty()) break;
    out.text("\"\"");
    path.remove_prefix(1);
  }
  out.text("\" is the current directory\r\n");
}

std::optional<ReplyLine> parse_reply_line(std::string_view line) {
  if (line.size() < kCodeDigits || !std::all_of(line.begin(), line.begin() + kCodeDigits, is_digit))
    return std::nullopt;
  const auto code = static_cast<std::uint16_t>(*parse_number(line.substr(0, kCodeDigits)));
  if (code < kCodeMin || code > kCodeMax) return std::nullopt;
  line.remove_prefix(kCodeDigits);
  if (line.empty()) return ReplyLine{.code = code};
  if (line.front() != ' ' && line.front() != '-') return std::nullopt;
  return ReplyLine{.code = code, .last = line.front() == ' ', .text = line.substr(1)};
}

std::optional<net::Endpoint> parse_passive_text(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  constexpr std::string_view kNumbers = "0123456789,";
  while (!text.empty()) {
    text.remove_prefix(std::min(text.find_first_of(kDigits), text.size()));
    const std::string_view run = text.substr(0, text.find_first_not_of(kNumbers));
    if (const auto endpoint = parse_port(run)) return endpoint;
    text.remove_prefix(run.size());
  }
  return std::nullopt;
}

std::optional<net::UdpPort> parse_extended_passive_text(std::string_view text) {
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos) return std::nullopt;
  text = text.substr(open + 1, text.find(')', open) - open - 1);
  if (text.size() < 5 || text[1] != text[0] || text[2] != text[0] || text.back() != text[0]) return std::nullopt;
  const auto port = parse_number(text.substr(3, text.size() - 4));
  if (!port || *port == 0 || *port > 65'535) return std::nullopt;
  return net::UdpPort(static_cast<std::uint16_t>(*port));
}

}  // namespace rackcast::ftp
