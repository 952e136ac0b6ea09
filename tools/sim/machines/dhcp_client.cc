#include "tools/sim/machines/dhcp_client.h"

#include <algorithm>
#include <array>

#include "tools/sim/machines/dhcp_request.h"

namespace rackcast::sim {
namespace {

using dhcp4::MessageType;

constexpr std::uint32_t kInfiniteLease = 0xFFFF'FFFF;  // RFC 2131 §3.3
constexpr std::uint16_t kIpxeHasOffer = 2;             // iPXE's secs: count << 2, and this

std::int64_t wall_seconds(Instant now, const MachineWorld& world) {
  return world.facts.wall_start_seconds + std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
}

dhcp4::Xid first_xid(Instant now, const MachineWorld& world, const DhcpHabits& habits) {
  switch (habits.xid) {
    case XidRule::kRandom:
      return dhcp4::Xid(static_cast<std::uint32_t>(world.random.next()));
    case XidRule::kUnixSeconds:
      return dhcp4::Xid(static_cast<std::uint32_t>(wall_seconds(now, world)));
    case XidRule::kFixed:
      break;
  }
  return dhcp4::Xid(habits.fixed_xid);
}

void set_boot_file(DhcpLease& lease, const DhcpReply& reply, const DhcpHabits& habits) {
  lease.boot_file = reply.boot_file;
  if (habits.boot_file == BootFileRule::kReadTooFar && !reply.boot_file_has_end) lease.boot_file += '\xFF';
}

}  // namespace

void DhcpClient::start(Instant now, const MachineWorld& world, const DhcpHabits& habits) {
  *this = DhcpClient();
  habits_ = &habits;
  restart(now, world);
}

void DhcpClient::restart(Instant now, const MachineWorld& world) {
  xid_ = first_xid(now, world, *habits_);
  first_sent_ = now;
  offered_ = {};
  boot_server_ = {};
  proxy_named_file_ = false;
  discovers_ = 0;
  gathered_ = false;
  ask(now, world, State::kSelecting);
}

void DhcpClient::ask(Instant now, const MachineWorld& world, State state) {
  state_ = state;
  sent_ = 0;
  if (state != State::kAskingBootServer && state != State::kRebinding) requested_at_ = now;
  send(now, world, state == State::kSelecting ? MessageType::kDiscover : MessageType::kRequest);
}

std::span<const Millis> DhcpClient::waits() const {
  if (state_ == State::kSelecting) return habits_->discover_waits;
  return state_ == State::kAskingBootServer ? habits_->boot_server_waits : habits_->request_waits;
}

Span DhcpClient::wait(const MachineWorld& world) const {
  const auto table = waits();
  const Span listed = table[std::min<std::size_t>(sent_, table.size()) - 1];
  const Span below = habits_->jitter_below;
  const Span range = below + habits_->jitter_above;
  const Span jitter(static_cast<Span::rep>(world.random.below(static_cast<std::uint64_t>(range.count()))));
  return std::max<Span>(listed - below + jitter, std::chrono::milliseconds(1));
}

std::uint16_t DhcpClient::secs(Instant now, const MachineWorld& world) const {
  const auto seconds = static_cast<std::uint16_t>(std::chrono::floor<std::chrono::seconds>(now - first_sent_).count());
  switch (habits_->secs) {
    case SecsRule::kZero:
      return 0;
    case SecsRule::kElapsed:
      return seconds;
    case SecsRule::kElapsedFromOne:
      return std::max<std::uint16_t>(seconds, 1);
    case SecsRule::kTryCount: {
      const unsigned count = state_ == State::kRequesting ? sent_ + discovers_ : sent_;
      return static_cast<std::uint16_t>((count << 2U) | (offered_.is_any() ? 0U : kIpxeHasOffer));
    }
    case SecsRule::kUnixSeconds:
      break;
  }
  return static_cast<std::uint16_t>(wall_seconds(now, world));
}

DhcpSend DhcpClient::addressed() const {
  if (state_ == State::kAskingBootServer) return {false, offered_, boot_server_, kBootServerPort, own_port()};
  if (state_ == State::kRenewing) return {false, offered_, server_, dhcp4::kServerPort};
  return {.broadcast = true, .source = state_ == State::kRebinding ? offered_ : net::Ipv4Address()};
}

void DhcpClient::send(Instant now, const MachineWorld& world, MessageType type) {
  ++sent_;
  if (state_ == State::kSelecting) discovers_ = sent_;
  DhcpRequest request{.type = type, .xid = xid_, .secs = secs(now, world)};
  if (state_ == State::kRequesting) {
    request.requested = offered_;
    request.server = server_;
  } else if (state_ != State::kSelecting) {
    request.client = offered_;  // RFC 2131 §4.3.2: in ciaddr, neither 50 nor 54
  }
  std::array<std::byte, kDhcpMessageBytesMax> out;
  world.carrier.send_dhcp(world.identity.id, addressed(), encode_dhcp(request, *habits_, world.identity, out));
  deadline_ = now + wait(world);
}

bool DhcpClient::may_take(Instant now) const {
  return !offered_.is_any() && (gathered_ || now - first_sent_ >= habits_->gather);
}

PartStatus DhcpClient::fail(Failure failure) {
  failure_ = failure;
  state_ = State::kIdle;
  deadline_ = kNever;
  return PartStatus::kFailed;
}

net::UdpPort DhcpClient::own_port() const {
  return state_ == State::kAskingBootServer ? habits_->boot_server_source : dhcp4::kClientPort;
}

PartStatus DhcpClient::on_datagram(Instant now, const MachineWorld& world, const DhcpPorts& ports,
                                   std::span<const std::byte> message, DhcpLease& lease) {
  if (!listens() || ports.to != own_port()) return PartStatus::kIdle;
  const bool asks_boot_server = state_ == State::kAskingBootServer;
  std::array<std::byte, kDhcpMessageBytesMax> scratch;
  const JudgedReply judged = judge_reply(message, ports.from,
                                         {.xid = xid_,
                                          .mac = world.identity.mac,
                                          .habits = *habits_,
                                          .port = asks_boot_server ? kBootServerPort : dhcp4::kServerPort,
                                          .from_boot_server = asks_boot_server},
                                         scratch);
  if (judged.fault == ReplyFault::kNotForUs) return PartStatus::kRunning;
  if (judged.fault != ReplyFault::kNone) {
    ++bad_replies_;
    last_fault_ = judged.fault;
    return PartStatus::kRunning;
  }
  if (asks_boot_server) return on_boot_server(judged.reply, lease);
  switch (judged.reply.type) {
    case MessageType::kOffer:
      return on_offer(now, world, judged.reply, lease);
    case MessageType::kAck:
      return on_ack(now, world, judged.reply, lease);
    default:
      return on_nak(now, world, judged.reply);
  }
}

PartStatus DhcpClient::on_offer(Instant now, const MachineWorld& world, const DhcpReply& reply, DhcpLease& lease) {
  if (state_ != State::kSelecting || habits_->is_bootp()) return PartStatus::kRunning;
  gathered_ = gathered_ || reply.no_proxy || reply.names_pxe_class;
  if (reply.is_proxy) {
    on_proxy_offer(reply, lease);
  } else if (offered_.is_any() || habits_->takes_last_offer) {
    offered_ = reply.address;
    server_ = reply.server;
  }
  if (habits_->offer_timing == OfferTiming::kOnArrival && may_take(now)) ask(now, world, State::kRequesting);
  return PartStatus::kRunning;
}

// A second server that gives boot files and no addresses (PXE 2.1 §2.2.1): named now, or asked for later.
void DhcpClient::on_proxy_offer(const DhcpReply& reply, DhcpLease& lease) {
  if (habits_->boot_server == BootServerRule::kNotAsked || !boot_server_.is_any()) return;
  boot_server_ = boot_server_of(reply);
  const bool complete = reply.has_discovery || habits_->boot_server == BootServerRule::kWithoutFile;
  proxy_named_file_ = complete && !reply.boot_file.empty();
  if (!proxy_named_file_) return;
  set_boot_file(lease, reply, *habits_);
  lease.next_server = boot_server_;
}

net::Ipv4Address DhcpClient::boot_server_of(const DhcpReply& reply) const {
  return reply.next_server.is_any() ? reply.server : reply.next_server;
}

PartStatus DhcpClient::on_ack(Instant now, const MachineWorld& world, const DhcpReply& reply, DhcpLease& lease) {
  if (state_ == State::kRenewing || state_ == State::kRebinding) return on_renewed(now, world, reply, lease);
  const bool expected = habits_->is_bootp() ? state_ == State::kSelecting : state_ == State::kRequesting;
  // An ACK of another server is that server's late word on an offer that was not taken.
  if (!expected || (!habits_->is_bootp() && reply.server != server_)) return PartStatus::kRunning;
  if (!habits_->is_bootp() && reply.address != offered_) return fail(Failure::kBadOffer);
  lease.address = reply.address;
  lease.server = reply.server;
  lease.seconds = reply.lease_seconds;
  lease.since = requested_at_;
  lease.prefix_bits = reply.prefix_bits;
  lease.echoes_machine_id = reply.echoes_machine_id;
  lease.config_file = reply.config_file;
  lease.path_prefix = reply.path_prefix;
  if (!proxy_named_file_) {
    set_boot_file(lease, reply, *habits_);
    lease.next_server = reply.next_server;
    const bool unnamed =
        habits_->boot_server == BootServerRule::kWithoutDiscovery ? !reply.has_discovery : reply.boot_file.empty();
    if (habits_->boot_server != BootServerRule::kNotAsked && reply.names_pxe_class && unnamed && boot_server_.is_any())
      boot_server_ = boot_server_of(reply);
    if (!boot_server_.is_any()) {
      ask(now, world, State::kAskingBootServer);
      return PartStatus::kRunning;
    }
  }
  bind(now, reply.lease_seconds);
  return PartStatus::kDone;
}

PartStatus DhcpClient::on_boot_server(const DhcpReply& reply, DhcpLease& lease) {
  set_boot_file(lease, reply, *habits_);
  lease.next_server = reply.next_server.is_any() ? boot_server_ : reply.next_server;
  state_ = State::kIdle;
  deadline_ = kNever;
  return PartStatus::kDone;
}

// RFC 2131 §4.4.5: half of the lease, then it is renewed. An infinite one never.
void DhcpClient::bind(Instant now, std::uint32_t seconds) {
  const bool renews = habits_->renews && seconds != kInfiniteLease;
  state_ = renews ? State::kBound : State::kIdle;
  deadline_ = renews ? now + std::chrono::seconds(seconds) / 2 : kNever;
}

PartStatus DhcpClient::on_renewed(Instant now, const MachineWorld& world, const DhcpReply& reply, DhcpLease& lease) {
  if (state_ == State::kRenewing && reply.server != server_) return PartStatus::kRunning;
  if (reply.address != offered_) return fail(Failure::kBadOffer);
  server_ = reply.server;
  lease.server = reply.server;
  lease.seconds = reply.lease_seconds;
  lease.since = requested_at_;
  world.observer.on_lease(now, world.identity.id, {lease.address, lease.server, lease.seconds, lease.since});
  bind(now, reply.lease_seconds);
  return PartStatus::kRunning;
}

PartStatus DhcpClient::on_nak(Instant now, const MachineWorld& world, const DhcpReply& reply) {
  const bool running = state_ == State::kRenewing || state_ == State::kRebinding;
  if (!running && state_ != State::kRequesting) return PartStatus::kRunning;
  if (!reply.server.is_any() && reply.server != server_) return PartStatus::kRunning;
  world.observer.on_incident(now, world.identity.id, Incident::kNak);
  // A running system whose address is taken away has lost its connections.
  if (running || ++naks_ == kNaksMax) return fail(Failure::kNaked);
  state_ = State::kPausing;
  deadline_ = now + kNakPause;
  return PartStatus::kRunning;
}

PartStatus DhcpClient::on_deadline(Instant now, const MachineWorld& world) {
  switch (state_) {
    case State::kPausing:
      restart(now, world);
      return PartStatus::kRunning;
    case State::kBound:
      xid_ = first_xid(now, world, *habits_);
      first_sent_ = now;
      ask(now, world, State::kRenewing);
      return PartStatus::kRunning;
    default:
      return on_silence(now, world);
  }
}

PartStatus DhcpClient::on_silence(Instant now, const MachineWorld& world) {
  const bool used_up = sent_ >= waits().size() * world.pace.patience;
  const bool offered = !offered_.is_any();
  if (state_ == State::kSelecting && (may_take(now) || (used_up && offered))) {
    ask(now, world, State::kRequesting);
    return PartStatus::kRunning;
  }
  if (used_up && state_ == State::kRenewing) {
    ask(now, world, State::kRebinding);
    return PartStatus::kRunning;
  }
  if (used_up && state_ == State::kAskingBootServer) return fail(Failure::kNoBootFile);
  if (used_up && bad_replies_ > 0) return fail(Failure::kBadOffer);
  if (used_up) return fail(state_ == State::kSelecting ? Failure::kNoOffer : Failure::kNoAck);
  // With an offer in hand iPXE's next DISCOVER is no sign of loss.
  if (state_ != State::kSelecting || !offered)
    world.observer.on_incident(now, world.identity.id, Incident::kRetransmit);
  send(now, world, state_ == State::kSelecting ? MessageType::kDiscover : MessageType::kRequest);
  return PartStatus::kRunning;
}

std::string DhcpClient::detail() const {
  if (failure_ == Failure::kNaked) return "NAK to every REQUEST for " + std::string(offered_.text().view());
  if (failure_ == Failure::kNoBootFile)
    return "no answer from the boot server " + std::string(boot_server_.text().view()) + " on port 4011";
  if (failure_ == Failure::kBadOffer && bad_replies_ == 0) return "the ACK gives another address than the OFFER";
  std::string text = "no usable ";
  text += failure_ == Failure::kNoAck || !offered_.is_any() ? "ACK" : "OFFER";
  text += " after " + std::to_string(sent_) + " tries";
  if (bad_replies_ > 0)
    text += "; " + std::to_string(bad_replies_) + " bad replies, last: " + std::string(reply_fault_text(last_fault_));
  return text;
}

}  // namespace rackcast::sim
