#include "tools/sim/deterministic/withheld_checker.h"

#include <array>

#include "proto/dhcp/message.h"
#include "proto/dhcp/options.h"
#include "tools/sim/machines/digest.h"
#include "tools/sim/machines/mac_plan.h"

namespace rackcast::sim {

namespace {

// No client asks again sooner on purpose; what comes sooner crossed the answer on its way.
constexpr Span kRetryMin = std::chrono::milliseconds(200);

constexpr std::size_t kTftpQuestionOpcodes = 4;  // RRQ 1 and ACK 4

std::uint64_t client_key(const net::Endpoint& endpoint) {
  return (std::uint64_t{endpoint.address.v4().value()} << 16U) | endpoint.port.value();
}

std::uint64_t question_of(const io::SimFrame& frame) {
  return digest_of(frame.payload) ^ frame.destination.port.value();
}

bool is_question(std::span<const std::byte> payload) {
  if (payload.size() < kTftpQuestionOpcodes || payload[0] != std::byte{0}) return false;
  return payload[1] == std::byte{1} || payload[1] == std::byte{4};
}

bool is_tftp_client(const net::Endpoint& endpoint) {
  return endpoint.address.is_v4() && endpoint.address.v4().octet(0) == 10;
}

}  // namespace

bool WithheldChecker::at_server(const io::SimFrame& frame) const {
  return frame.destination.address == net::IpAddress(server_);
}

void WithheldChecker::on_sent(Instant now, const io::SimFrame& frame) {
  if (frame.destination.port == dhcp4::kServerPort || frame.source.port == dhcp4::kServerPort)
    return on_dhcp(now, frame, false);
  if (frame.source.address == net::IpAddress(server_)) {
    if (!is_tftp_client(frame.destination)) return;
    const auto it = tftp_.find(client_key(frame.destination));
    if (it == tftp_.end()) return;
    it->second.answered = it->second.question != 0 ? it->second.question : it->second.answered;
    it->second.question = 0;
  } else if (at_server(frame) && is_tftp_client(frame.source) && is_question(frame.payload)) {
    const auto it = tftp_.find(client_key(frame.source));
    if (it == tftp_.end() || it->second.question != question_of(frame)) return;
    tell(now, std::nullopt, it->second, "TFTP", frame.source);
  }
}

void WithheldChecker::on_arrived(Instant now, const io::SimFrame& frame) {
  if (frame.destination.port == dhcp4::kServerPort) return on_dhcp(now, frame, true);
  if (!at_server(frame) || !is_tftp_client(frame.source) || !is_question(frame.payload)) return;
  Debt& debt = tftp_[client_key(frame.source)];
  const std::uint64_t question = question_of(frame);
  if (question == debt.answered || question == debt.question) return;
  debt.question = question;
  debt.since = now;
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
  const auto type = options.message_type();
  if (type != dhcp4::MessageType::kDiscover && type != dhcp4::MessageType::kRequest) return;
  Debt& debt = dhcp_[*machine];
  const auto question = static_cast<std::uint64_t>(*type);
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
  const Span withheld = now - debt.since;
  if (withheld < kRetryMin) return;
  debt.question = 0;
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(withheld).count();
  out_.add({Invariant::kWithheld, now, machine,
            std::string(what) + " question of " + std::string(client.text().view()) + " asked again after " +
                std::to_string(ms) + " ms without any answer"});
}

void WithheldChecker::forget(MachineId machine, net::Ipv4Address address) {
  dhcp_.erase(machine);
  std::erase_if(tftp_, [address](const auto& entry) { return entry.first >> 16U == address.value(); });
}

}  // namespace rackcast::sim
