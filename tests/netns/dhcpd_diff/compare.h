// Whether two servers' answers to one packet are the same, and which differences are known and meant. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/netns/dhcpd_diff/packet.h"

namespace rackcast::dhcpd_diff {

// A packet that both servers got, and what is known of its sender.
struct Question {
  std::string label;              // the client's
  std::string kind;               // "discover", "select", "reboot" …
  Packet asked;                   // as the left server got it
  bool names_us = true;           // option 54 is ours, or absent
  bool has_lease = false;         // some server has given this client an address, and it was not released
  bool reserved = false;          // the address in it, or that was given, is some host's
  bool away = false;              // its host is declared in another subnet than it is in
  bool subnet_authority = false;  // the file says `authoritative` in a subnet of a shared network
};

struct Difference {
  std::string field;       // "answer", "siaddr", "option 43" …
  std::string left;        // dhcpd's
  std::string right;       // rackcastd's
  std::string_view known;  // the name of the known difference that it is; "": none
};

// Names of every known difference, as the README lists them.
[[nodiscard]] std::vector<std::string_view> known_differences();

// `left` and `right`: every packet that came in answer, none for silence. `same_kind`: the dynamic addresses of both
// are of one pool, so that they may differ.
[[nodiscard]] std::vector<Difference> compare(const Question& question, const std::vector<Packet>& left,
                                              const std::vector<Packet>& right);

}  // namespace rackcast::dhcpd_diff
