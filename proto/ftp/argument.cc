#include "proto/ftp/argument.h"

#include <algorithm>
#include <array>

#include "proto/bytes/ascii.h"
#include "proto/ftp/text_writer.h"

namespace rackcast::ftp {
namespace {

constexpr std::size_t kPortNumbers = 6;
constexpr std::size_t kOctetDigitsMax = 3;
constexpr std::string_view kEprtIpv4 = "1";
constexpr std::string_view kEprtIpv6 = "2";

// The text before the next `delimiter`, which is removed with it; nothing where there is none.
std::optional<std::string_view> take_field(std::string_view& text, char delimiter) {
  const std::size_t end = text.find(delimiter);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view field = text.substr(0, end);
  text.remove_prefix(end + 1);
  return field;
}

std::optional<std::uint8_t> parse_octet(std::string_view text) {
  if (text.size() > kOctetDigitsMax) return std::nullopt;
  const auto value = parse_number(text);
  if (!value || *value > 255) return std::nullopt;
  return static_cast<std::uint8_t>(*value);
}

std::optional<net::UdpPort> parse_tcp_port(std::string_view text) {
  const auto value = parse_number(text);
  if (!value || *value == 0 || *value > 65'535) return std::nullopt;
  return net::UdpPort(static_cast<std::uint16_t>(*value));
}

// Of the protocol that `protocol` names, and of no other.
std::optional<net::IpAddress> parse_address(std::string_view protocol, std::string_view text) {
  if (protocol == kEprtIpv4) {
    if (const auto v4 = net::Ipv4Address::parse(text)) return *v4;
  } else if (const auto v6 = net::Ipv6Address::parse(text)) {
    return *v6;
  }
  return std::nullopt;
}

void put_octets(bytes::Writer& out, net::Ipv4Address address, net::UdpPort port) {
  for (unsigned i = 0; i < 4; ++i) {
    put_number(out, address.octet(i));
    out.text(",");
  }
  put_number(out, port.value() >> 8U);
  out.text(",");
  put_number(out, port.value() & 0xFFU);
}

}  // namespace

std::optional<net::Endpoint> parse_port(std::string_view argument) {
  std::array<std::uint8_t, kPortNumbers> numbers{};
  for (std::size_t i = 0; i < kPortNumbers; ++i) {
    const bool last = i + 1 == kPortNumbers;
    const auto field = last ? std::optional(argument) : take_field(argument, ',');
    const auto number = field ? parse_octet(*field) : std::nullopt;
    if (!number) return std::nullopt;
    numbers[i] = *number;
  }
  const auto port = static_cast<std::uint16_t>(numbers[4] << 8U | numbers[5]);
  if (port == 0) return std::nullopt;
  return net::Endpoint{.address = net::Ipv4Address(numbers[0], numbers[1], numbers[2], numbers[3]),
                       .port = net::UdpPort(port)};
}

void put_port(bytes::Writer& out, const net::Endpoint& endpoint) {
  if (endpoint.address.is_v6())
    out.fail();
  else
    put_octets(out, endpoint.address.v4(), endpoint.port);
}

tl::expected<net::Endpoint, EprtReject> parse_eprt(std::string_view argument) {
  const auto malformed = tl::make_unexpected(EprtReject::kMalformed);
  if (argument.empty()) return malformed;
  const char delimiter = argument.front();
  if (delimiter < '!' || delimiter > '~') return malformed;
  argument.remove_prefix(1);
  const auto protocol = take_field(argument, delimiter);
  const auto address_text = take_field(argument, delimiter);
  const auto port_text = take_field(argument, delimiter);
  if (!protocol || !address_text || !port_text || !argument.empty() || !parse_number(*protocol)) return malformed;
  if (*protocol != kEprtIpv4 && *protocol != kEprtIpv6) return tl::make_unexpected(EprtReject::kUnknownProtocol);
  const auto address = parse_address(*protocol, *address_text);
  const auto port = parse_tcp_port(*port_text);
  if (!address || !port) return malformed;
  return net::Endpoint{.address = *address, .port = *port};
}

void put_eprt(bytes::Writer& out, const net::Endpoint& endpoint) {
  out.text("|");
  out.text(endpoint.address.is_v6() ? kEprtIpv6 : kEprtIpv4);
  out.text("|");
  out.text(endpoint.address.text());
  out.text("|");
  put_number(out, endpoint.port.value());
  out.text("|");
}

EpsvArgument parse_epsv(std::string_view argument) {
  if (argument.empty()) return EpsvArgument::kNone;
  if (argument == kEprtIpv4) return EpsvArgument::kIpv4;
  if (argument == kEprtIpv6) return EpsvArgument::kIpv6;
  if (bytes::equal_any_case(argument, "ALL")) return EpsvArgument::kAll;
  return EpsvArgument::kUnknownProtocol;
}

std::optional<TransferType> parse_type(std::string_view argument) {
  for (const std::string_view ascii : {"A", "A N"})
    if (bytes::equal_any_case(argument, ascii)) return TransferType::kAscii;
  for (const std::string_view image : {"I", "L8", "L 8"})
    if (bytes::equal_any_case(argument, image)) return TransferType::kImage;
  return std::nullopt;
}

bool is_stream_mode(std::string_view argument) {
  return bytes::equal_any_case(argument, "S");
}

bool is_file_structure(std::string_view argument) {
  return bytes::equal_any_case(argument, "F");
}

std::optional<std::uint64_t> parse_restart_offset(std::string_view argument) {
  return parse_number(argument);
}

ListArgument parse_list_argument(std::string_view argument) {
  ListArgument parsed;
  while (argument.starts_with('-')) {
    const std::string_view word = argument.substr(0, argument.find(' '));
    argument.remove_prefix(word.size());
    argument.remove_prefix(std::min(argument.find_first_not_of(' '), argument.size()));
    if (word == "--") break;
    parsed.all = parsed.all || word.find_first_of("aA") != std::string_view::npos;
    parsed.recursive = parsed.recursive || word.find('R') != std::string_view::npos;
    parsed.by_time = parsed.by_time || word.find('t') != std::string_view::npos;
    parsed.reversed = parsed.reversed || word.find('r') != std::string_view::npos;
    parsed.names_only = parsed.names_only || word.find('1') != std::string_view::npos;
  }
  parsed.path = argument;
  return parsed;
}

}  // namespace rackcast::ftp
