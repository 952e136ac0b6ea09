#include "tools/sim/machines/dhcp_reply.h"

#include <algorithm>
#include <array>
#include <bit>

#include "proto/dhcp/options.h"

namespace rackcast::sim {
namespace {

using dhcp4::MessageType;
using dhcp4::OptionCode;

constexpr std::uint32_t kInfiniteLease = 0xFFFF'FFFF;
constexpr std::uint8_t kPxeItemFirst = 6;  // sub-options of 43 that make it a PXE boot server's
constexpr std::uint8_t kPxeItemLast = 10;

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// A mask with holes, or none: what a /24 network's machine would assume.
std::uint8_t prefix_bits(const dhcp4::Options& options) {
  const auto mask = options.address(OptionCode::kSubnetMask);
  if (!mask) return 24;
  const int ones = std::countl_one(mask->value());
  return ones + std::countr_zero(mask->value()) >= 32 ? static_cast<std::uint8_t>(ones) : std::uint8_t{24};
}

std::string_view boot_file(const dhcp4::Message& message, const dhcp4::Options& options, BootFileRule rule) {
  const std::string_view field = covers_file(options.overload()) ? std::string_view{} : message.file_text();
  const std::string_view option = options.text(OptionCode::kBootFileName);
  switch (rule) {
    case BootFileRule::kFileOnly:
      return field;
    case BootFileRule::kFileThen67:
      return field.empty() ? option : field;
    case BootFileRule::k67ThenFile:
    case BootFileRule::kReadTooFar:
      return option.empty() ? field : option;
  }
  return {};
}

// For clients that take option 67 for a C string.
bool ends_within_itself(const dhcp4::Options& options) {
  const auto option = options.get(OptionCode::kBootFileName);
  return !option || std::find(option->begin(), option->end(), std::byte{0}) != option->end();
}

net::Ipv4Address next_server(const dhcp4::Message& message, const dhcp4::Options& options, NextServerRule rule) {
  if (!message.header.siaddr.is_any()) return message.header.siaddr;
  if (rule == NextServerRule::kSiaddrThen54) return options.server_identifier().value_or(net::Ipv4Address());
  if (rule == NextServerRule::kSiaddrThen66)
    return net::Ipv4Address::parse(options.text(OptionCode::kTftpServerName)).value_or(net::Ipv4Address());
  return {};
}

bool has_discovery(const dhcp4::Options& options) {
  const auto vendor = options.get(OptionCode::kVendorOptions);
  if (!vendor) return false;
  for (std::uint8_t code = kPxeItemFirst; code <= kPxeItemLast; ++code)
    if (find_item(*vendor, code, dhcp4::Framing::kOptions)) return true;
  return false;
}

bool says_no_proxy(const dhcp4::Options& options) {
  const auto encapsulated = options.get(OptionCode::kIpxe);
  if (!encapsulated) return false;
  const auto item =
      find_item(*encapsulated, static_cast<std::uint8_t>(dhcp4::IpxeOption::kNoPxeDhcp), dhcp4::Framing::kOptions);
  return item && std::any_of(item->begin(), item->end(), [](std::byte octet) { return octet != std::byte{0}; });
}

bool is_host_address(net::Ipv4Address address) {
  return !address.is_broadcast() && !address.is_multicast() && address.octet(0) != 0;
}

ReplyFault judge_header(const dhcp4::Message& message, net::UdpPort from, const ReplyExpectation& expected) {
  if (message.header.op != dhcp4::Op::kReply || !message.has_cookie) return ReplyFault::kMalformed;
  const bool ours = message.header.mac() == expected.mac;
  if (message.header.xid != expected.xid) return ReplyFault::kNotForUs;
  // Clients that number all alike see each other's broadcasts.
  if (!ours) return expected.habits.xid == XidRule::kRandom ? ReplyFault::kWrongMac : ReplyFault::kNotForUs;
  return from == expected.port ? ReplyFault::kNone : ReplyFault::kWrongPort;
}

ReplyFault judge_grant(const DhcpReply& reply, const dhcp4::Options& options, const DhcpHabits& habits) {
  if (reply.server.is_any() && !habits.is_bootp()) return ReplyFault::kNoServerIdentifier;
  if (reply.address.is_any()) return reply.is_proxy ? ReplyFault::kNone : ReplyFault::kNoAddress;
  if (!is_host_address(reply.address)) return ReplyFault::kBadAddress;
  if (reply.lease_seconds == 0) return ReplyFault::kNoLeaseTime;
  if (!habits.vendor_text.empty() &&
      as_text(options.get(OptionCode::kVendorOptions).value_or(std::span<const std::byte>{}))
              .find(habits.vendor_text) == std::string_view::npos)
    return ReplyFault::kNoVendorText;
  if (!habits.needs_class.empty() && !options.text(OptionCode::kVendorClass).starts_with(habits.needs_class))
    return ReplyFault::kNoClass;
  return ReplyFault::kNone;
}

DhcpReply read(const dhcp4::Message& message, const dhcp4::Options& options, const DhcpHabits& habits) {
  DhcpReply reply;
  reply.type = options.message_type().value_or(MessageType::kAck);
  reply.address = message.header.yiaddr;
  reply.server = options.server_identifier().value_or(net::Ipv4Address());
  reply.next_server = next_server(message, options, habits.next_server);
  reply.lease_seconds = habits.is_bootp() ? kInfiniteLease : options.u32(OptionCode::kLeaseTime).value_or(0);
  reply.prefix_bits = prefix_bits(options);
  reply.names_pxe_class = options.text(OptionCode::kVendorClass).starts_with(dhcp4::kPxeClientClass);
  reply.has_discovery = has_discovery(options);
  reply.no_proxy = says_no_proxy(options);
  reply.is_proxy = reply.address.is_any() && reply.names_pxe_class && reply.type == MessageType::kOffer;
  reply.echoes_machine_id = options.has(OptionCode::kMachineId);
  reply.boot_file = boot_file(message, options, habits.boot_file);
  reply.boot_file_has_end = ends_within_itself(options);
  reply.config_file = options.text(OptionCode::kPxelinuxConfigFile);
  reply.path_prefix = options.text(OptionCode::kPxelinuxPathPrefix);
  return reply;
}

}  // namespace

JudgedReply judge_reply(std::span<const std::byte> message, net::UdpPort from, const ReplyExpectation& expected,
                        std::span<std::byte> scratch) {
  const auto parsed = dhcp4::parse_message(message);
  if (!parsed) return {ReplyFault::kMalformed, {}};
  if (const ReplyFault fault = judge_header(*parsed, from, expected); fault != ReplyFault::kNone) return {fault, {}};
  const dhcp4::Options options(*parsed, scratch);
  if (options.faults().overran || options.faults().missing_end) return {ReplyFault::kBadOptions, {}};
  const auto type = options.message_type();
  if (!expected.habits.is_bootp()) {
    if (!type) return {ReplyFault::kNoMessageType, {}};
    if (*type != MessageType::kOffer && *type != MessageType::kAck && *type != MessageType::kNak)
      return {ReplyFault::kUnexpectedType, {}};
  }
  const DhcpReply reply = read(*parsed, options, expected.habits);
  if (expected.from_boot_server) return {reply.boot_file.empty() ? ReplyFault::kNoFile : ReplyFault::kNone, reply};
  if (reply.type == MessageType::kNak) return {ReplyFault::kNone, reply};
  return {judge_grant(reply, options, expected.habits), reply};
}

std::string_view reply_fault_text(ReplyFault fault) {
  constexpr std::array<std::string_view, 15> kTexts{
      "none",
      "for another machine",
      "malformed",
      "not from the server's port",
      "another machine's hardware address under our transaction id",
      "options that run past their field or have no end",
      "no message type",
      "a message type no server sends",
      "no server identifier",
      "no address",
      "an address no machine can have",
      "no lease time",
      "no vendor text in option 43",
      "no boot file",
      "not the client's class in option 60",
  };
  const auto index = static_cast<std::size_t>(fault);
  return index < kTexts.size() ? kTexts[index] : "?";
}

}  // namespace rackcast::sim
