#include "tools/sim/options.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "tools/sim/scenario/parameters.h"
#include "tools/sim/scenario/profile_shares.h"

namespace rackcast::sim {
namespace {

constexpr const char* kExamples = R"(Examples:
  ip netns exec lab rackcast-sim boot_storm --clients 1000 --interface eth0 --tree build/demo
  rackcast-sim lossy_rack loss=5 --server 127.0.0.1 --skip dhcp --clients 200 --profile bios-pxelinux=3,ipxe
  rackcast-sim soak hours=8 --virtual --clients 2000 --seed 7
  rackcast-sim replay storm.pcapng --config /etc/rackcast/rackcast.toml
  rackcast-sim steady rate=20 --interface eth0 --server 10.99.0.1 --expect "p99<30s,failed=0" --json run.json

Exit status: 0 every machine finished, every byte was right and every expectation held; 1 not so, or the run could not
begin; 2 wrong usage. Ctrl-C ends a run early, with the verdict of what was.)";

// The command line as text, before it is checked.
struct Texts {
  std::vector<std::string> parameters;
  std::string server, relay, addresses, profiles, skip, expect;
};

std::string help_footer() {
  std::string text = "\n" + scenario_help() + "\nProfiles:\n";
  for (const Profile& profile : all_profiles()) {
    std::string name("  " + std::string(profile.name));
    name.resize(std::max<std::size_t>(name.size() + 1, 22), ' ');
    text += name + std::string(profile.description) + "\n";
  }
  return text + "\nMetrics of --expect: " + expect_metrics() + "\n\n" + kExamples;
}

void add_run_options(CLI::App& app, SimOptions& options, Texts& texts) {
  app.add_option("scenario", options.scenario.name, "What happens to the rack; see below")->required();
  app.add_option("parameters", texts.parameters, "The scenario's parameters, name=value");
  app.add_option("--clients", options.scenario.clients, "Machines")
      ->check(CLI::Range(1U, kMachinesMax).description(""))
      ->capture_default_str();
  app.add_option("--profile", texts.profiles, "Kinds of machines: NAME[=SHARE],...")->type_name("LIST");
  app.add_option("--loss", options.scenario.loss, "Datagrams lost in each direction, percent")
      ->check(CLI::Range(0.0, 100.0).description(""))
      ->type_name("PCT");
  app.add_option("--seed", options.scenario.seed, "The same seed, the same run")->capture_default_str();
  app.add_option("--time-max", options.time_max_seconds, "The run ends then, whatever happens")
      ->check(CLI::Range(0.1, std::chrono::duration<double>(kRunTimeMax).count()).description(""))
      ->type_name("SECONDS");
  app.add_flag("--virtual", options.virtual_time, "Deterministic engine: our server and the machines in virtual time");
}

void add_network_options(CLI::App& app, SimOptions& options, Texts& texts) {
  app.add_option("--server", texts.server, "The server under test; with DHCP, what DHCP says counts")
      ->type_name("ADDR");
  app.add_option("--interface", options.interface, "Where the machines stand")->type_name("IF");
  app.add_option("--relay", texts.relay, "DHCP by unicast through this address of ours (giaddr) instead of as frames")
      ->type_name("ADDR");
  app.add_option("--addresses", texts.addresses, "Without DHCP: the first machine's address; the others follow")
      ->type_name("FIRST[/BITS]");
  app.add_option("--skip", texts.skip, "Stages that the server does not offer: dhcp,kickstart,packages,...")
      ->type_name("LIST");
  app.add_option("--server-pid", options.server_processes, "Whose CPU is the server's, where it is not found by itself")
      ->delimiter(',')
      ->check(CLI::PositiveNumber.description(""))
      ->type_name("PID,...");
  app.add_flag("--yes-really", options.yes_really, "Aim at this host's own network");
}

void add_content_options(CLI::App& app, SimOptions& options, Texts& texts) {
  app.add_option("--tree", options.tree, "What the server serves: bytes are held against it")
      ->check(CLI::ExistingDirectory.description(""))
      ->type_name("DIR");
  app.add_option("--packages", options.packages,
                 "Folder whose *.rpm and *.deb are installed; default: all of the tree's")
      ->check(CLI::ExistingDirectory.description(""))
      ->type_name("PATH");
  app.add_option("--packages-base", options.packages_base,
                 "URL they are below; default: the kickstart's, else its folder")
      ->type_name("URL");
  app.add_option("--boot-file", options.boot_file, "Without DHCP: what firmware boots")->type_name("NAME");
  app.add_option("--kickstart", options.kickstart, "Instead of what the boot configuration names")->type_name("URL");
  app.add_option("--json", options.json_file, "The verdict for machines; - for standard output")->type_name("FILE");
  app.add_option("--report", options.report_file, "One self-contained page with plots")->type_name("FILE.html");
  app.add_option("--expect", texts.expect, "A gate: \"p99<30s,failed=0\"")->type_name("EXPR");
}

// --- texts to values; each throws CLI::ValidationError with one sentence ---------------------------------------------

net::Ipv4Address address_of(const char* option, const std::string& text) {
  const auto address = net::Ipv4Address::parse(text);
  if (!address) throw CLI::ValidationError(option, "'" + text + "' is not an IPv4 address");
  return *address;
}

void read_addresses(const std::string& text, SimOptions& options) {
  const std::size_t slash = text.find('/');
  options.first_address = address_of("--addresses", text.substr(0, slash));
  if (options.first_address->octet(0) == 127) options.prefix_bits = 8;
  if (slash == std::string::npos) return;
  const auto prefix = net::Ipv4Prefix::parse("0.0.0.0" + text.substr(slash));
  if (!prefix || prefix->length < 1 || prefix->length > 31)
    throw CLI::ValidationError("--addresses", "'" + text + "' does not end in a prefix length, /1 to /31");
  options.prefix_bits = prefix->length;
}

std::uint32_t read_stages(const std::string& list) {
  std::uint32_t stages = 0;
  std::string known;
  for (std::size_t i = 1; i + 1 < kStageCount; ++i)
    known += (i > 1 ? ", " : "") + std::string(stage_name(static_cast<Stage>(i)));
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    const std::string_view name = std::string_view(list).substr(at, comma - at);
    bool found = false;
    for (std::size_t i = 1; i + 1 < kStageCount; ++i) {
      if (name != stage_name(static_cast<Stage>(i))) continue;
      stages |= 1U << i;
      found = true;
    }
    if (!found)
      throw CLI::ValidationError("--skip", "no stage is called '" + std::string(name) + "'; there are " + known);
    at = comma + 1;
  }
  return stages;
}

