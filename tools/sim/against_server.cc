#include "tools/sim/against_server.h"

#include <filesystem>

#include "io_backends/socket/interfaces.h"
#include "tools/sim/live/live_run.h"
#include "tools/sim/live/network_guard.h"
#include "tools/sim/verdict/recorder.h"
#include "tools/sim/verdict/tree_files.h"

namespace rackcast::sim {
namespace {

constexpr std::size_t kFilesLookedAtMax = 10'000;

// The interface that is meant when none is named: loopback for a server there, else the only other one that is up.
Result<std::string> interface_for(const SimOptions& options) {
  if (!options.interface.empty()) return options.interface;
  if (options.server && options.server->octet(0) == 127) return std::string("lo");
  const auto all = io::all_interfaces();
  if (!all) return tl::make_unexpected(all.error());
  std::string found;
  for (const io::InterfaceFacts& facts : *all) {
    if (facts.loopback || !facts.up) continue;
    if (!found.empty())
      return fail("there are several interfaces (" + found + ", " + facts.name + "); say --interface");
    found = facts.name;
  }
  if (found.empty()) return fail("there is no interface but loopback; say --server 127.0.0.1, or --interface");
  return found;
}

Result<LiveSettings> live_settings(const SimOptions& options, std::uint32_t machines) {
  const auto interface = interface_for(options);
  if (!interface) return tl::make_unexpected(interface.error());
  LiveSettings settings;
  settings.network.interface = *interface;
  settings.network.dhcp = !options.skips(Stage::kDhcp);
  settings.network.relay = options.relay;
  settings.network.reach = reach_of(options.yes_really, look_around());
  settings.network.server = options.server.value_or(net::Ipv4Address{});
  settings.first_address = options.first_address.value_or(net::Ipv4Address(127, 1, 0, 1));
  settings.prefix_bits = options.first_address ? options.prefix_bits : *interface == "lo" ? 8 : options.prefix_bits;
  settings.server_processes = options.server_processes;
  const std::uint32_t last = settings.first_address.value() | ~net::Ipv4Prefix{{}, settings.prefix_bits}.mask();
  const std::uint64_t room = last - settings.first_address.value();  // the last one is the broadcast address
  if (!settings.network.dhcp && room < machines)
    return fail("not enough addresses: from " + std::string(settings.first_address.text().view()) + "/" +
                std::to_string(settings.prefix_bits) + " on there are " + std::to_string(room) + " for " +
                std::to_string(machines) + " machines; begin lower (--addresses FIRST/BITS) or take fewer (--clients)");
  return settings;
}

// Checked before anything is sent. What the machines hear of later (DHCP's next server, a configuration's URL) is held
// to the network's reach, one by one.
std::optional<std::string> refused(const SimOptions& options, const LiveSettings& settings) {
  const std::string names[] = {options.boot_file, options.kickstart, options.packages_base};
  Aim aim{.interface = settings.network.interface, .server = options.server, .relay = options.relay};
  if (!settings.network.dhcp) aim.first_address = settings.first_address;
  aim.names = names;
  aim.yes_really = options.yes_really;
  return refuse(aim, look_around());
}

std::string server_name(const SimOptions& options) {
  return options.server ? std::string(options.server->text().view()) : "whoever answers DHCP";
}

// What silent readers ask for: the biggest file of the TFTP root, or what every tree has.
std::string largest_file(const std::string& tree) {
  namespace fs = std::filesystem;
  std::string name = "initrd.img";
  if (tree.empty()) return name;
  const std::string root = roots_of(tree).tftp.front();
  std::uintmax_t largest = 0;
  std::size_t seen = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator file(root, error), end; !error && file != end; file.increment(error)) {
    if (++seen > kFilesLookedAtMax) break;
    std::error_code unreadable;
    const std::uintmax_t size = file->is_regular_file(unreadable) ? file->file_size(unreadable) : 0;
    if (unreadable || size <= largest) continue;
    largest = size;
    name = file->path().lexically_relative(root).generic_string();
  }
  return name;
}

}  // namespace

Result<RunRecord> run_against_server(const SimOptions& options, const RunPlan& plan, const RunFacts& facts,
                                     ProgressMeter& meter, const std::atomic<bool>& stop) {
  auto settings = live_settings(options, static_cast<std::uint32_t>(plan.machines.size()));
  if (!settings) return tl::make_unexpected(settings.error());
  if (const auto refusal = refused(options, *settings)) return fail(*refusal);
  settings->largest_file = largest_file(options.tree);

  const auto truth = options.tree.empty() ? nullptr : std::make_unique<TreeFiles>(roots_of(options.tree));
  Recorder recorder(plan, server_name(options), false, truth.get());
  if (truth == nullptr) recorder.note("without --tree, machines are compared with one another only");
  const RunTick tick = [&](Instant now, const Rack&) {
    if (meter.due(now)) meter.show(recorder.snapshot(now));
  };
  const auto outcome = run_live(plan, facts, *settings, recorder, tick, stop);
  if (!outcome) return tl::make_unexpected(outcome.error());
  for (const std::string& note : outcome->notes) recorder.note(note);
  RunRecord record = recorder.finish(Instant{} + outcome->took);
  record.interrupted = outcome->interrupted;
  record.simulator_cpu_seconds = outcome->simulator_cpu_seconds;
  record.server_cpu_seconds = outcome->server_cpu_seconds;
  record.datagrams_dropped_here = outcome->datagrams_dropped_here;
  return record;
}

}  // namespace rackcast::sim
