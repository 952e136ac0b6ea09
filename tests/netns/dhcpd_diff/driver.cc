// Plays packets to two DHCP servers at once and prints where their answers differ, for tests/netns/dhcpd_diff_test.
//
//   dhcpd_diff_driver LEFT RIGHT      interfaces; dhcpd is at the other end of the left one, rackcastd of the right one
//
// Standard input, one step a line:
//
//   server A                  the servers' address, the same for both; first
//   subnet-authority          see compare.h
//   sentinel A                a relay's address in a subnet that no client is in; second
//   range LO HI POOL          addresses of one pool, which may stand for one another
//   reserved A                some host's
//   send CLIENT KIND [KEY=VALUE]...
//
// KIND: discover select reboot renew rebind inform decline release bootp. Keys: mac, via (giaddr), secs, hops, flags=b,
// away=1 (Question::away),
// cookie=no, file, ciaddr, request (option 50), server (option 54), source, and a number for an option, in hex.
// What a server gave to CLIENT before is used where a kind needs an address or a server: each server's own.
//
// Silence is known without waiting for it: behind every packet goes a REQUEST of the sentinel, which is answered only
// once the packet before has been dealt with, on the disk included. Lines on standard output: "diff", "known NAME", at
// last "played …". Exit 1 where a server does not answer the sentinel within kPatience.
#include <poll.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <set>
#include <sstream>

#include "proto/dhcp/message_writer.h"
#include "proto/dhcp/option_values.h"
#include "tests/netns/dhcpd_diff/compare.h"
#include "tests/netns/dhcpd_diff/wire.h"

namespace {

using namespace rackcast;
using namespace rackcast::dhcpd_diff;
using dhcp4::OptionCode;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience(10);
constexpr std::chrono::milliseconds kAskAgain(20);  // while a server starts
constexpr std::uint32_t kSentinelXids = 0xF000'0000;
constexpr net::MacAddress kSentinelMac{{0x02, 0xFE, 0, 0, 0, 1}};
constexpr net::Ipv4Address kMark(255, 255, 255, 254);
constexpr std::size_t kMessageBytesMax = 1'400;

[[noreturn]] void give_up(const std::string& sentence) {
  std::fprintf(stderr, "dhcpd_diff_driver: %s\n", sentence.c_str());
  std::exit(1);
}

net::Ipv4Address address_of(const std::string& text) {
  const auto address = net::Ipv4Address::parse(text);
  if (!address) give_up("no address: " + text);
  return *address;
}

struct Step {
  std::string client;
  std::string kind;
  std::map<std::string, std::string> words;
  std::map<std::uint8_t, std::string> options;

  [[nodiscard]] const std::string* word(const std::string& key) const {
    const auto found = words.find(key);
    return found == words.end() ? nullptr : &found->second;
  }
  [[nodiscard]] net::Ipv4Address address(const std::string& key, net::Ipv4Address unsaid) const {
    const std::string* text = word(key);
    return text == nullptr ? unsaid : address_of(*text);
  }
};

// What one server gave a client.
struct Holding {
  net::Ipv4Address address;
  net::Ipv4Address server;
  net::MacAddress mac;
  bool leased = false;
  bool is_held = false;  // leased or offered
};

struct Side {
  Side(const char* label, const std::string& interface, net::Ipv4Address server)
      : name(label), wire(interface, server) {}
  const char* name;
  Wire wire;
  std::map<std::string, Holding> clients;
  Holding sentinel;
  std::uint32_t sentinel_xid = 0;
  bool sentinel_answered = false;
  std::vector<Packet> answers;  // to the step in hand
};

std::uint8_t message_type_of(const std::string& kind) {
  using dhcp4::MessageType;
  static const std::map<std::string, MessageType> kTypes{
      {"discover", MessageType::kDiscover}, {"select", MessageType::kRequest},  {"reboot", MessageType::kRequest},
      {"renew", MessageType::kRequest},     {"rebind", MessageType::kRequest},  {"inform", MessageType::kInform},
      {"decline", MessageType::kDecline},   {"release", MessageType::kRelease}, {"bootp", MessageType{0}}};
  const auto found = kTypes.find(kind);
  if (found == kTypes.end()) give_up("no kind of step: " + kind);
  return static_cast<std::uint8_t>(found->second);
}

class Driver {
 public:
  Driver(const std::string& left, const std::string& right) : interfaces_{left, right} {}

