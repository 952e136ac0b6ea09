// A sender of files that does as the input says, against the whole TFTP engine and a store that says yes. What the
// store gets is what came in order; no datagram has more than one answer; nothing stays behind.
//
//   input: steps of one byte and what it takes: 0 a WRQ (options from 3 bytes), 1 the next block, 2 the block before,
//   3 any block number (2 bytes), 4 a short block, 5 time passes, 6 the store answers, 7 raw bytes (1 byte of length)
#include <array>
#include <cstdlib>

#include "core/engine/tftp/tftp_engine.h"
#include "proto/tftp/encode.h"
#include "tests/support/recording_io.h"

namespace rackcast::engine {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

class Sender {
 public:
  Sender() {
    auto config = std::make_shared<Config>();
    config->tftp = TftpConfig{};
    config->tftp->upload.dir = "/drop";
    config->tftp->upload.bytes_max = 200'000;
    TftpSetup setup;
    setup.config = config;
    setup.listeners = {SocketId{0}};
    setup.tids.v4 = {SocketId{1}};
    setup.epoch = &epoch_;
    setup.seed = 1;
    setup.limits = {.transfers_max = 2, .cache_paths = 2, .sources_max = 16, .uploads_max = 2, .machines_max = 2};
    engine_ = std::make_unique<TftpEngine>(std::move(setup));
  }

  void play(std::span<const std::byte> input) {
    input_ = input;
    while (!input_.empty()) step(next() % 8);
    // Whatever happened: with time all of it ends, once the store has answered.
    for (int i = 0; i < 400; ++i) {
      pass(std::chrono::seconds(5));
      answer_store();
    }
    require(engine_->in_flight() == 0);
  }

 private:
  unsigned next() {
    if (input_.empty()) return 0;
    const auto value = std::to_integer<unsigned>(input_.front());
    input_ = input_.subspan(1);
    return value;
  }

  void step(unsigned what) {
    switch (what) {
      case 0:
        return ask();
      case 1:
        return send_block(++block_, block_size_);
      case 2:
        return send_block(block_, block_size_);
      case 3:
        return send_block(next() << 8U | next(), block_size_);
      case 4:
        return send_block(++block_, block_size_ > 1 ? next() % block_size_ : 0);
      case 5:
        return pass(std::chrono::milliseconds(10 * next()));
      case 6:
        return answer_store();
      default: {
        const std::size_t size = std::min<std::size_t>(next(), input_.size());
        give(SocketId{static_cast<std::uint16_t>(next() % 2)}, input_.first(std::min(size, input_.size())));
      }
    }
  }

  void ask() {
    tftp::Request request;
    request.opcode = tftp::Opcode::kWrq;
    request.filename = "log";
    const unsigned options = next();
    if ((options & 1U) != 0) request.mode = tftp::Mode::kNetascii;
    if ((options & 2U) != 0) request.options.blksize = 8 + next() * 8;
    if ((options & 4U) != 0) request.options.windowsize = next();
    if ((options & 8U) != 0) request.options.tsize = next() * 1'000;
    if ((options & 16U) != 0) request.options.rollover = 1;
    block_size_ = std::min<std::size_t>(request.options.blksize.value_or(512), 2'044);
    block_ = 0;
    std::array<std::byte, 256> room;
    give(SocketId{0}, tftp::encode_request(room, request));
  }

  void send_block(unsigned block, std::size_t size) {
    std::array<std::byte, 2'048> room{};
    const auto header = tftp::encode_data_header(room, tftp::BlockNumber(static_cast<std::uint16_t>(block)));
    give(SocketId{1}, std::span(room).first(header.size() + size));
  }

  void give(SocketId socket, std::span<const std::byte> payload) {
    ReceivedDatagram datagram;
    datagram.peer = {net::Ipv4Address(10, 0, 0, 1), net::UdpPort(2'070)};
    datagram.local = {net::Ipv4Address(10, 255, 0, 1), net::UdpPort(69)};
    datagram.destination = datagram.local.address;
    datagram.socket = socket;
    datagram.payload = payload;
    engine_->on_datagram(now_, datagram, harness_.sink);
    require(harness_.io.sent.size() <= 1);
    harness_.io.sent.clear();
    harness_.events.events.clear();
  }

  void pass(Duration time) {
    now_.monotonic += time;
    if (engine_->next_deadline() <= now_.monotonic) engine_->on_deadline(now_, harness_.sink);
    harness_.io.sent.clear();
  }

  void answer_store() {
    while (!harness_.router.submitted.empty()) {
      const Work work = std::move(harness_.router.submitted.front());
      harness_.router.submitted.pop_front();
      const auto* const upload = std::get_if<WriteUpload>(&work);
      if (upload == nullptr) continue;
      require(upload->buffer != nullptr && upload->buffer->size <= kUploadBufferBytes);
      require(upload->name.view() == "10.0.0.1-log" || upload->name.view().starts_with("10.0.0.1-"));
      Completion done = UploadWritten{upload->ticket, UploadStatus::kWritten, upload->name, upload->buffer};
      engine_->on_completion(now_, done, harness_.sink);
      require(harness_.io.sent.size() <= 1);
      harness_.io.sent.clear();
    }
  }

  testing::EngineHarness harness_;
  ImageEpoch epoch_;
  std::unique_ptr<TftpEngine> engine_;
  Now now_{MonotonicTime(std::chrono::seconds(100)), WallTime(std::chrono::seconds(1'800'000'000))};
  std::span<const std::byte> input_;
  std::size_t block_size_ = 512;
  unsigned block_ = 0;
};

}  // namespace
}  // namespace rackcast::engine

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size <= 4'096) rackcast::engine::Sender().play(std::as_bytes(std::span(data, size)));
  return 0;
}
