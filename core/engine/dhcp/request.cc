#include "core/engine/dhcp/request.h"

#include <algorithm>

namespace rackcast::engine {
namespace {

using dhcp4::MessageType;
using dhcp4::OptionCode;

constexpr std::byte kUnicastFlag{0x80};  // of 82.10 (RFC 5010)

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::optional<DhcpDrop> read_relay_info(const dhcp4::Options& options, Request& request) {
  const auto relay = options.relay_agent();
  if (!relay) return std::nullopt;
  request.relay_info.assign(as_text(relay->raw));
  if (request.relay_info.cut()) return DhcpDrop::kRelayInfoTooLong;
  request.link_selection = relay->address(dhcp4::RelaySubOption::kLinkSelection);
  request.server_id_override = relay->address(dhcp4::RelaySubOption::kServerIdOverride);
  if (const auto flags = relay->get(dhcp4::RelaySubOption::kFlags); flags && flags->size() == 1)
    request.relayed_unicast = (flags->front() & kUnicastFlag) != std::byte{0};
  request.relay_port = relay->get(dhcp4::RelaySubOption::kRelayPort).has_value();
  return std::nullopt;
}

void read_identity(const dhcp4::Options& options, Request& request) {
  request.client_identifier.assign(as_text(options.client_identifier()));
  // A name longer than dhcpd would print is no name.
  request.hostname.assign(options.host_name());
  if (request.hostname.cut()) request.hostname.clear();
  if (const auto vendor = options.get(OptionCode::kVendorClass)) request.vendor_class.assign(as_text(*vendor));
  request.boot_class = options.vendor_class().boot;
  if (const auto arch = options.client_arch()) request.architecture = static_cast<std::uint16_t>(*arch);
  if (const auto id = options.get(OptionCode::kMachineId); id && id->size() <= request.machine_id.capacity())
    request.machine_id.assign(as_text(*id));
  if (const auto ipxe = options.ipxe()) {
    request.ipxe = true;
    request.takes_ipxe_options = options.has(OptionCode::kIpxe);
  }
}

std::size_t reply_bytes_max(const dhcp4::Message& message, const dhcp4::Options& options, bool bootp) {
  const auto stated = options.max_message_size();
  // R951's area unless the client showed that it takes more (dhcpd's rule).
  if (bootp && !stated)
    return std::clamp(dhcp4::kVendorOffset + message.vendor_area.size(), dhcp4::kMessageSizeMin,
                      kDatagramBytesMax - kIpUdpHeaderBytes);
  const std::size_t datagram = stated ? *stated : kDatagramBytesMin;
  return std::clamp(datagram, kDatagramBytesMin, kDatagramBytesMax) - kIpUdpHeaderBytes;
}

// RFC 2131 §4.3.2 and table 4; the server identifier comes first, since some clients send it when they renew, too.
std::optional<DhcpDrop> classify_request(Request& request) {
  const bool has_ciaddr = !request.header.ciaddr.is_any();
  if (request.requested && request.requested->is_any()) request.requested.reset();
  if (request.server_identifier && request.requested) {
    request.kind = RequestKind::kSelecting;
  } else if (has_ciaddr) {
    const bool unicast = request.header.is_relayed() ? request.relayed_unicast : request.unicast;
    request.kind = unicast ? RequestKind::kRenewing : RequestKind::kRebinding;
    request.requested.reset();
  } else if (request.requested) {
    request.kind = RequestKind::kInitReboot;
  } else {
    return DhcpDrop::kNoAddress;
  }
  return std::nullopt;
}

// What asks for a boot file and nothing else.
bool is_for_boot_server(const dhcp4::Options& options, Request& request) {
  const auto type = options.message_type();
  if (type != MessageType::kRequest && type != MessageType::kInform) return false;
  return request.to_boot_port || (request.boot_item && !request.header.ciaddr.is_any());
}

std::optional<DhcpDrop> classify(const dhcp4::Options& options, Request& request) {
  if (is_for_boot_server(options, request)) {
    request.kind = RequestKind::kBootServer;
    request.requested.reset();
    return std::nullopt;
  }
  if (request.to_boot_port) return DhcpDrop::kNotForBootServer;
  if (!options.has(OptionCode::kMessageType)) {
    request.kind = RequestKind::kBootp;
    return std::nullopt;
  }
  switch (options.message_type().value_or(MessageType::kOffer)) {
    case MessageType::kDiscover:
      request.kind = RequestKind::kDiscover;
      return std::nullopt;
    case MessageType::kRequest:
      return classify_request(request);
    case MessageType::kDecline:
      request.kind = RequestKind::kDecline;
      return request.requested ? std::nullopt : std::optional(DhcpDrop::kNoAddress);
    case MessageType::kRelease:
      request.kind = RequestKind::kRelease;
      request.requested.reset();
      return request.header.ciaddr.is_any() ? std::optional(DhcpDrop::kNoAddress) : std::nullopt;
    case MessageType::kInform:
      request.kind = RequestKind::kInform;
      request.requested.reset();
      return request.client_address().is_any() ? std::optional(DhcpDrop::kNoAddress) : std::nullopt;
    default:
      return DhcpDrop::kNotForServers;
  }
}

}  // namespace

net::Ipv4Address Request::client_address() const {
  if (!header.ciaddr.is_any() || kind != RequestKind::kInform) return header.ciaddr;
  return peer.address.is_v4() ? peer.address.v4() : net::Ipv4Address{};
}

std::optional<std::array<std::uint8_t, 16>> Request::uuid() const {
  const auto id = dhcp4::MachineId::parse(std::as_bytes(std::span(machine_id.view())));
  return id && !id->is_unset() ? std::optional(id->octets) : std::nullopt;
}

std::span<const std::byte> Request::relay_option(dhcp4::RelaySubOption code) const {
  return dhcp4::RelayAgentInfo{relay_octets()}.get(code).value_or(std::span<const std::byte>{});
}

std::optional<std::span<const std::byte>> Request::option(const OptionKey& key) const {
  if (key.code > 0xFF || parsed == nullptr) return std::nullopt;
  const auto code = static_cast<std::uint8_t>(key.code);
  if (key.space == kDhcpSpace) return parsed->options->get(OptionCode{code});
  if (key.space != kAgentSpace) return std::nullopt;
  return dhcp4::RelayAgentInfo{relay_octets()}.get(dhcp4::RelaySubOption{code});
}

std::optional<DhcpDrop> read_request(const ReceivedDatagram& datagram, bool unicast, ParsedMessage& parsed,
                                     Request& request) {
  if (datagram.truncated) return DhcpDrop::kTruncated;
  const auto message = dhcp4::parse_message(datagram.payload);
  if (!message) return DhcpDrop::kTooShort;
  if (dhcp4::validate(message->header, dhcp4::Op::kRequest) != dhcp4::MessageFault::kNone) return DhcpDrop::kBadHeader;
  const auto mac = message->header.mac();
  if (!mac || mac->is_zero()) return DhcpDrop::kNoMac;

  parsed.packet = datagram.payload;
  parsed.message = *message;
  const dhcp4::Options& options = parsed.options.emplace(parsed.message, parsed.scratch);
  request.parsed = &parsed;
  request.header = message->header;
  request.mac = *mac;
  request.socket = datagram.socket;
  request.interface = datagram.interface;
  request.peer = datagram.peer;
  if (datagram.destination.is_v4()) request.destination = datagram.destination.v4();
  request.unicast = unicast;
  request.to_boot_port = datagram.local.port == kBootServerPort;
  request.requested = options.requested_address();
  request.server_identifier = options.server_identifier();
  request.lease_seconds = options.u32(OptionCode::kLeaseTime);
  request.parameter_list.assign(as_text(options.parameter_request_list()));
  request.subnet_selection = options.address(OptionCode::kSubnetSelection);
  read_identity(options, request);
  if (const auto vendor = options.get(OptionCode::kVendorOptions);
      vendor && request.boot_class == dhcp4::BootClass::kPxe)
    request.boot_item = parse_boot_item(*vendor);
  if (const auto drop = read_relay_info(options, request)) return drop;
  if (const auto drop = classify(options, request)) return drop;
  const bool bootp = request.kind == RequestKind::kBootp;
  request.reply_bytes_max = reply_bytes_max(*message, options, bootp);
  if (bootp) {
    request.has_cookie = message->has_cookie;
    if (!message->has_cookie) request.raw_vendor.assign(as_text(message->vendor_area));
    if (!dhcp4::covers_file(options.overload())) request.file.assign(message->file_text());
  }
  return std::nullopt;
}

Machine machine_of(const Request& request) {
  Machine machine;
  machine.mac = request.mac;
  machine.hostname = request.hostname;
  machine.architecture = request.architecture;
  machine.vendor_class = request.vendor_class;
  machine.ipxe = request.ipxe;
  if (const auto id = dhcp4::MachineId::parse(std::as_bytes(std::span(request.machine_id.view()))))
    machine.uuid = id->octets;
  return machine;
}

}  // namespace rackcast::engine
