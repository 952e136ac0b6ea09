// A DHCP packet as it was on the wire, decoded once for comparing and printing: addresses of the frame, fixed header,
// texts, options joined by code, and the order they came in. Owns its bytes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "proto/dhcp/message.h"
#include "proto/net/address.h"

namespace rackcast::dhcpd_diff {

struct Packet {
  net::MacAddress to_mac;
  net::Ipv4Address from;
  net::Ipv4Address to;
  std::uint16_t from_port = 0;
  std::uint16_t to_port = 0;
  std::size_t size = 0;  // of the UDP payload
  dhcp4::Header header;
  std::string sname;  // text; "" where the field holds options
  std::string file;
  bool cookie = false;
  std::string raw_vendor;                       // without a cookie
  unsigned overload = 0;                        // option 52
  std::vector<std::uint8_t> order;              // codes, each the first time it came
  std::map<std::uint8_t, std::string> options;  // option 52 is not among them
  net::Ipv4Address replaced;                    // what a mark stands for; see with_address_replaced

  [[nodiscard]] const std::string* option(std::uint8_t code) const;
  [[nodiscard]] unsigned type() const;  // option 53; 0: BOOTP
  // Option 82.`code`, the address of it: nullopt where it is not there.
  [[nodiscard]] std::optional<net::Ipv4Address> relay_address(std::uint8_t code) const;
  // Option 93 or a vendor class that says so: who boots over the network.
  [[nodiscard]] bool boots() const;
};

// The fields behind the frame's.
bool decode_message(std::span<const std::byte> payload, Packet& packet);

[[nodiscard]] std::string type_name(const Packet& packet);  // "OFFER", "BOOTP"
[[nodiscard]] std::string printed(const std::string& octets);
[[nodiscard]] std::string printed(const std::string* octets);  // "(absent)" for null
[[nodiscard]] std::optional<std::string> octets_of_hex(std::string_view hex);

// `own` in every field, and in each option as four octets or as text with dots or hyphens, replaced by `mark`: so that
// answers with different dynamic addresses can be compared.
[[nodiscard]] Packet with_address_replaced(Packet packet, net::Ipv4Address own, net::Ipv4Address mark);

}  // namespace rackcast::dhcpd_diff