  void play(const std::string& line) {
    std::istringstream words(line);
    std::string what;
    words >> what;
    if (what == "server" && words >> what) {
      server_ = address_of(what);
      sides_[0].emplace("dhcpd", interfaces_[0], server_);
      sides_[1].emplace("rackcastd", interfaces_[1], server_);
    } else if (what == "sentinel" && words >> what) {
      sentinel_ = address_of(what);
      wake_servers();
    } else if (what == "range") {
      std::string low;
      std::string high;
      std::string pool;
      words >> low >> high >> pool;
      ranges_.push_back({address_of(low), address_of(high), pool});
    } else if (what == "reserved" && words >> what) {
      reserved_.insert(address_of(what));
    } else if (what == "subnet-authority") {
      subnet_authority_ = true;
    } else if (what == "send") {
      send(words);
    } else {
      give_up("cannot read: " + line);
    }
  }

  int finish() const {
    std::printf("played %zu answered %zu silent %zu different %zu dynamic %zu\n", played_, answered_, silent_,
                different_, dynamic_);
    return 0;
  }

 private:
  struct Range {
    net::Ipv4Address low;
    net::Ipv4Address high;
    std::string pool;
  };

  // --- packets

  // Header and options of a step as this side's state has it; false: the step needs an address that it has not.
  [[nodiscard]] bool build(const Step& step, const Side& side, std::uint32_t xid, Route& route,
                           std::vector<std::byte>& out) const {
    const auto known = side.clients.find(step.client);
    const Holding held = known == side.clients.end() ? Holding{} : known->second;
    const bool in_header =
        step.kind == "renew" || step.kind == "rebind" || step.kind == "inform" || step.kind == "release";
    const bool in_option = step.kind == "select" || step.kind == "reboot" || step.kind == "decline";
    const bool names_server = step.kind == "select" || step.kind == "decline" || step.kind == "release";
    dhcp4::Header header;
    header.xid = dhcp4::Xid(xid);
    const auto mac = net::MacAddress::parse(*step.word("mac"));
    if (!mac) give_up("no MAC address: " + *step.word("mac"));
    header.set_mac(*mac);
    header.ciaddr = step.address("ciaddr", in_header ? held.address : net::Ipv4Address{});
    header.giaddr = step.address("via", {});
    header.broadcast = step.word("flags") != nullptr;
    if (const auto* secs = step.word("secs")) header.secs = static_cast<std::uint16_t>(std::stoi(*secs));
    if (const auto* hops = step.word("hops")) header.hops = static_cast<std::uint8_t>(std::stoi(*hops));
    const net::Ipv4Address requested = step.address("request", in_option ? held.address : net::Ipv4Address{});
    const net::Ipv4Address server = step.address("server", names_server ? held.server : net::Ipv4Address{});
    if ((in_header && header.ciaddr.is_any()) || (in_option && requested.is_any())) return false;
    route = route_of(step, header, *mac);

    std::array<std::byte, kMessageBytesMax> room;
    dhcp4::MessageWriter writer(room, header, {.size_bytes_max = room.size()});
    if (const auto* file = step.word("file")) (void)writer.set_file(*file);
    if (step.word("cookie") != nullptr) {
      std::array<std::byte, 64> vendor{};
      (void)writer.set_raw_vendor_area(vendor);
    } else {
      put_options(step, writer, requested, server);
    }
    const auto message = writer.finish();
    if (message.empty() || writer.dropped_count() != 0) give_up("a packet that does not fit: " + step.client);
    out.assign(message.begin(), message.end());
    return true;
  }

