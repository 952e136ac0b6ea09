// Captures made in the test, datagram by datagram.
#pragma once

#include <string>
#include <vector>

#include "proto/net/udp_frame.h"
#include "proto/pcapng/writer.h"
#include "proto/tftp/encode.h"
#include "tests/proto/wire_bytes.h"

namespace rackcast::sim::test {

using Bytes = std::vector<std::byte>;

inline const net::Ipv4Address kServer{10, 0, 0, 1};
inline const net::Endpoint kListener{kServer, net::UdpPort(69)};
inline net::Endpoint client(unsigned number, unsigned port = 2'070) {
  return {net::Ipv4Address(10, 0, 0, static_cast<std::uint8_t>(100 + number)),
          net::UdpPort(static_cast<std::uint16_t>(port))};
}
inline net::Endpoint tid(unsigned port) {
  return {kServer, net::UdpPort(static_cast<std::uint16_t>(port))};
}

class MadeCapture {
 public:
  MadeCapture() {
    append(pcapng::encode_section(room_));
    append(pcapng::encode_interface(room_, {}));
  }

  // Milliseconds since the capture's beginning.
  MadeCapture& at(std::uint64_t ms) {
    ms_ = ms;
    return *this;
  }
  MadeCapture& datagram(const net::Endpoint& from, const net::Endpoint& to, std::span<const std::byte> payload) {
    std::vector<std::byte> room(payload.size() + 100);
    return frame(net::encode_udp_frame(room, {.source = from.address.v4(),
                                              .destination = to.address.v4(),
                                              .source_port = from.port,
                                              .destination_port = to.port,
                                              .payload = payload}));
  }
  MadeCapture& frame(std::span<const std::byte> bytes, std::uint32_t original_bytes = 0) {
    append(pcapng::encode_packet(
        room_,
        {.time_ns = 1'790'000'000'000'000'000 + ms_ * 1'000'000, .original_bytes = original_bytes, .data = bytes}));
    ++ms_;
    return *this;
  }
  [[nodiscard]] const Bytes& file() const { return file_; }

 private:
  void append(std::span<const std::byte> block) { file_.insert(file_.end(), block.begin(), block.end()); }

  Bytes room_ = Bytes(70'000);
  Bytes file_;
  std::uint64_t ms_ = 0;
};

inline Bytes copy(std::span<const std::byte> bytes) {
  return {bytes.begin(), bytes.end()};
}
inline Bytes request(std::string_view name, std::optional<std::uint64_t> blksize = {}) {
  Bytes room(512);
  tftp::Request request;
  request.filename = name;
  request.options.blksize = blksize;
  return copy(tftp::encode_request(room, request));
}
inline Bytes oack(std::uint64_t blksize) {
  Bytes room(512);
  tftp::Options options;
  options.blksize = blksize;
  return copy(tftp::encode_oack(room, options));
}
inline Bytes data(std::uint16_t block, std::string_view content) {
  Bytes room(4);
  Bytes packet = copy(tftp::encode_data_header(room, tftp::BlockNumber{block}));
  const Bytes body = rackcast::test::bytes_of(content);
  packet.insert(packet.end(), body.begin(), body.end());
  return packet;
}
inline Bytes ack(std::uint16_t block) {
  Bytes room(4);
  return copy(tftp::encode_ack(room, tftp::BlockNumber{block}));
}
inline Bytes error(tftp::ErrorCode code, std::string_view text) {
  Bytes room(200);
  return copy(tftp::encode_error(room, code, text));
}

}  // namespace rackcast::sim::test
