#include "tools/rackcast/app.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <ostream>
#include <string>

#include "core/config/keys.h"
#include "core/file_descriptor.h"
#include "tools/rackcast/check_config.h"
#include "tools/rackcast/import.h"
#include "tools/rackcast/leases.h"
#include "tools/rackcast/not_built.h"
#include "tools/rackcast/record.h"
#include "tools/rackcast/status.h"

namespace rackcast {
namespace {

constexpr const char* kExamples = R"(Examples:
  rackcast check-config /etc/rackcast/rackcast.toml
  rackcast status --watch
  rackcast record --seconds 30 -o storm.pcapng

rackcast COMMAND --help has each command's own. Exit status: 0 success, 1 failure, 2 wrong usage.)";

constexpr const char* kCheckExamples = R"(Examples:
  rackcast check-config rackcast.toml
  rackcast check-config --keys

Every problem is printed at once as FILE:LINE:COLUMN: error|warning: KEY: what is wrong. Exit status 0 when the file can
be used (there may be warnings), 1 when it cannot.)";

constexpr const char* kStatusExamples = R"(Examples:
  rackcast status
  rackcast status --watch
  rackcast status --json | jq '.[] | select(.stuck_since)'
  rackcast status --config /etc/rackcast/rackcast.toml)";

constexpr const char* kRecordExamples = R"(Examples:
  rackcast record -o storm.pcapng
  rackcast record --lane 0 --seconds 600 --megabytes 1024 -o storm.pcapng
  rackcast record --config lab.toml -o - | tcpdump -n -r -

The daemon's DHCP and TFTP datagrams, both ways, until Ctrl-C or the first of the two bounds. tcpdump and Wireshark read
the file, rackcast-sim replay gives it to the engines again. Root, or the daemon's own user, may ask.)";

constexpr const char* kLeasesExamples = R"(Examples:
  rackcast leases
  rackcast leases --all
  rackcast leases --json | jq '.[] | select(.state == "active") | .address'
  rackcast leases --config lab.toml

Read from the lease store, which may be in use: what is promised is there. Without --all only leases in force and
abandoned addresses are listed.)";

constexpr const char* kImportExamples = R"(Examples:
  rackcast import --xinetd /etc/xinetd.d/tftp -o rackcast.toml
  rackcast import --xinetd /etc/xinetd.conf --strict-xinetd --verbose > rackcast.toml
  rackcast import --dhcpd-conf /etc/dhcp/dhcpd.conf --leases /var/lib/dhcp/dhcpd.leases -o rackcast.toml

The files are read as xinetd and dhcpd read them, with what they include. Each line that is not honoured is printed to standard error
with its place, why, and what to do; --verbose prints what each other line became, too. Exit status 1 when a file
cannot be used.)";

struct Parsed {
  std::string config_file;
  bool keys = false;
  ImportOptions import;
  StatusOptions status;
  RecordOptions record;
  LeasesOptions leases;
};

void add_check_config(CLI::App& app, Parsed& parsed) {
  CLI::App* const command = app.add_subcommand("check-config", "Check a configuration file, all problems at once");
  command->add_option("FILE", parsed.config_file, "The file")->type_name("");
  command->add_flag("--keys", parsed.keys, "Print every key with its default instead");
  command->footer(kCheckExamples);
}

void add_status(CLI::App& app, Parsed& parsed) {
  CLI::App* const command = app.add_subcommand("status", "Show the boot board: every machine and its stage");
  command->add_flag("--watch", parsed.status.watch, "Again every second, until Ctrl-C");
  command->add_flag("--json", parsed.status.json, "The board's JSON as it is");
  CLI::Option* const url =
      command->add_option("--url", parsed.status.url, "Where the board is (http://127.0.0.1:8077)");
  url->type_name("URL");
  command->add_option("--config", parsed.status.config, "A configuration file whose [board] tells where")
      ->type_name("FILE")
      ->excludes(url);
  command->footer(kStatusExamples);
}

