// Writing values as dhcpd.conf spells them: option_value.h.
#include <algorithm>
#include <array>

#include "core/policy/domain_name.h"
#include "core/policy/option_value.h"

namespace rackcast::rules_detail {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class ValueWriter {
 public:
  ValueWriter(const OptionDefinition& definition, std::string_view rest) : definition_(definition), rest_(rest) {}

  std::optional<std::string> write() {
    do {
      for (std::size_t i = 0; i < definition_.items.size(); ++i) {
        if (i > 0) out_ += ' ';
        if (!item(definition_.items[i])) return std::nullopt;
      }
      while (definition_.last_repeats && !rest_.empty()) {
        out_ += ", ";
        if (!item(definition_.items.back())) return std::nullopt;
      }
      if (rest_.empty()) return std::move(out_);
      out_ += ", ";
    } while (definition_.repeats);
    return std::nullopt;  // octets left over
  }

 private:
  bool item(ItemType type) {
    switch (type) {
      case ItemType::kFlag:
        return rest_.empty();
      case ItemType::kBool:
        return flag();
      case ItemType::kAddress:
        return address();
      case ItemType::kText:
        out_ += quoted(std::exchange(rest_, {}));
        return true;
      case ItemType::kBytes:
      case ItemType::kOptions:
        return bytes();
      case ItemType::kDomainName:
      case ItemType::kDomainList:
        return domains(type);
      case ItemType::kU8:
        return number(1, false);
      case ItemType::kU16:
        return number(2, false);
      case ItemType::kU32:
        return number(4, false);
      case ItemType::kS8:
        return number(1, true);
      case ItemType::kS16:
        return number(2, true);
      case ItemType::kS32:
        return number(4, true);
    }
    return false;
  }

  std::optional<std::uint32_t> take(std::size_t octets) {
    if (rest_.size() < octets) return std::nullopt;
    std::uint32_t value = 0;
    for (const char c : rest_.substr(0, octets)) value = value << 8U | static_cast<unsigned char>(c);
    rest_.remove_prefix(octets);
    return value;
  }

  bool flag() {
    const auto value = take(1);
    if (!value || *value > 1) return false;
    out_ += *value == 1 ? "true" : "false";
    return true;
  }

  bool number(std::size_t octets, bool is_signed) {
    const auto value = take(octets);
    if (!value) return false;
    const std::uint64_t half = std::uint64_t{1} << (8U * octets - 1);
    const bool negative = is_signed && *value >= half;
    out_ += negative ? "-" + std::to_string(2 * half - *value) : std::to_string(*value);
    return true;
  }

  bool address() {
    const auto value = take(4);
    if (!value) return false;
    out_ += net::Ipv4Address(*value).text().view();
    return true;
  }

  bool bytes() {
    const std::string_view all = std::exchange(rest_, {});
    out_ += all.empty() || is_plain(all) ? quoted(all) : octets_text(all);
    return true;
  }

  bool domains(ItemType type) {
    const auto names = read_domain_list(rest_);
    if (!names || names->empty()) return false;
    // What was encoded otherwise than we would is said in octets.
    std::string again;
    DomainListWriter list(again, type == ItemType::kDomainList);
    for (std::size_t i = 0; i < names->size(); ++i) {
      if (!list.add((*names)[i])) return false;
      out_ += (i == 0 ? "\"" : ", \"") + (*names)[i] + '"';
    }
    return again == std::exchange(rest_, {}) &&
           (type == ItemType::kDomainList || definition_.repeats || names->size() == 1);
  }

  const OptionDefinition& definition_;
  std::string_view rest_;
  std::string out_;
};

}  // namespace

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (octet < ' ' || octet > '~') {
      out += "\\x";
      out += kHexDigits[octet >> 4U];
      out += kHexDigits[octet & 0xFU];
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string octets_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (!out.empty()) out += ':';
    out += kHexDigits[octet >> 4U];
    out += kHexDigits[octet & 0xFU];
  }
  return out;
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

std::optional<std::string> option_value_text(const OptionDefinition& definition, std::span<const std::byte> bytes) {
  if (bytes.empty() && definition.items.front() != ItemType::kText && definition.items.front() != ItemType::kBytes &&
      definition.items.front() != ItemType::kFlag)
    return std::nullopt;
  return ValueWriter(definition, text_of(bytes)).write();
}

}  // namespace rackcast::rules_detail
