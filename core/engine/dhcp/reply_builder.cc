#include "core/engine/dhcp/reply_builder.h"

#include <array>
#include <bitset>

#include "core/engine/dhcp/lease_time.h"
#include "proto/bytes/cursor.h"
#include "proto/dhcp/message_writer.h"

namespace rackcast::engine {
namespace {

using dhcp4::MessageWriter;
using dhcp4::OptionCode;

// Longest value of an option that holds a space; old ROMs read one piece of 255.
constexpr std::size_t kEncapsulatedBytesMax = 512;

std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// Ours to say, whatever a rule says: they are the protocol's.
bool is_protocols_own(OptionCode code) {
  switch (code) {
    case OptionCode::kPad:
    case OptionCode::kRequestedAddress:
    case OptionCode::kLeaseTime:
    case OptionCode::kOverload:
    case OptionCode::kMessageType:
    case OptionCode::kServerIdentifier:
    case OptionCode::kParameterRequestList:
    case OptionCode::kMessageText:
    case OptionCode::kMaxMessageSize:
    case OptionCode::kClientIdentifier:
    case OptionCode::kRelayAgentInfo:
    case OptionCode::kEnd:
      return true;
    default:
      return false;
  }
}

// Options that say what to boot and nothing about the network: 128 to 135 are PXE's (RFC 4578 §2.4), 208 to 211
// pxelinux's (RFC 5071).
bool is_about_booting(OptionCode code) {
  const auto number = static_cast<std::uint8_t>(code);
  switch (code) {
    case OptionCode::kVendorOptions:
    case OptionCode::kVendorClass:
    case OptionCode::kTftpServerName:
    case OptionCode::kBootFileName:
    case OptionCode::kMachineId:
    case OptionCode::kTftpServerAddress:
    case OptionCode::kIpxe:
      return true;
    default:
      return (number >= 128 && number <= 135) || (number >= 208 && number <= 211);
  }
}

// Puts each option at most once, by code.
class OptionPutter {
 public:
  OptionPutter(MessageWriter& writer, const Request& request, const Reply& reply)
      : writer_(writer), request_(request), reply_(reply) {}

  void put(OptionCode code) {
    const auto number = static_cast<std::uint8_t>(code);
    if (done_.test(number) || is_protocols_own(code)) return;
    done_.set(number);
    if (put_of_quirks(code) || put_of_pxe(code) || put_of_lease(code) || put_of_rules(code)) return;
    put_of_course(code);
  }

  // Of a list: what a boot server may say.
  void put_of_boot(std::span<const std::byte> list) {
    for (const std::byte octet : list)
      if (const auto code = static_cast<OptionCode>(octet); is_about_booting(code)) put(code);
  }

  void put_configured() {
    for (const Outcome::Value& value : reply_.outcome->options()) {
      if (value.key.space == kDhcpSpace && value.key.code < 0xFF) put(static_cast<OptionCode>(value.key.code));
    }
    put(OptionCode::kVendorOptions);
    for (unsigned code = 1; code < 0xFF; ++code)
      if (reply_.policy->space_in(static_cast<std::uint8_t>(code)) != 0) put(static_cast<OptionCode>(code));
  }

  // What the client must have, asked for or not.
  void put_due() {
    if (!reply_.boot_only) put(OptionCode::kSubnetMask);
    if (reply_.via == BootVia::kHttp) {
      put(OptionCode::kVendorClass);
      put(OptionCode::kBootFileName);
    }
    // A BOOTP client has it in the header, and 64 bytes for everything else.
    if (!request_.boots() || !reply_.type) return;
    for (const OptionCode code : {OptionCode::kVendorClass, OptionCode::kBootFileName, OptionCode::kTftpServerName,
                                  OptionCode::kVendorOptions, OptionCode::kMachineId, OptionCode::kIpxe})
      put(code);
  }

 private:
  // The Raspberry Pi's ROM takes nothing else for an offer to it.
  bool put_of_quirks(OptionCode code) {
    return code == OptionCode::kVendorOptions && has(Quirk::kRaspberryPiText) &&
           writer_.put_text(code, kRaspberryPiText);
  }

