#include "tools/sim/deterministic/withheld_checker.h"

#include <algorithm>
#include <array>

#include "proto/dhcp/message.h"
#include "proto/dhcp/options.h"
#include "proto/tftp/packet.h"
#include "tools/sim/deterministic/wire_view.h"
#include "tools/sim/machines/digest.h"
#include "tools/sim/machines/mac_plan.h"

namespace rackcast::sim {

namespace {

// The server answers a repeated question not sooner than this after the last time; pxelinux repeats its own after 110
// ms. What comes sooner may have crossed the answer on its way, too.
constexpr Span kRetryMin = std::chrono::milliseconds(200);

// The server's back-off (core/engine/tftp/engine_limits.h): doubled up to this, looked at by a timer that is so coarse.
constexpr Span kServerWaitMax = std::chrono::seconds(16);
constexpr Span kTimerSlack = std::chrono::milliseconds(20);
constexpr unsigned kDoublingsMax = 4;
// The datagrams of a window leave together.
constexpr Span kOneSending = std::chrono::milliseconds(50);

constexpr std::size_t kTftpHeadBytes = 4;
constexpr std::uint64_t kBootpQuestion = 256;  // no message type is this

std::uint64_t question_of(const io::SimFrame& frame) {
  return digest_of(frame.payload) ^ frame.destination.port.value();
}

bool is_question(std::span<const std::byte> payload) {
  if (payload.size() < kTftpHeadBytes || payload[0] != std::byte{0}) return false;
  return payload[1] == std::byte{1} || payload[1] == std::byte{4};
}
bool is_request(std::span<const std::byte> payload) {
  return payload[1] == std::byte{1};
}

}  // namespace

bool WithheldChecker::at_server(const io::SimFrame& frame) const {
  return frame.destination.address == net::IpAddress(server_);
}

void WithheldChecker::on_sent(Instant now, const io::SimFrame& frame) {
  if (frame.destination.port == dhcp4::kServerPort || frame.source.port == dhcp4::kServerPort)
    return on_dhcp(now, frame, false);
  if (frame.source.address == net::IpAddress(server_)) {
    if (!is_rack_address(frame.destination.address)) return;
    const auto it = tftp_.find(client_key(frame.destination));
    if (it != tftp_.end()) on_tftp_answer(now, frame, it->second);
  } else if (at_server(frame) && is_rack_address(frame.source.address) && is_question(frame.payload)) {
    const auto it = tftp_.find(client_key(frame.source));
    if (it == tftp_.end() || it->second.question != question_of(frame)) return;
    const bool once_more = it->second.question == it->second.answered;
    if (once_more && now < it->second.repeats_by + kTimerSlack) return;
    tell(now, std::nullopt, it->second, "TFTP", frame.source);
  }
}

void WithheldChecker::on_tftp_answer(Instant now, const io::SimFrame& frame, TftpDebt& debt) {
  const bool to_new_question = debt.question != 0 && debt.question != debt.answered;
  if (debt.question != 0) debt.answered = debt.question;
  debt.question = 0;
  const tftp::Packet packet = tftp::parse(frame.payload);
  if (const auto* const oack = std::get_if<tftp::OptionAck>(&packet))
    debt.first_wait = std::chrono::seconds(oack->options.timeout.value_or(1));
  if (to_new_question)
    debt.unheard = 0;
  else if (now - debt.sent_at >= kOneSending && debt.unheard < kDoublingsMax)
    ++debt.unheard;
  debt.sent_at = now;
  debt.repeats_by = now + std::min(debt.first_wait * (1U << debt.unheard), std::max(debt.first_wait, kServerWaitMax));
}

void WithheldChecker::on_lost(const io::SimFrame& frame) {
  if (frame.source.address != net::IpAddress(server_) || !is_rack_address(frame.destination.address)) return;
  const auto it = tftp_.find(client_key(frame.destination));
  if (it != tftp_.end()) it->second.answer_lost = true;
}

void WithheldChecker::on_arrived(Instant now, const io::SimFrame& frame) {
  if (frame.destination.port == dhcp4::kServerPort) return on_dhcp(now, frame, true);
  if (turns_) return;  // requests, and answers to our first answer, may wait for their turn
  if (!at_server(frame) || !is_rack_address(frame.source.address) || !is_question(frame.payload)) return;
  TftpDebt& debt = tftp_[client_key(frame.source)];
  const std::uint64_t question = question_of(frame);
  debt.unheard = 0;
  if (question == debt.question) return;
  if (question == debt.answered && !debt.answer_lost) return;
  if (question != debt.answered) {
    debt.answer_lost = false;
    if (is_request(frame.payload)) debt.first_wait = std::chrono::seconds(1);
  }
  debt.question = question;
  debt.since = now;
}

void WithheldChecker::on_probe(const net::MacAddress& client, Instant answered) {
  const auto machine = machine_of(client);
  if (!machine || machine->value() >= segment_of_.size()) return;
  Debt& debt = dhcp_[*machine];
  debt.not_before = std::max(debt.not_before, answered);
}

// Machines' questions as they leave (from port 68) and as they arrive at the server, relayed or not; the server's
// answers as they leave it.
void WithheldChecker::on_dhcp(Instant now, const io::SimFrame& frame, bool arrived) {
  const auto message = dhcp4::parse_message(frame.payload);
  if (!message) return;
  const auto mac = message->header.mac();
  const auto machine = mac ? machine_of(*mac) : std::nullopt;
  if (!machine || machine->value() >= segment_of_.size()) return;
  if (message->header.op == dhcp4::Op::kReply) {
    if (!arrived && frame.source.address == net::IpAddress(server_)) dhcp_[*machine].question = 0;
    return;
  }
  std::array<std::byte, 2'048> scratch{};
  if (frame.payload.size() > scratch.size()) return;
  const dhcp4::Options options(*message, std::span(scratch).first(frame.payload.size()));
  const auto type = options.message_type();  // none: BOOTP
  if (type && type != dhcp4::MessageType::kDiscover && type != dhcp4::MessageType::kRequest) return;
  Debt& debt = dhcp_[*machine];
  const std::uint64_t question = type ? static_cast<std::uint64_t>(*type) : kBootpQuestion;
  if (arrived) {
    // A broadcast is heard by the server on its own segment, elsewhere by a relay.
    if (!at_server(frame) && segment_of_[machine->value()] != 0) return;
    if (debt.question == question) return;
    debt.question = question;
    debt.since = now;
  } else if (frame.source.port == dhcp4::kClientPort && debt.question == question) {
    tell(now, machine, debt, "DHCP", frame.source);
  }
}

void WithheldChecker::tell(Instant now, std::optional<MachineId> machine, Debt& debt, const char* what,
                           const net::Endpoint& client) {
  const Span withheld = now - std::max(debt.since, debt.not_before);
  if (withheld < kRetryMin) return;
  debt.question = 0;
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(withheld).count();
  out_.add({Invariant::kWithheld, now, machine,
            std::string(what) + " question of " + std::string(client.text().view()) + " asked again after " +
                std::to_string(ms) + " ms without any answer"});
}

void WithheldChecker::forget(MachineId machine, net::Ipv4Address address) {
  // Its address goes on being looked at, and what it asks next waits for that, too.
  if (const auto known = dhcp_.find(machine); known != dhcp_.end())
    known->second = Debt{.not_before = known->second.not_before};
  std::erase_if(tftp_, [address](const auto& entry) { return address_of_key(entry.first) == address; });
}

}  // namespace rackcast::sim
