#include "core/oldfiles/dhcpd_leases.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <unordered_map>

#include "core/policy/token_values.h"

namespace rackcast {
namespace {

constexpr std::int64_t kLatestSecond = 9'000'000'000;  // the year 2255: later is never, as far as a clock goes
constexpr unsigned kCircuitId = 1;
constexpr unsigned kRemoteId = 2;

struct StateName {
  std::string_view name;
  LeaseState state;
};
constexpr std::array kStates{
    StateName{"active", LeaseState::kActive},       StateName{"free", LeaseState::kExpired},
    StateName{"expired", LeaseState::kExpired},     StateName{"released", LeaseState::kReleased},
    StateName{"abandoned", LeaseState::kAbandoned}, StateName{"reset", LeaseState::kExpired},
    StateName{"backup", LeaseState::kExpired},
};

WallTime at_second(std::int64_t second) {
  if (second >= kLatestSecond) return WallTime::max();
  return WallTime(std::chrono::seconds(std::max<std::int64_t>(second, 0)));
}

class LeasesReader {
 public:
  LeasesReader(std::string text, const std::string& file_name, ImportReport& report)
      : file_(std::make_shared<const std::string>(file_name)), report_(report) {
    static_cast<void>(tokens_.open(file_name, std::move(text)));
  }

  DhcpdLeases read() {
    while (!tokens_.peek().is_end()) {
      if (tokens_.peek().is_word("lease"))
        entry();
      else if (tokens_.peek().is_word("host"))
        host();
      else if (tokens_.peek().is_symbol("}"))
        stray_brace();
      else
        other();
    }
    return finish();
  }

 private:
  struct Entry {
    Lease lease;
    bool has_machine = false;
    bool reserved = false;
    std::string circuit_id;
    std::string remote_id;
  };

  void tell(const Token& at, std::string_view subject, std::string message) {
    report_.add(ImportKind::kNotHonoured, {file_, at.line, at.column}, subject, std::move(message));
  }

  void stray_brace() {
    const Token brace = tokens_.next();
    tell(brace, "}", "closes nothing: the file is damaged here");
  }

  // `host NAME { … }`, of which there may be several: the last counts, and may say that it is deleted.
  void host() {
    static_cast<void>(tokens_.next());
    std::optional<std::string> name;
    if (tokens_.peek().kind == TokenKind::kString)
      name = std::string(tokens_.next().text);
    else
      name = take_host_name(tokens_);
    bool deleted = false;
    for (std::size_t depth = 0; !tokens_.peek().is_end() && !at_entry();) {
      const Token token = tokens_.next();
      if (token.is_symbol("{")) ++depth;
      if (depth == 1 && token.is_word("deleted")) deleted = true;
      if (token.is_symbol("}") && (depth == 0 || --depth == 0)) break;
      if (token.is_symbol(";") && depth == 0) break;
    }
    if (!name) return;
    if (deleted)
      result_.hosts.erase(*name);
    else if (result_.hosts.size() < kDhcpdLeasesMax)
      result_.hosts.insert(*name);
  }

  // authoring-byte-order, server-duid, group, subclass, failover peer …: nothing of a lease.
  void other() {
    const Token first = tokens_.peek();
    constexpr std::array<std::string_view, 7> kKnown{
        "authoring-byte-order", "server-duid", "group", "subclass", "class", "failover", "ia-na"};
    if (std::none_of(kKnown.begin(), kKnown.end(), [&](std::string_view word) { return first.is_word(word); }))
      tell(first, first.text, "is nothing that is known of this file; left out");
    tokens_.skip_statement();
  }

  void entry() {
    const Token first = tokens_.next();
    const auto address = take_address(tokens_);
    if (!address || !tokens_.take_symbol("{")) return corrupt(first, "an address and \"{\" must follow");
    Entry made;
    made.lease.address = *address;
    made.lease.state = LeaseState::kActive;  // where nothing says otherwise: of old versions
    const std::string subject(address->text().view());
    while (!tokens_.peek().is_symbol("}")) {
      if (tokens_.peek().is_end()) {
        ++result_.left_out;
        return tell(first, subject, "the entry is cut off: left out");
      }
      if (at_entry()) {
        ++result_.left_out;  // the next entry: this one was cut off, and written on behind
        return tell(first, subject, "the entry is cut off: left out");
      }
      const Token at = tokens_.peek();
      if (statement(made)) continue;
      tell(at, subject, "cannot be read here; the entry is left out");
      ++result_.left_out;
      return leave_block();
    }
    static_cast<void>(tokens_.next());
    keep(std::move(made));
  }

  void corrupt(const Token& first, std::string message) {
    ++result_.left_out;
    tell(first, "lease", std::move(message) + "; left out");
    tokens_.skip_statement();
  }

  // `lease A.B.C.D {`, which stands in no entry.
  bool at_entry() {
    return tokens_.peek().is_word("lease") && tokens_.peek(2).is_symbol(".") && tokens_.peek(4).is_symbol(".") &&
           tokens_.peek(6).is_symbol(".") && tokens_.peek(8).is_symbol("{");
  }

