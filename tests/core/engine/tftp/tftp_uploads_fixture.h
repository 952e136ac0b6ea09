// An engine that takes uploads, a client that sends them, and the store's answers.
#pragma once

#include "tests/core/engine/tftp/tftp_engine_fixture.h"

namespace rackcast::engine {

using namespace std::chrono_literals;

class TftpUploads : public TftpEngineTest {
 protected:
  TftpUploads() { accept({}); }

  void accept(UploadConfig upload, TftpConfig tftp = {}, std::size_t uploads_max = 4) {
    tftp.upload = std::move(upload);
    tftp.upload.dir = "/drop";
    build(std::move(tftp), {.transfers_max = 8, .cache_paths = 64, .uploads_max = uploads_max});
  }
  void wrq(std::string_view name, const tftp::Options& options = {}, const net::Endpoint& from = peer(),
           tftp::Mode mode = tftp::Mode::kOctet) {
    give(kListener, request(name, options, mode, tftp::Opcode::kWrq), from);
  }
  void data_at(SocketId socket, std::uint16_t block, std::string_view bytes, const net::Endpoint& from = peer()) {
    std::array<std::byte, 4> room;
    const auto header = tftp::encode_data_header(room, tftp::BlockNumber(block));
    std::vector<std::byte> packet(header.begin(), header.end());
    for (const char c : bytes) packet.push_back(static_cast<std::byte>(c));
    give(socket, packet, from);
  }
  void data(std::uint16_t block, std::string_view bytes, const net::Endpoint& from = peer()) {
    data_at(tid, block, bytes, from);
  }
  void blocks(std::uint16_t first, std::uint16_t last, std::size_t size = 512) {
    for (std::uint16_t block = first; block <= last; ++block) data(block, std::string(size, 'x'));
  }

  // "A3" ACK by number, "O" OACK, "E3" ERROR by code.
  std::string answers() {
    std::string text;
    for (const auto& one : sent()) {
      const tftp::Packet packet = tftp::parse(one.payload);
      const auto* const ack = std::get_if<tftp::Ack>(&packet);
      text += (text.empty() ? "" : " ") +
              (ack != nullptr ? "A" + std::to_string(ack->block.value()) : name_of(one.payload));
    }
    return text;
  }

  // --- the store's side
  WriteUpload taken() {
    if (harness.router.submitted.empty()) return {};
    auto work = std::get<WriteUpload>(std::move(harness.router.submitted.front()));
    harness.router.submitted.pop_front();
    return work;
  }
  void written(WriteUpload work, UploadStatus status = UploadStatus::kWritten, std::string_view name = "10.0.0.1-a") {
    (void)complete(UploadWritten{work.ticket, status, UploadName(name), std::move(work.buffer)});
  }
  static std::string text_of(const WriteUpload& work) {
    std::string text;
    for (std::size_t i = 0; i < work.buffer->size; ++i) text += static_cast<char>(work.buffer->bytes[i]);
    return text;
  }
  [[nodiscard]] bool abandoned() const {
    return !harness.router.submitted.empty() && std::holds_alternative<AbandonUpload>(harness.router.submitted.back());
  }
};

}  // namespace rackcast::engine
