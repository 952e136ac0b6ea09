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
  kBootpRefused,
  kNotItsLease,
  kHeldFull,
  kStoreQueueFull,
  kNotDurable,
  kStoreTooSlow,
  kAddressLost,
  kNoSlot,
  kReplyTooLong,
  kNotForBootServer,
  kNoBootItem,
  kNoBootFile,
  kNotAuthoritative,
  kBootingDisallowed,
  kUnknownClient,
  kTooSoon,
  kDeclineIgnored,
  kClassLimit,
  kPortCap,
  kRelayCap,
  kNoPermit,
  kProxyOnly,
  kProbesFull,
  kInUse,
  kOtherLink,
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
    DhcpDropSpec{DhcpDrop::kBootpRefused, "bootp_refused", "dynamic BOOTP is off in the subnet",
                 "set bootp = true or reserve an address"},
    DhcpDropSpec{DhcpDrop::kNotItsLease, "not_its_lease", "RELEASE or DECLINE of an address the machine does not hold",
                 "expected after a restart of the client"},
    DhcpDropSpec{DhcpDrop::kHeldFull, "held_full",
                 "of too many answers that wait for the disk, the one that waits longest",
                 "the state disk is too slow"},
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
    DhcpDropSpec{DhcpDrop::kNotForBootServer, "not_for_boot_server",
                 "port 4011 was asked for something else than a boot file", "something else speaks on port 4011"},
    DhcpDropSpec{DhcpDrop::kNoBootItem, "no_boot_item", "the menu has no such entry, or it needs credentials",
                 "compare the client's menu with [dhcp.pxe]"},
    DhcpDropSpec{DhcpDrop::kNoBootFile, "no_boot_file", "nothing to boot for this kind of client",
                 "add its architecture to [dhcp.boot]"},
    DhcpDropSpec{DhcpDrop::kNotAuthoritative, "not_authoritative",
                 "the client is wrong, but the network is not ours to judge",
                 "say `authoritative` if this server rules the network"},
    DhcpDropSpec{DhcpDrop::kBootingDisallowed, "booting_disallowed", "booting or bootp is denied to the client",
                 "expected where a rule says so"},
    DhcpDropSpec{DhcpDrop::kUnknownClient, "unknown_client", "no host entry, and unknown clients are denied",
                 "add a [[dhcp.host]] if it is to be served"},
    DhcpDropSpec{DhcpDrop::kTooSoon, "too_soon", "the client has not asked for min-secs yet",
                 "expected where another server is to be first"},
    DhcpDropSpec{DhcpDrop::kDeclineIgnored, "decline_ignored", "declines are denied", "expected where a rule says so"},
    DhcpDropSpec{DhcpDrop::kClassLimit, "class_limit", "the client's class has as many leases as it may have",
                 "raise its lease limit, or look who uses them up"},
    DhcpDropSpec{DhcpDrop::kPortCap, "port_cap", "the relay's port has as many leases as one may have",
                 "a flood of invented machines, or raise leases_per_port"},
    DhcpDropSpec{DhcpDrop::kRelayCap, "relay_cap", "the relay has as many leases as one may have",
                 "a flood of invented machines, or raise leases_per_relay"},
    DhcpDropSpec{DhcpDrop::kNoPermit, "no_permit", "no pool of the network is for this client",
                 "look at the pools' allow and deny"},
    DhcpDropSpec{DhcpDrop::kProxyOnly, "proxy_only", "a message to the address server, and we are the proxy",
                 "none needed"},
    DhcpDropSpec{DhcpDrop::kProbesFull, "probes_full",
                 "of too many DISCOVERs that wait for a probe, the one that waits longest",
                 "turn conflict_probe off, or look for a DISCOVER flood"},
    DhcpDropSpec{DhcpDrop::kInUse, "in_use", "each of several addresses that could be offered is somebody's",
                 "a router with proxy ARP, another DHCP server, or fixed addresses within a range"},
    DhcpDropSpec{DhcpDrop::kOtherLink, "other_link",
                 "the machine asks on two networks, and its message on the other waits for a probe",
                 "look for two machines with one MAC address (or UUID), or relays that repeat into other networks"},
};
inline constexpr std::size_t kDhcpDropCount = kDhcpDrops.size();

constexpr bool dhcp_drops_are_indexed_by_reason() {
  for (std::size_t i = 0; i < kDhcpDropCount; ++i)
    if (static_cast<std::size_t>(kDhcpDrops[i].reason) != i) return false;
  return static_cast<std::size_t>(DhcpDrop::kOtherLink) + 1 == kDhcpDropCount;
}
static_assert(dhcp_drops_are_indexed_by_reason());

[[nodiscard]] constexpr const DhcpDropSpec& drop_spec(DhcpDrop reason) {
  return kDhcpDrops[static_cast<std::size_t>(reason)];
}

}  // namespace rackcast::engine
