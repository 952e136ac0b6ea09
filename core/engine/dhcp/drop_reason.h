// Why a message got no answer: one table for the counters, the metrics and the operator. Adding a reason is one line
// here. Nothing is logged per message; the counters tell.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rackcast::engine {

enum class DhcpDrop : std::uint8_t {
  kTruncated,
  kTooShort,
  kBadHeader,
  kNoMac,
  kNotForServers,
  kNoAddress,
  kRelayInfoTooLong,
  kUnknownInterface,
  kServiceOff,
  kStopping,
  kNoSubnet,
  kOtherServer,
  kUnknownLease,
  kNoRange,
  kPoolExhausted,
  kHoldLimit,
  kBootpRefused,
  kNotItsLease,
  kHeldFull,
  kStoreQueueFull,
  kNotDurable,
  kStoreTooSlow,
  kAddressLost,
  kNoSlot,
  kReplyTooLong,
};

struct DhcpDropSpec {
  DhcpDrop reason;
  std::string_view name;  // of the metric's label
  std::string_view text;
  std::string_view hint;  // what an operator does about it
};

inline constexpr std::array kDhcpDrops = {
    DhcpDropSpec{DhcpDrop::kTruncated, "truncated", "longer than a receive buffer", "something else speaks on port 67"},
    DhcpDropSpec{DhcpDrop::kTooShort, "too_short", "shorter than the fixed header", "something else speaks on port 67"},
    DhcpDropSpec{DhcpDrop::kBadHeader, "bad_header", "a header no client sends", "look at the sender with tcpdump"},
    DhcpDropSpec{DhcpDrop::kNoMac, "no_mac", "no 6-octet hardware address", "only Ethernet clients are served"},
    DhcpDropSpec{DhcpDrop::kNotForServers, "not_for_servers", "a message type servers send or nobody knows",
                 "another server's answers reach us: check relays and bridges"},
    DhcpDropSpec{DhcpDrop::kNoAddress, "no_address", "the message lacks the address it is about",
                 "a faulty client; look at it with tcpdump"},
    DhcpDropSpec{DhcpDrop::kRelayInfoTooLong, "relay_info_too_long", "option 82 is longer than can be returned",
                 "shorten what the relay adds"},
    DhcpDropSpec{DhcpDrop::kUnknownInterface, "unknown_interface", "the interface has no IPv4 address of ours",
                 "give the interface an address in the subnet it serves"},
    DhcpDropSpec{DhcpDrop::kServiceOff, "service_off", "[dhcp] is off", "none needed"},
    DhcpDropSpec{DhcpDrop::kStopping, "stopping", "the daemon is stopping", "none needed"},
    DhcpDropSpec{DhcpDrop::kNoSubnet, "no_subnet", "no [[dhcp.subnet]] for the client's network",
                 "add the subnet, or take the interface or relay away"},
    DhcpDropSpec{DhcpDrop::kOtherServer, "other_server", "the client chose another server",
                 "expected beside another DHCP server; otherwise find it"},
    DhcpDropSpec{DhcpDrop::kUnknownLease, "unknown_lease", "the client claims a lease we do not know",
                 "it starts over by itself; expected after the lease file was lost"},
    DhcpDropSpec{DhcpDrop::kNoRange, "no_range", "the subnet has no range and the machine no reservation",
                 "add a range or a [[dhcp.host]]"},
    DhcpDropSpec{DhcpDrop::kPoolExhausted, "pool_exhausted", "no free leases", "widen the range or shorten the leases"},
    DhcpDropSpec{DhcpDrop::kHoldLimit, "hold_limit", "too many offers are out",
                 "a DISCOVER flood: look for its source"},
    DhcpDropSpec{DhcpDrop::kBootpRefused, "bootp_refused", "dynamic BOOTP is off in the subnet",
                 "set bootp = true or reserve an address"},
    DhcpDropSpec{DhcpDrop::kNotItsLease, "not_its_lease", "RELEASE or DECLINE of an address the machine does not hold",
                 "expected after a restart of the client"},
    DhcpDropSpec{DhcpDrop::kHeldFull, "held_full", "too many answers wait for the disk", "the state disk is too slow"},
    DhcpDropSpec{DhcpDrop::kStoreQueueFull, "store_queue_full", "the lease store's queue is full",
                 "the state disk is too slow"},
    DhcpDropSpec{DhcpDrop::kNotDurable, "not_durable", "the lease could not be written", "free space in state_dir"},
    DhcpDropSpec{DhcpDrop::kStoreTooSlow, "store_too_slow", "the lease store did not answer in time",
                 "the state disk hangs"},
    DhcpDropSpec{DhcpDrop::kAddressLost, "address_lost", "the address went away while the lease was being written",
                 "none needed: the client asks again"},
    DhcpDropSpec{DhcpDrop::kNoSlot, "no_slot", "the way out is full",
                 "none needed unless it lasts: the client asks again"},
    DhcpDropSpec{DhcpDrop::kReplyTooLong, "reply_too_long", "the answer does not fit what the client takes",
                 "shorten option 82 or what the subnet hands out"},
};
inline constexpr std::size_t kDhcpDropCount = kDhcpDrops.size();

constexpr bool dhcp_drops_are_indexed_by_reason() {
  for (std::size_t i = 0; i < kDhcpDropCount; ++i)
    if (static_cast<std::size_t>(kDhcpDrops[i].reason) != i) return false;
  return static_cast<std::size_t>(DhcpDrop::kReplyTooLong) + 1 == kDhcpDropCount;
}
static_assert(dhcp_drops_are_indexed_by_reason());

[[nodiscard]] constexpr const DhcpDropSpec& drop_spec(DhcpDrop reason) {
  return kDhcpDrops[static_cast<std::size_t>(reason)];
}

}  // namespace rackcast::engine
