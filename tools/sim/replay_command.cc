#include "tools/sim/replay_command.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string_view>

#include "tools/sim/replay/replay.h"

namespace rackcast::sim {

bool is_replay(int argc, const char* const* argv) {
  return argc > 1 && std::string_view(argv[1]) == "replay";
}

int run_replay_command(int argc, const char* const* argv) {
  ReplayOptions options;
  CLI::App app(
      "Gives a recording of `rackcast record`, or any pcapng capture of DHCP and TFTP, to the engines again and tells "
      "what they would say differently.",
      "rackcast-sim replay");
  app.footer(
      "\nExamples:\n"
      "  rackcast-sim replay storm.pcapng --config /etc/rackcast/rackcast.toml\n"
      "  rackcast-sim replay field.pcapng --config new.toml --tree /srv/tftp --json -\n\n"
      "Exit status: 0 no differences; 1 there are some, or it could not be done; 2 wrong usage.");
  app.add_option("file", options.file, "The capture")->required()->type_name("FILE");
  app.add_option("--config", options.config, "The daemon's configuration, as it was or as it is to be")
      ->required()
      ->type_name("FILE");
  app.add_option("--tree", options.tree, "Boot files; default: the configuration's TFTP root")->type_name("DIR");
  app.add_option("--json", options.json, "The report for machines; - for standard output")->type_name("FILE");
  try {
    app.parse(argc - 1, argv + 1);
  } catch (const CLI::Success& success) {  // --help
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "rackcast-sim: %s; see rackcast-sim replay --help\n", error.what());
    return 2;
  }
  return run_replay(options);
}

}  // namespace rackcast::sim
