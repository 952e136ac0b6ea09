#include "proto/dhcp/options.h"

#include <algorithm>

#include "proto/bytes/cursor.h"
#include "proto/dhcp/option_table.h"

namespace rackcast::dhcp4 {
namespace {

constexpr std::string_view kIpxeUserClass = "iPXE";

std::size_t index_of(OptionCode code) {
  return static_cast<std::size_t>(code);
}

bool is_fixed_and_whole(const RawOption& first) {
  const OptionSpec* spec = find_option(first.code);
  return spec != nullptr && spec->is_fixed() && spec->takes(first.data.size());
}

}  // namespace

std::optional<RawOption> OptionWalker::next() {
  const bool has_markers = framing_ == Framing::kOptions;
  bytes::Cursor cursor(rest_);
  while (!cursor.at_end()) {
    const auto code = static_cast<OptionCode>(cursor.u8());
    if (has_markers && code == OptionCode::kPad) continue;
    if (has_markers && code == OptionCode::kEnd) {
      saw_end_ = true;
      break;
    }
    const std::size_t length = cursor.u8();
    const auto data = cursor.bytes(length);
    if (!cursor.ok()) {
      overran_ = true;
      break;
    }
    rest_ = rest_.subspan(cursor.position());
    return RawOption{code, data};
  }
  rest_ = {};
  return std::nullopt;
}

std::optional<std::span<const std::byte>> find_item(std::span<const std::byte> field, std::uint8_t code,
                                                    Framing framing) {
  OptionWalker walker(field, framing);
  while (const auto item = walker.next())
    if (static_cast<std::uint8_t>(item->code) == code) return item->data;
  return std::nullopt;
}

Options::Options(const Message& message, std::span<std::byte> scratch) {
  if (!message.has_cookie) return;
  Fields fields;
  const auto read = [&](std::span<const std::byte> field, bool overloaded) {
    index(field, overloaded);
    fields.spans[fields.count++] = field;
  };
  read(message.options, false);
  if (covers_file(overload_)) read(message.file, true);
  if (covers_sname(overload_)) read(message.sname, true);
  join_split(fields, scratch);
}

Options::Options(std::span<const std::byte> field, std::span<std::byte> scratch) {
  index(field, false);
  join_split(Fields{{field}, 1}, scratch);
}

void Options::index(std::span<const std::byte> field, bool overloaded) {
  OptionWalker walker(field);
  while (const auto item = walker.next()) index_item(*item, overloaded);
  if (walker.overran()) {
    faults_.overran = true;
  } else if (!walker.saw_end()) {
    faults_.missing_end = true;
  }
}

void Options::index_item(const RawOption& item, bool overloaded) {
  if (item.code == OptionCode::kOverload) {
    take_overload(item, overloaded);
    if (overloaded) return;
  }
  const std::size_t i = index_of(item.code);
  if (!present_.test(i)) {
    present_.set(i);
    values_[i] = item.data;
  } else if (is_fixed_and_whole({item.code, values_[i]})) {
    faults_.contradiction = true;
  } else {
    split_.set(i);
  }
}

// Only the options field may overload: an option 52 inside `file` would let a message send its reader in circles.
void Options::take_overload(const RawOption& item, bool overloaded) {
  if (!overloaded && has(OptionCode::kOverload)) return;  // a repeat; index_item reports the contradiction
  const unsigned value = item.data.size() == 1 ? std::to_integer<unsigned>(item.data[0]) : 0;
  if (overloaded || value < 1 || value > 3) {
    faults_.bad_overload = true;
    return;
  }
  overload_ = static_cast<Overload>(value);
}

// Two more walks whatever the number of split options, so that a hostile message costs no more than its length.
void Options::join_split(const Fields& fields, std::span<std::byte> scratch) {
  if (split_.none()) return;
  std::array<std::size_t, 256> sizes{};
  std::array<std::size_t, 256> filled{};
  std::array<std::span<std::byte>, 256> joined;
  const auto for_each_piece = [&](auto visit) {
    for (std::size_t f = 0; f < fields.count; ++f) {
      OptionWalker walker(fields.spans[f]);
      while (const auto item = walker.next())
        if (split_.test(index_of(item->code))) visit(index_of(item->code), item->data);
    }
  };
  for_each_piece([&](std::size_t code, std::span<const std::byte> piece) { sizes[code] += piece.size(); });
  for (std::size_t code = 0; code < sizes.size(); ++code) {
    if (!split_.test(code)) continue;
    if (sizes[code] > scratch.size()) {
      faults_.scratch_full = true;
      present_.reset(code);
      split_.reset(code);
      continue;
    }
    joined[code] = scratch.first(sizes[code]);
    values_[code] = joined[code];
    scratch = scratch.subspan(sizes[code]);
  }
  for_each_piece([&](std::size_t code, std::span<const std::byte> piece) {
    std::copy(piece.begin(), piece.end(), joined[code].begin() + static_cast<std::ptrdiff_t>(filled[code]));
    filled[code] += piece.size();
  });
}

std::optional<std::span<const std::byte>> Options::get(OptionCode code) const {
  return has(code) ? std::optional(values_[index_of(code)]) : std::nullopt;
}

std::optional<std::uint8_t> Options::u8(OptionCode code) const {
  const auto value = get(code);
  if (!value || value->size() != 1) return std::nullopt;
  return bytes::Cursor(*value).u8();
}

std::optional<std::uint16_t> Options::u16(OptionCode code) const {
  const auto value = get(code);
  if (!value || value->size() != 2) return std::nullopt;
  return bytes::Cursor(*value).be16();
}

std::optional<std::uint32_t> Options::u32(OptionCode code) const {
  const auto value = get(code);
  if (!value || value->size() != 4) return std::nullopt;
  return bytes::Cursor(*value).be32();
}

std::optional<net::Ipv4Address> Options::address(OptionCode code) const {
  const auto value = get(code);
  return value ? as_address(*value) : std::nullopt;
}

AddressListView Options::address_list(OptionCode code) const {
  return AddressListView(get(code).value_or(std::span<const std::byte>{}));
}

std::string_view Options::text(OptionCode code) const {
  const auto value = get(code).value_or(std::span<const std::byte>{});
  std::string_view text(reinterpret_cast<const char*>(value.data()), value.size());
  while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  return text;
}

std::optional<MessageType> Options::message_type() const {
  const auto value = u8(OptionCode::kMessageType);
  if (!value || *value < 1 || *value > static_cast<std::uint8_t>(MessageType::kInform)) return std::nullopt;
  return static_cast<MessageType>(*value);
}

std::optional<net::Ipv4Address> Options::requested_address() const {
  return address(OptionCode::kRequestedAddress);
}
std::optional<net::Ipv4Address> Options::server_identifier() const {
  return address(OptionCode::kServerIdentifier);
}

std::span<const std::byte> Options::parameter_request_list() const {
  return get(OptionCode::kParameterRequestList).value_or(std::span<const std::byte>{});
}

bool Options::requests(OptionCode code) const {
  const auto list = parameter_request_list();
  return std::find(list.begin(), list.end(), static_cast<std::byte>(code)) != list.end();
}

std::optional<std::uint16_t> Options::max_message_size() const {
  return u16(OptionCode::kMaxMessageSize);
}

std::span<const std::byte> Options::client_identifier() const {
  const auto value = get(OptionCode::kClientIdentifier).value_or(std::span<const std::byte>{});
  return value.size() < 2 ? std::span<const std::byte>{} : value;
}

std::string_view Options::host_name() const {
  return text(OptionCode::kHostName);
}
VendorClass Options::vendor_class() const {
  return VendorClass::parse(text(OptionCode::kVendorClass));
}

UserClasses Options::user_classes() const {
  return UserClasses(get(OptionCode::kUserClass).value_or(std::span<const std::byte>{}));
}

ArchList Options::client_archs() const {
  return ArchList(get(OptionCode::kClientArch).value_or(std::span<const std::byte>{}));
}

std::optional<ClientArch> Options::client_arch() const {
  if (const auto first = client_archs()[0]) return first;
  return vendor_class().arch;
}

std::optional<NetworkInterfaceId> Options::client_ndi() const {
  const auto value = get(OptionCode::kClientNdi);
  if (!value || value->size() != 3) return std::nullopt;
  bytes::Cursor cursor(*value);
  NetworkInterfaceId id;
  id.type = cursor.u8();
  id.major = cursor.u8();
  id.minor = cursor.u8();
  return id;
}

std::optional<MachineId> Options::machine_id() const {
  const auto value = get(OptionCode::kMachineId);
  return value ? MachineId::parse(*value) : std::nullopt;
}

std::optional<RelayAgentInfo> Options::relay_agent() const {
  const auto value = get(OptionCode::kRelayAgentInfo);
  return value ? std::optional(RelayAgentInfo{*value}) : std::nullopt;
}

std::optional<IpxeOptions> Options::ipxe() const {
  if (const auto value = get(OptionCode::kIpxe)) return IpxeOptions{*value};
  if (user_classes().contains(kIpxeUserClass)) return IpxeOptions{};
  return std::nullopt;
}

}  // namespace rackcast::dhcp4
