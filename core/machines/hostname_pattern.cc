#include "core/machines/hostname_pattern.h"

#include <charconv>

#include "core/machines/placeholder_text.h"

namespace rackcast {
namespace {

net::AddressText decimal(unsigned value) {
  std::array<char, 12> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  return std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

}  // namespace

net::AddressText with_dashes(const net::AddressText& text) {
  net::AddressText out;
  for (const char c : text.view())
    (void)out.append(c == '.' || c == ':' ? std::string_view("-") : std::string_view(&c, 1));
  return out;
}

HostName render_hostname(std::string_view pattern, net::Ipv4Address address, const net::MacAddress& mac) {
  const auto name = render_placeholders<kHostNameBytesMax>(pattern, [&](std::string_view placeholder) {
    if (placeholder == "last_octet") return decimal(address.octet(3));
    if (placeholder == "address") return with_dashes(address.text());
    if (placeholder == "mac") return with_dashes(mac.text());
    return net::AddressText{};
  });
  return name.cut() ? HostName{} : name;
}

}  // namespace rackcast
