// From a pattern to the states of BoundedRegex: parsed into a tree, which is written out from its end to its start.
#include <array>
#include <cctype>
#include <optional>
#include <utility>

#include "core/policy/bounded_regex.h"

namespace rackcast {
namespace {

constexpr std::size_t kRepeatMax = 255;   // POSIX's RE_DUP_MAX
constexpr std::size_t kEmitMax = 16'384;  // pieces written out, empty ones of nested repetitions included
constexpr std::size_t kPatternBytesMax = 512;

using OctetSet = std::bitset<256>;

enum class PieceKind : std::uint8_t { kEmpty, kSet, kStart, kEnd, kSequence, kAlternatives, kRepeat };
struct Piece {
  PieceKind kind = PieceKind::kEmpty;
  OctetSet set;
  std::size_t least = 0;
  std::optional<std::size_t> most;  // of kRepeat; absent: any number
  std::vector<Piece> parts;
};

std::optional<OctetSet> named_class(std::string_view name) {
  using Test = int (*)(int);
  constexpr std::array<std::pair<std::string_view, Test>, 12> kClasses{{{"alpha", std::isalpha},
                                                                        {"digit", std::isdigit},
                                                                        {"alnum", std::isalnum},
                                                                        {"upper", std::isupper},
                                                                        {"lower", std::islower},
                                                                        {"space", std::isspace},
                                                                        {"blank", std::isblank},
                                                                        {"punct", std::ispunct},
                                                                        {"print", std::isprint},
                                                                        {"graph", std::isgraph},
                                                                        {"cntrl", std::iscntrl},
                                                                        {"xdigit", std::isxdigit}}};
  for (const auto& [known, test] : kClasses) {
    if (known != name) continue;
    OctetSet set;
    for (int c = 0; c < 128; ++c) set.set(static_cast<std::size_t>(c), test(c) != 0);
    return set;
  }
  return std::nullopt;
}

OctetSet word_octets() {
  OctetSet set = *named_class("alnum");
  set.set('_');
  return set;
}

// Reads the pattern. The first problem ends it.
class PatternReader {
 public:
  PatternReader(std::string_view pattern, BoundedRegex::Case letters) : pattern_(pattern), letters_(letters) {}

  Piece read() {
    Piece piece = alternatives(0);
    if (problem_.empty() && at_ < pattern_.size()) problem_ = "a ')' without its '('";
    return piece;
  }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  [[nodiscard]] bool more() const { return problem_.empty() && at_ < pattern_.size(); }
  [[nodiscard]] char here() const { return pattern_[at_]; }
  [[nodiscard]] bool next_is_digit() const {
    return at_ + 1 < pattern_.size() && std::isdigit(static_cast<unsigned char>(pattern_[at_ + 1])) != 0;
  }

  Piece alternatives(std::size_t depth) {
    if (depth > BoundedRegex::kNestingMax) {
      problem_ = "parentheses nested too deeply";
      return {};
    }
    Piece all{PieceKind::kAlternatives, {}, 0, {}, {}};
    all.parts.push_back(sequence(depth));
    while (more() && here() == '|') {
      ++at_;
      all.parts.push_back(sequence(depth));
    }
    return all;
  }

  Piece sequence(std::size_t depth) {
    Piece all{PieceKind::kSequence, {}, 0, {}, {}};
    while (more() && here() != '|' && here() != ')') {
      Piece piece = atom(depth);
      while (more() && repeat(piece)) {
      }
      all.parts.push_back(std::move(piece));
    }
    return all;
  }

  Piece atom(std::size_t depth) {
    const char c = here();
    ++at_;
    switch (c) {
      case '(': {
        Piece group = alternatives(depth + 1);
        if (more() && here() == ')')
          ++at_;
        else if (problem_.empty())
          problem_ = "a '(' without its ')'";
        return group;
      }
      case '[':
        return bracket();
      case '\\':
        return escape();
      case '^':
        return {PieceKind::kStart, {}, 0, {}, {}};
      case '$':
        return {PieceKind::kEnd, {}, 0, {}, {}};
      case '.':
        return set_piece(OctetSet().set());
      case '*':
      case '+':
      case '?':
        problem_ = "nothing in front of the repetition";
        return {};
      default:
        return octet_piece(c);
    }
  }

