#include "core/config/read_admission.h"

#include <algorithm>

namespace rackcast::config_detail {
namespace {

std::optional<Cps> read_cps(const SectionReader& reader, std::string_view section) {
  const Node* const node = reader.find("cps");
  if (node == nullptr) return std::nullopt;
  const KeySpec& key = *find_key(section, "cps");
  if (node->kind != NodeKind::kArray || node->items.size() != 2) {
    reader.error("cps", node->at, "must be [rate, wait_seconds], as in cps = " + std::string(key.example));
    return std::nullopt;
  }
  const auto rate = reader.bounded(key, node->items[0]);
  const auto wait = reader.bounded(key, node->items[1]);
  if (!rate || !wait) return std::nullopt;
  return Cps{static_cast<std::uint32_t>(*rate), static_cast<std::uint32_t>(*wait)};
}

// True when the list is not too long; else reported.
bool fits(const SectionReader& reader, std::string_view name, std::size_t count, std::size_t most) {
  if (count <= most) return true;
  reader.error(name, reader.place(name),
               "has " + std::to_string(count) + " entries; at most " + std::to_string(most) + " are taken");
  return false;
}

std::vector<net::IpPrefix> read_access_list(const SectionReader& reader, std::string_view name) {
  std::vector<net::IpPrefix> list;
  const auto texts = reader.texts(name);
  if (!fits(reader, name, texts.size(), kAccessListMax)) return list;
  for (const auto& text : texts) {
    const auto prefix = net::IpPrefix::parse(text.value);
    if (!prefix)
      reader.error(name, text.at,
                   quoted(text.value) +
                       " is not an address or a network, as in \"192.168.1.0/24\"; names are not "
                       "looked up, and bits right of the length must be 0");
    else if (std::find(list.begin(), list.end(), *prefix) != list.end())
      reader.error(name, text.at, quoted(text.value) + " is there twice");
    else
      list.push_back(*prefix);
  }
  return list;
}

std::vector<DaySpan> read_access_times(const SectionReader& reader) {
  std::vector<DaySpan> spans;
  const auto texts = reader.texts("access_times");
  if (!fits(reader, "access_times", texts.size(), kDaySpansMax)) return spans;
  for (const auto& text : texts) {
    const auto span = parse_day_span(text.value);
    if (!span)
      reader.error("access_times", text.at, quoted(text.value) + " is not HH:MM-HH:MM, as in \"07:00-19:30\"");
    else if (span->last < span->first)
      reader.error("access_times", text.at,
                   quoted(text.value) +
                       " ends before it begins; over midnight write two spans, as in \"22:00-23:59\", "
                       "\"00:00-06:00\"");
    else
      spans.push_back(*span);
  }
  return spans;
}

}  // namespace

AdmissionConfig read_admission(const SectionReader& reader, std::string_view section) {
  AdmissionConfig admission;
  if (const auto value = reader.integer("instances")) admission.instances = static_cast<std::uint32_t>(*value);
  if (const auto value = reader.integer("per_source")) admission.per_source = static_cast<std::uint32_t>(*value);
  admission.cps = read_cps(reader, section);
  if (reader.find("only_from") != nullptr) admission.only_from = read_access_list(reader, "only_from");
  admission.no_access = read_access_list(reader, "no_access");
  admission.access_times = read_access_times(reader);
  admission.log_on_failure = reader.boolean("log_on_failure").value_or(admission.log_on_failure);
  admission.policy = static_cast<AdmissionPolicy>(reader.choice("admission").value_or(0));
  return admission;
}

}  // namespace rackcast::config_detail
