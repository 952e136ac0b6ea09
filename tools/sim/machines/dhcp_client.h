// One client's DHCP: DISCOVER, OFFER, REQUEST, ACK (RFC 2131 §4.4), or BOOTP's two messages (RFC 951), with the waits,
// the gathering of offers and the rules of its habits. A PXE client may then ask a boot server (PXE 2.1 §2.2.2), an
// operating system's client renews (RFC 2131 §4.4.5).
//
//   idle -> selecting -> requesting [-> asking the boot server] -> idle | bound -> renewing -> rebinding
//                NAK: a pause, then selecting again                         ^---------+-----------+
//
// Owned by a Machine, single-threaded, no allocation but for the names in the lease. Every state
// but idle has a deadline. Renewals end in kRunning or kFailed.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "proto/dhcp/message.h"
#include "tools/sim/machines/dhcp_reply.h"
#include "tools/sim/machines/machine_facts.h"
#include "tools/sim/machines/profile.h"

namespace rackcast::sim {

inline constexpr std::uint8_t kNaksMax = 4;  // then the exchange has failed
inline constexpr Span kNakPause = std::chrono::seconds(1);

enum class PartStatus : std::uint8_t { kIdle, kRunning, kDone, kFailed };  // of a machine's parts

// What the last exchange gave.
struct DhcpLease {
  net::Ipv4Address address;
  net::Ipv4Address server;
  net::Ipv4Address next_server;  // any(): none named
  std::uint32_t seconds = 0;
  Instant since{};  // its REQUEST was sent
  std::uint8_t prefix_bits = 24;
  bool echoes_machine_id = false;
  std::string boot_file;
  std::string config_file;
  std::string path_prefix;
};

struct DhcpPorts {
  net::UdpPort from;                     // the server's
  net::UdpPort to = dhcp4::kClientPort;  // the machine's
};

class DhcpClient {
 public:
  void start(Instant now, const MachineWorld& world, const DhcpHabits& habits);
  void forget() { *this = DhcpClient(); }

  // kDone: `lease` is filled. Datagrams in a state that waits for none, or to a port it does not listen at, are
  // dropped.
  PartStatus on_datagram(Instant now, const MachineWorld& world, const DhcpPorts& ports,
                         std::span<const std::byte> message, DhcpLease& lease);
  PartStatus on_deadline(Instant now, const MachineWorld& world);

  [[nodiscard]] Instant deadline() const { return deadline_; }
  [[nodiscard]] bool listens() const {
    return state_ != State::kIdle && state_ != State::kPausing && state_ != State::kBound;
  }
  // After kFailed.
  [[nodiscard]] Failure failure() const { return failure_; }
  [[nodiscard]] std::string detail() const;

 private:
  enum class State : std::uint8_t {
    kIdle,
    kSelecting,
    kRequesting,
    kAskingBootServer,
    kPausing,
    kBound,
    kRenewing,   // by unicast, of the server that leased
    kRebinding,  // by broadcast, of any
  };

  void restart(Instant now, const MachineWorld& world);
  void send(Instant now, const MachineWorld& world, dhcp4::MessageType type);
  PartStatus on_offer(Instant now, const MachineWorld& world, const DhcpReply& reply, DhcpLease& lease);
  void on_proxy_offer(const DhcpReply& reply, DhcpLease& lease);
  PartStatus on_ack(Instant now, const MachineWorld& world, const DhcpReply& reply, DhcpLease& lease);
  PartStatus on_boot_server(const DhcpReply& reply, DhcpLease& lease);
  PartStatus on_renewed(Instant now, const MachineWorld& world, const DhcpReply& reply, DhcpLease& lease);
  PartStatus on_nak(Instant now, const MachineWorld& world, const DhcpReply& reply);
  PartStatus on_silence(Instant now, const MachineWorld& world);
  void ask(Instant now, const MachineWorld& world, State state);
  void bind(Instant now, std::uint32_t seconds);
  PartStatus fail(Failure failure);
  [[nodiscard]] net::Ipv4Address boot_server_of(const DhcpReply& reply) const;
  [[nodiscard]] DhcpSend addressed() const;
  [[nodiscard]] net::UdpPort own_port() const;
  [[nodiscard]] bool may_take(Instant now) const;
  [[nodiscard]] std::uint16_t secs(Instant now, const MachineWorld& world) const;
  [[nodiscard]] std::span<const Millis> waits() const;
  [[nodiscard]] Span wait(const MachineWorld& world) const;

  const DhcpHabits* habits_ = nullptr;
  Instant first_sent_{};
  Instant requested_at_{};  // the first REQUEST of this exchange
  Instant deadline_ = kNever;
  dhcp4::Xid xid_;
  net::Ipv4Address offered_;  // any(): no offer yet
  net::Ipv4Address server_;
  net::Ipv4Address boot_server_;  // to ask; any(): none
  std::uint32_t bad_replies_ = 0;
  State state_ = State::kIdle;
  Failure failure_ = Failure::kNone;
  ReplyFault last_fault_ = ReplyFault::kNone;
  std::uint16_t sent_ = 0;       // in this state
  std::uint16_t discovers_ = 0;  // of this exchange
  bool gathered_ = false;        // an offer said that there is nothing to wait for
  std::uint8_t naks_ = 0;
  bool proxy_named_file_ = false;  // the lease has it already
};

}  // namespace rackcast::sim