  // A repetition of what stands in front of it. False: there is none.
  bool repeat(Piece& piece) {
    std::size_t least = 0;
    std::optional<std::size_t> most;
    const char c = here();
    if (c == '{' && next_is_digit()) {
      ++at_;
      least = number();
      most = least;
      if (more() && here() == ',') {
        ++at_;
        most = more() && here() != '}' ? std::optional(number()) : std::nullopt;
      }
      if (!more() || here() != '}' || least > kRepeatMax || most.value_or(least) > kRepeatMax ||
          most.value_or(least) < least)
        problem_ = "not a repetition {m,n}";
    } else if (c == '+') {
      least = 1;
    } else if (c == '?') {
      most = 1;
    } else if (c != '*') {
      return false;
    }
    ++at_;
    Piece repeated{PieceKind::kRepeat, {}, least, most, {}};
    repeated.parts.push_back(std::move(piece));
    piece = std::move(repeated);
    // Repetitions of repetitions nest the tree as parentheses do.
    if (++repeats_ > kPatternBytesMax) problem_ = "too many repetitions";
    return true;
  }

  std::size_t number() {
    std::size_t value = 0;
    for (; more() && std::isdigit(static_cast<unsigned char>(here())) != 0; ++at_)
      value = std::min<std::size_t>(value * 10 + static_cast<std::size_t>(here() - '0'), kRepeatMax + 1);
    return value;
  }

  Piece escape() {
    if (!more()) {
      problem_ = "a '\\' at its end";
      return {};
    }
    const char c = here();
    ++at_;
    switch (c) {
      case 'w':
        return set_piece(word_octets());
      case 'W':
        return set_piece(~word_octets());
      case 's':
        return set_piece(*named_class("space"));
      case 'S':
        return set_piece(~*named_class("space"));
      default:
        break;
    }
    if (std::isdigit(static_cast<unsigned char>(c)) != 0)
      problem_ = "back-references are refused: they can take for ever";
    else if (std::string_view("bB<>`'").find(c) != std::string_view::npos)
      problem_ = std::string("\\") + c + " is not known here";
    return octet_piece(c);
  }

  Piece bracket() {
    OctetSet set;
    const bool inverse = more() && here() == '^';
    if (inverse) ++at_;
    for (bool first = true; more() && (first || here() != ']'); first = false) bracket_item(set);
    if (more())
      ++at_;
    else if (problem_.empty())
      problem_ = "a '[' without its ']'";
    if (letters_ == BoundedRegex::Case::kIgnored) set = both_cases(set);
    return set_piece(inverse ? ~set : set);
  }

  void bracket_item(OctetSet& set) {
    if (here() == '[' && at_ + 1 < pattern_.size() && pattern_[at_ + 1] == ':') {
      const std::size_t end = pattern_.find(":]", at_ + 2);
      const auto named = named_class(pattern_.substr(at_ + 2, end == std::string_view::npos ? 0 : end - at_ - 2));
      if (!named) {
        problem_ = "not a class as in [[:alpha:]]";
        return;
      }
      set |= *named;
      at_ = end + 2;
      return;
    }
    const auto low = static_cast<unsigned char>(here());
    unsigned char high = low;
    ++at_;
    if (at_ + 1 < pattern_.size() && here() == '-' && pattern_[at_ + 1] != ']') {
      high = static_cast<unsigned char>(pattern_[at_ + 1]);
      at_ += 2;
    }
    if (high < low) problem_ = "a range in brackets runs backwards";
    for (std::size_t c = low; c <= high; ++c) set.set(c);
  }

  static OctetSet both_cases(const OctetSet& set) {
    OctetSet both = set;
    for (std::size_t c = 'a'; c <= 'z'; ++c) {
      const std::size_t upper = c - 'a' + 'A';
      if (set[c] || set[upper]) both.set(c).set(upper);
    }
    return both;
  }