  static void put_options(const Step& step, dhcp4::MessageWriter& writer, net::Ipv4Address requested,
                          net::Ipv4Address server) {
    const auto bytes = [](const std::string& octets) { return std::as_bytes(std::span(octets)); };
    const auto relay = step.options.find(82);
    if (relay != step.options.end()) (void)writer.set_last(OptionCode::kRelayAgentInfo, bytes(relay->second));
    if (const std::uint8_t type = message_type_of(step.kind); type != 0) writer.put_u8(OptionCode::kMessageType, type);
    if (!server.is_any()) writer.put_address(OptionCode::kServerIdentifier, server);
    if (!requested.is_any()) writer.put_address(OptionCode::kRequestedAddress, requested);
    for (const auto& [code, value] : step.options)
      if (code != 82) writer.put(static_cast<OptionCode>(code), bytes(value));
  }

  // Who has an address and talks to the server sends by unicast; relays do; all others broadcast from nowhere.
  [[nodiscard]] Route route_of(const Step& step, const dhcp4::Header& header, const net::MacAddress& mac) const {
    Route route{mac, {}, net::Ipv4Address::broadcast(), 68};
    if (header.is_relayed()) return {kPeerMac, header.giaddr, server_, 67};
    if (step.kind == "renew" || step.kind == "release") route.to = server_;
    if (step.kind == "renew" || step.kind == "release" || step.kind == "rebind" || step.kind == "inform")
      route.from = step.address("source", header.ciaddr);
    return route;
  }

  void send_sentinel(Side& side, bool discover) {
    dhcp4::Header header;
    header.xid = dhcp4::Xid(side.sentinel_xid = next_sentinel_++);
    header.giaddr = sentinel_;
    header.set_mac(kSentinelMac);
    std::array<std::byte, 600> room;
    dhcp4::MessageWriter writer(room, header, {});
    writer.put_u8(OptionCode::kMessageType, message_type_of(discover ? "discover" : "select"));
    if (!discover) {
      writer.put_address(OptionCode::kServerIdentifier, side.sentinel.server);
      writer.put_address(OptionCode::kRequestedAddress, side.sentinel.address);
    }
    side.sentinel_answered = false;
    side.wire.send({kPeerMac, sentinel_, server_, 67}, writer.finish());
  }

  // --- waiting

  // Every packet that has come, on both sides.
  void take_packets(std::uint32_t xid) {
    for (auto& side : sides_) {
      while (auto packet = side->wire.receive()) {
        const std::uint32_t of = packet->header.xid.value();
        if (of == side->sentinel_xid) {
          side->sentinel_answered = true;
          const std::string* server = packet->option(54);
          if (server != nullptr && packet->type() == 2)
            side->sentinel = {
                packet->header.yiaddr, *dhcp4::as_address(std::as_bytes(std::span(*server))), {}, false, false};
        } else if (of == xid) {
          side->answers.push_back(std::move(*packet));
        } else if (of < kSentinelXids) {
          std::printf("diff stray packet from %s: %s of an earlier step\n", side->name, type_name(*packet).c_str());
          ++different_;
        }
      }
    }
  }

  template <typename Done>
  bool wait(std::uint32_t xid, Clock::time_point until, Done done) {
    for (;;) {
      take_packets(xid);
      if (done()) return true;
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
      if (left.count() <= 0) return false;
      std::array<pollfd, 2> ready{pollfd{sides_[0]->wire.descriptor(), POLLIN, 0},
                                  pollfd{sides_[1]->wire.descriptor(), POLLIN, 0}};
      (void)::poll(ready.data(), ready.size(), static_cast<int>(left.count()));
    }
  }

  // Servers start at their own pace: asked until they answer.
  void wake_servers() {
    const auto deadline = Clock::now() + kPatience;
    const auto know = [&] { return sides_[0]->wire.knows_server() && sides_[1]->wire.knows_server(); };
    for (bool woken = false; !woken;) {
      if (Clock::now() > deadline) give_up("no answer to ARP");
      for (auto& side : sides_) side->wire.ask_for_server();
      woken = wait(0, Clock::now() + kAskAgain, know);
    }
    for (auto& side : sides_) {
      const auto offered = [&] { return !side->sentinel.server.is_any(); };
      while (!offered()) {
        if (Clock::now() > deadline) give_up(std::string(side->name) + " does not answer");
        send_sentinel(*side, true);
        (void)wait(0, Clock::now() + kAskAgain, offered);
      }
    }
  }

