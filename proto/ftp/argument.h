// Arguments of FTP commands as values: PORT (RFC 959 section 5.3.2), EPRT and EPSV (RFC 2428), TYPE, REST (RFC 3659
// section 5), the `ls` flags that LIST and NLST inherit. Shape only: whether an address is the control peer's is the
// engine's decision (RFC 2577). Views borrow from the argument. Total, no allocation, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <tl/expected.hpp>

#include "proto/bytes/writer.h"
#include "proto/net/address.h"

namespace rackcast::ftp {

// "h1,h2,h3,h4,p1,p2": six decimal numbers of 1 to 3 digits below 256, no blanks, TCP port not 0.
[[nodiscard]] std::optional<net::Endpoint> parse_port(std::string_view argument);
// Fails the writer for an IPv6 address.
void put_port(bytes::Writer& out, const net::Endpoint& endpoint);

enum class EprtReject : std::uint8_t {
  kMalformed,        // 501
  kUnknownProtocol,  // 522: neither 1 (IPv4) nor 2 (IPv6)
};

// "|1|132.235.1.2|6275|" or "|2|1080::8:800:200C:417A|5282|"; any printable delimiter (RFC 2428 section 2).
[[nodiscard]] tl::expected<net::Endpoint, EprtReject> parse_eprt(std::string_view argument);
void put_eprt(bytes::Writer& out, const net::Endpoint& endpoint);

enum class EpsvArgument : std::uint8_t {
  kNone,  // the control connection's own protocol
  kIpv4,
  kIpv6,
  kAll,              // only EPSV from now on
  kUnknownProtocol,  // 522
};
[[nodiscard]] EpsvArgument parse_epsv(std::string_view argument);

enum class TransferType : std::uint8_t { kAscii, kImage };

// A, A N, I, L8, L 8 (an image on every machine of today); nothing for the rest, EBCDIC and carriage control included.
[[nodiscard]] std::optional<TransferType> parse_type(std::string_view argument);

// MODE S and STRU F are all that exist in practice.
[[nodiscard]] bool is_stream_mode(std::string_view argument);
[[nodiscard]] bool is_file_structure(std::string_view argument);

// A restart offset in bytes.
[[nodiscard]] std::optional<std::uint64_t> parse_restart_offset(std::string_view argument);

// What "-la path" asks for: letters of leading words that begin with '-', then the path, blanks and all; "--" ends the
// flags. Flags other than these are accepted and mean nothing, as with `ls` behind other servers.
struct ListArgument {
  bool all = false;         // a, A: names that begin with a dot too
  bool recursive = false;   // R
  bool by_time = false;     // t
  bool reversed = false;    // r
  bool names_only = false;  // 1
  std::string_view path;
};
[[nodiscard]] ListArgument parse_list_argument(std::string_view argument);

}  // namespace rackcast::ftp
