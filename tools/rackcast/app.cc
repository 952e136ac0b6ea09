#include "tools/rackcast/app.h"

#include <CLI/CLI.hpp>
#include <ostream>
#include <string>

#include "core/config/keys.h"
#include "tools/rackcast/check_config.h"
#include "tools/rackcast/not_built.h"
#include "tools/rackcast/status.h"

namespace rackcast {
namespace {

constexpr const char* kExamples = R"(Examples:
  rackcast check-config /etc/rackcast/rackcast.toml
  rackcast status --watch

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

struct Parsed {
  std::string config_file;
  bool keys = false;
  StatusOptions status;
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
  CLI::App app("rackcast looks after rackcastd: checks its configuration and shows its boot board.", "rackcast");
  app.footer(kExamples);
  app.set_version_flag("--version", "rackcast " RACKCAST_VERSION);
  app.require_subcommand(1);
  add_check_config(app, parsed);
  add_status(app, parsed);
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
  if (app.got_subcommand("status"))
    return show_status(parsed.status, out, err, terminal, parsed.status.watch ? pause_until_signal() : WatchPause());
  return run_not_built(app, err);
}

}  // namespace rackcast
