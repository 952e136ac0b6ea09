#include "core/config/parse.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "core/config/folders.h"
#include "core/config/section_reader.h"
#include "core/config/sections.h"
#include "core/errno_text.h"

namespace rackcast {
namespace config_detail {

const Node* table_section(const Node& parent, std::string_view name, std::string_view full, ProblemList& problems) {
  const NodeEntry* const entry = parent.find(name);
  if (entry == nullptr || entry->value.kind == NodeKind::kTable) return entry == nullptr ? nullptr : &entry->value;
  const std::string section(full);
  problems.error(entry->key_at, section,
                 entry->value.array_of_tables ? "is one section: write [" + section + "] once, not [[" + section + "]]"
                                              : "is a section: write [" + section + "]");
  return nullptr;
}

std::vector<const Node*> array_section(const Node& parent, std::string_view name, std::string_view full,
                                       std::size_t count_max, ProblemList& problems) {
  std::vector<const Node*> tables;
  const NodeEntry* const entry = parent.find(name);
  if (entry == nullptr) return tables;
  const std::string section(full);
  if (!entry->value.array_of_tables) {
    problems.error(entry->key_at, section, "is a list of sections: write [[" + section + "]] for each");
    return tables;
  }
  if (entry->value.items.size() > count_max) {
    problems.error(entry->key_at, section, "more than " + std::to_string(count_max) + " of [[" + section + "]]");
    return tables;
  }
  for (const Node& item : entry->value.items) tables.push_back(&item);
  return tables;
}

}  // namespace config_detail

namespace {

using config_detail::Node;
using config_detail::NodeEntry;
using config_detail::NodeKind;

void refuse_unbuilt(const SectionSpec& section, const NodeEntry& entry, ProblemList& problems) {
  const bool array = section.shape == SectionShape::kArrayOfTables;
  const std::string written = (array ? "[[" : "[") + std::string(section.name) + (array ? "]]" : "]");
  const std::string message =
      "not built yet: " + written + " (" + std::string(section.help) + "); take the section out";
  const std::size_t count = entry.value.array_of_tables ? entry.value.items.size() : 1;
  for (std::size_t i = 0; i < count; ++i)
    problems.error(entry.value.array_of_tables ? entry.value.items[i].at : entry.key_at, std::string(section.name),
                   message);
}

void check_top_level(const Node& root, ProblemList& problems) {
  for (const NodeEntry& entry : root.entries) {
    const SectionSpec* const section = find_section(entry.key);
    if (section == nullptr || entry.key.find('.') != std::string::npos) {
      std::string message = config_detail::unknown_key_message("", entry.key);
      if (entry.value.kind == NodeKind::kTable || entry.value.array_of_tables)
        message.replace(0, 11, "unknown section");
      problems.error(entry.key_at, entry.key, message);
    } else if (!section->built) {
      refuse_unbuilt(*section, entry, problems);
    }
  }
}

// DHCP and TFTP answer only on named interfaces, so either needs them.
void check_interfaces(const Node& root, const Config& config, ProblemList& problems) {
  const NodeEntry* const dhcp = root.find("dhcp");
  const NodeEntry* const tftp = root.find("tftp");
  if (!config.server.interfaces.empty() || (!config.dhcp && !config.tftp)) return;
  const NodeEntry* const server = root.find("server");
  const NodeEntry* const given = server == nullptr ? nullptr : server->value.find("interfaces");
  if (given != nullptr && !given->value.items.empty()) return;  // its problem is told already
  const Position at = given != nullptr ? given->value.at : config.dhcp ? dhcp->key_at : tftp->key_at;
  problems.error(at, "server.interfaces",
                 std::string(config.dhcp ? "[dhcp]" : "[tftp]") +
                     " is on, so [server] needs interfaces, as in interfaces = [\"eth0\"]");
}

struct Listener {
  std::string section;
  net::Endpoint endpoint;
  Position at;
};

bool same_socket(const net::Endpoint& a, const net::Endpoint& b) {
  if (a.port != b.port || a.port.value() == 0 || a.address.is_v4() != b.address.is_v4()) return false;
  return a.address == b.address || a.address.is_any() || b.address.is_any();
}

// HTTP, FTP and the board are all TCP: two of them cannot have one address and port.
void check_listeners(const Node& root, const Config& config, ProblemList& problems) {
  std::vector<Listener> listeners;
  const auto add = [&](const char* section, const net::Endpoint& endpoint) {
    const NodeEntry* const entry = root.find(section);
    const NodeEntry* const listen = entry->value.find("listen");
    const Position at = listen == nullptr ? entry->value.at : listen->value.at;
    const auto clash = std::find_if(listeners.begin(), listeners.end(),
                                    [&](const Listener& other) { return same_socket(other.endpoint, endpoint); });
    if (clash != listeners.end())
      problems.error(at, std::string(section) + ".listen",
                     std::string(endpoint.text().view()) + " is already taken by [" + clash->section +
                         "] listen = " + std::string(clash->endpoint.text().view()));
    listeners.push_back({section, endpoint, at});
  };
  if (config.http)
    for (const net::Endpoint& endpoint : config.http->listen) add("http", endpoint);
  if (config.ftp)
    for (const net::Endpoint& endpoint : config.ftp->listen) add("ftp", endpoint);
  if (config.board) add("board", config.board->listen);
}

void check_uploads(const Node& root, const Config& config, ProblemList& problems) {
  for (const std::string& clash : config_detail::served_uploads(config))
    problems.error(root.find("tftp")->value.find("upload_dir")->value.at, "tftp.upload_dir", clash);
}

// Each lane has its part of [tftp].ports, and without any its transfers would stay on the port that was asked.
void check_transfer_ports(const Node& root, const Config& config, ProblemList& problems) {
  if (!config.tftp || !config.tftp->tid_ports || config.tftp->single_port) return;
  const std::size_t lanes = std::max<std::size_t>(config.server.cores.size(), 1);
  const std::size_t ports = config.tftp->tid_ports->count();
  const Position at = root.find("tftp")->value.find("ports")->value.at;
  const std::string given = std::to_string(ports) + (ports == 1 ? " port for " : " ports for ") +
                            std::to_string(lanes) + (lanes == 1 ? " lane" : " lanes ([server].cores)");
  if (ports < lanes)
    problems.error(at, "tftp.ports", given + ": each needs one at least; widen the range, or set single_port = true");
  else if (ports / lanes < kTransferPortsFew)
    problems.warning(at, "tftp.ports",
                     given + ": with fewer than 4 for each, forged requests are easier to complete; widen the range");
}

Config read_sections(const Node& root, ProblemList& problems) {
  using namespace config_detail;
  Config config;
  if (const Node* const node = table_section(root, "server", "server", problems))
    config.server = read_server(*node, problems);
  if (const Node* const node = table_section(root, "dhcp", "dhcp", problems)) {
    config.dhcp = read_dhcp(*node, problems);
    if (config.dhcp->mode == DhcpMode::kOff) config.dhcp.reset();
  }
  if (const Node* const node = table_section(root, "tftp", "tftp", problems)) config.tftp = read_tftp(*node, problems);
  if (const Node* const node = table_section(root, "http", "http", problems)) config.http = read_http(*node, problems);
  if (const Node* const node = table_section(root, "ftp", "ftp", problems)) config.ftp = read_ftp(*node, problems);
  if (const Node* const node = table_section(root, "board", "board", problems))
    config.board = read_board(*node, problems);
  if (const Node* const node = table_section(root, "log", "log", problems)) config.log = read_log(*node, problems);
  return config;
}

ConfigOutcome one_problem(std::string message) {
  return {nullptr, {{Severity::kError, 0, 0, "", std::move(message)}}};
}

}  // namespace

ConfigOutcome parse_config(std::string_view text, std::string_view file_name) {
  if (text.size() > kConfigBytesMax)
    return one_problem(std::string(file_name) + " is larger than 4 MiB: this is not a configuration file");
  ProblemList problems;
  ConfigOutcome outcome;
  const auto root = config_detail::read_toml(text, problems);
  if (root) {
    check_top_level(*root, problems);
    auto config = std::make_shared<Config>(read_sections(*root, problems));
    check_interfaces(*root, *config, problems);
    check_listeners(*root, *config, problems);
    check_uploads(*root, *config, problems);
    check_transfer_ports(*root, *config, problems);
    if (!config->dhcp && !config->tftp && !config->http && !config->ftp && !problems.has_errors())
      problems.warning({}, "", "no service is on: add [dhcp], [tftp], [http] or [ftp]");
    if (!problems.has_errors()) outcome.config = std::move(config);
  }
  outcome.problems = problems.take();
  return outcome;
}

ConfigOutcome load_config(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0)
    return one_problem("cannot read " + path + ": " + errno_text(errno) + "; give the path of a configuration file");
  if (S_ISDIR(status.st_mode)) return one_problem(path + " is a directory; give the path of a configuration file");
  std::ifstream file(path, std::ios::binary);
  if (!file) return one_problem("cannot read " + path + ": " + errno_text(errno) + "; check its permissions");
  std::string text;
  text.resize(kConfigBytesMax + 1);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return one_problem("cannot read " + path + ": the read failed");
  text.resize(static_cast<std::size_t>(file.gcount()));
  return parse_config(text, path);
}

std::string problem_line(std::string_view file_name, const Problem& problem) {
  std::string line(file_name);
  if (problem.line > 0) line += ":" + std::to_string(problem.line) + ":" + std::to_string(problem.column);
  line += problem.severity == Severity::kError ? ": error: " : ": warning: ";
  // The section tells apart two keys of one name; a message that names its key already would say it twice.
  if (!problem.key.empty()) line += problem.key + ": ";
  return line + problem.message;
}

}  // namespace rackcast