  // --- one step

  void send(std::istringstream& words) {
    const Step step = read_step(words);
    const std::uint32_t xid = ++xid_;
    std::array<std::vector<std::byte>, 2> messages;
    std::array<Route, 2> routes;
    bool complete = true;
    for (std::size_t i = 0; i < 2; ++i) complete &= build(step, *sides_[i], xid, routes[i], messages[i]);
    if (!complete) return;  // a server gave it no address: that was a difference, or is meant to be so
    if (is_taken_by_chance(step)) return;
    for (std::size_t i = 0; i < 2; ++i) {
      Side& side = *sides_[i];
      side.answers.clear();
      side.wire.forget_debts();
      side.wire.send(routes[i], messages[i]);
      send_sentinel(side, false);
    }
    const auto done = [&] {
      return sides_[0]->sentinel_answered && sides_[1]->sentinel_answered && !sides_[0]->wire.owes_datagrams() &&
             !sides_[1]->wire.owes_datagrams();
    };
    const bool settled = wait(xid, Clock::now() + kPatience, done);
    // Two ways lead out of a server, of which one may be quicker by a hair: silence is asked for twice.
    if (settled && (sides_[0]->answers.empty() || sides_[1]->answers.empty())) {
      for (auto& side : sides_) send_sentinel(*side, false);
      (void)wait(xid, Clock::now() + kPatience, done);
    }
    if (!settled) {
      for (const auto& side : sides_)
        if (!side->sentinel_answered)
          give_up(std::string(side->name) + " is dead after " + step.client + " " + step.kind);
    }
    ++played_;
    judge(step, messages);
  }

  // An address that the step names is somebody else's on one side only, who got it from the pool by chance.
  [[nodiscard]] bool is_taken_by_chance(const Step& step) const {
    const net::Ipv4Address named = step.address("request", step.address("ciaddr", {}));
    if (named.is_any()) return false;
    std::array<bool, 2> taken{};
    for (std::size_t i = 0; i < 2; ++i)
      for (const auto& [label, held] : sides_[i]->clients)
        if (held.address == named && held.is_held && label != step.client) taken[i] = true;
    return taken[0] != taken[1] && reserved_.count(named) == 0;
  }

  static Step read_step(std::istringstream& words) {
    Step step;
    words >> step.client >> step.kind;
    for (std::string word; words >> word;) {
      const std::size_t equals = word.find('=');
      if (equals == std::string::npos) give_up("no KEY=VALUE: " + word);
      const std::string key = word.substr(0, equals);
      const std::string value = word.substr(equals + 1);
      if (key.find_first_not_of("0123456789") != std::string::npos) {
        step.words[key] = value;
        continue;
      }
      const auto octets = octets_of_hex(value);
      if (!octets) give_up("no hex: " + word);
      step.options[static_cast<std::uint8_t>(std::stoi(key))] = *octets;
    }
    if (step.word("mac") == nullptr) give_up("no mac: " + step.client);
    return step;
  }

  void judge(const Step& step, const std::array<std::vector<std::byte>, 2>& messages) {
    Question question{step.client, step.kind, {}, true, false, false, step.word("away") != nullptr, subnet_authority_};
    (void)decode_message(messages[0], question.asked);
    question.names_us = step.word("server") == nullptr;
    const Holding& held = sides_[0]->clients[step.client];
    question.has_lease = held.leased;
    const net::Ipv4Address named = step.address("request", step.address("ciaddr", held.address));
    question.reserved = reserved_.count(named) != 0;
    std::array<std::vector<Packet>, 2> answers{sides_[0]->answers, sides_[1]->answers};
    make_alike(step, answers);
    for (const Difference& difference : compare(question, answers[0], answers[1])) report(question, difference);
    const bool silent = answers[0].empty() && answers[1].empty();
    ++(silent ? silent_ : answered_);
    for (auto& side : sides_) remember(step, *side);
  }

