#include "core/engine/dhcp/ready_reply.h"

#include <algorithm>

#include "proto/dhcp/message.h"

namespace rackcast::engine {
namespace {

using dhcp4::OptionCode;

constexpr std::size_t kOptionsAt = 240;  // after the fixed header and the cookie

void write_seconds(std::span<std::byte> value, std::uint32_t seconds) {
  for (std::size_t i = 0; i < 4; ++i) value[i] = static_cast<std::byte>(seconds >> (24 - 8 * i));
}

}  // namespace

bool ReadyReply::shorten_lease(std::uint32_t seconds) {
  bool found = false;
  for (std::size_t at = kOptionsAt; at + 1 < size;) {
    const auto code = static_cast<OptionCode>(octets[at]);
    if (code == OptionCode::kEnd) break;
    if (code == OptionCode::kPad) {
      ++at;
      continue;
    }
    const auto length = static_cast<std::size_t>(octets[at + 1]);
    if (at + 2 + length > size) break;
    const auto value = std::span(octets).subspan(at + 2, length);
    if (length == 4 && code == OptionCode::kLeaseTime) write_seconds(value, seconds);
    if (length == 4 && code == OptionCode::kRenewalTime) write_seconds(value, seconds / 2);
    if (length == 4 && code == OptionCode::kRebindingTime) write_seconds(value, seconds - seconds / 8);
    found |= code == OptionCode::kLeaseTime;
    at += 2 + length;
  }
  return found;
}

void ReadyReply::assign(const ReadyReply& other) {
  std::copy_n(other.octets.begin(), other.size, octets.begin());
  size = other.size;
  to = other.to;
  delay = other.delay;
  kind = other.kind;
  counter = other.counter;
  address = other.address;
  relay = other.relay;
  interface = other.interface;
  detail = other.detail;
  client_name = other.client_name;
  machine = other.machine;
  publish = other.publish;
  quirks = other.quirks;
}

}  // namespace rackcast::engine
