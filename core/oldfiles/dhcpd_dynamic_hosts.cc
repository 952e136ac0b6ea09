// Hosts that dhcpd was given at run time, by OMAPI: it writes them, and their end, into dhcpd.leases between the
// leases. They are declarations like those of dhcpd.conf, in its language and with its options, and so its reader reads
// them.
#include <algorithm>
#include <array>

#include "core/oldfiles/dhcpd_leases.h"
#include "core/oldfiles/dhcpd_reader.h"

namespace rackcast::dhcpd_detail {
namespace {

constexpr std::array<std::string_view, 2> kLeasesFolders{"/var/lib/dhcp", "/var/lib/dhcpd"};  // Debian, Red Hat
constexpr std::string_view kLeasesFile = "dhcpd.leases";

}  // namespace

std::string DhcpdReader::leases_by_custom() {
  for (const std::string_view folder : kLeasesFolders) {
    const auto names = host_.list(std::string(folder));
    if (names && std::find(names->begin(), names->end(), kLeasesFile) != names->end())
      return std::string(folder) + "/" + std::string(kLeasesFile);
  }
  return "";
}

void DhcpdReader::read_leases_file() {
  std::string path = file_.leases_file;
  auto text = read_dhcpd_leases_text(path, host_);
  if (text) return read_dynamic(path, std::move(*text));
  // None there: no hosts in it. (Whether that is an error for the leases is for who takes them over.)
  if (host_.is_missing(path) && host_.is_missing(path + "~")) return;
  report_.add(ImportKind::kError, {std::make_shared<const std::string>(path), 0, 0}, "",
              text.error().message + "; hosts in it would be lost");
}

void DhcpdReader::read_dynamic(const std::string& path, std::string text) {
  first_dynamic_ = file_.dhcp.hosts.size();
  const bool has_reserved = text.find("reserved;") != std::string::npos;
  const std::string whole_text = has_reserved ? text : std::string();
  if (!tokens_.open(path, std::move(text))) return;  // dhcpd.conf has as many files as may be
  Scope whole(ScopeKind::kGlobal, nullptr, tokens_.peek(), tokens_, context_, problems_);
  while (!tokens_.peek().is_end()) {
    if (tokens_.peek().is_word("lease"))
      skip_lease();
    else if (tokens_.peek().is_word("host") || tokens_.peek().is_word("group"))
      read_entry(whole);
    else if (tokens_.peek().is_symbol("}"))
      static_cast<void>(tokens_.next());
    else
      tokens_.skip_statement();
  }
  if (has_reserved) add_reserved(path, whole_text);
  drop_gone();
}

// To its '}', or to the next entry where this one was cut off: told when the leases are taken over.
void DhcpdReader::skip_lease() {
  std::size_t depth = 0;
  do {
    const Token token = tokens_.next();
    if (token.is_symbol("{")) ++depth;
    if (token.is_symbol(";") && depth == 0) return;
    if (token.is_symbol("}") && (depth == 0 || --depth == 0)) return;
  } while (!tokens_.peek().is_end() && !(tokens_.peek().is_word("lease") && tokens_.peek(8).is_symbol("{")));
}

// A lease that is `reserved` is its machine's whatever becomes of it.
void DhcpdReader::add_reserved(const std::string& path, const std::string& text) {
  ImportReport told_elsewhere;
  const DhcpdLeases leases = read_dhcpd_leases(text, path, told_elsewhere);
  const FilePlace whole{std::make_shared<const std::string>(path), 0, 0};
  for (const Lease& lease : leases.leases) {
    if (!leases.reserved.contains(lease.address)) continue;
    HostConfig host;
    host.name = "reserved-" + std::string(lease.address.text().view());
    const std::string_view identifier = lease.client_identifier.view();
    if (identifier.empty()) host.mac = lease.mac;
    for (const char c : identifier) host.identity.client_identifier.push_back(static_cast<std::byte>(c));
    host.address = lease.address;
    const std::string name = host.name;
    const std::string problem = put_host(std::move(host), whole);
    report_.add(problem.empty() ? ImportKind::kRemark : ImportKind::kNotHonoured, whole, name,
                problem.empty() ? "the lease is reserved: [[dhcp.host]] " + name : problem);
  }
}

void DhcpdReader::delete_host(const std::string& name, const Token& at) {
  if (!first_dynamic_) return tell(ImportKind::kRemark, at, name, "is deleted in the file itself");
  gone_.resize(file_.dhcp.hosts.size(), false);
  const auto known = host_numbers_.find(name);
  if (known == host_numbers_.end() || gone_[known->second]) return;
  gone_[known->second] = true;
  if (known->second < *first_dynamic_) {
    const FilePlace& declared = host_places_[known->second];
    tell(ImportKind::kRemark, at, name,
         "was deleted at run time: the host on line " + std::to_string(declared.line) + " of " + *declared.file +
             " is left out");
  }
}

// Of those of dhcpd.conf and of the leases file.
void DhcpdReader::drop_gone() {
  gone_.resize(file_.dhcp.hosts.size(), false);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < gone_.size(); ++i) {
    if (gone_[i]) continue;
    if (kept != i) {
      file_.dhcp.hosts[kept] = std::move(file_.dhcp.hosts[i]);
      host_places_[kept] = std::move(host_places_[i]);
    }
    ++kept;
  }
  file_.dhcp.hosts.resize(kept);
  host_places_.resize(kept);
}

}  // namespace rackcast::dhcpd_detail
