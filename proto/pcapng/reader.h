// Reads a pcapng file that is in memory (draft-ietf-opsawg-pcapng). Total: any bytes give packets, then either the end
// or one reason why there is no more. Views borrow from the file. Not thread-safe; allocates for interfaces only.
//
//   Reader reader(bytes);
//   while (const auto packet = reader.next()) use(*packet, reader.interfaces()[packet->interface]);
//   if (reader.reject() != Reject::kNone) ...   // a file cut in mid-block ends so, too: what came before is good
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "proto/bytes/cursor.h"
#include "proto/net/address.h"
#include "proto/pcapng/block.h"

namespace rackcast::pcapng {

enum class Reject : std::uint8_t {
  kNone,
  kNotPcapng,         // does not begin with a Section Header and its byte-order magic
  kTruncated,         // ends within a block
  kBlockLength,       // below its minimum, not a multiple of 4, or its two copies differ
  kVersion,           // a major version other than 1
  kBlockBody,         // fixed fields or options overrun the block
  kUnknownInterface,  // a packet of an interface that was not described
  kTooManyInterfaces,
  kCount_,
};
[[nodiscard]] std::string_view text(Reject reason);  // static

// Described interfaces per section. A capture of a whole switch has a few dozen.
inline constexpr std::size_t kInterfacesMax = 4'096;

struct Interface {
  std::uint16_t link_type = 0;
  std::uint32_t snap_length = 0;         // 0 = no limit
  std::uint8_t time_resolution = 6;      // if_tsresol: 10^-n s, or with bit 7 set 2^-n s
  std::int64_t time_offset_seconds = 0;  // if_tsoffset
  std::string_view name;                 // if_name
  std::vector<Ipv4Network> addresses;    // if_IPv4addr
  std::optional<net::MacAddress> mac;    // if_MACaddr
};

class Reader {
 public:
  explicit Reader(std::span<const std::byte> file) : in_(file) {}

  // The next packet; nothing at the end, or after the first block that cannot be read.
  [[nodiscard]] std::optional<Packet> next();

  [[nodiscard]] Reject reject() const { return reject_; }
  [[nodiscard]] const std::vector<Interface>& interfaces() const { return interfaces_; }  // of the section so far
  [[nodiscard]] std::uint64_t blocks_skipped() const { return blocks_skipped_; }

 private:
  struct Block {
    std::uint32_t type = 0;
    std::span<const std::byte> body;
  };

  [[nodiscard]] std::optional<Block> next_block();
  [[nodiscard]] bool begin_section();
  [[nodiscard]] bool read_section(std::span<const std::byte> body);
  [[nodiscard]] bool read_interface(std::span<const std::byte> body);
  [[nodiscard]] bool read_interface_option(Interface& interface, std::uint16_t code, std::span<const std::byte> value);
  [[nodiscard]] std::optional<Packet> read_packet(std::span<const std::byte> body);
  void read_packet_option(Packet& packet, std::uint16_t code, std::span<const std::byte> value) const;
  template <typename Visit>
  [[nodiscard]] bool for_each_option(bytes::Cursor& in, Visit visit) const;
  bool fail(Reject reason);
  [[nodiscard]] std::uint16_t u16(bytes::Cursor& in) const { return little_ ? in.le16() : in.be16(); }
  [[nodiscard]] std::uint32_t u32(bytes::Cursor& in) const { return little_ ? in.le32() : in.be32(); }
  [[nodiscard]] std::uint64_t u64(bytes::Cursor& in) const;

  bytes::Cursor in_;
  bool in_section_ = false;
  bool little_ = true;
  Reject reject_ = Reject::kNone;
  std::vector<Interface> interfaces_;
  std::uint64_t blocks_skipped_ = 0;
};

// A time stamp of such an interface in nanoseconds since 1970; what does not fit 64 bits is the largest there is.
[[nodiscard]] std::uint64_t to_nanoseconds(std::uint64_t stamp, std::uint8_t resolution, std::int64_t offset_seconds);

}  // namespace rackcast::pcapng