  // To the end of a damaged entry: its '}', or the next entry.
  void leave_block() {
    std::size_t depth = 1;
    while (!tokens_.peek().is_end() && !at_entry()) {
      const Token token = tokens_.next();
      if (token.is_symbol("{")) ++depth;
      if (token.is_symbol("}") && --depth == 0) return;
    }
  }

  // One statement of an entry; false: it is damaged. Those that say nothing to us are skipped.
  bool statement(Entry& made) {
    Lease& lease = made.lease;
    if (tokens_.take_word("starts")) return date(lease.starts);
    if (tokens_.take_word("ends")) return date(lease.ends);
    if (tokens_.take_word("binding")) return tokens_.take_word("state") && state(lease.state);
    if (tokens_.take_word("abandoned")) {
      lease.state = LeaseState::kAbandoned;
      return tokens_.take_symbol(";");
    }
    if (tokens_.take_word("dynamic-bootp") || tokens_.take_word("bootp")) {
      lease.bootp = true;
      return tokens_.take_symbol(";");
    }
    if (tokens_.take_word("reserved")) {
      made.reserved = true;
      return tokens_.take_symbol(";");
    }
    if (tokens_.take_word("hardware")) return hardware(made);
    if (tokens_.take_word("uid")) return identifier(lease);
    if (tokens_.take_word("client-hostname")) return host_name(lease);
    if (tokens_.peek().is_word("option") && tokens_.peek(1).is_word("agent")) return agent_option(made);
    if (tokens_.peek().kind != TokenKind::kWord) return false;
    tokens_.skip_statement();  // next binding state, cltt, tstp, set, option, on, hostname, …
    return true;
  }

  bool state(LeaseState& state) {
    const auto* const known = std::find_if(kStates.begin(), kStates.end(),
                                           [&](const StateName& s) { return tokens_.peek().is_word(s.name); });
    if (known == kStates.end()) return false;
    static_cast<void>(tokens_.next());
    state = known->state;
    return tokens_.take_symbol(";");
  }

