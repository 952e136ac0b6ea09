// Data expressions: evaluator.h.
#include <algorithm>
#include <array>

#include "core/policy/evaluator.h"
#include "proto/dhcp/options.h"

namespace rackcast::rules_detail {
namespace {

using Bytes = std::span<const std::byte>;

Bytes bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// Text made octet by octet, up to the longest value.
class ValueBuffer {
 public:
  bool add(Bytes bytes) {
    if (bytes.size() > buffer_.size() - size_) return false;
    std::copy(bytes.begin(), bytes.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += bytes.size();
    return true;
  }
  bool add_number(std::uint64_t number, std::uint64_t base) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::array<std::byte, 32> digits;
    std::size_t at = digits.size();
    do {
      digits[--at] = static_cast<std::byte>(kDigits[number % base]);
      number /= base;
    } while (number != 0);
    return add(std::span(digits).subspan(at));
  }
  [[nodiscard]] Bytes bytes() const { return std::span(buffer_).first(size_); }

 private:
  std::array<std::byte, kRuleValueBytesMax> buffer_;
  std::size_t size_ = 0;
};

std::uint64_t read_number(Bytes field, std::size_t width) {
  std::uint64_t number = 0;
  for (const std::byte octet : field.first(width)) number = number << 8U | std::to_integer<std::uint64_t>(octet);
  return number;
}

}  // namespace

std::optional<Bytes> find_encapsulated(Bytes field, const Container& container, OptionKey key) {
  const std::size_t header = std::size_t{container.code_bytes} + container.length_bytes;
  const bool has_markers = key.space != kAgentSpace && container.code_bytes == 1;
  while (!field.empty()) {
    if (has_markers && field.front() == std::byte{0}) {
      field = field.subspan(1);
      continue;
    }
    if (has_markers && field.front() == std::byte{255}) return std::nullopt;
    if (field.size() < header) return std::nullopt;
    const std::uint64_t code = read_number(field, container.code_bytes);
    const std::size_t rest = field.size() - header;
    const std::uint64_t length =
        container.length_bytes == 0 ? rest : read_number(field.subspan(container.code_bytes), container.length_bytes);
    if (length > rest) return std::nullopt;
    if (code == key.code) return field.subspan(header, length);
    field = field.subspan(header + length);
  }
  return std::nullopt;
}

std::optional<Bytes> Evaluator::data(const Node& node) {
  if (node.op == Op::kConstant) return node.bytes();
  if (!step()) return std::nullopt;
  switch (node.op) {
    case Op::kOption:
      return option(node);
    case Op::kConfigOption:
      return outcome_.option(node.key);
    case Op::kHardware:
      return hardware();
    case Op::kPacket:
      return packet(node);
    case Op::kSubstring:
      return substring(node);
    case Op::kSuffix:
      return suffix(node);
    case Op::kLower:
    case Op::kUpper:
      return recased(node);
    case Op::kConcat:
      return concat(node);
    case Op::kEncodeInt:
      return encoded(node);
    case Op::kBinaryToAscii:
      return ascii(node);
    case Op::kReverse:
      return reversed(node);
    case Op::kPickFirst:
      return pick_first(node);
    case Op::kHostDeclName:
    case Op::kFilename:
    case Op::kServerName:
    case Op::kGetHostName:
      return header_text(node);
    case Op::kLeasedAddress:
      if (!facts_.address) return std::nullopt;
      return big_endian(facts_.address->value(), 4);
    case Op::kVariable: {
      const Value found = variable(node);
      if (found.type != ValueType::kData) return std::nullopt;
      return found.bytes;
    }
    default:
      return std::nullopt;
  }
}

std::optional<Bytes> Evaluator::option(const Node& node) const {
  if (facts_.options == nullptr) return std::nullopt;
  if (node.key.space == kDhcpSpace) {
    if (node.key.code > 255) return std::nullopt;
    return facts_.options->get(static_cast<dhcp4::OptionCode>(node.key.code));
  }
  if (node.container.code == 0) return std::nullopt;
  const auto code = static_cast<dhcp4::OptionCode>(node.container.code);
  auto field = facts_.options->get(code);
  if (!field && code == dhcp4::OptionCode::kRelayAgentInfo && !facts_.relay_info.empty()) field = facts_.relay_info;
  if (!field) return std::nullopt;
  return find_encapsulated(*field, node.container, node.key);
}

std::optional<Bytes> Evaluator::hardware() {
  if (facts_.message == nullptr) return std::nullopt;
  const auto address = facts_.message->header.hardware_address();
  const std::array type{static_cast<std::byte>(facts_.message->header.htype)};
  return joined(type, std::as_bytes(address));
}

std::optional<Bytes> Evaluator::packet(const Node& node) {
  const auto offset = number(node.children[0]);
  const auto length = number(node.children[1]);
  if (!offset || !length || *offset >= facts_.packet.size()) return std::nullopt;
  const Bytes rest = facts_.packet.subspan(*offset);
  return rest.first(std::min<std::uint64_t>(*length, rest.size()));
}

std::optional<Bytes> Evaluator::substring(const Node& node) {
  const auto bytes = data(node.children[0]);
  const auto offset = number(node.children[1]);
  const auto length = number(node.children[2]);
  if (!bytes || !offset || !length) return std::nullopt;
  if (*offset >= bytes->size()) return Bytes{};
  const Bytes rest = bytes->subspan(*offset);
  return rest.first(std::min<std::uint64_t>(*length, rest.size()));
}

std::optional<Bytes> Evaluator::suffix(const Node& node) {
  const auto bytes = data(node.children[0]);
  const auto length = number(node.children[1]);
  if (!bytes || !length) return std::nullopt;
  return bytes->last(std::min<std::uint64_t>(*length, bytes->size()));
}

std::optional<Bytes> Evaluator::recased(const Node& node) {
  const auto bytes = data(node.children[0]);
  if (!bytes) return std::nullopt;
  const std::span<std::byte> out = outcome_.scratch(bytes->size());
  if (out.size() != bytes->size()) return std::nullopt;
  const char first = node.op == Op::kLower ? 'A' : 'a';
  std::transform(bytes->begin(), bytes->end(), out.begin(), [first](std::byte octet) {
    const auto c = std::to_integer<unsigned char>(octet);
    const bool changes = c >= first && c < first + 26;
    return changes ? octet ^ std::byte{0x20} : octet;
  });
  return out;
}

std::optional<Bytes> Evaluator::concat(const Node& node) {
  ValueBuffer buffer;
  for (const Node& child : node.children) {
    const std::size_t mark = outcome_.mark();
    const auto bytes = data(child);
    if (!bytes) return std::nullopt;
    if (!buffer.add(*bytes)) {
      outcome_.overran = true;
      return std::nullopt;
    }
    outcome_.release(mark);
  }
  return kept(buffer.bytes());
}

std::optional<Bytes> Evaluator::encoded(const Node& node) {
  const auto value = number(node.children[0]);
  if (!value) return std::nullopt;
  return big_endian(*value, node.octets);
}

std::optional<Bytes> Evaluator::ascii(const Node& node) {
  const auto base = number(node.children[0]);
  const auto width = number(node.children[1]);
  const auto separator = data(node.children[2]);
  const auto bytes = data(node.children[3]);
  if (!base || !width || !separator || !bytes) return std::nullopt;
  if (*base < 2 || *base > 16 || (*width != 8 && *width != 16 && *width != 32)) return std::nullopt;
  const std::size_t octets = *width / 8;
  if (bytes->size() % octets != 0) return std::nullopt;
  ValueBuffer buffer;
  for (std::size_t at = 0; at < bytes->size(); at += octets) {
    const bool fits =
        (at == 0 || buffer.add(*separator)) && buffer.add_number(read_number(bytes->subspan(at), octets), *base);
    if (fits) continue;
    outcome_.overran = true;
    return std::nullopt;
  }
  return kept(buffer.bytes());
}

std::optional<Bytes> Evaluator::reversed(const Node& node) {
  const auto width = number(node.children[0]);
  const auto bytes = data(node.children[1]);
  if (!width || !bytes || *width == 0 || bytes->size() % *width != 0) return std::nullopt;
  const std::span<std::byte> out = outcome_.scratch(bytes->size());
  if (out.size() != bytes->size()) return std::nullopt;
  for (std::size_t at = 0; at < out.size(); at += *width) {
    const Bytes part = bytes->subspan(out.size() - at - *width, *width);
    std::copy(part.begin(), part.end(), out.begin() + static_cast<std::ptrdiff_t>(at));
  }
  return out;
}

std::optional<Bytes> Evaluator::pick_first(const Node& node) {
  for (const Node& child : node.children) {
    if (const auto bytes = data(child)) return bytes;
  }
  return std::nullopt;
}

std::optional<Bytes> Evaluator::header_text(const Node& node) const {
  std::string_view text;
  if (node.op == Op::kHostDeclName) text = facts_.host_name;
  if (node.op == Op::kGetHostName) text = facts_.server_name;
  if (node.op == Op::kFilename && facts_.message != nullptr) text = facts_.message->file_text();
  if (node.op == Op::kServerName && facts_.message != nullptr) text = facts_.message->sname_text();
  if (text.empty()) return std::nullopt;
  return bytes_of(text);
}

std::optional<Bytes> Evaluator::big_endian(std::uint64_t number, std::size_t octets) {
  const std::span<std::byte> out = outcome_.scratch(octets);
  if (out.size() != octets) return std::nullopt;
  for (std::size_t i = 0; i < octets; ++i) out[i] = static_cast<std::byte>(number >> (8U * (octets - 1 - i)) & 0xFFU);
  return out;
}

std::optional<Bytes> Evaluator::kept(Bytes bytes) {
  return joined(bytes, {});
}

std::optional<Bytes> Evaluator::joined(Bytes a, Bytes b) {
  if (a.size() + b.size() > kRuleValueBytesMax) outcome_.overran = true;
  const std::span<std::byte> out =
      a.size() + b.size() > kRuleValueBytesMax ? std::span<std::byte>{} : outcome_.scratch(a.size() + b.size());
  if (out.size() != a.size() + b.size()) return std::nullopt;
  std::copy(a.begin(), a.end(), out.begin());
  std::copy(b.begin(), b.end(), out.begin() + static_cast<std::ptrdiff_t>(a.size()));
  return out;
}

}  // namespace rackcast::rules_detail
