#include "core/quirks/name_map.h"

#include <algorithm>

#include "core/quirks/name_map_rule.h"

namespace rackcast {
namespace {

using name_map_detail::Piece;
using name_map_detail::Rule;

constexpr std::size_t kGroups = 10;
constexpr std::string_view kNoLabel = "the map file has no such label";
using Groups = std::array<regmatch_t, kGroups>;

// Where the match lies in the name; the groups count from `start`.
struct Match {
  std::size_t start = 0;
  Groups groups;
};

enum class Case : std::uint8_t { kAsIs, kUpper, kLower };

char in_case(char c, Case letter_case) {
  if (letter_case == Case::kUpper && c >= 'a' && c <= 'z') return static_cast<char>(c - 'a' + 'A');
  if (letter_case == Case::kLower && c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  return c;
}

void append(PathText& out, std::string_view text, Case letter_case) {
  for (const char c : text) {
    const char changed = in_case(c, letter_case);
    out.append({&changed, 1});
  }
}

void append_hex(PathText& out, const net::IpAddress& address, Case letter_case) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const std::uint8_t octet : address.octets()) {
    const std::array<char, 2> digits{kDigits[octet >> 4U], kDigits[octet & 0xFU]};
    append(out, {digits.data(), digits.size()}, letter_case);
  }
}

std::string_view group_text(std::string_view name, const Match& match, std::size_t group) {
  const regmatch_t& place = match.groups[group];
  if (place.rm_so < 0) return {};
  return name.substr(match.start + static_cast<std::size_t>(place.rm_so),
                     static_cast<std::size_t>(place.rm_eo - place.rm_so));
}

// The replacement of `rule` for this match, appended; what does not fit is cut and out.cut() says so.
void append_replacement(PathText& out, const Rule& rule, std::string_view name, const Match& match,
                        const NameMapPeer& peer) {
  Case letter_case = Case::kAsIs;
  for (const Piece& piece : rule.replacement) {
    switch (piece.kind) {
      case Piece::Kind::kText:
        append(out, piece.text, letter_case);
        break;
      case Piece::Kind::kGroup:
        append(out, group_text(name, match, piece.group), letter_case);
        break;
      case Piece::Kind::kAddress:
        append(out, peer.address.text().view(), letter_case);
        break;
      case Piece::Kind::kHexAddress:
        append_hex(out, peer.address, letter_case);
        break;
      case Piece::Kind::kUpper:
        letter_case = Case::kUpper;
        break;
      case Piece::Kind::kLower:
        letter_case = Case::kLower;
        break;
      case Piece::Kind::kAsIs:
        letter_case = Case::kAsIs;
        break;
    }
  }
}

bool search(const Rule& rule, std::string_view name, std::size_t start, Match& match) {
  match.start = start;
  match.groups.fill({-1, -1});
  match.groups[0] = {0, static_cast<regoff_t>(name.size() - start)};
  const int flags = REG_STARTEND | (start > 0 ? REG_NOTBOL : 0);
  if (::regexec(rule.regex.get(), name.data() + start, match.groups.size(), match.groups.data(), flags) == 0)
    return true;
  match.groups.fill({-1, -1});
  return false;
}

bool concerns(const Rule& rule, const NameMapPeer& peer) {
  return rule.regex != nullptr && !(rule.reads_only && peer.is_put) && !(rule.writes_only && !peer.is_put) &&
         !(rule.v4_only && peer.address.is_v6()) && !(rule.v6_only && peer.address.is_v4());
}

// One name on its way through the rules.
class Walk {
 public:
  Walk(const std::vector<Rule>& rules, const NameMapPeer& peer, std::string_view name, unsigned missing)
      : rules_(rules), peer_(peer), name_(name), missing_(missing) {}

  MapOutcome run(PathText& out) {
    if (name_.cut()) return MapOutcome::kTooLong;
    const PathText asked = name_;
    for (std::size_t at = 0; at < rules_.size();) {
      std::size_t next = at + 1;
      if (concerns(rules_[at], peer_)) step(rules_[at], next);
      if (ended_ && (outcome_ == MapOutcome::kTooLong || outcome_ == MapOutcome::kLoops)) return outcome_;
      if (ended_) break;
      at = next;
    }
    out = name_;
    if (outcome_ != MapOutcome::kUnchanged) return outcome_;
    if (missing_ > 0) return MapOutcome::kNoSuchCandidate;
    return name_ == asked ? MapOutcome::kUnchanged : MapOutcome::kMapped;
  }

