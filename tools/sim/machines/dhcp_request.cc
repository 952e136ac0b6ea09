#include "tools/sim/machines/dhcp_request.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "proto/bytes/fixed_text.h"
#include "proto/dhcp/message_writer.h"

namespace rackcast::sim {
namespace {

using dhcp4::MessageWriter;
using dhcp4::OptionCode;

constexpr std::uint8_t kDuidClientIdType = 255;  // RFC 4361 §6.1
constexpr std::uint8_t kDuidLinkLayer = 3;       // RFC 8415 §11.4
constexpr std::uint8_t kUndiType = 1;            // RFC 4578 §2.2
constexpr std::uint16_t kEthernet = 1;

void append_digits(FixedText<64>& text, unsigned value, std::size_t width) {
  std::array<char, 8> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  const auto size = static_cast<std::size_t>(end - digits.data());
  for (std::size_t i = size; i < width; ++i) text.append("0");
  text.append({digits.data(), size});
}

void put_vendor_class(MessageWriter& writer, const DhcpHabits& habits) {
  FixedText<64> text(habits.vendor_class);
  if (habits.vendor_class == dhcp4::kPxeClientClass || habits.vendor_class == dhcp4::kHttpClientClass) {
    text.append(":Arch:");
    append_digits(text, static_cast<unsigned>(habits.arch), 5);
    text.append(":UNDI:");
    append_digits(text, habits.undi_major, 3);
    append_digits(text, habits.undi_minor, 3);
  }
  writer.put_text(OptionCode::kVendorClass, text);
}

void put_client_id(MessageWriter& writer, ClientIdKind kind, const net::MacAddress& mac) {
  std::array<std::byte, 32> out;
  bytes::Writer value(out);
  if (kind == ClientIdKind::kHardware) {
    value.u8(static_cast<std::uint8_t>(dhcp4::HardwareType::kEthernet));
  } else {
    value.u8(kDuidClientIdType);
    value.bytes(std::as_bytes(std::span(mac.octets).last(4)));  // IAID, as NetworkManager's client derives one
    value.be16(kDuidLinkLayer);
    value.be16(kEthernet);
  }
  value.bytes(std::as_bytes(std::span(mac.octets)));
  writer.put(OptionCode::kClientIdentifier, value.written());
}

void put_machine_id(MessageWriter& writer, const DhcpHabits& habits, const MachineIdentity& identity) {
  std::array<std::byte, 17> out;
  bytes::Writer value(out);
  value.u8(0);
  if (habits.fixed_machine_id.empty())
    value.bytes(std::as_bytes(std::span(identity.uuid)));
  else
    value.text(habits.fixed_machine_id);
  writer.put(OptionCode::kMachineId, value.written());
}

void put_option(MessageWriter& writer, OptionCode code, const DhcpRequest& request, const DhcpHabits& habits,
                const MachineIdentity& identity) {
  const bool first = request.type == dhcp4::MessageType::kDiscover;
  switch (code) {
    case OptionCode::kMessageType:
      writer.put_u8(code, static_cast<std::uint8_t>(request.type));
      break;
    case OptionCode::kRequestedAddress:
      if (!request.requested.is_any()) writer.put_address(code, request.requested);
      break;
    case OptionCode::kServerIdentifier:
      if (!request.server.is_any()) writer.put_address(code, request.server);
      break;
    case OptionCode::kMaxMessageSize:
      writer.put_u16(code, first || habits.request_max_message_size == 0 ? habits.max_message_size
                                                                         : habits.request_max_message_size);
      break;
    case OptionCode::kParameterRequestList:
      writer.put(code, std::as_bytes(habits.parameter_request_list));
      break;
    case OptionCode::kVendorClass:
      put_vendor_class(writer, habits);
      break;
    case OptionCode::kUserClass:
      writer.put_text(code, habits.user_class);
      break;
    case OptionCode::kClientIdentifier:
      put_client_id(writer, habits.client_id, identity.mac);
      break;
    case OptionCode::kClientArch:
      writer.put_u16(code, static_cast<std::uint16_t>(habits.arch));
      break;
    case OptionCode::kClientNdi: {
      const std::array<std::uint8_t, 3> value{kUndiType, habits.undi_major, habits.undi_minor};
      writer.put(code, std::as_bytes(std::span(value)));
      break;
    }
    case OptionCode::kMachineId:
      put_machine_id(writer, habits, identity);
      break;
    case OptionCode::kIpxe:
      writer.put(code, std::as_bytes(habits.encapsulated));
      break;
    default:
      break;  // a profile may list only what stands above; a test says so
  }
}

}  // namespace

std::span<const std::byte> encode_dhcp(const DhcpRequest& request, const DhcpHabits& habits,
                                       const MachineIdentity& identity, std::span<std::byte> out) {
  dhcp4::Header header;
  header.xid = request.xid;
  header.secs = request.secs;
  header.broadcast = habits.broadcast_flag;
  header.ciaddr = request.client;
  header.set_mac(identity.mac);
  MessageWriter writer(out, header, {.size_bytes_max = out.size(), .size_bytes_min = habits.message_size});
  const bool first = request.type == dhcp4::MessageType::kDiscover;
  const auto codes = first || habits.request_options.empty() ? habits.options : habits.request_options;
  for (const std::uint8_t code : codes) put_option(writer, OptionCode{code}, request, habits, identity);
  return writer.finish();
}

}  // namespace rackcast::sim
