// Option spaces and options that a file defines: statement_parser.h.
#include "core/policy/statement_parser.h"
#include "core/policy/token_values.h"

namespace rackcast::rules_detail {
namespace {

constexpr std::size_t kRecordItemsMax = 16;

class DefinitionParser {
 public:
  explicit DefinitionParser(ParserState& state) : state_(state), tokens_(state.tokens) {}

  bool space() {
    tokens_.next();
    const Token name = tokens_.next();  // a word: at_space has seen it
    OptionSpace space{std::string(name.text)};
    while (!tokens_.peek().is_symbol(";")) {
      if (tokens_.take_word("hash") && tokens_.take_word("size") && take_number(tokens_)) continue;
      const bool is_code = tokens_.take_word("code");
      if ((!is_code && !tokens_.take_word("length")) || !tokens_.take_word("width"))
        return error(tokens_.peek(), "expected code width N or length width N");
      const Token at = tokens_.peek();
      const auto width = take_number(tokens_);
      if (!width || *width < 0 || *width > 4) return error(at, "a width is 0, 1, 2 or 4 octets");
      (is_code ? space.code_bytes : space.length_bytes) = static_cast<std::uint8_t>(*width);
    }
    return done(name, state_.context.catalog->add_space(std::move(space)));
  }

  bool option() {
    const Token name = tokens_.next();
    Token last = name;
    if (tokens_.take_symbol(".")) {
      const auto second = state_.take(TokenKind::kWord, "the name of an option");
      if (!second) return false;
      last = *second;
      const auto space = state_.context.catalog->find_space(name.text);
      if (!space) return error(name, "there is no option space named " + shown(name));
      definition_.key.space = *space;
    }
    definition_.name = last.text;
    tokens_.next();  // `code`
    const auto code = take_number(tokens_);
    tokens_.next();  // '='
    if (!code || *code < 0) return error(last, "a code is a number");
    definition_.key.code = static_cast<std::uint32_t>(*code);
    if (!type()) return false;
    return done(name, state_.context.catalog->define(std::move(definition_)));
  }

 private:
  bool error(const Token& at, std::string message) {
    state_.error(at, std::move(message));
    return false;
  }

  template <typename R>
  bool done(const Token& name, const R& result) {
    if (!result) return error(name, result.error().message);
    return state_.expect(";");
  }

  // array of T | { T, …, array of T } | array of { T, … } | T
  bool type() {
    const Token at = tokens_.peek();
    definition_.repeats = take_array_of();
    if (!tokens_.take_symbol("{")) {
      if (!item()) return false;
    } else if (!record()) {
      return false;
    }
    const ItemType last = definition_.items.back();
    const bool takes_rest = last == ItemType::kText || last == ItemType::kBytes || last == ItemType::kOptions ||
                            last == ItemType::kDomainList || last == ItemType::kFlag;
    if (takes_rest && (definition_.repeats || definition_.last_repeats) && !is_list_of_names_)
      return error(at, "there is no array of texts, strings, lists or encapsulated options");
    return true;
  }

  bool record() {
    do {
      const bool repeats = take_array_of();
      if (definition_.last_repeats) return error(tokens_.peek(), "an array is the last of a record");
      definition_.last_repeats = repeats;
      if (!definition_.items.empty() && takes_rest(definition_.items.back()))
        return error(tokens_.peek(), "a text, string, list or encapsulated space is the last of a record");
      if (definition_.items.size() == kRecordItemsMax)
        return error(tokens_.peek(), "more than " + std::to_string(kRecordItemsMax) + " items in a record");
      if (!item()) return false;
    } while (tokens_.take_symbol(","));
    return state_.expect("}");
  }

  static bool takes_rest(ItemType type) {
    return type == ItemType::kText || type == ItemType::kBytes || type == ItemType::kOptions ||
           type == ItemType::kDomainList || type == ItemType::kFlag;
  }

  bool take_array_of() {
    if (!tokens_.peek().is_word("array") || !tokens_.peek(1).is_word("of")) return false;
    tokens_.next();
    tokens_.next();
    return true;
  }

  bool add(ItemType type) {
    definition_.items.push_back(type);
    return true;
  }

  bool item() {
    const auto taken = state_.take(TokenKind::kWord, "a type");
    if (!taken) return false;
    const Token& word = *taken;
    if (word.is_word("boolean")) return add(ItemType::kBool);
    if (word.is_word("ip-address")) return add(ItemType::kAddress);
    if (word.is_word("text")) return add(ItemType::kText);
    if (word.is_word("string")) return add(ItemType::kBytes);
    if (word.is_word("zerolen")) return add(ItemType::kFlag);
    if (word.is_word("domain-name")) return add(ItemType::kDomainName);
    if (word.is_word("domain-list")) return domain_list(word);
    if (word.is_word("encapsulate")) return encapsulate();
    if (word.is_word("integer")) return integer(true);
    const bool is_signed = word.is_word("signed");
    if (is_signed || word.is_word("unsigned")) {
      if (!tokens_.take_word("integer")) return error(tokens_.peek(), "expected integer 8, 16 or 32");
      return integer(is_signed);
    }
    return error(word, shown(word) +
                           " is not a type: boolean, [un]signed integer 8|16|32, ip-address, text, string, "
                           "domain-name, domain-list, encapsulate SPACE");
  }

  bool integer(bool is_signed) {
    const Token at = tokens_.peek();
    const auto bits = take_number(tokens_);
    if (bits == 8) return add(is_signed ? ItemType::kS8 : ItemType::kU8);
    if (bits == 16) return add(is_signed ? ItemType::kS16 : ItemType::kU16);
    if (bits == 32) return add(is_signed ? ItemType::kS32 : ItemType::kU32);
    return error(at, "an integer has 8, 16 or 32 bits");
  }

  // Without compression it is a list of names.
  bool domain_list(const Token& at) {
    if (tokens_.take_word("compressed")) return add(ItemType::kDomainList);
    if (!definition_.items.empty() || definition_.repeats) return error(at, "a domain-list stands alone");
    definition_.repeats = true;
    is_list_of_names_ = true;
    return add(ItemType::kDomainName);
  }

  bool encapsulate() {
    const auto name = state_.take(TokenKind::kWord, "the name of an option space");
    if (!name) return false;
    const auto space = state_.context.catalog->find_space(name->text);
    if (!space) return error(*name, "there is no option space named " + shown(*name));
    definition_.encapsulated = *space;
    return add(ItemType::kOptions);
  }

  ParserState& state_;
  TokenStream& tokens_;
  OptionDefinition definition_;
  bool is_list_of_names_ = false;
};

bool at_space(TokenStream& tokens) {
  return tokens.peek().is_word("space") && tokens.peek(1).kind == TokenKind::kWord;
}

}  // namespace

bool at_definition(TokenStream& tokens) {
  if (at_space(tokens)) return true;
  if (tokens.peek().kind != TokenKind::kWord) return false;
  const std::size_t behind = tokens.peek(1).is_symbol(".") ? 3 : 1;
  const Token& number = tokens.peek(behind + 1);
  return tokens.peek(behind).is_word("code") && number.kind == TokenKind::kWord && as_number(number.text) &&
         tokens.peek(behind + 2).is_symbol("=");
}

bool parse_definition(ParserState& state) {
  const Token at = state.tokens.peek();
  if (!state.context.definitions_allowed) {
    state.error(at, "options and option spaces are defined outside all blocks only");
    return false;
  }
  DefinitionParser parser(state);
  return at_space(state.tokens) ? parser.space() : parser.option();
}

}  // namespace rackcast::rules_detail