 private:
  void end(MapOutcome outcome) {
    outcome_ = outcome;
    ended_ = true;
  }

  bool count_step() {
    if (steps_ == kNameMapStepsMax) {
      end(MapOutcome::kLoops);
      return false;
    }
    ++steps_;
    return true;
  }

  // Tries one rule on the name; `next` is where to go on.
  void step(const Rule& rule, std::size_t& next) {
    if (!count_step()) return;
    Match match;
    if (search(rule, name_.view(), 0, match) == rule.inverse) return;
    if (rule.refuse) return refuse(rule, match);
    const PathText before = name_;
    if (rule.rewrite && !rewrite(rule, match)) return;
    if (rule.last_if_file) {
      if (missing_ == 0) return end(MapOutcome::kCandidate);
      --missing_;
      name_ = before;
      return;
    }
    if (rule.last) {
      ended_ = true;
    } else if (rule.restart) {
      next = 0;
    } else if (rule.jump) {
      jump(rule, match, next);
    }
  }

  void refuse(const Rule& rule, const Match& match) {
    PathText text;
    append_replacement(text, rule, name_.view(), match, peer_);
    name_ = text;
    end(MapOutcome::kRefused);
  }

  // False: it ended there.
  bool rewrite(const Rule& rule, Match& match) {
    for (;;) {
      const std::string_view name = name_.view();
      PathText changed;
      changed.append(name.substr(0, match.start + static_cast<std::size_t>(match.groups[0].rm_so)));
      append_replacement(changed, rule, name, match, peer_);
      const std::size_t behind = changed.size();
      changed.append(name.substr(match.start + static_cast<std::size_t>(match.groups[0].rm_eo)));
      if (changed.cut()) {
        end(MapOutcome::kTooLong);
        return false;
      }
      name_ = changed;
      if (!rule.repeat) return true;
      const std::size_t start = rule.repeat_behind ? behind : 0;
      if (rule.repeat_behind && start >= name_.size()) return true;
      if (!search(rule, name_.view(), start, match)) return true;
      if (!count_step()) return false;
    }
  }

  void jump(const Rule& rule, const Match& match, std::size_t& next) {
    PathText label;
    append_replacement(label, rule, name_.view(), match, peer_);
    const auto found = std::find_if(rules_.begin(), rules_.end(), [&](const Rule& other) {
      return other.regex == nullptr && label == std::string_view(other.label);
    });
    if (found == rules_.end()) {
      name_ = PathText(kNoLabel);
      return end(MapOutcome::kRefused);
    }
    next = static_cast<std::size_t>(found - rules_.begin());
  }

  const std::vector<Rule>& rules_;
  const NameMapPeer& peer_;
  PathText name_;
  unsigned missing_;
  unsigned steps_ = 0;
  bool ended_ = false;
  MapOutcome outcome_ = MapOutcome::kUnchanged;
};

}  // namespace

struct NameMap::Rules {
  std::vector<Rule> list;
};

NameMap::NameMap(std::unique_ptr<Rules> rules) : rules_(std::move(rules)) {}
NameMap::~NameMap() = default;

NameMap::Parsed NameMap::parse(std::string_view text) {
  ProblemList problems;
  auto rules = std::make_unique<Rules>();
  rules->list = name_map_detail::parse_rules(text, problems);
  Parsed parsed;
  if (!problems.has_errors()) parsed.map.reset(new NameMap(std::move(rules)));
  parsed.problems = problems.take();
  return parsed;
}

std::size_t NameMap::rule_count() const {
  return rules_->list.size();
}

MapOutcome NameMap::apply(std::string_view name, const NameMapPeer& peer, PathText& out, unsigned missing) const {
  if (name.size() > kNameMapNameBytesMax) return MapOutcome::kTooLong;
  return Walk(rules_->list, peer, name, missing).run(out);
}

}  // namespace rackcast
