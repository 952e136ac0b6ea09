// Uploads allocate nothing after construction: counted while every place of the table is used over and over.
#include <gtest/gtest.h>

#include <array>

#include "core/engine/tftp/tftp_engine.h"
#include "proto/tftp/encode.h"
#include "tests/support/allocation_count.h"
#include "tests/support/one_slot_io.h"

namespace rackcast::engine {
namespace {

constexpr std::size_t kSenders = 64;
constexpr std::size_t kBlock = 1'468;
constexpr std::uint16_t kBlocks = 100;  // two buffers and a bit

class LastSocketIo final : public testing::OneSlotIo {
 public:
  SocketId from;

 private:
  void on_commit(const TxSlot& slot) override { from = slot.destination.socket; }
};

class CountingEvents final : public EventSink {
 public:
  std::uint64_t done = 0;
  void emit(const Event& event) override { done += event.kind == EventKind::kTransferDone ? 1U : 0U; }
};

class OneUploadRouter final : public WorkRouter {
 public:
  WriteUpload work;
  bool asked = false;
  bool submit(LaneId, Work& submitted) override {
    if (auto* const upload = std::get_if<WriteUpload>(&submitted)) {
      work = std::move(*upload);
      asked = true;
    }
    return true;
  }
};

class Senders {
 public:
  Senders() {
    auto config = std::make_shared<Config>();
    config->tftp = TftpConfig{};
    config->tftp->upload.dir = "/drop";
    config->tftp->upload.rate_mbit = 100'000;
    TftpSetup setup;
    setup.config = config;
    setup.listeners = {SocketId{0}};
    for (std::uint16_t i = 1; i <= 4; ++i) setup.tids.v4.push_back(SocketId{i});
    setup.epoch = &epoch_;
    setup.seed = 42;
    setup.limits = {.transfers_max = 16, .cache_paths = 16, .uploads_max = kSenders};
    engine = std::make_unique<TftpEngine>(std::move(setup));
  }

  void send_all(std::uint16_t round) {
    std::array<std::byte, 128> room;
    tftp::Request request;
    request.opcode = tftp::Opcode::kWrq;
    request.filename = "log";
    request.options.blksize = kBlock;
    const auto packet = tftp::encode_request(room, request);
    for (std::size_t i = 0; i < kSenders; ++i) {
      give(i, round, SocketId{0}, packet);
      tids_[i] = io.from;
    }
    std::array<std::byte, 4 + kBlock> data{};
    for (std::uint16_t block = 1; block <= kBlocks; ++block) {
      (void)tftp::encode_data_header(data, tftp::BlockNumber(block));
      const std::size_t size = block == kBlocks ? 10 : data.size();
      for (std::size_t i = 0; i < kSenders; ++i) give(i, round, tids_[i], std::span(data).first(size));
    }
  }

  std::unique_ptr<TftpEngine> engine;
  LastSocketIo io;
  CountingEvents events;
  OneUploadRouter router;
  PinTable pins{4};

 private:
  void give(std::size_t sender, std::uint16_t round, SocketId socket, std::span<const std::byte> payload) {
    ReceivedDatagram datagram;
    datagram.peer = {net::Ipv4Address(static_cast<std::uint32_t>(0x0A00'0001 + sender)),
                     net::UdpPort(static_cast<std::uint16_t>(2'000 + round))};
    datagram.local = {net::Ipv4Address(10, 255, 0, 1), net::UdpPort(69)};
    datagram.destination = datagram.local.address;
    datagram.socket = socket;
    datagram.payload = payload;
    now_.monotonic += std::chrono::microseconds(10);
    engine->on_datagram(now_, datagram, sink_);
    if (std::exchange(router.asked, false)) {
      Completion written =
          UploadWritten{router.work.ticket, UploadStatus::kWritten, router.work.name, std::move(router.work.buffer)};
      engine->on_completion(now_, written, sink_);
    }
    if (engine->next_deadline() <= now_.monotonic) engine->on_deadline(now_, sink_);
  }

  ImageEpoch epoch_;
  std::array<SocketId, kSenders> tids_{};
  Now now_{MonotonicTime(std::chrono::seconds(1)), {}};
  Sink sink_{io, pins, events, router, LaneId{0}};
};

TEST(TftpUploadAllocation, EveryPlaceOverAndOverAllocatesNothing) {
  Senders senders;
  senders.send_all(0);
  ASSERT_EQ(senders.events.done, kSenders);
  const std::uint64_t before = testing::allocation_count();
  for (std::uint16_t round = 1; round <= 3; ++round) senders.send_all(round);
  EXPECT_EQ(testing::allocation_count() - before, 0U);
  EXPECT_EQ(senders.events.done, 4 * kSenders);
}

}  // namespace
}  // namespace rackcast::engine
