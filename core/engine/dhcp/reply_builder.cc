#include "core/engine/dhcp/reply_builder.h"

#include <bitset>

#include "proto/dhcp/message_writer.h"

namespace rackcast::engine {
namespace {

using dhcp4::MessageWriter;
using dhcp4::OptionCode;

std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// Puts each option at most once, by code.
class OptionPutter {
 public:
  OptionPutter(MessageWriter& writer, const Request& request, const Reply& reply)
      : writer_(writer), request_(request), reply_(reply) {}

  void put(OptionCode code) {
    const auto number = static_cast<std::uint8_t>(code);
    if (done_.test(number)) return;
    done_.set(number);
    if (reply_.subnet != nullptr) put_of_subnet(code);
    put_of_boot(code);
  }

  // What the client must have, asked for or not.
  void put_due() {
    put(OptionCode::kSubnetMask);
    if (reply_.boot.via == BootVia::kHttp) {
      put(OptionCode::kVendorClass);
      put(OptionCode::kBootFileName);
    }
    // A BOOTP client has it in the header, and 64 bytes for everything else.
    if (!request_.boots() || !reply_.type) return;
    for (const OptionCode code : {OptionCode::kBootFileName, OptionCode::kTftpServerName, OptionCode::kVendorOptions,
                                  OptionCode::kMachineId, OptionCode::kIpxe})
      put(code);
  }

 private:
  void put_of_subnet(OptionCode code) {
    const SubnetConfig& subnet = *reply_.subnet;
    switch (code) {
      case OptionCode::kSubnetMask:
        (void)writer_.put_address(code, net::Ipv4Address(subnet.subnet.mask()));
        break;
      case OptionCode::kRouters:
        put_addresses(code, subnet.routers);
        break;
      case OptionCode::kDomainNameServers:
        put_addresses(code, subnet.dns);
        break;
      case OptionCode::kDomainName:
        if (subnet.domain) (void)writer_.put_text(code, *subnet.domain);
        break;
      case OptionCode::kBroadcastAddress:
        (void)writer_.put_address(code, subnet.subnet.broadcast());
        break;
      case OptionCode::kHostName:
        if (!reply_.hostname.empty()) (void)writer_.put_text(code, reply_.hostname);
        break;
      default:
        break;
    }
  }

  void put_of_boot(OptionCode code) {
    switch (code) {
      case OptionCode::kVendorClass:
        if (has(Quirk::kHttpClassEchoed)) (void)writer_.put_text(code, dhcp4::kHttpClientClass);
        break;
      case OptionCode::kVendorOptions:
        if (has(Quirk::kRaspberryPiText)) (void)writer_.put_text(code, kRaspberryPiText);
        break;
      case OptionCode::kTftpServerName:
        if (reply_.boot.via == BootVia::kTftp) (void)writer_.put_text(code, reply_.next_server.text());
        break;
      case OptionCode::kBootFileName:
        put_boot_file_name();
        break;
      case OptionCode::kMachineId:
        if (!request_.machine_id.empty()) (void)writer_.put(code, as_bytes(request_.machine_id));
        break;
      case OptionCode::kIpxe:
        if (has(Quirk::kProxyWaitLeftOut)) {
          constexpr std::array kNoProxyWait{static_cast<std::byte>(dhcp4::IpxeOption::kNoPxeDhcp), std::byte{1},
                                            std::byte{1}};
          (void)writer_.put(code, kNoProxyWait);
        }
        break;
      default:
        break;
    }
  }

  void put_boot_file_name() {
    if (reply_.boot.via == BootVia::kNothing) return;
    if (has(Quirk::kBootFileTerminated) && reply_.boot.file.size() <= MessageWriter::kTerminatedTextMax)
      (void)writer_.put_terminated_text(OptionCode::kBootFileName, reply_.boot.file);
    else
      (void)writer_.put_text(OptionCode::kBootFileName, reply_.boot.file);
  }

  [[nodiscard]] bool has(Quirk quirk) const { return reply_.quirks.has(quirk); }

