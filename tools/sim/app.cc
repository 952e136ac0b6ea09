#include "tools/sim/app.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "core/errno_text.h"
#include "tools/sim/against_server.h"
#include "tools/sim/packages_stage.h"
#include "tools/sim/verdict/json.h"
#include "tools/sim/verdict/report.h"
#include "tools/sim/verdict/table.h"
#include "tools/sim/virtual_engine.h"

namespace rackcast::sim {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

int complain(int code, const std::string& message) {
  std::fprintf(stderr, "rackcast-sim: %s\n", message.c_str());
  return code;
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

// What the command line left out.
std::vector<std::string> notes_of(const SimOptions& options, const PackagesStage& packages) {
  std::vector<std::string> notes = packages.notes;
  for (std::size_t i = 0; i < kStageCount; ++i) {
    const auto stage = static_cast<Stage>(i);
    if (options.skips(stage)) notes.push_back(std::string(stage_name(stage)) + " was left out (--skip)");
  }
  return notes;
}

Result<RunRecord> run_engine(const SimOptions& options, const RunPlan& plan, const RunFacts& facts,
                             const std::atomic<bool>& stop) {
  ProgressMeter meter(std::cerr, progress_style());
  auto run = options.virtual_time ? rehearse(options, plan, facts, meter, stop)
                                  : run_against_server(options, plan, facts, meter, stop);
  meter.close();
  return run;
}

// Prints and writes what was asked for.
int conclude(const SimOptions& options, const RunRecord& record) {
  const Verdict verdict = verdict_of(record);
  const std::vector<Expectation> expectations = judge(options.conditions, verdict);
  // JSON on standard output is for a program, which has no use for the table.
  if (options.json_file != "-") std::fputs(verdict_table(record, verdict, expectations).c_str(), stdout);
  std::string trouble;
  if (!options.json_file.empty()) trouble = write_file(options.json_file, run_json(record, verdict, expectations));
  if (trouble.empty() && !options.report_file.empty())
    trouble = write_file(options.report_file, report_html(record, verdict, expectations));
  if (!trouble.empty()) return complain(kFailed, trouble);
  return exit_code(verdict, expectations);
}

}  // namespace

int run_app(const SimOptions& options, const std::atomic<bool>& stop) {
  PlanResult planned = make_plan(options.scenario);
  if (!planned.error.empty()) return complain(kWrongUsage, planned.error);
  if (options.time_max_seconds > 0)
    planned.plan.time_max = std::chrono::duration_cast<Span>(std::chrono::duration<double>(options.time_max_seconds));
  const auto packages = packages_stage(options);
  if (!packages) return complain(kFailed, packages.error().message);
  auto run = run_engine(options, planned.plan, run_facts(options, packages->paths), stop);
  if (!run) return complain(kFailed, run.error().message);
  for (std::string& note : notes_of(options, *packages)) run->notes.push_back(std::move(note));
  return conclude(options, *run);
}

}  // namespace rackcast::sim
