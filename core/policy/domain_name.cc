#include "core/policy/domain_name.h"

#include <algorithm>
#include <cctype>

namespace rackcast::rules_detail {
namespace {

constexpr std::size_t kPointerMax = 0x3FFF;
constexpr std::size_t kJumpsMax = 32;
constexpr std::size_t kNamesMax = 256;

bool is_label_octet(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// The labels of "www.example.org" or "www.example.org."; empty: not a domain name.
std::vector<std::string_view> labels_of(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() + 2 > kDomainNameBytesMax) return {};
  std::vector<std::string_view> labels;
  for (;;) {
    const std::size_t dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    if (label.empty() || label.size() > kLabelBytesMax || !std::all_of(label.begin(), label.end(), is_label_octet))
      return {};
    labels.push_back(label);
    if (dot == std::string_view::npos) return labels;
    name.remove_prefix(dot + 1);
  }
}

}  // namespace

std::optional<std::size_t> DomainListWriter::find(std::string_view tail) const {
  const auto found = std::find_if(known_.begin(), known_.end(), [&](const Known& one) { return one.name == tail; });
  if (found == known_.end()) return std::nullopt;
  return found->at;
}

bool DomainListWriter::add(std::string_view name) {
  const std::vector<std::string_view> labels = labels_of(name);
  if (labels.empty()) return false;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const char* const end = labels.back().data() + labels.back().size();
    const std::string tail = lower({labels[i].data(), static_cast<std::size_t>(end - labels[i].data())});
    const auto pointer = compressed_ ? find(tail) : std::nullopt;
    if (pointer) {
      out_ += static_cast<char>(0xC0U | *pointer >> 8U);
      out_ += static_cast<char>(*pointer & 0xFFU);
      return true;
    }
    const std::size_t at = out_.size() - start_;
    if (at <= kPointerMax) known_.push_back({tail, at});
    out_ += static_cast<char>(labels[i].size());
    out_ += labels[i];
  }
  out_ += '\0';
  return true;
}

std::optional<std::vector<std::string>> read_domain_list(std::string_view value) {
  std::vector<std::string> names;
  std::size_t at = 0;
  while (at < value.size()) {
    std::string name;
    std::size_t from = at;
    std::size_t jumps = 0;
    for (;;) {
      if (from >= value.size()) return std::nullopt;
      const auto length = static_cast<unsigned char>(value[from]);
      if (length >= 0xC0) {
        if (from + 1 >= value.size() || ++jumps > kJumpsMax) return std::nullopt;
        if (jumps == 1) at = from + 2;
        from = (length & 0x3FU) << 8U | static_cast<unsigned char>(value[from + 1]);
        continue;
      }
      if (length == 0) {
        if (jumps == 0) at = from + 1;
        break;
      }
      if (length > kLabelBytesMax || from + 1 + length > value.size()) return std::nullopt;
      const std::string_view label = value.substr(from + 1, length);
      if (!std::all_of(label.begin(), label.end(), is_label_octet)) return std::nullopt;
      if (!name.empty()) name += '.';
      name += label;
      if (name.size() > kDomainNameBytesMax) return std::nullopt;
      from += 1U + length;
    }
    if (name.empty() || names.size() == kNamesMax) return std::nullopt;
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace rackcast::rules_detail
