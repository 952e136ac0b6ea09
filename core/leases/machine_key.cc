#include "core/leases/machine_key.h"

#include <algorithm>

#include "core/leases/sha256.h"

namespace rackcast {
namespace {

std::string_view chars(const std::uint8_t* octets, std::size_t size) {
  return {reinterpret_cast<const char*>(octets), size};
}

void append_hex(std::string& out, char octet) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  const auto value = static_cast<std::uint8_t>(octet);
  out += kDigits[value >> 4U];
  out += kDigits[value & 0xFU];
}

}  // namespace

MachineKey::MachineKey(Kind kind, std::string_view bytes)
    : kind_(kind), size_(static_cast<std::uint8_t>(bytes.size())) {
  std::copy(bytes.begin(), bytes.end(), bytes_.begin());
}

MachineKey MachineKey::digest(Kind kind, std::string_view bytes) {
  const auto whole = sha256(bytes);
  return {kind, chars(whole.data(), kBytesMax)};
}

MachineKey MachineKey::of_mac(const net::MacAddress& mac) {
  return {Kind::kMac, chars(mac.octets.data(), mac.octets.size())};
}

MachineKey MachineKey::of_uuid(const std::array<std::uint8_t, 16>& uuid) {
  return {Kind::kUuid, chars(uuid.data(), uuid.size())};
}

MachineKey MachineKey::of_client_identifier(std::string_view raw) {
  if (raw.empty()) return {};
  if (raw.size() > kBytesMax) return digest(Kind::kClientIdentifierDigest, raw);
  return {Kind::kClientIdentifier, raw};
}

// Always digested: a short identity must not meet the digest of a long one here either.
MachineKey MachineKey::of_host(std::string_view identity) {
  return digest(Kind::kHost, identity);
}

std::optional<MachineKey> MachineKey::from_stored(std::int64_t kind, std::string_view bytes) {
  const auto whole = [&](Kind named, std::size_t size) {
    return bytes.size() == size ? std::optional(MachineKey(named, bytes)) : std::nullopt;
  };
  switch (kind) {
    case static_cast<std::int64_t>(Kind::kMac):
      return whole(Kind::kMac, 6);
    case static_cast<std::int64_t>(Kind::kUuid):
      return whole(Kind::kUuid, 16);
    case static_cast<std::int64_t>(Kind::kClientIdentifier):
      if (bytes.empty() || bytes.size() > kBytesMax) return std::nullopt;
      return MachineKey(Kind::kClientIdentifier, bytes);
    case static_cast<std::int64_t>(Kind::kClientIdentifierDigest):
      return whole(Kind::kClientIdentifierDigest, kBytesMax);
    default:
      return std::nullopt;
  }
}

std::uint64_t MachineKey::hash(std::uint64_t seed) const {
  // Word by word through the address hash's mixer, which is seeded: keys come from the network.
  std::uint64_t mixed = net::hash(net::MacAddress{{static_cast<std::uint8_t>(kind_), size_}}, seed);
  for (std::size_t at = 0; at < size_; at += 6) {
    net::MacAddress word;
    for (std::size_t i = 0; i < 6 && at + i < size_; ++i) word.octets[i] = static_cast<std::uint8_t>(bytes_[at + i]);
    mixed = net::hash(word, mixed);
  }
  return mixed;
}

std::string MachineKey::text() const {
  std::string out;
  switch (kind_) {
    case Kind::kNone:
      return "none";
    case Kind::kMac:
      break;
    case Kind::kUuid:
      out = "uuid ";
      break;
    case Kind::kClientIdentifier:
      out = "id ";
      break;
    case Kind::kClientIdentifierDigest:
      out = "id digest ";
      break;
    case Kind::kHost:
      out = "host ";
      break;
  }
  for (std::size_t i = 0; i < size_; ++i) {
    if (i > 0 && kind_ != Kind::kUuid) out += ':';
    append_hex(out, bytes_[i]);
  }
  return out;
}

}  // namespace rackcast
