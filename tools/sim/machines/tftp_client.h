// One client's TFTP reads (RFC 1350, 2347-2349, 7440), one after the other, with the habits of its loader: size probe,
// options, waits, what it does about blocks out of order. Blocks are taken in order only, so the digest is of the file.
//
//   idle -> probing -> asked -> receiving -> idle
//
// The server is held to the protocol: one TID, no unasked option, no larger value than asked, no block beyond the
// window, no byte beyond the announced size. What breaks it ends the transfer with ERROR and a named failure. Every
// state but idle has a deadline, and what does not bring the file forward does not move it: at most the sum of the
// habits' waits goes by without progress (of the last one again, where the machine has more patience).
//
// Owned by a Machine, single-threaded. Per DATA: no allocation, one ACK at most.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "proto/net/address.h"
#include "proto/tftp/packet.h"
#include "tools/sim/machines/dhcp_client.h"
#include "tools/sim/machines/digest.h"
#include "tools/sim/machines/machine_facts.h"
#include "tools/sim/machines/profile.h"

namespace rackcast::sim {

inline constexpr std::size_t kKeptTextBytesMax = kFetchTextBytesMax;  // of a configuration
inline constexpr std::size_t kTftpNameBytesMax = 400;                 // a request fits 512 bytes (RFC 2347)

class TftpClient {
 public:
  struct Order {
    const TftpHabits& habits;
    net::Endpoint server;
    std::string path;
    bool keep_text = false;
  };

  void start(Instant now, const MachineWorld& world, Order order);
  void forget() { *this = TftpClient(); }

  // Of any port of the machine's. An ACK lost at the end of the previous transfer is repeated here, too.
  PartStatus on_datagram(Instant now, const MachineWorld& world, net::UdpPort to, const net::Endpoint& from,
                         std::span<const std::byte> payload);
  PartStatus on_deadline(Instant now, const MachineWorld& world);

  [[nodiscard]] Instant deadline() const { return resend_at_ < ack_at_ ? resend_at_ : ack_at_; }

  // Of the transfer that ended last; until the next start().
  [[nodiscard]] Failure failure() const { return failure_; }
  [[nodiscard]] const std::string& detail() const { return detail_; }
  [[nodiscard]] const net::Endpoint& server() const { return server_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t digest() const { return digest_.value(); }
  [[nodiscard]] Span took(Instant now) const { return now - started_; }
  [[nodiscard]] std::uint32_t blocks_repeated() const { return blocks_repeated_; }
  [[nodiscard]] std::uint32_t own_timeouts() const { return own_timeouts_; }
  [[nodiscard]] std::string take_text() { return std::exchange(text_, {}); }

 private:
  enum class State : std::uint8_t { kIdle, kProbing, kAsked, kReceiving, kLastAck };

  // What a transfer leaves behind: its last block may come again.
  struct Tail {
    net::Endpoint peer;
    net::UdpPort port;
    tftp::BlockNumber block;
  };

  void ask(Instant now, const MachineWorld& world, State state);
  void send_request(const MachineWorld& world);
  void send_ack(const MachineWorld& world, tftp::BlockNumber block);
  void send_error(const MachineWorld& world, const net::Endpoint& to, std::uint16_t code, std::string_view text);
  void answer_tail(const MachineWorld& world, net::UdpPort to, const net::Endpoint& from,
                   std::span<const std::byte> payload);
  bool is_peer(const MachineWorld& world, const net::Endpoint& from, std::span<const std::byte> payload);

  PartStatus on_data(Instant now, const MachineWorld& world, const net::Endpoint& from,
                     std::span<const std::byte> payload);
  PartStatus on_first_data(Instant now, const MachineWorld& world, const net::Endpoint& from, const tftp::Data& data);
  PartStatus on_unexpected(Instant now, const MachineWorld& world, tftp::BlockNumber block);
  PartStatus take_block(Instant now, const MachineWorld& world, std::span<const std::byte> block);
  PartStatus acknowledge_soon(Instant now, const MachineWorld& world);
  PartStatus acknowledge(Instant now, const MachineWorld& world);
  PartStatus finish();
  PartStatus on_oack(Instant now, const MachineWorld& world, const net::Endpoint& from,
                     std::span<const std::byte> payload);
  PartStatus end_probe(Instant now, const MachineWorld& world);
  PartStatus on_error(std::span<const std::byte> payload);
  PartStatus on_silence(Instant now, const MachineWorld& world);
  [[nodiscard]] std::string_view oack_fault(const tftp::Options& options) const;
  [[nodiscard]] bool asks(TftpOption option) const;
  void progress(Instant now);
  PartStatus fail(Failure failure, std::string detail);
  PartStatus break_off(const MachineWorld& world, std::uint16_t code, Failure failure, std::string detail);

  // Looked at for every DATA.
  const TftpHabits* habits_ = nullptr;
  Instant resend_at_ = kNever;
  Instant ack_at_ = kNever;
  std::uint64_t received_ = 0;  // index of the last block taken
  std::uint64_t bytes_ = 0;
  std::uint64_t size_ = kUnknownSize;  // tsize
  net::Endpoint peer_;
  net::UdpPort port_;
  std::uint16_t blksize_ = tftp::kBlockSizeDefault;
  std::uint16_t windowsize_ = 1;
  std::uint16_t in_window_ = 0;  // blocks since the last ACK
  std::uint16_t silences_ = 0;   // waits that went by since the last progress
  State state_ = State::kIdle;
  bool keep_text_ = false;
  bool gap_acked_ = false;
  Failure failure_ = Failure::kNone;
  Digest digest_;

  net::Endpoint server_;  // who was asked
  Instant started_{};
  std::uint32_t blocks_repeated_ = 0;
  std::uint32_t own_timeouts_ = 0;
  std::uint32_t strays_ = 0;  // datagrams from where none should come
  net::UdpPort next_port_;
  const TftpHabits* port_owner_ = nullptr;
  Tail tail_;
  std::string path_;
  std::string text_;
  std::string detail_;

  static constexpr std::uint64_t kUnknownSize = ~std::uint64_t{0};
};

}  // namespace rackcast::sim
