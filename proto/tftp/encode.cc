#include "proto/tftp/encode.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "proto/bytes/writer.h"
#include "proto/tftp/option_table.h"

namespace rackcast::tftp {
namespace {

using bytes::Writer;

void put_opcode(Writer& out, Opcode opcode) {
  out.be16(static_cast<std::uint16_t>(opcode));
}

void put_text(Writer& out, std::string_view text) {
  if (text.find('\0') != std::string_view::npos) out.fail();
  out.text(text);
  out.u8(0);
}

void put_number(Writer& out, std::uint64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  put_text(out, {digits.data(), static_cast<std::size_t>(end - digits.data())});
}

void put_options(Writer& out, const Options& options) {
  for (const NumericOption& option : kNumericOptions) {
    const auto& value = options.*option.value;
    if (!value) continue;
    put_text(out, option.name);
    put_number(out, *value);
  }
  if (options.multicast) {
    put_text(out, kMulticastName);
    put_text(out, *options.multicast);
  }
}

std::span<std::byte> result(const Writer& out) {
  return out.ok() ? out.written() : std::span<std::byte>{};
}

constexpr std::string_view mode_name(Mode mode) {
  switch (mode) {
    case Mode::kOctet:
      return "octet";
    case Mode::kNetascii:
      return "netascii";
    case Mode::kMail:
      return "mail";
  }
  return "octet";
}

}  // namespace

std::span<std::byte> encode_request(std::span<std::byte> out, const Request& request) {
  if (request.filename.empty()) return {};
  if (request.opcode != Opcode::kRrq && request.opcode != Opcode::kWrq) return {};
  Writer writer(out);
  put_opcode(writer, request.opcode);
  put_text(writer, request.filename);
  put_text(writer, mode_name(request.mode));
  put_options(writer, request.options);
  return result(writer);
}

std::span<std::byte> encode_data_header(std::span<std::byte> out, BlockNumber block) {
  Writer writer(out);
  put_opcode(writer, Opcode::kData);
  writer.be16(block.value());
  return result(writer);
}

std::span<std::byte> encode_ack(std::span<std::byte> out, BlockNumber block) {
  Writer writer(out);
  put_opcode(writer, Opcode::kAck);
  writer.be16(block.value());
  return result(writer);
}

std::span<std::byte> encode_error(std::span<std::byte> out, ErrorCode code, std::string_view text) {
  text = text.substr(0, std::min(text.find('\0'), kErrorTextBytesMax));
  Writer writer(out);
  put_opcode(writer, Opcode::kError);
  writer.be16(static_cast<std::uint16_t>(code));
  put_text(writer, text);
  return result(writer);
}

std::span<std::byte> encode_oack(std::span<std::byte> out, const Options& granted) {
  if (!granted.any_recognised()) return {};
  Writer writer(out);
  put_opcode(writer, Opcode::kOack);
  put_options(writer, granted);
  return result(writer);
}

}  // namespace rackcast::tftp
