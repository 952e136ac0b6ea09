#include "proto/dhcp/message.h"

#include <algorithm>

#include "proto/bytes/cursor.h"

namespace rackcast::dhcp4 {
namespace {

constexpr std::uint16_t kBroadcastFlag = 0x8000;
constexpr std::uint8_t kLoopbackNet = 127;

std::string_view c_string(std::span<const std::byte> field) {
  const auto end = std::find(field.begin(), field.end(), std::byte{0});
  return {reinterpret_cast<const char*>(field.data()), static_cast<std::size_t>(end - field.begin())};
}

bool has_mac_addresses(HardwareType htype) {
  return htype == HardwareType::kEthernet || htype == HardwareType::kIeee802;
}

// Whether an address a client or relay claims as its own can be one host's.
bool is_host_address(net::Ipv4Address address) {
  return !address.is_multicast() && !address.is_broadcast() && address.octet(0) != kLoopbackNet;
}

MessageFault hardware_fault(const Header& header) {
  if (header.hlen > kChaddrSize) return MessageFault::kHlenTooLong;
  if (has_mac_addresses(header.htype) && header.hlen != 6) return MessageFault::kHlenMismatch;
  if (header.hlen == 0 && header.htype != HardwareType::kInfiniband) return MessageFault::kNoHardwareAddress;
  if (header.hlen == 0 && !header.broadcast) return MessageFault::kUnicastWithoutChaddr;
  if (has_mac_addresses(header.htype) && (header.chaddr[0] & 1U) != 0) return MessageFault::kGroupChaddr;
  return MessageFault::kNone;
}

}  // namespace

std::string_view message_type_name(MessageType type) {
  constexpr std::array<std::string_view, 9> kNames{"?",   "DISCOVER", "OFFER",   "REQUEST", "DECLINE",
                                                   "ACK", "NAK",      "RELEASE", "INFORM"};
  const auto index = static_cast<std::size_t>(type);
  return index < kNames.size() ? kNames[index] : kNames[0];
}

std::span<const std::uint8_t> Header::hardware_address() const {
  return std::span(chaddr).first(std::min<std::size_t>(hlen, kChaddrSize));
}

std::optional<net::MacAddress> Header::mac() const {
  if (!has_mac_addresses(htype) || hlen != 6) return std::nullopt;
  net::MacAddress mac;
  std::copy_n(chaddr.begin(), mac.octets.size(), mac.octets.begin());
  return mac;
}

void Header::set_mac(const net::MacAddress& mac) {
  htype = HardwareType::kEthernet;
  hlen = 6;
  chaddr = {};
  std::copy(mac.octets.begin(), mac.octets.end(), chaddr.begin());
}

Header reply_header(const Header& request) {
  Header reply;
  reply.op = Op::kReply;
  reply.htype = request.htype;
  reply.hlen = request.hlen;
  reply.xid = request.xid;
  reply.broadcast = request.broadcast;
  reply.giaddr = request.giaddr;
  reply.chaddr = request.chaddr;
  return reply;
}

std::string_view Message::sname_text() const {
  return c_string(sname);
}
std::string_view Message::file_text() const {
  return c_string(file);
}

std::optional<Message> parse_message(std::span<const std::byte> datagram) {
  bytes::Cursor cursor(datagram);
  Message message;
  Header& header = message.header;
  header.op = static_cast<Op>(cursor.u8());
  header.htype = static_cast<HardwareType>(cursor.u8());
  header.hlen = cursor.u8();
  header.hops = cursor.u8();
  header.xid = Xid(cursor.be32());
  header.secs = cursor.be16();
  header.broadcast = (cursor.be16() & kBroadcastFlag) != 0;
  header.ciaddr = net::Ipv4Address(cursor.be32());
  header.yiaddr = net::Ipv4Address(cursor.be32());
  header.siaddr = net::Ipv4Address(cursor.be32());
  header.giaddr = net::Ipv4Address(cursor.be32());
  const auto chaddr = cursor.bytes(kChaddrSize);
  message.sname = cursor.bytes(kSnameSize);
  message.file = cursor.bytes(kFileSize);
  if (!cursor.ok()) return std::nullopt;
  std::transform(chaddr.begin(), chaddr.end(), header.chaddr.begin(),
                 [](std::byte octet) { return std::to_integer<std::uint8_t>(octet); });
  message.vendor_area = cursor.rest();
  message.has_cookie = message.vendor_area.size() >= kCookieSize &&
                       std::equal(kCookie.begin(), kCookie.end(), message.vendor_area.begin());
  if (message.has_cookie) message.options = message.vendor_area.subspan(kCookieSize);
  return message;
}

std::string_view message_fault_text(MessageFault fault) {
  constexpr std::array<std::string_view, kMessageFaultCount> kTexts{
      "none",
      "wrong op",
      "hardware address longer than chaddr",
      "hardware address length does not fit the hardware type",
      "no hardware address",
      "no hardware address and no broadcast flag",
      "group hardware address",
      "relay address is not a host's",
      "client address is not a host's",
  };
  const auto index = static_cast<std::size_t>(fault);
  return index < kTexts.size() ? kTexts[index] : "?";
}

MessageFault validate(const Header& header, Op expected) {
  if (header.op != expected) return MessageFault::kWrongOp;
  if (const MessageFault fault = hardware_fault(header); fault != MessageFault::kNone) return fault;
  if (!is_host_address(header.giaddr)) return MessageFault::kBadGiaddr;
  if (!is_host_address(header.ciaddr)) return MessageFault::kBadCiaddr;
  return MessageFault::kNone;
}

}  // namespace rackcast::dhcp4
