#include "tools/sim/live/http_text.h"

#include <charconv>

namespace rackcast::sim {
namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::string_view kPlain = "-._~/!$&'()*+,;=:@";  // RFC 3986: unreserved and what a path may hold besides

bool is_plain(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
         kPlain.find(letter) != std::string_view::npos;
}

void append_encoded(std::string& out, std::string_view path) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char letter : path) {
    const auto byte = static_cast<unsigned char>(letter);
    if (is_plain(letter)) {
      out += letter;
    } else {
      out += '%';
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 0xFU];
    }
  }
}

std::string decode(std::string_view path) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    unsigned value = 0;
    const char* digits = path.data() + i + 1;
    if (path[i] == '%' && i + 2 < path.size() && std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += path[i];
    }
  }
  return out;
}

}  // namespace

std::string http_request_text(HttpMethod method, const HttpTarget& target, std::string_view user_agent,
                              bool keep_alive) {
  std::string text = method == HttpMethod::kHead ? "HEAD " : "GET ";
  append_encoded(text, target.path);
  text += " HTTP/1.1\r\nHost: ";
  text += target.server.port.value() == kHttpPort ? target.server.address.text().view() : target.server.text().view();
  if (!user_agent.empty()) {
    text += "\r\nUser-Agent: ";
    text += user_agent;
  }
  text += "\r\nAccept: */*";
  if (!keep_alive) text += "\r\nConnection: close";
  text += "\r\n\r\n";
  return text;
}

std::optional<HttpTarget> parse_location(std::string_view location, const HttpTarget& from) {
  constexpr std::string_view kScheme = "http://";
  location = location.substr(0, location.find_first_of("?#"));
  if (location.starts_with('/') && !location.starts_with("//")) return HttpTarget{from.server, decode(location)};
  if (!location.starts_with(kScheme)) return std::nullopt;
  location.remove_prefix(kScheme.size());
  const std::size_t slash = std::min(location.find('/'), location.size());
  const std::string_view authority = location.substr(0, slash);
  HttpTarget target{from.server, slash < location.size() ? decode(location.substr(slash)) : "/"};
  if (const auto endpoint = net::Endpoint::parse(authority)) {
    target.server = *endpoint;
  } else if (const auto address = net::Ipv4Address::parse(authority)) {
    target.server = {*address, net::UdpPort{kHttpPort}};
  } else {
    return std::nullopt;
  }
  if (!target.server.address.is_v4()) return std::nullopt;
  return target;
}

}  // namespace rackcast::sim
