#include "tools/sim/machines/location.h"

#include <algorithm>
#include <utility>

namespace rackcast::sim {
namespace {

std::uint16_t usual_port(UrlScheme scheme, const RunFacts& facts) {
  switch (scheme) {
    case UrlScheme::kTftp:
      return facts.tftp_port;
    case UrlScheme::kHttp:
      return 80;
    case UrlScheme::kFtp:
      break;
  }
  return 21;
}

std::optional<net::Ipv4Address> address_of(std::string_view host, const RunFacts& facts) {
  if (const auto address = net::Ipv4Address::parse(host)) return address;
  for (const auto& [name, address] : facts.hosts)
    if (name == host) return address;
  return std::nullopt;
}

std::optional<Location> from_url(const Url& url, const RunFacts& facts) {
  const auto address = address_of(url.host, facts);
  if (!address) return std::nullopt;
  Location location;
  location.scheme = url.scheme;
  location.server = {*address, net::UdpPort(url.port != 0 ? url.port : usual_port(url.scheme, facts))};
  // The slash behind the host is the URL's, not the file name's, as iPXE has it.
  location.path = url.scheme == UrlScheme::kTftp ? url.path.substr(1) : url.path;
  return location;
}

std::string folder_of(std::string_view path) {
  const auto slash = path.find_last_of("/\\");
  return std::string(path.substr(0, slash == std::string_view::npos ? 0 : slash + 1));
}

// "(device)/path".
std::optional<Location> from_grub(std::string_view name, const Location& base, const RunFacts& facts) {
  const auto close = name.find(')');
  if (close == std::string_view::npos) return std::nullopt;
  const std::string_view device = name.substr(1, close - 1);
  const std::string_view path = name.substr(close + 1);
  const auto comma = device.find(',');
  if (comma == std::string_view::npos) return resolve(path, base, facts);
  std::string url(device.substr(0, comma));
  url.append("://").append(device.substr(comma + 1)).append(path);
  return resolve(url, base, facts);
}

}  // namespace

std::optional<Location> resolve(std::string_view name, const Location& base, const RunFacts& facts) {
  if (name.empty() || name.find('\0') != std::string_view::npos) return std::nullopt;
  if (looks_like_url(name)) {
    const auto url = parse_url(name);
    return url ? from_url(*url, facts) : std::nullopt;
  }
  if (name.front() == '(') return from_grub(name, base, facts);
  Location location = base;
  if (const auto colons = name.find("::"); colons != std::string_view::npos) {
    if (colons > 0) {
      const auto address = address_of(name.substr(0, colons), facts);
      if (!address) return std::nullopt;
      location = {UrlScheme::kTftp, {*address, net::UdpPort(facts.tftp_port)}, {}};
    }
    location.path = name.substr(colons + 2);
    if (location.scheme != UrlScheme::kTftp && !location.path.starts_with('/')) location.path.insert(0, "/");
    return location;
  }
  if (name.front() == '/' || name.front() == '\\')
    location.path = name;
  else
    location.path = folder_of(base.path).append(name);
  return location;
}

std::string display(const Location& location) {
  const std::string_view scheme = location.scheme == UrlScheme::kTftp   ? "tftp"
                                  : location.scheme == UrlScheme::kHttp ? "http"
                                                                        : "ftp";
  std::string text(scheme);
  text.append("://").append(location.server.address.text().view());
  if (!location.path.starts_with('/')) text += '/';
  return text.append(location.path);
}

}  // namespace rackcast::sim