void add_record(CLI::App& app, Parsed& parsed) {
  CLI::App* const command = app.add_subcommand("record", "Record a running daemon's datagrams into a pcapng file");
  command->add_option("--lane", parsed.record.lane, "One datagram lane only (all)")->type_name("N");
  command->add_option("--seconds", parsed.record.seconds, "At most so long (60)")
      ->type_name("S")
      ->check(CLI::Range(1, 86'400).description(""));
  command->add_option("--megabytes", parsed.record.megabytes, "At most so much (256)")
      ->type_name("M")
      ->check(CLI::Range(1, 1'048'576).description(""));
  command->add_option("-o,--output", parsed.record.output, "Where to, - for standard output")
      ->type_name("FILE")
      ->required();
  CLI::Option* const socket =
      command->add_option("--socket", parsed.record.socket, "The control socket (/var/lib/rackcast/control)");
  socket->type_name("PATH");
  command->add_option("--config", parsed.record.config, "A configuration file whose [server].state_dir tells where")
      ->type_name("FILE")
      ->excludes(socket);
  command->footer(kRecordExamples);
}

void add_leases(CLI::App& app, Parsed& parsed) {
  CLI::App* const command = app.add_subcommand("leases", "List the leases");
  command->add_flag("--json", parsed.leases.json, "As a JSON array");
  command->add_flag("--all", parsed.leases.all, "Those that ended, too");
  CLI::Option* const file =
      command->add_option("--file", parsed.leases.file, "The store (/var/lib/rackcast/leases.db)");
  file->type_name("FILE");
  command->add_option("--config", parsed.leases.config, "A configuration file that tells where, and names the pools")
      ->type_name("FILE")
      ->excludes(file);
  command->footer(kLeasesExamples);
}

void add_import(CLI::App& app, Parsed& parsed) {
  CLI::App* const command = app.add_subcommand("import", "Turn old xinetd and dhcpd files into a rackcast.toml");
  command->add_option("--xinetd", parsed.import.xinetd, "The old file, /etc/xinetd.d/tftp")->type_name("FILE");
  command->add_flag("--strict-xinetd", parsed.import.strict, "Policy xinetd: refuse over a limit, as xinetd does");
  command->add_option("--dhcpd-conf", parsed.import.dhcpd_conf, "The old file, /etc/dhcp/dhcpd.conf")
      ->type_name("FILE");
  command->add_option("--leases", parsed.import.leases, "Its leases (where the file or custom has them)")
      ->type_name("FILE");
  command->add_option("--vsftpd-conf", parsed.import.vsftpd_conf, "Not built yet")->type_name("FILE");
  command->add_option("-o,--output", parsed.import.output, "Where to (standard output)")->type_name("FILE");
  command->add_flag("--verbose", parsed.import.verbose, "Print the lines that are honoured, too");
  command->footer(kImportExamples);
}

void add_not_built(CLI::App& app) {
  for (const NotBuiltCommand& command : not_built_commands()) {
    CLI::App* const sub = app.add_subcommand(std::string(command.name), std::string(command.help) + " (not built yet)");
    sub->allow_extras();  // whatever its arguments will be, the answer is the same
    sub->footer("Examples, once it is built:\n  " + std::string(command.examples) +
                "\n\nMeanwhile: " + std::string(command.instead) + ".");
  }
}

int run_not_built(const CLI::App& app, std::ostream& err) {
  for (const NotBuiltCommand& command : not_built_commands()) {
    if (!app.got_subcommand(std::string(command.name))) continue;
    err << "rackcast " << command.name << ": not built yet; " << command.instead << '\n';
    return 1;
  }
  return 2;
}

int run_check_config(const Parsed& parsed, std::ostream& out, std::ostream& err) {
  if (parsed.keys) {
    out << describe_keys();
    return 0;
  }
  if (parsed.config_file.empty()) {
    err << "rackcast check-config: name the FILE to check; see rackcast check-config --help\n";
    return 2;
  }
  return check_config(parsed.config_file, out, err);
}

}  // namespace

int run_rackcast(int argc, const char* const* argv, std::ostream& out, std::ostream& err, const Terminal& terminal) {
  Parsed parsed;
  CLI::App app("rackcast looks after rackcastd: checks its configuration, shows its boot board, records its datagrams.",
               "rackcast");
  app.footer(kExamples);
  app.set_version_flag("--version", "rackcast " RACKCAST_VERSION);
  app.require_subcommand(1);
  add_check_config(app, parsed);
  add_import(app, parsed);
  add_status(app, parsed);
  add_record(app, parsed);
  add_leases(app, parsed);
  add_not_built(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    return app.exit(success, out, err);
  } catch (const CLI::ParseError& error) {
    err << "rackcast: " << error.what() << "; see rackcast --help\n";
    return 2;
  }
  if (app.got_subcommand("check-config")) return run_check_config(parsed, out, err);
  if (app.got_subcommand("import")) return import_old_files(parsed.import, out, err);
  if (app.got_subcommand("status"))
    return show_status(parsed.status, out, err, terminal, parsed.status.watch ? pause_until_signal() : WatchPause());
  if (app.got_subcommand("leases")) {
    const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    return show_leases(parsed.leases, now, out, err);
  }
  if (app.got_subcommand("record")) {
    const FileDescriptor stop(stop_descriptor());
    return record(parsed.record, stop.get(), out, err);
  }
  return run_not_built(app, err);
}

}  // namespace rackcast