  bool put_of_pxe(OptionCode code) {
    if (code == OptionCode::kVendorOptions && !reply_.pxe_options.empty())
      return writer_.put(code, reply_.pxe_options), true;
    if (code == OptionCode::kVendorClass && !reply_.vendor_class.empty())
      return writer_.put_text(code, reply_.vendor_class), true;
    return false;
  }

  [[nodiscard]] std::optional<std::uint32_t> seconds_of_rules(OptionCode code) const {
    const auto value = reply_.outcome->option({kDhcpSpace, static_cast<std::uint32_t>(code)});
    if (!value || value->size() != 4) return std::nullopt;
    return bytes::Cursor(*value).be32();
  }

  // Configured times of renewal and rebinding go out as they are, unless the lease ends before: it may be what is left
  // of one, or as short as the client wished. Then they are the parts of it that RFC 2131 §4.4.5 presets.
  bool put_of_lease(OptionCode code) {
    if (!reply_.lease_seconds || *reply_.lease_seconds == kInfiniteSeconds) return false;
    if (code != OptionCode::kRenewalTime && code != OptionCode::kRebindingTime) return false;
    const auto wanted = seconds_of_rules(code);
    if (!wanted) return false;
    const std::uint32_t lease = *reply_.lease_seconds;
    const std::uint32_t last = seconds_of_rules(OptionCode::kRebindingTime).value_or(lease);
    const std::uint32_t rebinding = last < lease ? last : lease - lease / 8;
    const std::uint32_t bound = last < lease ? lease : rebinding;
    const std::uint32_t renewal = *wanted < bound ? *wanted : rebinding / 7 * 4;
    (void)writer_.put_u32(code, code == OptionCode::kRebindingTime ? rebinding : renewal);
    return true;
  }

  bool put_of_rules(OptionCode code) {
    const auto number = static_cast<std::uint8_t>(code);
    if (const auto value = reply_.outcome->option({kDhcpSpace, number})) {
      (void)writer_.put(code, *value);
      return true;
    }
    std::uint16_t space = reply_.policy->space_in(number);
    if (const auto vendor = reply_.outcome->number(Parameter::kVendorOptionSpace);
        vendor && code == OptionCode::kVendorOptions)
      space = static_cast<std::uint16_t>(*vendor);
    if (space == 0) return false;
    std::array<std::byte, kEncapsulatedBytesMax> octets;
    const auto value = encapsulate(reply_.policy->catalog(), space, *reply_.outcome, octets);
    if (value.empty()) return false;
    (void)writer_.put(code, value);
    return true;
  }

