// [server], [tftp], [http], [ftp], [board] and [log].
#include <algorithm>

#include "core/config/read_admission.h"
#include "core/config/section_reader.h"
#include "core/config/sections.h"

namespace rackcast::config_detail {
namespace {

std::vector<net::Endpoint> read_listen(const SectionReader& reader, std::uint16_t port) {
  if (reader.find("listen") != nullptr) return reader.endpoints("listen");
  return {net::Endpoint{net::IpAddress(), net::UdpPort{port}}};
}

std::optional<PortRange> read_ports(const SectionReader& reader, std::string_view name) {
  const auto text = reader.text(name);
  if (!text) return std::nullopt;
  const auto range = parse_port_range(*text);
  if (!range) reader.error(name, reader.place(name), quoted(*text) + " is not a range of ports, as in \"50000-50999\"");
  return range;
}

UploadConfig read_upload(const SectionReader& reader) {
  UploadConfig upload;
  upload.dir = reader.text("upload_dir").value_or("");
  if (const auto value = reader.integer("upload_bytes_max")) upload.bytes_max = static_cast<std::uint64_t>(*value);
  if (const auto value = reader.integer("upload_total_bytes_max"))
    upload.total_bytes_max = static_cast<std::uint64_t>(*value);
  if (const auto value = reader.integer("upload_rate_mbit")) upload.rate_mbit = static_cast<std::uint32_t>(*value);
  return upload;
}

std::vector<unsigned> cpu_list(const std::vector<Located<std::int64_t>>& values) {
  std::vector<unsigned> list;
  list.reserve(values.size());
  for (const auto& value : values) list.push_back(static_cast<unsigned>(value.value));
  return list;
}

}  // namespace

ServerConfig read_server(const Node& server, ProblemList& problems) {
  const SectionReader reader(server, "server", problems);
  ServerConfig config;
  for (const auto& name : reader.texts("interfaces")) {
    if (std::find(config.interfaces.begin(), config.interfaces.end(), name.value) != config.interfaces.end())
      reader.error("interfaces", name.at, quoted(name.value) + " is there twice");
    else
      config.interfaces.push_back(name.value);
  }
  config.io = static_cast<IoKind>(reader.choice("io").value_or(0));
  config.cores = cpu_list(reader.integers("cores"));
  const auto stream_cores = reader.integers("stream_cores");
  config.stream_cores = cpu_list(stream_cores);
  for (const auto& core : stream_cores)
    if (std::find(config.cores.begin(), config.cores.end(), static_cast<unsigned>(core.value)) != config.cores.end())
      reader.warning("stream_cores", core.at,
                     "core " + std::to_string(core.value) + " also runs a datagram lane: HTTP and FTP will slow it");
  if (const auto user = reader.text("user")) {
    config.user = *user;
    if (const std::string problem = check_user_name(*user); !problem.empty())
      reader.error("user", reader.place("user"), problem);
  }
  config.state_dir = reader.text("state_dir").value_or(config.state_dir);
  return config;
}

TftpConfig read_tftp(const Node& tftp, ProblemList& problems) {
  const SectionReader reader(tftp, "tftp", problems);
  TftpConfig config;
  config.listen = read_listen(reader, 69);
  config.listen_given = reader.find("listen") != nullptr;
  if (!config.listen_given) config.listen.push_back({net::IpAddress(net::Ipv6Address{}), net::UdpPort{69}});
  config.root = reader.text("root").value_or("");
  config.admission = read_admission(reader, "tftp");
  if (const auto value = reader.integer("max_windowsize")) config.max_windowsize = static_cast<std::uint16_t>(*value);
  if (const auto value = reader.integer("max_blksize")) config.max_blksize = static_cast<std::uint16_t>(*value);
  config.single_port = reader.boolean("single_port").value_or(false);
  config.tid_ports = read_ports(reader, "ports");
  config.map_file = reader.text("map_file").value_or("");
  config.unique_root = static_cast<UniqueRoot>(reader.choice("unique_root").value_or(0));
  config.clamp_to_mtu = reader.boolean("clamp_to_mtu").value_or(false);
  for (const Node* const table : array_section(tftp, "class", "tftp.class", kTftpClassesMax, problems))
    config.classes.push_back(read_tftp_class(*table, problems));
  for (const Node* const table : array_section(tftp, "network", "tftp.network", kTftpNetworksMax, problems))
    config.networks.push_back(read_tftp_network(*table, problems));
  config.refused_options = reader.chosen("refused_options");
  if (const auto value = reader.integer("rate_mbit")) config.rate_mbit = static_cast<std::uint32_t>(*value);
  if (const auto value = reader.integer("rate_mbit_per_machine"))
    config.rate_mbit_per_machine = static_cast<std::uint32_t>(*value);
  if (const auto value = reader.integer("retransmit_us")) config.retransmit_us = static_cast<std::uint32_t>(*value);
  if (const auto value = reader.integer("transfers_max")) config.transfers_max = static_cast<std::uint32_t>(*value);
  if (const auto value = reader.integer("cache_bytes")) config.cache_bytes = static_cast<std::uint64_t>(*value);
  config.upload = read_upload(reader);
  return config;
}

HttpConfig read_http(const Node& http, ProblemList& problems) {
  const SectionReader reader(http, "http", problems);
  HttpConfig config;
  config.listen = read_listen(reader, 80);
  config.root = reader.text("root").value_or("");
  config.admission = read_admission(reader, "http");
  return config;
}

FtpConfig read_ftp(const Node& ftp, ProblemList& problems) {
  const SectionReader reader(ftp, "ftp", problems);
  FtpConfig config;
  config.listen = read_listen(reader, 21);
  config.root = reader.text("root").value_or("");
  config.admission = read_admission(reader, "ftp");
  config.passive_ports = read_ports(reader, "passive_ports");
  return config;
}

BoardConfig read_board(const Node& board, ProblemList& problems) {
  const SectionReader reader(board, "board", problems);
  BoardConfig config;
  config.listen = net::Endpoint{net::IpAddress(net::Ipv4Address(127, 0, 0, 1)), net::UdpPort{8077}};
  if (const auto endpoint = reader.endpoint("listen")) {
    config.listen = *endpoint;
    const net::IpAddress& address = endpoint->address;
    const bool loopback = address.is_v4() ? address.v4().octet(0) == 127 : address == net::IpAddress::parse("::1");
    if (!loopback)
      reader.warning("listen", reader.place("listen"),
                     "not loopback: everyone who can reach it sees every machine (credentials are not built yet)");
  }
  return config;
}

LogConfig read_log(const Node& log, ProblemList& problems) {
  static constexpr const char* kLevels[] = {"trace", "debug", "info", "warning", "error"};
  const SectionReader reader(log, "log", problems);
  LogConfig config;
  if (const auto level = reader.choice("level")) config.level = kLevels[*level];
  config.syslog = reader.boolean("syslog").value_or(false);
  return config;
}

}  // namespace rackcast::config_detail
