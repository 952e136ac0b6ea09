#include "tests/netns/dhcpd_diff/compare.h"

#include <algorithm>
#include <array>
#include <set>

namespace rackcast::dhcpd_diff {
namespace {

constexpr unsigned kOffer = 2;
constexpr unsigned kAck = 5;
constexpr unsigned kNak = 6;
constexpr std::uint8_t kLeaseTime = 51;

std::string text_of(net::Ipv4Address address) {
  return std::string(address.text().view());
}

std::string summary(const std::vector<Packet>& answers) {
  std::string text;
  for (const Packet& answer : answers)
    text += (text.empty() ? "" : ", ") + type_name(answer) + " of " + text_of(answer.header.yiaddr);
  return text.empty() ? "silence" : text;
}

std::uint64_t number_of(const std::string& octets) {
  std::uint64_t number = 0;
  for (const char c : octets) number = number << 8U | static_cast<unsigned char>(c);
  return number;
}

// What is left of a lease is counted in whole seconds, which end at another moment on each side.
bool is_the_same_time(const std::string& left, const std::string& right) {
  const std::uint64_t a = number_of(left);
  const std::uint64_t b = number_of(right);
  return left.size() == 4 && right.size() == 4 && std::max(a, b) - std::min(a, b) <= 1;
}

class Comparison {
 public:
  void text(std::string field, const std::string& left, const std::string& right) {
    if (left != right) found_.push_back({std::move(field), left, right, {}});
  }
  void number(std::string field, std::uint64_t left, std::uint64_t right) {
    text(std::move(field), std::to_string(left), std::to_string(right));
  }
  void address(std::string field, net::Ipv4Address left, net::Ipv4Address right) {
    text(std::move(field), text_of(left), text_of(right));
  }

  void frames(const Packet& left, const Packet& right) {
    text("to MAC", std::string(left.to_mac.text().view()), std::string(right.to_mac.text().view()));
    address("from", left.from, right.from);
    address("to", left.to, right.to);
    number("from port", left.from_port, right.from_port);
    number("to port", left.to_port, right.to_port);
    text("size", left.size < dhcp4::kMessageSizeMin ? "short" : "300 or more",
         right.size < dhcp4::kMessageSizeMin ? "short" : "300 or more");
  }

  void headers(const dhcp4::Header& left, const dhcp4::Header& right) {
    number("op", static_cast<unsigned>(left.op), static_cast<unsigned>(right.op));
    number("htype", static_cast<unsigned>(left.htype), static_cast<unsigned>(right.htype));
    number("hlen", left.hlen, right.hlen);
    number("hops", left.hops, right.hops);
    number("secs", left.secs, right.secs);
    number("broadcast flag", left.broadcast ? 1 : 0, right.broadcast ? 1 : 0);
    address("ciaddr", left.ciaddr, right.ciaddr);
    address("yiaddr", left.yiaddr, right.yiaddr);
    address("siaddr", left.siaddr, right.siaddr);
    address("giaddr", left.giaddr, right.giaddr);
    text("chaddr", printed(std::string(left.chaddr.begin(), left.chaddr.end())),
         printed(std::string(right.chaddr.begin(), right.chaddr.end())));
  }

  // `counts`: the time is what is left of a lease.
  void bodies(const Packet& left, const Packet& right, bool counts) {
    text("sname", left.sname, right.sname);
    text("file", left.file, right.file);
    number("cookie", left.cookie ? 1 : 0, right.cookie ? 1 : 0);
    text("vendor area", printed(left.raw_vendor), printed(right.raw_vendor));
    number("overload", left.overload, right.overload);
    std::set<std::uint8_t> codes;
    for (const auto& [code, value] : left.options) codes.insert(code);
    for (const auto& [code, value] : right.options) codes.insert(code);
    for (const std::uint8_t code : codes) {
      const std::string* const ours = left.option(code);
      const std::string* const theirs = right.option(code);
      if (code == kLeaseTime && counts && ours != nullptr && theirs != nullptr && is_the_same_time(*ours, *theirs))
        continue;
      text("option " + std::to_string(code), printed(ours), printed(theirs));
    }
  }