  // Where no rule says anything.
  void put_of_course(OptionCode code) {
    switch (code) {
      case OptionCode::kSubnetMask:
        if (reply_.subnet) (void)writer_.put_address(code, net::Ipv4Address(reply_.subnet->mask()));
        break;
      case OptionCode::kBroadcastAddress:
        if (reply_.subnet) (void)writer_.put_address(code, reply_.subnet->broadcast());
        break;
      case OptionCode::kVendorClass:
        if (has(Quirk::kHttpClassEchoed)) (void)writer_.put_text(code, dhcp4::kHttpClientClass);
        break;
      case OptionCode::kTftpServerName:
        if (reply_.via == BootVia::kTftp && !reply_.next_server.is_any())
          (void)writer_.put_text(code, reply_.next_server.text());
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
    if (reply_.via == BootVia::kNothing) return;
    if (has(Quirk::kBootFileTerminated) && reply_.file.size() <= MessageWriter::kTerminatedTextMax)
      (void)writer_.put_terminated_text(OptionCode::kBootFileName, reply_.file);
    else
      (void)writer_.put_text(OptionCode::kBootFileName, reply_.file);
  }

  [[nodiscard]] bool has(Quirk quirk) const { return reply_.quirks.has(quirk); }

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
  if (!reply.is_nak() && !reply.no_address) header.siaddr = reply.next_server;
  // The relay has to broadcast it: the client's address is the very thing that is wrong (RFC 2131 §4.3.2).
  if (reply.is_nak() || reply.broadcast) header.broadcast = true;
  return header;
}

// What RFC 2131 table 3 allows in a NAK or RFC 2563 in an OFFER without an address, and RFC 6842's echo of the client
// identifier.
void put_refusal(MessageWriter& writer, const Request& request, const Reply& reply) {
  if (reply.is_nak())
    (void)writer.put_text(OptionCode::kMessageText, reply.message);
  else
    (void)writer.put_u8(OptionCode::kAutoConfig, 0);
  if (reply.echo_client_id && !request.client_identifier.empty())
    (void)writer.put(OptionCode::kClientIdentifier, as_bytes(request.client_identifier));
}

void put_options(MessageWriter& writer, const Request& request, const Reply& reply, bool file_is_in_header) {
  OptionPutter putter(writer, request, reply);
  // A name longer than the `file` field has no other place.
  if (!file_is_in_header) putter.put(OptionCode::kBootFileName);
  const auto configured =
      reply.outcome->option({kDhcpSpace, static_cast<std::uint32_t>(OptionCode::kParameterRequestList)});
  const auto list = configured.value_or(as_bytes(request.parameter_list));
  if (reply.boot_only) {
    putter.put_of_boot(list);
    putter.put_due();
    return;
  }
  if (reply.lease_seconds) {
    putter.put(OptionCode::kRenewalTime);
    putter.put(OptionCode::kRebindingTime);
  }
  if (list.empty()) {
    for (const OptionCode code :
         {OptionCode::kSubnetMask, OptionCode::kRouters, OptionCode::kDomainNameServers, OptionCode::kHostName})
      putter.put(code);
    putter.put_configured();
  }
  // RFC 2132 §3.3: the mask must come before the routers, whatever the list says.
  for (const std::byte code : list) {
    if (static_cast<OptionCode>(code) == OptionCode::kRouters) putter.put(OptionCode::kSubnetMask);
    putter.put(static_cast<OptionCode>(code));
  }
  putter.put_due();
  if (reply.type && reply.echo_client_id && !request.client_identifier.empty())  // RFC 6842
    (void)writer.put(OptionCode::kClientIdentifier, as_bytes(request.client_identifier));
}

bool set_boot_file(MessageWriter& writer, const Request& request, const Reply& reply) {
  if (reply.via != BootVia::kNothing) return writer.set_file(reply.file);
  // dhcpd's answer to BOOTP without a boot file: what the client asked for.
  if (!reply.type && !request.file.empty()) (void)writer.set_file(request.file);
  return true;
}

}  // namespace

std::span<const std::byte> encode_reply(const Request& request, const Reply& reply, std::span<std::byte> out) {
  MessageWriter writer(out, make_header(request, reply), {.size_bytes_max = request.reply_bytes_max});
  if (!request.relay_info.empty() && !writer.set_last(OptionCode::kRelayAgentInfo, as_bytes(request.relay_info)))
    return {};
  const bool refusal = reply.is_nak() || reply.no_address;
  const bool file_is_in_header = refusal || set_boot_file(writer, request, reply);
  if (!refusal && !reply.server_name.empty()) (void)writer.set_sname(reply.server_name);
  if (!reply.with_options) {
    // A client from before RFC 1048 gets its vendor area back (RFC 951 §3).
    if (!writer.set_raw_vendor_area(as_bytes(request.raw_vendor))) return {};
    return writer.finish();
  }
  if (reply.type) {
    (void)writer.put_u8(OptionCode::kMessageType, static_cast<std::uint8_t>(*reply.type));
    (void)writer.put_address(OptionCode::kServerIdentifier, reply.server_identifier);
    if (reply.lease_seconds) (void)writer.put_u32(OptionCode::kLeaseTime, *reply.lease_seconds);
  }
  if (refusal)
    put_refusal(writer, request, reply);
  else
    put_options(writer, request, reply, file_is_in_header);
  return writer.finish();
}

}  // namespace rackcast::engine