template <typename T>
T value_or_usage(const char* option, Result<T> result) {
  if (!result) throw CLI::ValidationError(option, result.error().message);
  return std::move(*result);
}

void read_texts(const Texts& texts, SimOptions& options) {
  for (const std::string& text : texts.parameters)
    options.scenario.parameters.push_back(value_or_usage("parameters", split_parameter(text)));
  if (!texts.profiles.empty())
    options.scenario.profiles = value_or_usage("--profile", parse_profile_shares(texts.profiles));
  if (!texts.server.empty()) options.server = address_of("--server", texts.server);
  if (!texts.relay.empty()) options.relay = address_of("--relay", texts.relay);
  if (!texts.addresses.empty()) read_addresses(texts.addresses, options);
  if (!texts.skip.empty()) options.skipped_stages = read_stages(texts.skip);
  if (!texts.expect.empty()) options.conditions = value_or_usage("--expect", parse_conditions(texts.expect));
}

// What only makes sense together.
void check_together(const SimOptions& options) {
  if (options.virtual_time) return;
  if (options.relay && !options.server)
    throw CLI::ValidationError("--relay", "it needs --server ADDR, where to relay to");
  if (!options.skips(Stage::kDhcp)) return;
  if (!options.server) throw CLI::ValidationError("--skip", "without DHCP --server ADDR must say where to boot from");
  if (options.relay) throw CLI::ValidationError("--relay", "it has no use when DHCP is skipped");
  if (!options.first_address && options.server->octet(0) != 127)
    throw CLI::ValidationError("--skip", "without DHCP --addresses FIRST/BITS must say who the machines are");
}

}  // namespace

ParsedOptions parse_options(int argc, const char* const* argv) {
  SimOptions options;
  Texts texts;
  CLI::App app(
      "rackcast-sim rehearses the reinstall of a whole rack: simulated machines boot and install from a real server, "
      "and every byte is checked.",
      "rackcast-sim");
  app.footer(help_footer());
  app.set_version_flag("--version", "rackcast-sim " RACKCAST_VERSION);
  add_run_options(app, options, texts);
  add_network_options(app, options, texts);
  add_content_options(app, options, texts);
  try {
    app.parse(argc, argv);
    read_texts(texts, options);
    check_together(options);
  } catch (const CLI::Success& success) {  // --help, --version
    return {std::nullopt, app.exit(success)};
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "rackcast-sim: %s; see rackcast-sim --help\n", error.what());
    return {std::nullopt, 2};
  }
  return {std::move(options), 0};
}

}  // namespace rackcast::sim
