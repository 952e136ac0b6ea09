#include "tools/rackcastd/options.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <set>

namespace rackcast {

namespace {

constexpr const char* kExamples = R"(Examples:
  rackcastd --config /etc/rackcast/rackcast.toml
  rackcastd --config lab.toml --io socket --cores 2,3 --foreground --log-level debug
  rackcastd --dhcpd-conf /etc/dhcp/dhcpd.conf --xinetd /etc/xinetd.d/tftp

Signals: SIGTERM finishes running transfers and stops; SIGHUP reads the configuration again without touching them.)";

}  // namespace

ParsedOptions parse_options(int argc, const char* const* argv) {
  DaemonOptions options;
  std::string vsftpd_conf;  // of a later feature; the flag exists so that nobody's script fails silently
  IoKind io = IoKind::kIoUring;
  std::vector<unsigned> cores;
  std::string log_level;

  CLI::App app(
      "rackcastd takes a rack of bare machines from power-on to installed: DHCP, TFTP, HTTP and FTP in one daemon.",
      "rackcastd");
  app.footer(kExamples);
  app.set_version_flag("--version", "rackcastd " RACKCAST_VERSION);
  auto* config = app.add_option("--config", options.config_file, "Configuration file (TOML)")->type_name("FILE");
  auto* io_option =
      app.add_option("--io", io, "Packet I/O backend: io_uring, socket (dpdk and packet are not built yet)")
          ->transform(CLI::CheckedTransformer(std::map<std::string, IoKind>{{"io_uring", IoKind::kIoUring},
                                                                            {"socket", IoKind::kSocket},
                                                                            {"dpdk", IoKind::kDpdk},
                                                                            {"packet", IoKind::kPacket}})
                          .description(""))
          ->type_name("NAME");
  auto* cores_option =
      app.add_option("--cores", cores, "One datagram lane pinned to each, e.g. 2,3")->delimiter(',')->type_name("LIST");
  app.add_flag("--foreground", options.foreground, "Stay in the foreground and log to standard error");
  auto* level = app.add_option("--log-level", log_level, "trace, debug, info, warning or error")
                    ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error"}).description(""))
                    ->type_name("LEVEL");
  app.add_option("--dhcpd-conf", options.dhcpd_file, "Run an old dhcpd.conf as it is, instead of --config")
      ->type_name("FILE")
      ->excludes(config);
  app.add_option("--leases", options.leases_file,
                 "With --dhcpd-conf: the dhcpd.leases to take over (where the file or custom has it)")
      ->type_name("FILE");
  app.add_option("--xinetd", options.xinetd_file, "Run an old xinetd.d/tftp as it is, instead of --config")
      ->type_name("FILE")
      ->excludes(config);
  app.add_flag("--strict-xinetd", options.strict_xinetd,
               "With --xinetd: refuse over a limit as xinetd does, instead of letting machines wait");
  app.add_option("--vsftpd-conf", vsftpd_conf, "Run an old vsftpd.conf as it is (not built yet)")->type_name("FILE");

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    return {std::nullopt, app.exit(success)};
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "rackcastd: %s; see rackcastd --help\n", error.what());
    return {std::nullopt, 2};
  }
  if (!vsftpd_conf.empty()) {
    std::fprintf(stderr, "rackcastd: --vsftpd-conf is not built yet; write a TOML file and start with --config FILE\n");
    return {std::nullopt, 1};
  }
  if (options.config_file.empty() && !options.from_old_files()) {
    std::fprintf(stderr,
                 "rackcastd: no configuration: start with --config FILE, --dhcpd-conf FILE or --xinetd FILE; see "
                 "rackcastd --help\n");
    return {std::nullopt, 2};
  }
  if (!options.leases_file.empty() && options.dhcpd_file.empty()) {
    std::fprintf(stderr, "rackcastd: --leases goes with --dhcpd-conf FILE; see rackcastd --help\n");
    return {std::nullopt, 2};
  }
  if (options.strict_xinetd && options.xinetd_file.empty()) {
    std::fprintf(stderr, "rackcastd: --strict-xinetd goes with --xinetd FILE; see rackcastd --help\n");
    return {std::nullopt, 2};
  }
  if (std::set<unsigned>(cores.begin(), cores.end()).size() != cores.size()) {
    std::fprintf(stderr, "rackcastd: --cores names a core twice; each lane needs one of its own\n");
    return {std::nullopt, 2};
  }
  if (io_option->count() > 0) options.io = io;
  if (cores_option->count() > 0) options.cores = cores;
  if (level->count() > 0) options.log_level = log_level;
  return {options, 0};
}

}  // namespace rackcast
