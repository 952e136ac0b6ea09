// Any datagram: parse() answers; what it accepted is encoded and parsed again, and must come out the same.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "proto/tftp/encode.h"

namespace {

using namespace rackcast::tftp;

void require(bool holds) {
  if (!holds) std::abort();
}

// What an encoder reads of options: the counters of what was ignored on the way in are not sent.
Options sent_part(Options options) {
  options.unknown_count = options.malformed_count = options.duplicate_count = 0;
  options.uppercase_names = false;
  return options;
}

std::array<std::byte, 2 * kRequestBytesMax> out;  // NOLINT: scratch of a single-threaded driver

void check(const Request& request) {
  require(!request.filename.empty());
  require(request.options.unknown_count + request.options.duplicate_count <= kOptionsMax);
  const auto again = parse_request(encode_request(out, request));
  require(again && again->opcode == request.opcode && again->filename == request.filename);
  require(again->mode == request.mode && again->options == sent_part(request.options));
}

void check(const OptionAck& oack) {
  if (!oack.options.any_recognised()) return;
  const auto wire = encode_oack(out, oack.options);
  if (wire.empty()) return;  // a multicast value longer than the scratch
  const auto again = parse_oack(wire);
  require(again && again->options == sent_part(oack.options));
}

void check(const Data& data) {
  require(data.payload.size() <= kBlockSizeMax);
  require(parse_data(encode_data_header(out, data.block))->block == data.block);
}

void check(const Ack& ack) {
  require(parse_ack(encode_ack(out, ack.block))->block == ack.block);
}

void check(const ErrorReport& error) {
  const auto again = parse_error(encode_error(out, error.code, error.text));
  require(again && again->code == error.code && again->text == error.text.substr(0, kErrorTextBytesMax));
}

void check(const Rejected& rejected) {
  require(rejected.reason < RejectReason::kCount_);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::visit([](const auto& packet) { check(packet); }, parse(std::as_bytes(std::span(data, size))));
  return 0;
}
