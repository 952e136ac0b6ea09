#include "tools/sim/app.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>

#include "core/errno_text.h"
#include "io_backends/socket/interfaces.h"
#include "tools/sim/live/network_guard.h"
#include "tools/sim/packages_stage.h"
#include "tools/sim/verdict/json.h"
#include "tools/sim/verdict/recorder.h"
#include "tools/sim/verdict/report.h"
#include "tools/sim/verdict/table.h"
#include "tools/sim/verdict/tree_files.h"
#include "tools/sim/virtual_engine.h"

namespace rackcast::sim {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

int complain(int code, const std::string& message) {
  std::fprintf(stderr, "rackcast-sim: %s\n", message.c_str());
  return code;
}

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

RunFacts run_facts(const SimOptions& options, std::vector<std::string> packages) {
  RunFacts facts;
  facts.server = options.server.value_or(net::Ipv4Address{});
  facts.packages = std::move(packages);
  facts.packages_base = options.packages_base;
  facts.boot_file = options.boot_file;
  facts.kickstart = options.kickstart;
  facts.skipped_stages = options.skipped_stages;
  facts.wall_start_seconds =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  return facts;
}

std::string server_name(const SimOptions& options) {
  if (options.virtual_time) return "rackcast, in virtual time";
  if (options.server) return std::string(options.server->text().view());
  return "whoever answers DHCP";
}

void note_skipped(const SimOptions& options, Recorder& recorder) {
  for (std::size_t i = 0; i < kStageCount; ++i) {
    const auto stage = static_cast<Stage>(i);
    if (options.skips(stage)) recorder.note(std::string(stage_name(stage)) + " was left out (--skip)");
  }
}

// Checked before anything is sent; the machines' own view of the server may still differ (DHCP's next server).
std::optional<std::string> refused(const SimOptions& options, const LiveSettings& settings) {
  const Aim aim{settings.network.interface, options.server, options.relay, options.yes_really};
  return refuse(aim, look_around());
}

ProgressStyle progress_style() {
  ProgressStyle style;
  style.is_terminal = ::isatty(STDERR_FILENO) == 1;
  style.colour = style.is_terminal;
  return style;
}

// Empty, or why the file is not there.
std::string write_file(const std::string& name, const std::string& text) {
  if (name == "-") {
    std::fputs(text.c_str(), stdout);
    return {};
  }
  std::ofstream file(name, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (file) return {};
  return "cannot write " + name + ": " + errno_text(errno) + "; see that its folder exists and has room";
}

class App {
 public:
  App(const SimOptions& options, const RunPlan& plan, const PackagesStage& packages)
      : options_(options),
        plan_(plan),
        facts_(run_facts(options, packages.paths)),
        truth_(options.tree.empty() ? nullptr : std::make_unique<TreeFiles>(roots_of(options.tree))),
        recorder_(plan, server_name(options), options.virtual_time, truth_.get()),
        meter_(std::cerr, progress_style()) {
    note_skipped(options, recorder_);
    for (const std::string& note : packages.notes) recorder_.note(note);
    if (truth_ == nullptr) recorder_.note("without --tree, machines are compared with one another only");
  }

  Result<RunRecord> run(const std::atomic<bool>& stop) {
    const RunTick tick = [this](Instant now, const Rack&) {
      if (meter_.due(now)) meter_.show(recorder_.snapshot(now));
    };
    auto outcome = start(tick, stop);
    meter_.close();
    if (!outcome) return tl::make_unexpected(outcome.error());
    for (const std::string& note : outcome->notes) recorder_.note(note);
    RunRecord record = recorder_.finish(Instant{} + outcome->took);
    record.simulator_cpu_seconds = outcome->simulator_cpu_seconds;
    record.server_cpu_seconds = outcome->server_cpu_seconds;
    record.datagrams_dropped_here = outcome->datagrams_dropped_here;
    return record;
  }

 private:
  Result<LiveOutcome> start(const RunTick& tick, const std::atomic<bool>& stop) {
    if (options_.virtual_time) return run_virtual(plan_, facts_, options_.tree, recorder_, tick, stop);
    auto settings = live_settings(options_, static_cast<std::uint32_t>(plan_.machines.size()));
    if (!settings) return tl::make_unexpected(settings.error());
    if (const auto refusal = refused(options_, *settings)) return fail(*refusal);
    settings->largest_file = "initrd.img";
    return run_live(plan_, facts_, *settings, recorder_, tick, stop);
  }

  const SimOptions& options_;
  const RunPlan& plan_;
  RunFacts facts_;
  std::unique_ptr<TreeFiles> truth_;
  Recorder recorder_;
  ProgressMeter meter_;
};

}  // namespace

int run_app(const SimOptions& options, const std::atomic<bool>& stop) {
  PlanResult planned = make_plan(options.scenario);
  if (!planned.error.empty()) return complain(kWrongUsage, planned.error);
  if (options.time_max_seconds > 0)
    planned.plan.time_max = std::chrono::duration_cast<Span>(std::chrono::duration<double>(options.time_max_seconds));
  const auto packages = packages_stage(options);
  if (!packages) return complain(kFailed, packages.error().message);

  App app(options, planned.plan, *packages);
  const auto record = app.run(stop);
  if (!record) return complain(kFailed, record.error().message);
  const Verdict verdict = verdict_of(*record);
  const std::vector<Expectation> expectations = judge(options.conditions, verdict);
  // JSON on standard output is for a program, which has no use for the table.
  if (options.json_file != "-") std::fputs(verdict_table(*record, verdict, expectations).c_str(), stdout);
  std::string trouble;
  if (!options.json_file.empty()) trouble = write_file(options.json_file, run_json(*record, verdict, expectations));
  if (trouble.empty() && !options.report_file.empty())
    trouble = write_file(options.report_file, report_html(*record, verdict, expectations));
  if (!trouble.empty()) return complain(kFailed, trouble);
  return exit_code(verdict, expectations);
}

}  // namespace rackcast::sim
