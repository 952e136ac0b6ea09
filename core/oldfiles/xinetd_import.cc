#include "core/oldfiles/xinetd_import.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/oldfiles/server_args.h"
#include "core/oldfiles/xinetd_service.h"

namespace rackcast {
namespace {

constexpr std::uint16_t kTftpPort = 69;
constexpr std::uint16_t kFtpPort = 21;
constexpr Cps kXinetdCps{50, 10};                        // where neither service nor defaults have one
constexpr std::string_view kAnonymousRoot = "/var/ftp";  // the home of the user ftp, which FTP servers take

enum class Role : std::uint8_t { kTftp, kFtp, kOther };

Role role_of(const XinetdEntry& entry) {
  const std::string program = xinetd_program(entry);
  if (entry.name == "tftp" || program.find("tftpd") != std::string::npos) return Role::kTftp;
  return entry.name == "ftp" || program.find("ftpd") != std::string::npos ? Role::kFtp : Role::kOther;
}

std::vector<net::Endpoint> listen_of(const XinetdService& service, std::uint16_t preset_port) {
  const net::UdpPort port{service.port.value_or(preset_port)};
  if (service.bind) return {net::Endpoint{*service.bind, port}};
  const net::Endpoint v4{net::IpAddress(net::Ipv4Address()), port};
  const net::Endpoint v6{net::IpAddress(net::Ipv6Address{}), port};
  if (service.ipv6 && service.ipv6_only && !service.ipv4) return {v6};
  if (service.ipv6) return {v4, v6};  // one socket of both families, as xinetd opens it
  return {v4};
}

class Importer {
 public:
  Importer(std::span<const XinetdEntry> entries, OldFilesHost& host, const XinetdImportOptions& options,
           ImportReport& report)
      : entries_(entries), host_(host), options_(options), report_(report) {}

  std::optional<Config> run() {
    read_defaults();
    const XinetdEntry* const tftp = choose(Role::kTftp);
    const XinetdEntry* const ftp = choose(Role::kFtp);
    tell_others(tftp, ftp);
    if (tftp == nullptr && ftp == nullptr && !report_.has_errors())
      report_.add(ImportKind::kError, entries_.empty() ? FilePlace{} : entries_.front().at, "",
                  "there is no service tftp or ftp in it");
    if (tftp != nullptr) import_tftp(*tftp);
    if (ftp != nullptr) import_ftp(*ftp);
    choose_interfaces();
    if (report_.has_errors()) return std::nullopt;
    return std::move(config_);
  }

 private:
  void read_defaults() {
    for (const XinetdEntry& entry : entries_) {
      if (entry.kind != XinetdEntry::Kind::kDefaults) continue;
      if (std::exchange(has_defaults_, true))
        report_.add(ImportKind::kNotHonoured, entry.at, "defaults", "are there already; the first count");
      else
        defaults_ = entry.attributes;
    }
  }

  // The first that is on; else the first.
  const XinetdEntry* choose(Role role) const {
    const XinetdEntry* chosen = nullptr;
    for (const XinetdEntry& entry : entries_) {
      if (entry.kind != XinetdEntry::Kind::kService || role_of(entry) != role) continue;
      if (!xinetd_is_off(entry, defaults_)) return &entry;
      if (chosen == nullptr) chosen = &entry;
    }
    return chosen;
  }

  void tell_others(const XinetdEntry* tftp, const XinetdEntry* ftp) {
    for (const XinetdEntry& entry : entries_) {
      if (entry.kind != XinetdEntry::Kind::kService || &entry == tftp || &entry == ftp) continue;
      if (xinetd_is_off(entry, defaults_))
        report_.add(ImportKind::kRemark, entry.at, entry.name, "is off and not looked into");
      else if (role_of(entry) == Role::kOther)
        report_.add(ImportKind::kNotHonoured, entry.at, entry.name, "rackcast has no such service; leave it to xinetd");
      else
        report_.add(
            ImportKind::kNotHonoured, entry.at, entry.name,
            "only one service of the kind is taken, the first that is on; write the other's addresses into listen");
    }
  }

