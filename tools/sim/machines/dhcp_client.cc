#include "tools/sim/machines/dhcp_client.h"

#include <algorithm>
#include <array>

#include "tools/sim/machines/dhcp_request.h"

namespace rackcast::sim {
namespace {

using dhcp4::MessageType;

constexpr std::uint16_t kIpxeHasOffer = 2;  // iPXE's secs: count << 2, and this

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

}  // namespace

void DhcpClient::start(Instant now, const MachineWorld& world, const DhcpHabits& habits) {
  *this = DhcpClient();
  habits_ = &habits;
  restart(now, world);
}

void DhcpClient::restart(Instant now, const MachineWorld& world) {
  state_ = State::kSelecting;
  xid_ = first_xid(now, world, *habits_);
  first_sent_ = now;
  offered_ = {};
  sent_ = 0;
  discover(now, world);
}

std::span<const Millis> DhcpClient::waits() const {
  return state_ == State::kRequesting ? habits_->request_waits : habits_->discover_waits;
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
      const unsigned count = state_ == State::kRequesting ? sent_ + 2U : sent_;  // two DISCOVERs, as a rule, were first
      return static_cast<std::uint16_t>((count << 2U) | (offered_.is_any() ? 0U : kIpxeHasOffer));
    }
    case SecsRule::kUnixSeconds:
      break;
  }
  return static_cast<std::uint16_t>(wall_seconds(now, world));
}

void DhcpClient::send(Instant now, const MachineWorld& world, MessageType type) {
  ++sent_;
  DhcpRequest request{.type = type, .xid = xid_, .secs = secs(now, world)};
  if (type == MessageType::kRequest) {
    request.requested = offered_;
    request.server = server_;
  }
  std::array<std::byte, kDhcpMessageBytesMax> out;
  world.carrier.send_dhcp(world.identity.id, DhcpSend{}, encode_dhcp(request, *habits_, world.identity, out));
  deadline_ = now + wait(world);
}

void DhcpClient::discover(Instant now, const MachineWorld& world) {
  send(now, world, MessageType::kDiscover);
}

void DhcpClient::request(Instant now, const MachineWorld& world) {
  state_ = State::kRequesting;
  sent_ = 0;
  send(now, world, MessageType::kRequest);
}

bool DhcpClient::may_take(Instant now) const {
  return !offered_.is_any() && now - first_sent_ >= habits_->gather;
}

PartStatus DhcpClient::fail(Failure failure) {
  failure_ = failure;
  state_ = State::kIdle;
  deadline_ = kNever;
  return PartStatus::kFailed;
}

PartStatus DhcpClient::on_datagram(Instant now, const MachineWorld& world, net::UdpPort from,
                                   std::span<const std::byte> message, DhcpLease& lease) {
  if (!listens()) return PartStatus::kIdle;
  std::array<std::byte, kDhcpMessageBytesMax> scratch;
  const JudgedReply judged =
      judge_reply(message, from, {.xid = xid_, .mac = world.identity.mac, .habits = *habits_}, scratch);
  if (judged.fault == ReplyFault::kNotForUs) return PartStatus::kRunning;
  if (judged.fault != ReplyFault::kNone) {
    ++bad_replies_;
    last_fault_ = judged.fault;
    return PartStatus::kRunning;
  }
  switch (judged.reply.type) {
    case MessageType::kOffer:
      return on_offer(now, world, judged.reply);
    case MessageType::kAck:
      return on_ack(now, world, judged.reply, lease);
    default:
      return on_nak(now, world, judged.reply);
  }
}

PartStatus DhcpClient::on_offer(Instant now, const MachineWorld& world, const DhcpReply& reply) {
  if (state_ != State::kSelecting || habits_->is_bootp() || reply.is_proxy) return PartStatus::kRunning;
  if (offered_.is_any() || habits_->takes_last_offer) {
    offered_ = reply.address;
    server_ = reply.server;
  }
  if (habits_->offer_timing == OfferTiming::kOnArrival && may_take(now)) request(now, world);
  return PartStatus::kRunning;
}

PartStatus DhcpClient::on_ack(Instant, const MachineWorld&, const DhcpReply& reply, DhcpLease& lease) {
  const bool expected = habits_->is_bootp() ? state_ == State::kSelecting : state_ == State::kRequesting;
  // An ACK of another server is that server's late word on an offer that was not taken.
  if (!expected || (!habits_->is_bootp() && reply.server != server_)) return PartStatus::kRunning;
  if (!habits_->is_bootp() && reply.address != offered_) return fail(Failure::kBadOffer);
  lease.address = reply.address;
  lease.server = reply.server;
  lease.next_server = reply.next_server;
  lease.seconds = reply.lease_seconds;
  lease.prefix_bits = reply.prefix_bits;
  lease.echoes_machine_id = reply.echoes_machine_id;
  lease.boot_file = reply.boot_file;
  lease.config_file = reply.config_file;
  lease.path_prefix = reply.path_prefix;
  state_ = State::kIdle;
  deadline_ = kNever;
  return PartStatus::kDone;
}

PartStatus DhcpClient::on_nak(Instant now, const MachineWorld& world, const DhcpReply& reply) {
  if (state_ != State::kRequesting || (!reply.server.is_any() && reply.server != server_)) return PartStatus::kRunning;
  world.observer.on_incident(now, world.identity.id, Incident::kNak);
  if (++naks_ == kNaksMax) return fail(Failure::kNaked);
  state_ = State::kPausing;
  deadline_ = now + kNakPause;
  return PartStatus::kRunning;
}

PartStatus DhcpClient::on_deadline(Instant now, const MachineWorld& world) {
  if (state_ == State::kPausing) {
    restart(now, world);
    return PartStatus::kRunning;
  }
  const bool used_up = sent_ >= waits().size();
  if (state_ == State::kSelecting) {
    if (may_take(now) || (used_up && !offered_.is_any())) {
      request(now, world);
      return PartStatus::kRunning;
    }
    if (used_up) return fail(bad_replies_ > 0 ? Failure::kBadOffer : Failure::kNoOffer);
    if (offered_.is_any()) world.observer.on_incident(now, world.identity.id, Incident::kRetransmit);
    discover(now, world);
    return PartStatus::kRunning;
  }
  if (used_up) return fail(bad_replies_ > 0 ? Failure::kBadOffer : Failure::kNoAck);
  world.observer.on_incident(now, world.identity.id, Incident::kRetransmit);
  send(now, world, MessageType::kRequest);
  return PartStatus::kRunning;
}

std::string DhcpClient::detail() const {
  if (failure_ == Failure::kNaked) return "NAK to every REQUEST for " + std::string(offered_.text().view());
  if (failure_ == Failure::kBadOffer && bad_replies_ == 0) return "the ACK gives another address than the OFFER";
  std::string text = "no usable ";
  text += failure_ == Failure::kNoAck || !offered_.is_any() ? "ACK" : "OFFER";
  text += " after " + std::to_string(sent_) + " tries";
  if (bad_replies_ > 0)
    text += "; " + std::to_string(bad_replies_) + " bad replies, last: " + std::string(reply_fault_text(last_fault_));
  return text;
}

}  // namespace rackcast::sim
