#include "core/oldfiles/xinetd_access.h"

#include <algorithm>

#include "core/oldfiles/numbers.h"

namespace rackcast {
namespace {

constexpr std::size_t kFactorsMax = 256;  // of one {…}: an octet has no more values

AccessForm problem(std::string text) {
  return {{}, "", std::move(text)};
}
AccessForm one(const net::IpPrefix& prefix, std::string remark = "") {
  return {{prefix}, std::move(remark), ""};
}

net::IpPrefix v4_prefix(std::uint32_t value, unsigned length) {
  const net::Ipv4Prefix prefix{{}, static_cast<std::uint8_t>(length)};
  return {net::Ipv4Address(value & prefix.mask()), static_cast<std::uint8_t>(length)};
}

net::IpPrefix v6_prefix(net::Ipv6Address address, unsigned length) {
  for (unsigned bit = length; bit < 128; ++bit)
    address.octets[bit / 8] = static_cast<std::uint8_t>(address.octets[bit / 8] & ~(0x80U >> (bit % 8)));
  return {address, static_cast<std::uint8_t>(length)};
}

// Octets that are zero at the end stand for any.
AccessForm whole_address(const net::IpAddress& address) {
  if (address.is_v6()) return one(v6_prefix(address.v6(), address.is_any() ? 0 : 128));
  unsigned length = 32;
  while (length > 0 && address.v4().octet(length / 8 - 1) == 0) length -= 8;
  return one(v4_prefix(address.v4().value(), length));
}

AccessForm with_length(std::string_view word, std::size_t slash) {
  const auto address = net::IpAddress::parse(word.substr(0, slash));
  if (!address) return problem("not an address before the \"/\"");
  const auto length = whole_number<unsigned>(word.substr(slash + 1), address->is_v4() ? 32 : 128);
  if (!length) return problem("after \"/\" a prefix length is needed, as in 192.168.1.0/24");
  return one(address->is_v4() ? v4_prefix(address->v4().value(), *length) : v6_prefix(address->v6(), *length));
}

// "a.b.c.{1,2}", "a.b.{1,2}" (each a /24), "a.{1,2}", "{1,2}".
AccessForm factorized(std::string_view word, std::size_t brace) {
  constexpr std::string_view kShape = "not of the form 192.168.1.{1,2,3}";
  if (word.back() != '}') return problem(std::string(kShape));
  std::uint32_t base = 0;
  unsigned octets = 0;
  for (std::size_t at = 0; at < brace; ++octets) {
    const std::size_t dot = word.find('.', at);
    const auto octet = dot < brace ? whole_number<unsigned>(word.substr(at, dot - at), 255) : std::nullopt;
    if (!octet || octets == 3) return problem(std::string(kShape));
    base = base << 8U | *octet;
    at = dot + 1;
  }
  const unsigned length = 8 * (octets + 1);
  AccessForm form;
  for (std::size_t at = brace + 1; at < word.size();) {
    const std::size_t end = std::min(word.find(',', at), word.size() - 1);
    const auto octet = whole_number<unsigned>(word.substr(at, end - at), 255);
    if (!octet || form.prefixes.size() == kFactorsMax) return problem(std::string(kShape));
    form.prefixes.push_back(v4_prefix((base << 8U | *octet) << (32 - length), length));
    at = end + 1;
  }
  if (form.prefixes.empty()) return problem(std::string(kShape));
  return form;
}

AccessForm host_name(std::string_view word, OldFilesHost& host) {
  AccessForm form;
  std::string addresses;
  for (const net::IpAddress& address : host.resolve(std::string(word))) {
    const net::IpPrefix prefix{address, static_cast<std::uint8_t>(address.is_v4() ? 32 : 128)};
    if (std::find(form.prefixes.begin(), form.prefixes.end(), prefix) != form.prefixes.end()) continue;
    form.prefixes.push_back(prefix);
    addresses += (addresses.empty() ? "" : ", ") + std::string(address.text().view());
  }
  if (form.prefixes.empty()) return problem("the name has no address now; write the address");
  form.remark = "looked up once, now: " + addresses;
  return form;
}

}  // namespace

AccessForm parse_access_form(std::string_view word, OldFilesHost& host) {
  if (word.empty()) return problem("empty");
  if (const std::size_t brace = word.find('{'); brace != std::string_view::npos) return factorized(word, brace);
  if (word.find(',') != std::string_view::npos) return problem("addresses are separated by blanks, not by commas");
  if (const std::size_t slash = word.find('/'); slash != std::string_view::npos) return with_length(word, slash);
  if (const auto address = net::IpAddress::parse(word)) return whole_address(*address);
  if (word.front() == '.')
    return problem("domains are not honoured: that would ask the name service about each machine; write its networks");
  if (word.find_first_not_of("0123456789.") == std::string_view::npos)
    return problem("an address has four numbers; for a network write the zeros, as in 192.168.1.0");
  return host_name(word, host);
}

std::optional<DaySpan> parse_access_time(std::string_view word) {
  const auto minutes = [](std::string_view text) -> std::optional<unsigned> {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto hour = whole_number<unsigned>(text.substr(0, colon), 23);
    const auto minute = whole_number<unsigned>(text.substr(colon + 1), 59);
    if (!hour || !minute) return std::nullopt;
    return *hour * 60 + *minute;
  };
  const std::size_t dash = word.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = minutes(word.substr(0, dash));
  const auto last = minutes(word.substr(dash + 1));
  if (!first || !last || *first >= *last) return std::nullopt;
  return DaySpan{static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(*last)};
}

}  // namespace rackcast
