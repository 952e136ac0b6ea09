// [[tftp.class]], terms for some machines, and [[tftp.network]], a cap for some.
#include "core/config/section_reader.h"
#include "core/config/sections.h"

namespace rackcast::config_detail {
namespace {

std::optional<net::IpPrefix> read_network(const SectionReader& reader) {
  const auto text = reader.text("network");
  if (!text) return std::nullopt;
  const auto network = net::IpPrefix::parse(*text);
  if (!network)
    reader.error("network", reader.place("network"), quoted(*text) + " is not a network, as in \"192.168.7.0/24\"");
  return network;
}

}  // namespace

TftpClassConfig read_tftp_class(const Node& table, ProblemList& problems) {
  const SectionReader reader(table, "tftp.class", problems);
  TftpClassConfig made;
  made.name = reader.text("name").value_or("");
  if (const auto key = reader.choice("architecture")) made.architecture = kTftpClassArchitectures[*key];
  made.vendor_class = reader.text("vendor_class").value_or("");
  made.network = read_network(reader);
  if (const auto value = reader.integer("max_blksize")) made.max_blksize = static_cast<std::uint16_t>(*value);
  if (const auto value = reader.integer("max_windowsize")) made.max_windowsize = static_cast<std::uint16_t>(*value);
  if (const auto value = reader.integer("rollover")) made.rollover = static_cast<std::uint8_t>(*value);
  if (made.architecture.empty() && made.vendor_class.empty() && !made.network)
    reader.warning("name", reader.at(), "names no architecture, vendor_class or network: it is for every machine");
  return made;
}

TftpNetworkConfig read_tftp_network(const Node& table, ProblemList& problems) {
  const SectionReader reader(table, "tftp.network", problems);
  TftpNetworkConfig made;
  if (const auto network = read_network(reader)) made.network = *network;
  made.rate_mbit = static_cast<std::uint32_t>(reader.integer("rate_mbit").value_or(1));
  return made;
}

}  // namespace rackcast::config_detail