  // Of the options that both sent: what one has besides has a difference of its own.
  void orders(const Packet& left, const Packet& right) {
    const auto common = [](const Packet& one, const Packet& other) {
      std::string order;
      for (const std::uint8_t code : one.order)
        if (other.option(code) != nullptr) order += (order.empty() ? "" : " ") + std::to_string(code);
      return order;
    };
    text("order", common(left, right), common(right, left));
  }

  [[nodiscard]] std::vector<Difference> take() { return std::move(found_); }

 private:
  std::vector<Difference> found_;
};

// --- known differences

struct Case {
  const Question& question;
  const Packet* left;  // null: silence
  const Packet* right;
  const Difference& difference;
};
struct Known {
  std::string_view name;
  bool (*is)(const Case&);
};

bool is_option(const Case& c, std::uint8_t code) {
  return c.difference.field == "option " + std::to_string(code);
}
bool is_added(const Case& c, std::uint8_t code) {
  return is_option(c, code) && c.left->option(code) == nullptr && c.right->option(code) != nullptr;
}

bool adds_boot_options(const Case& c) {
  if (c.left == nullptr || c.right == nullptr) return false;
  const std::string* const list = c.question.asked.option(55);
  const auto is_asked = [&](char code) { return list != nullptr && list->find(code) != std::string::npos; };
  if (!c.question.asked.boots() && !is_asked(66) && !is_asked(67)) return false;
  if (is_added(c, 66)) return *c.right->option(66) == text_of(c.right->header.siaddr);
  if (is_added(c, 67)) {
    const std::string& name = *c.right->option(67);
    return name == c.right->file || name == c.right->file + std::string(1, '\0');
  }
  if (is_added(c, 97)) {
    const std::string* const asked = c.question.asked.option(97);
    return asked != nullptr && *c.right->option(97) == *asked;
  }
  return is_added(c, 60) || is_added(c, 43) || is_added(c, 175);
}

bool zeroes_secs_and_hops(const Case& c) {
  return (c.difference.field == "secs" || c.difference.field == "hops") && c.difference.right == "0";
}

bool leaves_others_requests(const Case& c) {
  return c.difference.field == "answer" && c.question.kind == "select" && !c.question.names_us && c.right == nullptr;
}

bool leaves_strangers_reboots(const Case& c) {
  return c.difference.field == "answer" && c.question.kind == "reboot" && !c.question.has_lease && c.right == nullptr;
}

// RFC 2131 §4.1: ciaddr counts before the B flag; dhcpd has it the other way round where the client is on its own wire.
bool answers_to_ciaddr(const Case& c) {
  if (c.difference.field != "to" && c.difference.field != "to MAC") return false;
  const bool broadcast = c.question.asked.header.broadcast || c.left->header.broadcast;  // or by always-broadcast
  return (c.question.kind == "renew" || c.question.kind == "rebind") && broadcast && c.left->to.is_broadcast() &&
         c.right->to == c.right->header.ciaddr;
}

// A broadcast to BOOTP is one on the wire, too; dhcpd's goes to the client's own MAC address.
bool broadcasts_frames(const Case& c) {
  return c.difference.field == "to MAC" && c.question.kind == "bootp" && c.left->to.is_broadcast() &&
         c.right->to.is_broadcast() && c.right->to_mac == net::MacAddress::broadcast();
}

// Who asks for an address that is another's gets one of any pool that lets it in; dhcpd begins with another pool.
bool takes_another_pool(const Case& c) {
  if (c.difference.field != "yiaddr" && c.difference.field != "to") return false;
  const std::string* const wish = c.question.asked.option(50);
  if (c.question.kind != "discover" || wish == nullptr || wish->size() != 4) return false;
  return number_of(*wish) != c.left->header.yiaddr.value() && number_of(*wish) != c.right->header.yiaddr.value();
}

// A reservation by the relay's words is renewed past the relay, too: they are kept with the lease
// (stash-agent-options).
bool knows_ports_again(const Case& c) {
  return c.difference.field == "answer" && c.question.kind == "renew" && c.question.reserved && c.question.has_lease &&
         c.question.asked.option(82) == nullptr && c.left == nullptr && c.right->type() == kAck;
}

// `authoritative` in a subnet of a shared network.
bool hears_subnets_authority(const Case& c) {
  return c.difference.field == "answer" && c.question.subnet_authority &&
         (c.question.kind == "reboot" || c.question.kind == "select") && c.left == nullptr && c.right->type() == kNak;
}

// The sub-options of a space in another order.
bool orders_suboptions(const Case& c) {
  if (!is_option(c, 43) || c.left->option(43) == nullptr || c.right->option(43) == nullptr) return false;
  const auto parts = [](const std::string& value) {
    std::multiset<std::string> found;
    for (std::size_t at = 0; at + 1 < value.size();) {
      const std::size_t size = 2 + static_cast<unsigned char>(value[at + 1]);
      found.insert(value.substr(at, size));
      at += size;
    }
    return found;
  };
  return c.left->option(43)->size() == c.right->option(43)->size() &&
         parts(*c.left->option(43)) == parts(*c.right->option(43));
}

// Whoever asks for the broadcast address is told it.
bool adds_broadcast_address(const Case& c) {
  const std::string* const list = c.question.asked.option(55);
  if (!is_added(c, 28) || list == nullptr || list->find('\x1c') == std::string::npos) return false;
  const std::string& told = *c.right->option(28);
  const std::string* const mask = c.right->option(1);
  net::Ipv4Address own = c.right->replaced;
  if (own.is_any()) own = c.right->header.yiaddr.is_any() ? c.right->header.ciaddr : c.right->header.yiaddr;
  if (mask == nullptr || mask->size() != 4 || told.size() != 4) return false;
  const auto bits = static_cast<std::uint32_t>(number_of(*mask));
  return number_of(told) == (own.value() | ~bits);
}

// Where there is no list, and nothing says what the order is to be: dhcpd's is that of a hash table.
bool has_no_list(const Case& c) {
  const std::string* const list = c.question.asked.option(55);
  constexpr std::size_t kMixesUp = 250;  // of so many, and some twice, dhcpd takes the repeats out wrongly
  return c.difference.field == "order" && (list == nullptr || list->size() > kMixesUp || c.question.kind == "bootp");
}

// dhcpd says what it thought of some earlier address, when it does not look at this one.
bool has_stale_text(const Case& c) {
  return is_option(c, 56) && c.left != nullptr && c.left->type() == kNak &&
         *c.right->option(56) == "requested address on bad subnet";
}

bool naks_reserved(const Case& c) {
  return c.difference.field == "answer" && c.left == nullptr && c.right->type() == kNak && c.question.reserved;
}

bool naks_other_networks(const Case& c) {
  return c.difference.field == "answer" && (c.question.kind == "renew" || c.question.kind == "rebind") &&
         c.right != nullptr && c.right->type() == kNak && (c.left == nullptr || c.left->type() == kAck);
}

// Within 64 octets, and in the order of a hash table, other ones find room.
bool fills_bootp_otherwise(const Case& c) {
  if (c.question.kind != "bootp" || c.left == nullptr || c.right == nullptr) return false;
  if (c.difference.field == "overload") return c.right->overload == 0;
  return c.difference.field.starts_with("option ") &&
         (c.difference.left == "(absent)") != (c.difference.right == "(absent)");
}

bool says_fqdn(const Case& c) {
  return is_option(c, 81) && c.right->option(81) == nullptr;
}

bool repeats_lists_and_identifiers(const Case& c) {
  // A whole list takes room, too.
  if (c.difference.field == "overload") return c.left->option(55) != nullptr && c.right->option(55) == nullptr;
  return (is_option(c, 55) && c.right->option(55) == nullptr) || (is_option(c, 61) && c.right->option(61) == nullptr);
}

bool is_away_from_its_scope(const Case& c) {
  return c.question.away && c.difference.field.starts_with("option ");
}

bool counts_reserved_leases(const Case& c) {
  if (!is_option(c, kLeaseTime) || !c.question.reserved || c.left->option(kLeaseTime) == nullptr) return false;
  const std::uint64_t left = number_of(*c.left->option(kLeaseTime));
  const std::uint64_t right = number_of(*c.right->option(kLeaseTime));
  return right < left && left - right < left / 4;
}

// Renewal and rebinding that come after the lease's end are made to fit; dhcpd leaves such ones out.
bool fits_times(const Case& c) {
  if (!is_added(c, 58) && !is_added(c, 59)) return false;
  const std::string* const lease = c.right->option(kLeaseTime);
  const std::string& told = *c.right->option(is_added(c, 58) ? 58 : 59);
  return lease != nullptr && told.size() == 4 && number_of(told) < number_of(*lease);
}

constexpr std::array kKnown{
    Known{"boot-options", adds_boot_options},
    Known{"broadcast-address", adds_broadcast_address},
    Known{"ciaddr-first", answers_to_ciaddr},
    Known{"secs-and-hops", zeroes_secs_and_hops},
    Known{"other-server", leaves_others_requests},
    Known{"strangers-reboot", leaves_strangers_reboots},
    Known{"order-without-list", has_no_list},
    Known{"nak-text", has_stale_text},
    Known{"reserved-to-another", naks_reserved},
    Known{"other-network", naks_other_networks},
    Known{"bootp-room", fills_bootp_otherwise},
    Known{"fqdn", says_fqdn},
    Known{"lists-and-identifiers", repeats_lists_and_identifiers},
    Known{"scope-of-a-host", is_away_from_its_scope},
    Known{"reserved-lease-time", counts_reserved_leases},
    Known{"times-that-fit", fits_times},
    Known{"bootp-frames", broadcasts_frames},
    Known{"which-pool", takes_another_pool},
    Known{"stashed-port", knows_ports_again},
    Known{"subnet-authority", hears_subnets_authority},
    Known{"suboption-order", orders_suboptions},
};

}  // namespace

std::vector<std::string_view> known_differences() {
  std::vector<std::string_view> names;
  for (const Known& known : kKnown) names.push_back(known.name);
  return names;
}

std::vector<Difference> compare(const Question& question, const std::vector<Packet>& left,
                                const std::vector<Packet>& right) {
  const Packet* const a = left.empty() ? nullptr : &left.front();
  const Packet* const b = right.empty() ? nullptr : &right.front();
  Comparison comparison;
  if (left.size() != right.size() || left.size() > 1) {
    comparison.text("answer", summary(left), summary(right));
  } else if (a != nullptr && type_name(*a) != type_name(*b)) {
    comparison.text("answer", summary(left), summary(right));
  } else if (a != nullptr) {
    comparison.frames(*a, *b);
    comparison.headers(a->header, b->header);
    comparison.bodies(*a, *b, a->type() == kAck || (a->type() == kOffer && question.has_lease));
    comparison.orders(*a, *b);
  }
  std::vector<Difference> found = comparison.take();
  for (Difference& difference : found) {
    const Case one{question, a, b, difference};
    const auto* const known = std::find_if(kKnown.begin(), kKnown.end(), [&](const Known& k) { return k.is(one); });
    if (known != kKnown.end()) difference.known = known->name;
  }
  return found;
}

}  // namespace rackcast::dhcpd_diff