  Piece octet_piece(char c) {
    OctetSet set;
    set.set(static_cast<unsigned char>(c));
    return set_piece(letters_ == BoundedRegex::Case::kIgnored ? both_cases(set) : set);
  }
  static Piece set_piece(const OctetSet& set) { return {PieceKind::kSet, set, 0, {}, {}}; }

  std::string_view pattern_;
  BoundedRegex::Case letters_;
  std::size_t at_ = 0;
  std::size_t repeats_ = 0;
  std::string problem_;
};

}  // namespace

class RegexCompiler {
 public:
  static Result<std::shared_ptr<const BoundedRegex>> compile(std::string_view pattern, BoundedRegex::Case letters) {
    if (pattern.size() > kPatternBytesMax)
      return fail("a regular expression is at most " + std::to_string(kPatternBytesMax) + " octets");
    PatternReader reader(pattern, letters);
    const Piece piece = reader.read();
    if (!reader.problem().empty()) return fail("not a regular expression: " + reader.problem());
    RegexCompiler compiler;
    compiler.regex_.first_ = compiler.emit(piece, compiler.state(BoundedRegex::StateKind::kAccept, 0, 0));
    if (compiler.full_) return fail("a regular expression too large: its repetitions, written out, exceed the limit");
    return std::make_shared<const BoundedRegex>(std::move(compiler.regex_));
  }

 private:
  using StateKind = BoundedRegex::StateKind;

  std::uint16_t state(StateKind kind, std::uint16_t next, std::uint16_t other) {
    if (regex_.states_.size() == BoundedRegex::kStatesMax) {
      full_ = true;
      return 0;
    }
    regex_.states_.push_back({kind, 0, next, other});
    return static_cast<std::uint16_t>(regex_.states_.size() - 1);
  }

  // The state in which `piece` begins, when `next` is the one behind it.
  std::uint16_t emit(const Piece& piece, std::uint16_t next) {
    if (full_ || ++emitted_ > kEmitMax) {
      full_ = true;
      return 0;
    }
    switch (piece.kind) {
      case PieceKind::kEmpty:
        return next;
      case PieceKind::kStart:
        return state(StateKind::kStart, next, 0);
      case PieceKind::kEnd:
        return state(StateKind::kEnd, next, 0);
      case PieceKind::kSet: {
        const std::uint16_t at = state(StateKind::kSet, next, 0);
        if (full_) return 0;
        regex_.states_[at].set = static_cast<std::uint16_t>(regex_.sets_.size());
        regex_.sets_.push_back(piece.set);
        return at;
      }
      case PieceKind::kSequence:
        for (std::size_t i = piece.parts.size(); i-- > 0;) next = emit(piece.parts[i], next);
        return next;
      case PieceKind::kAlternatives: {
        std::uint16_t entry = emit(piece.parts.back(), next);
        for (std::size_t i = piece.parts.size() - 1; i-- > 0;)
          entry = state(StateKind::kSplit, emit(piece.parts[i], next), entry);
        return entry;
      }
      case PieceKind::kRepeat:
        return emit_repeat(piece, next);
    }
    return next;
  }

  std::uint16_t emit_repeat(const Piece& piece, std::uint16_t next) {
    const Piece& part = piece.parts.front();
    std::uint16_t entry = next;
    if (!piece.most) {
      entry = state(StateKind::kSplit, 0, next);
      const std::uint16_t body = emit(part, entry);
      if (full_) return 0;
      regex_.states_[entry].next = body;
    } else {
      for (std::size_t i = piece.least; i < *piece.most; ++i) entry = state(StateKind::kSplit, emit(part, entry), next);
    }
    for (std::size_t i = 0; i < piece.least; ++i) entry = emit(part, entry);
    return entry;
  }

  BoundedRegex regex_;
  std::size_t emitted_ = 0;
  bool full_ = false;
};

Result<std::shared_ptr<const BoundedRegex>> BoundedRegex::compile(std::string_view pattern, Case letters) {
  return RegexCompiler::compile(pattern, letters);
}

}  // namespace rackcast
