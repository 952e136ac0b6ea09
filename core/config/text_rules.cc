#include "core/config/text_rules.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace rackcast::config_detail {
namespace {

constexpr std::size_t kInterfaceNameBytesMax = 15;  // IFNAMSIZ - 1
constexpr std::size_t kUserNameBytesMax = 32;
constexpr std::size_t kPathBytesMaxOfRoot = 4095;  // PATH_MAX - 1
constexpr std::size_t kLabelBytesMax = 63;         // RFC 1035 §2.3.4
constexpr std::size_t kDomainBytesMax = 253;
constexpr std::size_t kBootFileBytesMax = 255;  // option 67
constexpr std::size_t kShownBytesMax = 60;
constexpr std::array<std::string_view, 3> kHostnamePlaceholders{"last_octet", "address", "mac"};

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}
bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Replaces every {{name}} by `stand_in`; what is wrong with a placeholder goes to `problem`.
std::string without_placeholders(std::string_view text, std::span<const std::string_view> allowed,
                                 std::string_view stand_in, std::string& problem) {
  std::string rest;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t open = text.find("{{", at);
    rest += text.substr(at, open == std::string_view::npos ? open : open - at);
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find("}}", open);
    if (close == std::string_view::npos) {
      problem = "\"{{\" without \"}}\"";
      return rest;
    }
    const std::string_view name = text.substr(open + 2, close - open - 2);
    if (std::find(allowed.begin(), allowed.end(), name) == allowed.end()) {
      problem = "unknown placeholder " + quoted("{{" + std::string(name) + "}}") + "; there is";
      for (const std::string_view known : allowed) problem += " {{" + std::string(known) + "}}";
      return rest;
    }
    rest += stand_in;
    at = close + 2;
  }
  if (rest.find_first_of("{}") != std::string::npos) problem = "a single brace; placeholders are written {{name}}";
  return rest;
}

std::string check_labels(std::string_view text) {
  if (text.size() > kDomainBytesMax) return "longer than 253 characters";
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t dot = std::min(text.find('.', at), text.size());
    const std::string_view label = text.substr(at, dot - at);
    if (label.empty()) return "an empty part between dots";
    if (label.size() > kLabelBytesMax) return "a part longer than 63 characters";
    if (label.front() == '-' || label.back() == '-') return "a part that begins or ends with \"-\"";
    if (!std::all_of(label.begin(), label.end(), [](char c) { return is_letter_or_digit(c) || c == '-'; }))
      return "only letters, digits, \"-\" and dots make a host name";
    at = dot + 1;
  }
  return "";
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string shown = "\"";
  for (const char c : text.substr(0, kShownBytesMax)) shown += is_control(c) ? '?' : c;
  return shown + (text.size() > kShownBytesMax ? "…\"" : "\"");
}

std::string check_text(std::string_view text) {
  if (text.empty()) return "must not be empty";
  if (std::any_of(text.begin(), text.end(), is_control)) return "must not hold control characters";
  return "";
}

std::string check_absolute_path(std::string_view text) {
  if (std::string problem = check_text(text); !problem.empty()) return problem;
  if (text.front() != '/') return "must be an absolute path, not " + quoted(text);
  if (text.size() > kPathBytesMaxOfRoot) return "is longer than a path can be";
  if ((std::string(text) + "/").find("/../") != std::string::npos) return "must not hold \"..\"";
  return "";
}

std::string check_interface_name(std::string_view text) {
  if (text.empty() || text.size() > kInterfaceNameBytesMax || text == "." || text == "..")
    return quoted(text) + " is not an interface name (1 to 15 characters)";
  const auto unfit = [](char c) { return is_control(c) || c == ' ' || c == '/' || c == ':'; };
  if (std::any_of(text.begin(), text.end(), unfit)) return quoted(text) + " is not an interface name";
  return "";
}

std::string check_user_name(std::string_view text) {
  const auto fit = [](char c) { return is_letter_or_digit(c) || c == '_' || c == '-' || c == '.'; };
  if (text.empty() || text.size() > kUserNameBytesMax || text.front() == '-' ||
      !std::all_of(text.begin(), text.end(), fit))
    return quoted(text) + " is not a user name";
  return "";
}

std::string check_domain_name(std::string_view text) {
  const std::string problem = text.empty() ? "must not be empty" : check_labels(text);
  return problem.empty() ? "" : quoted(text) + ": " + problem;
}

std::string check_hostname_pattern(std::string_view text) {
  if (std::string problem = check_text(text); !problem.empty()) return problem;
  std::string problem;
  // Every placeholder gives letters, digits and inner "-" only, so one letter stands for it.
  const std::string plain = without_placeholders(text, kHostnamePlaceholders, "x", problem);
  if (problem.empty()) problem = check_labels(plain);
  return problem.empty() ? "" : quoted(text) + ": " + problem;
}

std::string check_boot_file(std::string_view text) {
  if (std::string problem = check_text(text); !problem.empty()) return problem;
  constexpr std::array<std::string_view, 1> kAllowed{"server"};
  constexpr std::string_view kLongestAddress = "255.255.255.255";
  std::string problem;
  const std::string longest = without_placeholders(text, kAllowed, kLongestAddress, problem);
  if (problem.empty() && longest.size() > kBootFileBytesMax)
    problem = "longer than 255 bytes, more than option 67 holds";
  return problem.empty() ? "" : quoted(text) + ": " + problem;
}

std::string check_boot_url(std::string_view text) {
  if (std::string problem = check_boot_file(text); !problem.empty()) return problem;
  if (text.substr(0, 7) != "http://" && text.substr(0, 8) != "https://")
    return quoted(text) + " is not a URL: it must begin with http:// or https://";
  return "";
}

std::optional<AddressRange> parse_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto trim = [](std::string_view part) {
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
    return part;
  };
  const auto first = net::Ipv4Address::parse(trim(text.substr(0, dash)));
  const auto last = dash == std::string_view::npos ? first : net::Ipv4Address::parse(trim(text.substr(dash + 1)));
  if (!first || !last) return std::nullopt;
  return AddressRange{*first, *last};
}

namespace {

// "7:00" or "07:00", from 0:00 to 23:59, in minutes.
std::optional<std::uint16_t> parse_time_of_day(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon > 2 || text.size() != colon + 3) return std::nullopt;
  unsigned parts[2] = {0, 0};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == colon) continue;
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    unsigned& part = parts[i < colon ? 0 : 1];
    part = part * 10 + static_cast<unsigned>(text[i] - '0');
  }
  if (parts[0] > 23 || parts[1] > 59) return std::nullopt;
  return static_cast<std::uint16_t>(parts[0] * 60 + parts[1]);
}

}  // namespace

std::optional<DaySpan> parse_day_span(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = parse_time_of_day(text.substr(0, dash));
  const auto last = parse_time_of_day(text.substr(dash + 1));
  if (!first || !last) return std::nullopt;
  return DaySpan{*first, *last};
}

std::optional<PortRange> parse_port_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = parse_port(text.substr(0, dash));
  const auto last = parse_port(text.substr(dash + 1));
  if (!first || !last || *first == 0 || *first > *last) return std::nullopt;
  return PortRange{*first, *last};
}

}  // namespace rackcast::config_detail