  // Dynamic addresses of one pool stand for one another.
  void make_alike(const Step& step, std::array<std::vector<Packet>, 2>& answers) {
    if (answers[0].empty() || answers[1].empty()) return;
    std::array<net::Ipv4Address, 2> own;
    for (std::size_t i = 0; i < 2; ++i) {
      own[i] = answers[i].front().header.yiaddr;
      if (own[i].is_any()) own[i] = sides_[i]->clients[step.client].address;
    }
    if (own[0] == own[1] || own[0].is_any() || own[1].is_any()) return;
    const std::string pool = pool_of(own[0]);
    if (pool.empty() || pool != pool_of(own[1])) return;
    ++dynamic_;
    for (std::size_t i = 0; i < 2; ++i)
      for (Packet& packet : answers[i]) packet = with_address_replaced(packet, own[i], kMark);
  }

  [[nodiscard]] std::string pool_of(net::Ipv4Address address) const {
    for (const Range& range : ranges_)
      if (!(address < range.low) && !(range.high < address)) return range.pool;
    return "";
  }

  void report(const Question& question, const Difference& difference) {
    const std::string where = question.label + " " + question.kind + " " + difference.field;
    if (!difference.known.empty()) {
      std::printf("known %s %s: %s | %s\n", std::string(difference.known).c_str(), where.c_str(),
                  difference.left.c_str(), difference.right.c_str());
      return;
    }
    std::printf("diff %s: dhcpd %s | rackcastd %s\n", where.c_str(), difference.left.c_str(), difference.right.c_str());
    ++different_;
  }

  // What the server gave, and that it gave it to nobody else.
  void remember(const Step& step, Side& side) {
    Holding& held = side.clients[step.client];
    if (step.kind == "release" || step.kind == "decline") held.leased = held.is_held = false;
    for (const Packet& answer : side.answers) {
      const net::Ipv4Address address = answer.header.yiaddr;
      if (answer.type() == 6) held.leased = false;
      if (address.is_any()) continue;
      // A reservation is whoever's has the host's identity, by whichever machine; that it is given to such alone is
      // dhcpd's to say.
      if (reserved_.count(address) == 0) tell_of_others(step, side, *answer.header.mac(), address);
      held.address = address;
      held.mac = *answer.header.mac();
      held.leased = answer.type() != 2;
      held.is_held = true;
      const std::string* server = answer.option(54);
      if (server != nullptr) held.server = dhcp4::as_address(std::as_bytes(std::span(*server))).value_or(server_);
    }
  }

  void tell_of_others(const Step& step, const Side& side, const net::MacAddress& mac, net::Ipv4Address address) {
    for (const auto& [label, other] : side.clients) {
      if (other.address != address || !other.leased || other.mac == mac) continue;
      std::printf("diff %s %s: %s gives %s, which is %s's\n", step.client.c_str(), step.kind.c_str(), side.name,
                  std::string(address.text().view()).c_str(), label.c_str());
      ++different_;
    }
  }

  std::array<std::string, 2> interfaces_;
  net::Ipv4Address server_;
  net::Ipv4Address sentinel_;
  std::array<std::optional<Side>, 2> sides_;
  std::vector<Range> ranges_;
  std::set<net::Ipv4Address> reserved_;
  bool subnet_authority_ = false;
  std::uint32_t xid_ = 0x1000;
  std::uint32_t next_sentinel_ = kSentinelXids;
  std::size_t played_ = 0;
  std::size_t answered_ = 0;
  std::size_t silent_ = 0;
  std::size_t different_ = 0;
  std::size_t dynamic_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--known") {
    for (const std::string_view name : known_differences()) std::printf("%s\n", std::string(name).c_str());
    return 0;
  }
  if (argc != 3) give_up("dhcpd_diff_driver LEFT RIGHT | --known");
  Driver driver(argv[1], argv[2]);
  for (std::string line; std::getline(std::cin, line);)
    if (!line.empty() && line.front() != '#') driver.play(line);
  return driver.finish();
}
