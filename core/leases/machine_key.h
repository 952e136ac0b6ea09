// What a machine is to the lease table: the thing that keeps one address through firmware, boot loader, installer and
// system (RFC 2131 §4.2 leaves the choice to the server). Value type, fixed size, no pointers.
//
// A client identifier longer than kBytesMax is kept as the first kBytesMax octets of its SHA-256, under a kind of its
// own, so that nobody can choose a short identifier that equals the digest of another's long one. 176 bits of SHA-256
// take 2^88 trials to collide: a client cannot make two identifiers that meet, let alone meet another's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/net/address.h"

namespace rackcast {

class MachineKey {
 public:
  // The numbers are stored: add, never change.
  enum class Kind : std::uint8_t {
    kNone = 0,
    kMac = 1,
    kUuid = 2,
    kClientIdentifier = 3,
    kClientIdentifierDigest = 4,
    kHost = 5,  // of a host entry that names its machine by something else, e.g. a circuit id; never a record's
  };
  static constexpr std::size_t kBytesMax = 22;  // DUIDs of all usual kinds after a 1+4 octet head (RFC 4361)

  constexpr MachineKey() = default;
  static MachineKey of_mac(const net::MacAddress& mac);
  static MachineKey of_uuid(const std::array<std::uint8_t, 16>& uuid);
  static MachineKey of_client_identifier(std::string_view raw);  // of any length; empty: kNone
  static MachineKey of_host(std::string_view identity);          // whatever tells one host entry from all others
  // As it was stored. Nullopt: nobody of us wrote that.
  static std::optional<MachineKey> from_stored(std::int64_t kind, std::string_view bytes);

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool is_none() const { return kind_ == Kind::kNone; }
  [[nodiscard]] std::string_view bytes() const { return {bytes_.data(), size_}; }
  [[nodiscard]] std::uint64_t hash(std::uint64_t seed) const;
  // "52:54:00:12:34:56", "uuid 564d…", "id 01 52 54 …"; for people.
  [[nodiscard]] std::string text() const;

  friend bool operator==(const MachineKey&, const MachineKey&) = default;

 private:
  MachineKey(Kind kind, std::string_view bytes);
  static MachineKey digest(Kind kind, std::string_view bytes);

  Kind kind_ = Kind::kNone;
  std::uint8_t size_ = 0;
  std::array<char, kBytesMax> bytes_{};  // zeros after size_
};
static_assert(sizeof(MachineKey) == 24, "a million of them are in memory");

}  // namespace rackcast
