#include "core/engine/http/precondition.h"

#include "proto/bytes/ascii.h"

namespace rackcast::engine {

namespace {

enum class Comparison : std::uint8_t { kStrong, kWeak };

// One list of entity-tags: is `etag` (strong) among them? "*" matches any existing representation.
bool list_matches(std::string_view list, std::string_view etag, Comparison comparison) {
  if (trim_blanks(list) == "*") return true;
  while (true) {
    const auto start = list.find_first_not_of(" \t,");
    if (start == std::string_view::npos) return false;
    list.remove_prefix(start);
    const bool weak = list.starts_with("W/");
    if (weak) list.remove_prefix(2);
    if (!list.starts_with('"')) return false;  // not an entity-tag: the rest of the list cannot be read
    const auto end = list.find('"', 1);        // etagc excludes DQUOTE, and there is no escaping
    if (end == std::string_view::npos) return false;
    if (list.substr(0, end + 1) == etag && (comparison == Comparison::kWeak || !weak)) return true;
    list.remove_prefix(end + 1);
  }
}

// All fields of that name together. nullopt: none is there.
std::optional<bool> any_matches(const HttpRequest& request, std::string_view name, std::string_view etag,
                                Comparison comparison) {
  std::optional<bool> found;
  for (const HeaderField& field : request.headers)
    if (bytes::equal_any_case(field.name, name))
      found = found.value_or(false) || list_matches(field.value, etag, comparison);
  return found;
}

std::optional<UnixSeconds> find_date(const HttpRequest& request, std::string_view name, UnixSeconds now) {
  const auto value = request.find(name);
  return value ? parse_http_date(*value, now) : std::nullopt;
}

}  // namespace

Precondition evaluate_preconditions(const HttpRequest& request, const Validators& validators, UnixSeconds now) {
  if (const auto match = any_matches(request, "If-Match", validators.etag, Comparison::kStrong)) {
    if (!*match) return Precondition::kFailed;
  } else if (const auto date = find_date(request, "If-Unmodified-Since", now)) {
    if (validators.modified > *date) return Precondition::kFailed;
  }
  if (const auto match = any_matches(request, "If-None-Match", validators.etag, Comparison::kWeak)) {
    if (*match) return Precondition::kNotModified;
  } else if (const auto date = find_date(request, "If-Modified-Since", now)) {
    if (validators.modified <= *date) return Precondition::kNotModified;
  }
  return Precondition::kProceed;
}

bool if_range_holds(const HttpRequest& request, const Validators& validators, UnixSeconds now) {
  const auto value = request.find("If-Range");
  if (!value) return true;
  if (value->starts_with('"') || value->starts_with("W/")) return *value == validators.etag;
  const auto date = parse_http_date(*value, now);
  return date && *date == validators.modified && validators.modified < now;
}

}  // namespace rackcast::engine