  void put_addresses(OptionCode code, std::span<const net::Ipv4Address> addresses) {
    if (!addresses.empty())
      (void)writer_.put_addresses(code, addresses.first(std::min(addresses.size(), MessageWriter::kAddressesMax)));
  }

  MessageWriter& writer_;
  const Request& request_;
  const Reply& reply_;
  std::bitset<256> done_;
};

dhcp4::Header make_header(const Request& request, const Reply& reply) {
  dhcp4::Header header = dhcp4::reply_header(request.header);
  header.op = dhcp4::Op::kReply;
  header.yiaddr = reply.yiaddr;
  header.ciaddr = reply.ciaddr;
  if (!reply.is_nak()) header.siaddr = reply.next_server;
  // The relay has to broadcast it: the client's address is the very thing that is wrong (RFC 2131 §4.3.2).
  if (reply.is_nak()) header.broadcast = true;
  return header;
}

// What RFC 2131 table 3 allows in a NAK, and RFC 6842's echo of the client identifier.
void put_nak(MessageWriter& writer, const Request& request, const Reply& reply) {
  (void)writer.put_text(OptionCode::kMessageText, reply.message);
  if (!request.client_identifier.empty())
    (void)writer.put(OptionCode::kClientIdentifier, as_bytes(request.client_identifier));
}

void put_options(MessageWriter& writer, const Request& request, const Reply& reply, bool file_is_in_header) {
  OptionPutter putter(writer, request, reply);
  // A name longer than the `file` field has no other place.
  if (!file_is_in_header) putter.put(OptionCode::kBootFileName);
  if (request.parameter_list.empty()) {
    for (const OptionCode code : {OptionCode::kSubnetMask, OptionCode::kRouters, OptionCode::kDomainNameServers,
                                  OptionCode::kHostName, OptionCode::kDomainName})
      putter.put(code);
  }
  // RFC 2132 §3.3: the mask must come before the routers, whatever the list says.
  for (const char code : request.parameter_list.view()) {
    if (static_cast<OptionCode>(code) == OptionCode::kRouters) putter.put(OptionCode::kSubnetMask);
    putter.put(static_cast<OptionCode>(code));
  }
  putter.put_due();
  if (reply.type && !request.client_identifier.empty())  // RFC 6842
    (void)writer.put(OptionCode::kClientIdentifier, as_bytes(request.client_identifier));
}

bool set_boot_file(MessageWriter& writer, const Request& request, const Reply& reply) {
  if (reply.boot.via != BootVia::kNothing) return writer.set_file(reply.boot.file);
  // dhcpd's answer to BOOTP without a boot file: what the client asked for.
  if (!reply.type && !request.file.empty()) (void)writer.set_file(request.file);
  return true;
}

}  // namespace

std::span<const std::byte> encode_reply(const Request& request, const Reply& reply, std::span<std::byte> out) {
  MessageWriter writer(out, make_header(request, reply), {.size_bytes_max = request.reply_bytes_max});
  if (!request.relay_info.empty() && !writer.set_last(OptionCode::kRelayAgentInfo, as_bytes(request.relay_info)))
    return {};
  const bool file_is_in_header = reply.is_nak() || set_boot_file(writer, request, reply);
  if (!reply.type && !request.has_cookie) {
    // A client from before RFC 1048 gets its vendor area back (RFC 951 §3).
    if (!writer.set_raw_vendor_area(as_bytes(request.raw_vendor))) return {};
    return writer.finish();
  }
  if (reply.type) {
    (void)writer.put_u8(OptionCode::kMessageType, static_cast<std::uint8_t>(*reply.type));
    (void)writer.put_address(OptionCode::kServerIdentifier, reply.server_identifier);
    if (reply.lease_seconds) (void)writer.put_u32(OptionCode::kLeaseTime, *reply.lease_seconds);
  }
  if (reply.is_nak())
    put_nak(writer, request, reply);
  else
    put_options(writer, request, reply, file_is_in_header);
  return writer.finish();
}

}  // namespace rackcast::engine