  // Policy and what xinetd would do without being told.
  void finish(AdmissionConfig& admission, const XinetdService& service) {
    admission.policy = options_.strict ? AdmissionPolicy::kXinetd : AdmissionPolicy::kQueue;
    if (!options_.strict || service.cps_given) return;
    admission.cps = kXinetdCps;
    report_.add(ImportKind::kRemark, service.at, "cps", "is not there: 50 10, as xinetd does");
  }

  void import_tftp(const XinetdEntry& entry) {
    const XinetdService service = read_xinetd_service(entry, defaults_, host_, report_);
    config_.log.syslog = config_.log.syslog || service.syslog;
    if (service.off) return;
    ServerArguments arguments = read_server_arguments(
        service.program, service.arguments, service.arguments.empty() ? service.at : service.arguments_at, report_);
    config_.server.user = service.user.empty() ? arguments.user : service.user;
    TftpConfig tftp = std::move(arguments.tftp);
    const auto threads = tftp.admission.instances;  // atftpd's own limit; the lower one counts
    tftp.admission = service.admission;
    if (threads) tftp.admission.instances = std::min(*threads, tftp.admission.instances.value_or(*threads));
    finish(tftp.admission, service);
    tftp.listen = listen_of(service, kTftpPort);
    tftp.listen_given = true;
    bind_ = service.bind;
    config_.tftp = std::move(tftp);
  }

  void import_ftp(const XinetdEntry& entry) {
    const XinetdService service = read_xinetd_service(entry, defaults_, host_, report_);
    config_.log.syslog = config_.log.syslog || service.syslog;
    if (service.off) return;
    FtpConfig ftp;
    ftp.admission = service.admission;
    finish(ftp.admission, service);
    ftp.listen = listen_of(service, kFtpPort);
    ftp.root = kAnonymousRoot;
    report_.add(ImportKind::kRemark, service.at, entry.name, "[ftp] root is /var/ftp, read-only for anonymous users");
    if (!service.arguments.empty())
      report_.add(ImportKind::kNotHonoured, service.arguments_at, "server_args",
                  "arguments of FTP servers are not read; see [ftp]");
    config_.ftp = std::move(ftp);
  }

  void choose_interfaces() {
    if (!config_.tftp) return;
    const auto holds_address = [&](const HostInterface& interface) {
      return std::find(interface.addresses.begin(), interface.addresses.end(), *bind_) != interface.addresses.end();
    };
    const std::vector<HostInterface> up = host_.interfaces();
    for (const HostInterface& interface : up)
      if (!bind_ || bind_->is_any() || holds_address(interface)) config_.server.interfaces.push_back(interface.name);
    if (!config_.server.interfaces.empty()) return;
    // An address that no interface has yet: opening the socket will tell.
    for (const HostInterface& interface : up) config_.server.interfaces.push_back(interface.name);
    if (up.empty())
      report_.add(ImportKind::kError, FilePlace{}, "",
                  "no network interface is up; bring one up, or write a TOML file");
  }

  std::span<const XinetdEntry> entries_;
  OldFilesHost& host_;
  XinetdImportOptions options_;
  ImportReport& report_;
  std::vector<XinetdAttribute> defaults_;
  bool has_defaults_ = false;
  std::optional<net::IpAddress> bind_;
  Config config_;
};

}  // namespace

std::optional<Config> import_xinetd(std::span<const XinetdEntry> entries, OldFilesHost& host,
                                    const XinetdImportOptions& options, ImportReport& report) {
  return Importer(entries, host, options, report).run();
}

std::optional<Config> import_xinetd_file(const std::string& path, OldFilesHost& host,
                                         const XinetdImportOptions& options, ImportReport& report) {
  const std::vector<XinetdEntry> entries = load_xinetd(path, host, report);
  auto config = import_xinetd(entries, host, options, report);
  report.sort();
  return config;
}

}  // namespace rackcast
