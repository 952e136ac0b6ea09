// Reading values. Writing them is option_value_text.cc, domain names are domain_name.h.
#include "core/policy/option_value.h"

#include <array>

#include "core/policy/domain_name.h"
#include "core/policy/token_values.h"

namespace rackcast::rules_detail {
namespace {

constexpr std::size_t kAddressesMax = 256;

struct NumberType {
  std::size_t octets;
  std::int64_t least;
  std::int64_t greatest;
};

// As dhcpd has it: a signed type takes what fits its octets either way.
NumberType number_type(ItemType type) {
  switch (type) {
    case ItemType::kS8:
      return {1, -128, 255};
    case ItemType::kU16:
      return {2, 0, 65'535};
    case ItemType::kS16:
      return {2, -32'768, 65'535};
    case ItemType::kU32:
      return {4, 0, 4'294'967'295};
    case ItemType::kS32:
      return {4, -2'147'483'648, 4'294'967'295};
    default:
      return {1, 0, 255};
  }
}

void append_octets(std::string& out, std::uint64_t number, std::size_t octets) {
  for (std::size_t i = octets; i-- > 0;) out += static_cast<char>(number >> (8U * i) & 0xFFU);
}

void append(std::string& out, net::Ipv4Address address) {
  append_octets(out, address.value(), 4);
}

class ValueReader {
 public:
  ValueReader(ParserState& state, const OptionDefinition& definition) : state_(state), definition_(definition) {}

  std::optional<std::string> read() {
    do {
      for (std::size_t i = 0; i < definition_.items.size(); ++i) {
        // In a record a comma between items is optional, as dhcpd takes none and people write some.
        if (i > 0) state_.tokens.take_symbol(",");
        if (!item(definition_.items[i])) return std::nullopt;
      }
      while (definition_.last_repeats && state_.tokens.take_symbol(",")) {
        if (!item(definition_.items.back())) return std::nullopt;
      }
      if (out_.size() <= kOptionValueBytesMax) continue;
      state_.error(state_.tokens.peek(), "a value of more than " + std::to_string(kOptionValueBytesMax) + " octets");
      return std::nullopt;
    } while (definition_.repeats && state_.tokens.take_symbol(","));
    return std::move(out_);
  }

 private:
  bool item(ItemType type) {
    switch (type) {
      case ItemType::kFlag:
        return true;
      case ItemType::kBool:
        return flag();
      case ItemType::kAddress:
        return address();
      case ItemType::kText:
        return text();
      case ItemType::kBytes:
      case ItemType::kOptions:
        return bytes();
      case ItemType::kDomainName:
      case ItemType::kDomainList:
        return domains(type);
      default:
        return number(number_type(type));
    }
  }

  bool wrong(std::string_view wanted) {
    state_.error(state_.tokens.peek(), "option " + definition_.name + " takes " + std::string(wanted) + ", not " +
                                           shown(state_.tokens.peek()));
    return false;
  }

  bool flag() {
    const auto value = take_flag(state_.tokens);
    if (!value) return wrong("true or false");
    out_ += static_cast<char>(*value ? 1 : 0);
    return true;
  }

  bool number(const NumberType& type) {
    const Token at = state_.tokens.peek();
    const auto value = take_number(state_.tokens);
    if (!value) return wrong("a number");
    if (*value < type.least || *value > type.greatest) {
      state_.error(at, "option " + definition_.name + " takes " + std::to_string(type.least) + " to " +
                           std::to_string(type.greatest));
      return false;
    }
    append_octets(out_, static_cast<std::uint64_t>(*value), type.octets);
    return true;
  }

  // A name may have several addresses: all of them where the option takes a list.
  bool address() {
    const bool uniform = definition_.items.size() == 1 && definition_.repeats;
    const std::vector<net::Ipv4Address> addresses = read_addresses(state_, false);
    if (addresses.empty()) return false;
    append(out_, addresses.front());
    for (std::size_t i = 1; i < addresses.size() && uniform; ++i) append(out_, addresses[i]);
    return true;
  }

  bool text() {
    const Token& token = state_.tokens.peek();
    if (token.kind != TokenKind::kString && token.kind != TokenKind::kWord) return wrong("quoted text");
    out_ += state_.tokens.next().text;
    return true;
  }

  bool bytes() {
    if (state_.tokens.peek().kind == TokenKind::kString) {
      out_ += state_.tokens.next().text;
      return true;
    }
    const auto octets = take_octets(state_.tokens);
    if (!octets) return wrong("quoted text or octets as in 00:07:ff");
    for (const std::byte octet : *octets) out_ += static_cast<char>(octet);
    return true;
  }

  bool domains(ItemType type) {
    DomainListWriter list(out_, type == ItemType::kDomainList);
    do {
      const Token at = state_.tokens.peek();
      std::optional<std::string> name;
      if (at.kind == TokenKind::kString)
        name = std::string(state_.tokens.next().text);
      else
        name = take_host_name(state_.tokens);
      if (!name) return wrong("a quoted domain name");
      if (!list.add(*name)) {
        state_.error(at, shown(at) + " is not a domain name");
        return false;
      }
    } while (type == ItemType::kDomainList && state_.tokens.take_symbol(","));
    return true;
  }

  ParserState& state_;
  const OptionDefinition& definition_;
  std::string out_;
};

}  // namespace

std::optional<bool> take_flag(TokenStream& tokens) {
  for (const std::string_view word : {"true", "on"}) {
    if (tokens.take_word(word)) return true;
  }
  for (const std::string_view word : {"false", "off", "ignore"}) {
    if (tokens.take_word(word)) return false;
  }
  return std::nullopt;
}

std::vector<net::Ipv4Address> read_addresses(ParserState& state, bool several) {
  std::vector<net::Ipv4Address> all;
  do {
    const Token at = state.tokens.peek();
    if (const auto address = take_address(state.tokens)) {
      all.push_back(*address);
    } else if (const auto name = take_host_name(state.tokens)) {
      std::vector<net::Ipv4Address> found;
      if (state.context.resolve) found = state.context.resolve(*name);
      if (name->find_first_not_of("0123456789.") == std::string::npos) {
        state.error(at, "\"" + *name + "\" is not an address");
        return {};
      }
      if (!state.context.resolve) {
        state.error(at, "\"" + *name + "\" is not an address, and names are not looked up here");
        return {};
      }
      if (found.empty()) state.no_address(at, *name);
      all.insert(all.end(), found.begin(), found.end());
    } else {
      state.error(at, "expected an address or a host name, not " + shown(at));
      return {};
    }
    if (all.size() > kAddressesMax) {
      state.error(at, "more than " + std::to_string(kAddressesMax) + " addresses");
      return {};
    }
  } while (several && state.tokens.take_symbol(","));
  return all;
}

std::optional<std::string> read_option_value(ParserState& state, const OptionDefinition& definition) {
  return ValueReader(state, definition).read();
}

}  // namespace rackcast::rules_detail