  bool date(WallTime& time) {
    if (tokens_.take_word("never")) {
      time = WallTime::max();
      return tokens_.take_symbol(";");
    }
    if (tokens_.take_word("epoch")) {
      const auto second = take_seconds();
      if (!second) return false;
      time = at_second(*second);
      return tokens_.take_symbol(";");
    }
    // W YYYY/MM/DD HH:MM:SS, and the offset of a zone where one is.
    std::array<std::int64_t, 7> parts{};
    constexpr std::string_view kBetween = "  // ::";  // in front of each part
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i > 1 && kBetween[i] != ' ' && !tokens_.take_symbol(kBetween.substr(i, 1))) return false;
      const auto part = take_seconds();
      if (!part || *part > 9'999) return false;
      parts.at(i) = *part;
    }
    const auto offset = tokens_.peek().is_symbol(";") ? std::optional<std::int64_t>(0) : take_number(tokens_);
    const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(parts[1])),
                                          std::chrono::month(static_cast<unsigned>(parts[2])),
                                          std::chrono::day(static_cast<unsigned>(parts[3]))};
    if (!offset || !day.ok() || parts[0] > 6 || parts[4] > 23 || parts[5] > 59 || parts[6] > 60) return false;
    const std::int64_t days = std::chrono::sys_days(day).time_since_epoch().count();
    time = at_second(days * 86'400 + parts[4] * 3'600 + parts[5] * 60 + parts[6] + *offset);
    return tokens_.take_symbol(";");
  }

  // Decimal, whatever zeros are in front. What is none stays: it may be the next entry.
  std::optional<std::int64_t> take_seconds() {
    constexpr std::size_t kDigitsMax = 12;
    const Token& token = tokens_.peek();
    std::int64_t value = 0;
    if (token.kind != TokenKind::kWord || token.text.empty() || token.text.size() > kDigitsMax) return std::nullopt;
    for (const char c : token.text) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    static_cast<void>(tokens_.next());
    return value;
  }

  bool hardware(Entry& made) {
    if (tokens_.peek().kind != TokenKind::kWord) return false;
    const bool ethernet = tokens_.next().is_word("ethernet");
    const auto octets = take_octets(tokens_);
    if (!octets || !tokens_.take_symbol(";")) return false;
    if (!ethernet || octets->size() != made.lease.mac.octets.size()) return true;  // of a network that is not served
    std::transform(octets->begin(), octets->end(), made.lease.mac.octets.begin(),
                   [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
    made.has_machine = !made.lease.mac.is_zero();
    return true;
  }

  // Text in quotes, or octets.
  std::optional<std::string> value() {
    if (tokens_.peek().kind == TokenKind::kString) return std::string(tokens_.next().text);
    const auto octets = take_octets(tokens_);
    if (!octets) return std::nullopt;
    std::string text;
    for (const std::byte b : *octets) text += static_cast<char>(b);
    return text;
  }

  bool identifier(Lease& lease) {
    const auto text = value();
    if (!text) return false;
    if (text->size() <= kClientIdentifierBytesMax) lease.client_identifier = std::string_view(*text);
    return tokens_.take_symbol(";");
  }

  bool host_name(Lease& lease) {
    if (tokens_.peek().kind != TokenKind::kString) return false;
    const Token token = tokens_.next();
    if (token.text.size() <= kHostNameBytesMax) lease.hostname = token.text;
    return tokens_.take_symbol(";");
  }

  // `option agent.circuit-id VALUE;`
  bool agent_option(Entry& made) {
    const bool circuit = tokens_.peek(3).is_word("circuit-id");
    if (!tokens_.peek(2).is_symbol(".") || (!circuit && !tokens_.peek(3).is_word("remote-id"))) {
      tokens_.skip_statement();
      return true;
    }
    for (int i = 0; i < 4; ++i) static_cast<void>(tokens_.next());
    const auto text = value();
    if (!text) return false;
    (circuit ? made.circuit_id : made.remote_id) = *text;
    return tokens_.take_symbol(";");
  }

  // Option 82 as the relay sent it, as far as the file has it.
  static void stash(Entry& made) {
    const auto append = [&](unsigned code, const std::string& text) {
      if (text.empty() || made.lease.relay_info.size() + 2 + text.size() > kStashedRelayBytesMax) return;
      const std::array<char, 2> head{static_cast<char>(code), static_cast<char>(text.size())};
      static_cast<void>(made.lease.relay_info.append({head.data(), head.size()}));
      static_cast<void>(made.lease.relay_info.append(text));
    };
    append(kCircuitId, made.circuit_id);
    append(kRemoteId, made.remote_id);
  }

  void keep(Entry made) {
    ++result_.entries;
    stash(made);
    if (made.lease.bootp && made.lease.state == LeaseState::kActive && made.lease.ends == WallTime{})
      made.lease.ends = WallTime::max();
    if (!made.has_machine && made.lease.state != LeaseState::kAbandoned) made.lease.state = LeaseState::kFree;
    if (made.reserved && made.has_machine)
      reserved_.insert(made.lease.address);
    else
      reserved_.erase(made.lease.address);
    const auto [place, fresh] = by_address_.try_emplace(made.lease.address.value(), result_.leases.size());
    if (!fresh) {
      result_.leases[place->second] = made.lease;
    } else if (result_.leases.size() < kDhcpdLeasesMax) {
      result_.leases.push_back(made.lease);
    } else {
      by_address_.erase(place);
      ++result_.left_out;
    }
  }

  DhcpdLeases finish() {
    auto& all = result_.leases;
    const auto gone =
        std::remove_if(all.begin(), all.end(), [](const Lease& l) { return l.state == LeaseState::kFree; });
    result_.of_nobody = static_cast<std::size_t>(all.end() - gone);
    all.erase(gone, all.end());
    const auto count = [&](LeaseState state) {
      return static_cast<std::size_t>(
          std::count_if(all.begin(), all.end(), [&](const Lease& lease) { return lease.state == state; }));
    };
    for (const Lease& lease : all)
      if (reserved_.contains(lease.address)) result_.reserved.insert(lease.address);
    result_.active = count(LeaseState::kActive);
    result_.abandoned = count(LeaseState::kAbandoned);
    return std::move(result_);
  }

  std::shared_ptr<const std::string> file_;
  ImportReport& report_;
  TokenStream tokens_;
  DhcpdLeases result_;
  std::unordered_map<std::uint32_t, std::size_t> by_address_;
  std::set<net::Ipv4Address> reserved_;
};

}  // namespace

DhcpdLeases read_dhcpd_leases(std::string text, const std::string& file_name, ImportReport& report) {
  return LeasesReader(std::move(text), file_name, report).read();
}

Result<std::string> read_dhcpd_leases_text(std::string& path, OldFilesHost& host) {
  auto text = host.read(path, kDhcpdLeasesBytesMax);
  if (text) return text;
  auto copy = host.read(path + "~", kDhcpdLeasesBytesMax);
  if (!copy) return text;
  path += "~";
  return copy;
}

DhcpdLeases load_dhcpd_leases(const std::string& path, OldFilesHost& host, ImportReport& report) {
  std::string read = path;
  auto text = read_dhcpd_leases_text(read, host);
  const FilePlace whole{std::make_shared<const std::string>(path), 0, 0};
  if (!text) {
    report.add(ImportKind::kError, whole, "", text.error().message);
    return {};
  }
  if (read != path)
    report.add(ImportKind::kRemark, whole, "", "is not there; its copy " + read + " is read, as dhcpd would");
  return read_dhcpd_leases(std::move(*text), read, report);
}

std::string summary_line(const DhcpdLeases& leases, const std::string& path) {
  std::string line = std::to_string(leases.leases.size()) + " leases (" + std::to_string(leases.active) + " active, " +
                     std::to_string(leases.abandoned) + " abandoned) of " + std::to_string(leases.entries) +
                     " entries in " + path;
  if (!leases.hosts.empty())
    line += ", " + std::to_string(leases.hosts.size()) + (leases.hosts.size() == 1 ? " host" : " hosts");
  if (leases.left_out > 0) line += ", " + std::to_string(leases.left_out) + " corrupt ones left out";
  return line;
}

}  // namespace rackcast
