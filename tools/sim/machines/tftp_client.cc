#include "tools/sim/machines/tftp_client.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "proto/bytes/writer.h"
#include "proto/tftp/encode.h"
#include "tools/sim/machines/plain_text.h"

namespace rackcast::sim {
namespace {

using tftp::BlockIndex;
using tftp::BlockNumber;
using tftp::Opcode;

constexpr std::uint16_t kIllegalOperation = 4;
constexpr std::uint16_t kUnknownTid = 5;
constexpr std::uint16_t kUserAbort = 8;  // EDK2 ends its size probe so
constexpr std::string_view kUserAbortText = "User aborted the transfer";
constexpr std::uint16_t kRandomPortFirst = 1'024;
constexpr std::uint16_t kRandomPorts = 60'000;  // leaves room to count up

// 0 where there is no opcode.
std::uint16_t opcode_of(std::span<const std::byte> payload) {
  if (payload.size() < 2) return 0;
  return static_cast<std::uint16_t>((std::to_integer<unsigned>(payload[0]) << 8U) |
                                    std::to_integer<unsigned>(payload[1]));
}

bool is(std::span<const std::byte> payload, Opcode opcode) {
  return opcode_of(payload) == static_cast<std::uint16_t>(opcode);
}

void put_option(bytes::Writer& out, std::string_view name, std::uint64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.text(name);
  out.u8(0);
  out.text({digits.data(), static_cast<std::size_t>(end - digits.data())});
  out.u8(0);
}

}  // namespace

// ---- asking

void TftpClient::start(Instant now, const MachineWorld& world, Order order) {
  TftpClient next;
  next.tail_ = tail_;
  next.port_owner_ = &order.habits;
  next.next_port_ = next_port_;
  if (port_owner_ != &order.habits)
    next.next_port_ = net::UdpPort(
        order.habits.first_port != 0 ? order.habits.first_port
                                     : static_cast<std::uint16_t>(kRandomPortFirst + world.random.below(kRandomPorts)));
  next.habits_ = &order.habits;
  next.server_ = order.server;
  next.path_ = std::move(order.path);
  next.keep_text_ = order.keep_text;
  next.started_ = now;
  *this = std::move(next);
  ask(now, world, habits_->size_probe == SizeProbe::kNone ? State::kAsked : State::kProbing);
}

void TftpClient::ask(Instant now, const MachineWorld& world, State state) {
  port_ = next_port_;
  next_port_ = net::UdpPort(port_.value() == 65'535 ? kRandomPortFirst : static_cast<std::uint16_t>(port_.value() + 1));
  peer_ = server_;
  state_ = state;
  progress(now);
  send_request(world);
}

bool TftpClient::asks(TftpOption option) const {
  if (state_ == State::kProbing && option == TftpOption::kTsize) return true;
  if (state_ == State::kProbing && habits_->size_probe == SizeProbe::kAbortWithZero) return false;
  return std::find(habits_->options.begin(), habits_->options.end(), option) != habits_->options.end();
}

void TftpClient::send_request(const MachineWorld& world) {
  std::array<std::byte, 512> buffer;
  bytes::Writer out(buffer);
  out.be16(static_cast<std::uint16_t>(Opcode::kRrq));
  out.text(std::string_view(path_).substr(0, kTftpNameBytesMax));
  out.u8(0);
  out.text("octet");
  out.u8(0);
  if (state_ == State::kProbing) put_option(out, "tsize", 0);
  for (const TftpOption option : habits_->options) {
    if (!asks(option)) continue;
    switch (option) {
      case TftpOption::kTsize:
        put_option(out, "tsize", 0);
        break;
      case TftpOption::kBlksize:
        put_option(out, "blksize", habits_->blksize);
        break;
      case TftpOption::kWindowsize:
        put_option(out, "windowsize", habits_->windowsize);
        break;
      case TftpOption::kTimeout:
        put_option(out, "timeout", habits_->timeout_seconds);
        break;
    }
  }
  world.carrier.send_tftp(world.identity.id, port_, server_, out.written());
}

void TftpClient::send_ack(const MachineWorld& world, BlockNumber block) {
  std::array<std::byte, 4> out;
  world.carrier.send_tftp(world.identity.id, port_, peer_, tftp::encode_ack(out, block));
}

void TftpClient::send_error(const MachineWorld& world, const net::Endpoint& to, std::uint16_t code,
                            std::string_view text) {
  std::array<std::byte, 160> out;
  world.carrier.send_tftp(world.identity.id, port_, to, tftp::encode_error(out, tftp::ErrorCode{code}, text));
}

// ---- who speaks

PartStatus TftpClient::on_datagram(Instant now, const MachineWorld& world, net::UdpPort to, const net::Endpoint& from,
                                   std::span<const std::byte> payload) {
  if (state_ == State::kIdle || to != port_) {
    answer_tail(world, to, from, payload);
    return state_ == State::kIdle ? PartStatus::kIdle : PartStatus::kRunning;
  }
  if (!is_peer(world, from, payload)) return PartStatus::kRunning;
  switch (Opcode{opcode_of(payload)}) {
    case Opcode::kData:
      return on_data(now, world, from, payload);
    case Opcode::kOack:
      return on_oack(now, world, from, payload);
    case Opcode::kError:
      return on_error(payload);
    default:
      return PartStatus::kRunning;
  }
}

// Before the first answer any port of the server may speak; then one only (RFC 1350 §4).
bool TftpClient::is_peer(const MachineWorld& world, const net::Endpoint& from, std::span<const std::byte> payload) {
  if (state_ == State::kProbing || state_ == State::kAsked) {
    if (from.address == server_.address) return true;
    ++strays_;
    return false;
  }
  if (from == peer_) return true;
  ++strays_;
  if (!is(payload, Opcode::kError)) send_error(world, from, kUnknownTid, "Unknown transfer ID");
  return false;
}

void TftpClient::answer_tail(const MachineWorld& world, net::UdpPort to, const net::Endpoint& from,
                             std::span<const std::byte> payload) {
  if (to != tail_.port || from != tail_.peer || !is(payload, Opcode::kData)) return;
  const auto data = tftp::parse_data(payload);
  if (!data || data->block != tail_.block) return;
  std::array<std::byte, 4> out;
  world.carrier.send_tftp(world.identity.id, tail_.port, tail_.peer, tftp::encode_ack(out, tail_.block));
}

// ---- data

PartStatus TftpClient::on_data(Instant now, const MachineWorld& world, const net::Endpoint& from,
                               std::span<const std::byte> payload) {
  const auto data = tftp::parse_data(payload);
  if (!data || state_ == State::kLastAck) return PartStatus::kRunning;
  if (state_ != State::kReceiving) return on_first_data(now, world, from, *data);
  if (data->block != tftp::to_wire(BlockIndex(received_ + 1), habits_->rollover))
    return on_unexpected(now, world, data->block);
  return take_block(now, world, data->payload);
}

// DATA where an OACK was hoped for: a server without options (RFC 2347), 512-byte blocks in lock-step.
PartStatus TftpClient::on_first_data(Instant now, const MachineWorld& world, const net::Endpoint& from,
                                     const tftp::Data& data) {
  // What an earlier transfer of the same port left under way has other numbers.
  if (habits_->needs_oack || data.block != BlockNumber(1)) return PartStatus::kRunning;
  peer_ = from;
  if (state_ == State::kProbing) return end_probe(now, world);
  state_ = State::kReceiving;
  return take_block(now, world, data.payload);
}

PartStatus TftpClient::take_block(Instant now, const MachineWorld& world, std::span<const std::byte> block) {
  if (block.size() > blksize_)
    return break_off(world, kIllegalOperation, Failure::kProtocol, "a block larger than the block size");
  bytes_ += block.size();
  if (bytes_ > size_) return break_off(world, kIllegalOperation, Failure::kWrongSize, "more bytes than announced");
  if (bytes_ > kFileBytesMax) return break_off(world, kIllegalOperation, Failure::kEndless, "no end of data");
  if (keep_text_) {
    if (bytes_ > kKeptTextBytesMax)
      return break_off(world, kIllegalOperation, Failure::kEndless, "more than a configuration has");
    text_.append(reinterpret_cast<const char*>(block.data()), block.size());
  }
  digest_.add(block);
  ++received_;
  ++in_window_;
  gap_acked_ = false;
  progress(now);
  world.observer.on_bytes(now, world.identity.id, block.size());
  if (block.size() < blksize_) {
    state_ = State::kLastAck;
    resend_at_ = kNever;
  } else if (in_window_ < windowsize_) {
    return PartStatus::kRunning;
  }
  return acknowledge_soon(now, world);
}

PartStatus TftpClient::on_unexpected(Instant now, const MachineWorld& world, BlockNumber block) {
  ++blocks_repeated_;
  world.observer.on_incident(now, world.identity.id, Incident::kRepeatedBlock);
  const std::uint64_t index = tftp::from_wire(block, BlockIndex(received_), habits_->rollover).value();
  if (index > received_ + windowsize_)
    return break_off(world, kIllegalOperation, Failure::kProtocol,
                     "block " + std::to_string(index) + " while " + std::to_string(received_) + " was the last");
  if (ack_at_ != kNever) return PartStatus::kRunning;  // an ACK is on its way anyhow
  switch (habits_->unexpected) {
    case UnexpectedBlock::kEchoOld:
      if (index <= received_) send_ack(world, block);
      return PartStatus::kRunning;
    case UnexpectedBlock::kAckOncePerGap:
      if (gap_acked_) return PartStatus::kRunning;
      gap_acked_ = true;
      break;
    case UnexpectedBlock::kAckEach:
      break;
  }
  in_window_ = 0;  // the window starts anew behind this ACK (RFC 7440 §4)
  send_ack(world, tftp::to_wire(BlockIndex(received_), habits_->rollover));
  return PartStatus::kRunning;
}

PartStatus TftpClient::acknowledge_soon(Instant now, const MachineWorld& world) {
  if (world.pace.ack_delay == Span::zero()) return acknowledge(now, world);
  ack_at_ = now + world.pace.ack_delay;
  resend_at_ = kNever;  // the silence until then is its own
  return PartStatus::kRunning;
}

PartStatus TftpClient::acknowledge(Instant now, const MachineWorld& world) {
  ack_at_ = kNever;
  in_window_ = 0;
  if (state_ == State::kReceiving) resend_at_ = now + habits_->waits.front();
  send_ack(world, tftp::to_wire(BlockIndex(received_), habits_->rollover));
  return state_ == State::kLastAck ? finish() : PartStatus::kRunning;
}

PartStatus TftpClient::finish() {
  tail_ = {peer_, port_, tftp::to_wire(BlockIndex(received_), habits_->rollover)};
  if (size_ != kUnknownSize && bytes_ != size_)
    return fail(Failure::kWrongSize, std::to_string(bytes_) + " bytes of " + std::to_string(size_) + " announced");
  if (bytes_ == 0 && habits_->empty_is_missing) return fail(Failure::kNotFound, "a file of no bytes");
  state_ = State::kIdle;
  resend_at_ = kNever;
  return PartStatus::kDone;
}

// ---- options and errors

std::string_view TftpClient::oack_fault(const tftp::Options& options) const {
  struct Row {
    TftpOption option;
    const std::optional<std::uint64_t>& value;
    std::uint64_t min;
    std::uint64_t max;
    std::string_view fault;
  };
  const std::array rows{
      Row{TftpOption::kTsize, options.tsize, 0, kFileBytesMax, "tsize beyond any file"},
      Row{TftpOption::kBlksize, options.blksize, tftp::kBlockSizeMin, habits_->blksize, "blksize not as asked"},
      Row{TftpOption::kWindowsize, options.windowsize, 1, habits_->windowsize, "windowsize not as asked"},
      Row{TftpOption::kTimeout, options.timeout, habits_->timeout_seconds, habits_->timeout_seconds,
          "timeout not as asked"},
  };
  if (options.malformed_count > 0) return "a value that is no number";
  if (habits_->needs_oack && options.uppercase_names) return "option names not in lower case";
  const bool others = options.utimeout || options.rollover || options.multicast || options.unknown_count > 0;
  if (habits_->strict_oack && others) return "an option that was not asked";
  for (const Row& row : rows) {
    if (!row.value) continue;
    if (!asks(row.option)) {
      if (habits_->strict_oack) return "an option that was not asked";
    } else if (*row.value < row.min || *row.value > row.max) {
      return row.fault;
    }
  }
  return {};
}

PartStatus TftpClient::on_oack(Instant now, const MachineWorld& world, const net::Endpoint& from,
                               std::span<const std::byte> payload) {
  if (state_ == State::kReceiving) {  // ours was lost
    if (received_ == 0 && ack_at_ == kNever) send_ack(world, BlockNumber(0));
    return PartStatus::kRunning;
  }
  if (state_ == State::kLastAck) return PartStatus::kRunning;
  peer_ = from;
  const auto oack = tftp::parse_oack(payload);
  const std::string_view fault = oack ? oack_fault(oack->options) : tftp::text(oack.error());
  if (!fault.empty())
    return break_off(world, habits_->bad_oack_error, Failure::kProtocol, "OACK: " + std::string(fault));
  const tftp::Options& options = oack->options;
  if (asks(TftpOption::kTsize) && options.tsize) size_ = *options.tsize;
  if (state_ == State::kProbing) return end_probe(now, world);
  if (size_ == 0 && habits_->empty_is_missing) return break_off(world, 0, Failure::kNotFound, "a file of no bytes");
  if (asks(TftpOption::kBlksize) && options.blksize) blksize_ = static_cast<std::uint16_t>(*options.blksize);
  if (asks(TftpOption::kWindowsize) && options.windowsize)
    windowsize_ = static_cast<std::uint16_t>(*options.windowsize);
  state_ = State::kReceiving;
  progress(now);
  return acknowledge_soon(now, world);
}

// The size is known, or cannot be had: the probe's transfer is ended and the real one asked for, from the next port.
PartStatus TftpClient::end_probe(Instant now, const MachineWorld& world) {
  const bool by_eight = habits_->size_probe == SizeProbe::kAbortWithEight;
  if (by_eight && size_ == kUnknownSize)
    return break_off(world, kUserAbort, Failure::kProtocol, "the size probe got no tsize");
  send_error(world, peer_, by_eight ? kUserAbort : 0, by_eight ? kUserAbortText : habits_->abort_text);
  ask(now, world, State::kAsked);
  return PartStatus::kRunning;
}

PartStatus TftpClient::on_error(std::span<const std::byte> payload) {
  const auto report = tftp::parse_error(payload);
  if (!report) return PartStatus::kRunning;
  const bool missing = report->code == tftp::ErrorCode::kFileNotFound && state_ != State::kReceiving;
  return fail(missing ? Failure::kNotFound : Failure::kRefused,
              "ERROR " + std::to_string(static_cast<unsigned>(report->code)) + ": " + plain_text(report->text));
}

// ---- time

void TftpClient::progress(Instant now) {
  silences_ = 0;
  resend_at_ = now + habits_->waits.front();
}

PartStatus TftpClient::on_deadline(Instant now, const MachineWorld& world) {
  if (ack_at_ <= now) {
    const PartStatus status = acknowledge(now, world);
    if (status != PartStatus::kRunning) return status;
  }
  return resend_at_ <= now ? on_silence(now, world) : PartStatus::kRunning;
}

PartStatus TftpClient::on_silence(Instant now, const MachineWorld& world) {
  ++own_timeouts_;
  const bool unanswered = state_ != State::kReceiving;
  const std::size_t tries = habits_->waits.size();
  if (++silences_ >= tries * world.pace.patience) {
    std::string detail = "silence after " + std::to_string(silences_) + " tries";
    if (!unanswered) detail += ", " + std::to_string(bytes_) + " bytes into the file";
    if (strays_ > 0) detail += "; " + std::to_string(strays_) + " datagrams came from elsewhere";
    return fail(unanswered && strays_ > 0 ? Failure::kProtocol : Failure::kTimeout, std::move(detail));
  }
  resend_at_ = now + habits_->waits[std::min<std::size_t>(silences_, tries - 1)];
  if (!unanswered && !habits_->repeats_acks) return PartStatus::kRunning;
  world.observer.on_incident(now, world.identity.id, Incident::kRetransmit);
  if (unanswered) {
    send_request(world);
  } else {
    in_window_ = 0;
    send_ack(world, tftp::to_wire(BlockIndex(received_), habits_->rollover));
  }
  return PartStatus::kRunning;
}

PartStatus TftpClient::fail(Failure failure, std::string detail) {
  failure_ = failure;
  detail_ = std::move(detail);
  state_ = State::kIdle;
  resend_at_ = kNever;
  ack_at_ = kNever;
  return PartStatus::kFailed;
}

PartStatus TftpClient::break_off(const MachineWorld& world, std::uint16_t code, Failure failure, std::string detail) {
  send_error(world, peer_, code,
             code == kUserAbort && failure != Failure::kProtocol ? kUserAbortText : habits_->abort_text);
  return fail(failure, std::move(detail));
}

}  // namespace rackcast::sim
