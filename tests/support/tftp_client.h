// A TFTP client as a pure state machine, sharing only proto/tftp with the server so that it can disagree with it. Reads
// one file, lock-step or windowed. Time and datagrams in, datagrams out.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/time.h"
#include "proto/tftp/block.h"
#include "proto/tftp/encode.h"
#include "proto/tftp/packet.h"

namespace rackcast::testing {

struct TftpClientProfile {
  std::string filename;
  tftp::Mode mode = tftp::Mode::kOctet;
  std::optional<std::uint64_t> blksize;
  std::optional<std::uint64_t> windowsize;
  std::optional<std::uint64_t> timeout;
  bool tsize = false;
  tftp::Rollover rollover = tftp::Rollover::kToZero;
  Duration retry = std::chrono::seconds(4);  // repeats its last packet after this silence
  int tries_max = 6;
  bool repeats_acks = true;          // GRUB never does
  bool acks_each_unexpected = true;  // EDK2 does; otherwise the first of a gap only
};

class TftpClient {
 public:
  enum class State { kIdle, kAsking, kReading, kDone, kError, kGaveUp };
  using Datagram = std::vector<std::byte>;

  explicit TftpClient(TftpClientProfile profile) : profile_(std::move(profile)) {}

  std::vector<Datagram> outbox;  // the caller sends and clears it
  std::vector<std::byte> received;
  std::optional<tftp::ErrorCode> error_code;
  std::string error_text;
  std::optional<std::uint64_t> told_size;
  std::uint64_t block_size = 512;
  std::uint64_t window = 1;
  std::uint64_t blocks_seen = 0;  // DATA packets, duplicates included

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool over() const { return state_ >= State::kDone; }
  [[nodiscard]] MonotonicTime deadline() const { return over() ? kNever : deadline_; }

  void start(MonotonicTime now) {
    state_ = State::kAsking;
    tftp::Request request;
    request.filename = profile_.filename;
    request.mode = profile_.mode;
    request.options.blksize = profile_.blksize;
    request.options.windowsize = profile_.windowsize;
    request.options.timeout = profile_.timeout;
    if (profile_.tsize) request.options.tsize = 0;
    std::array<std::byte, 1024> room;
    send(now, tftp::encode_request(room, request));
  }

  void on_datagram(MonotonicTime now, std::span<const std::byte> payload) {
    if (over()) {
      answer_late(payload);
      return;
    }
    const tftp::Packet packet = tftp::parse(payload);
    if (const auto* const error = std::get_if<tftp::ErrorReport>(&packet)) {
      error_code = error->code;
      error_text = std::string(error->text);
      state_ = State::kError;
    } else if (const auto* const oack = std::get_if<tftp::OptionAck>(&packet)) {
      on_oack(now, oack->options);
    } else if (const auto* const data = std::get_if<tftp::Data>(&packet)) {
      on_data(now, *data);
    }
  }

  void on_time(MonotonicTime now) {
    if (over() || now < deadline_) return;
    if (++tries_ >= profile_.tries_max) {
      state_ = State::kGaveUp;
      return;
    }
    deadline_ = now + profile_.retry;
    in_window_ = 0;
    if (state_ == State::kAsking || profile_.repeats_acks) outbox.push_back(last_sent_);
  }

 private:
  void send(MonotonicTime now, std::span<const std::byte> packet) {
    last_sent_.assign(packet.begin(), packet.end());
    outbox.push_back(last_sent_);
    deadline_ = now + profile_.retry;
  }

  void ack(MonotonicTime now) {
    std::array<std::byte, 4> room;
    send(now, tftp::encode_ack(room, tftp::to_wire(tftp::BlockIndex(got_), profile_.rollover)));
    in_window_ = 0;
  }

  void on_oack(MonotonicTime now, const tftp::Options& options) {
    if (got_ > 0) return;
    if (options.blksize) block_size = *options.blksize;
    if (options.windowsize) window = *options.windowsize;
    told_size = options.tsize;
    state_ = State::kReading;
    ack(now);
  }

  void on_data(MonotonicTime now, const tftp::Data& data) {
    ++blocks_seen;
    state_ = State::kReading;
    const auto expected = tftp::to_wire(tftp::BlockIndex(got_ + 1), profile_.rollover);
    if (data.block != expected) {
      if (window == 1 || profile_.acks_each_unexpected || !gap_) ack(now);
      gap_ = true;
      return;
    }
    gap_ = false;
    tries_ = 0;
    ++got_;
    ++in_window_;
    deadline_ = now + profile_.retry;
    received.insert(received.end(), data.payload.begin(), data.payload.end());
    const bool last = data.payload.size() < block_size;
    if (last || in_window_ >= window) ack(now);
    if (last) state_ = State::kDone;
  }

  // A client that is done acknowledges the last block again when it is sent again (RFC 1350 section 6).
  void answer_late(std::span<const std::byte> payload) {
    const tftp::Packet packet = tftp::parse(payload);
    if (state_ == State::kDone && std::holds_alternative<tftp::Data>(packet)) outbox.push_back(last_sent_);
  }

  TftpClientProfile profile_;
  State state_ = State::kIdle;
  Datagram last_sent_;
  MonotonicTime deadline_ = kNever;
  std::uint64_t got_ = 0;  // blocks in order
  std::uint64_t in_window_ = 0;
  int tries_ = 0;
  bool gap_ = false;
};

}  // namespace rackcast::testing
