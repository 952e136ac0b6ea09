#include "tools/sim/verdict/table.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "core/events/format.h"
#include "core/human_bytes.h"
#include "tools/sim/verdict/units.h"

namespace rackcast::sim {
namespace {

constexpr std::size_t kLabelColumns = 22;
constexpr std::size_t kCellColumns = 11;
constexpr std::size_t kDetailShownMax = 100;
constexpr std::array kTimesShown{Stage::kNbp, Stage::kKernel, Stage::kInitrd, Stage::kDone};

std::string left(std::string text, std::size_t columns) {
  text.resize(std::max(text.size() + 1, columns), ' ');
  return text;
}
std::string right(const std::string& text, std::size_t columns) {
  return std::string(std::max(text.size() + 1, columns) - text.size(), ' ') + text;
}

std::string count_text(std::uint64_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string line(const std::string& label, const std::string& value) {
  return left("  " + label, kLabelColumns) + value + "\n";
}

std::string head(const RunRecord& record, const Verdict& verdict) {
  return record.scenario + ": " + count_text(verdict.machines, "machine", "machines") +
         (record.server.empty() ? "" : " against " + printable(record.server)) + ", seed " +
         std::to_string(record.seed) + ", " + text_of(record.took) + (record.virtual_time ? " of virtual time" : "") +
         "\n";
}

std::string first_of(std::uint32_t machine, Stage stage, const std::string& detail) {
  return "first machine " + std::to_string(machine) + " in " + std::string(stage_name(stage)) +
         (detail.empty() ? "" : ": " + printable(detail.substr(0, kDetailShownMax)));
}

std::string machines(const Verdict& verdict) {
  std::string text =
      "\nMachines\n" + line("done", std::to_string(verdict.done)) + line("failed", std::to_string(verdict.failed));
  for (const FailureGroup& group : verdict.failures)
    text += line("  " + std::string(failure_name(group.failure)),
                 std::to_string(group.machines) + ", " + first_of(group.first, group.stage, group.detail));
  if (verdict.restarts == 0) return text;  // a boot a machine: all is said
  text += line("restarts", std::to_string(verdict.restarts) + ", " + count_text(verdict.boots_done, "boot", "boots") +
                               " done in all, " + std::to_string(verdict.boots_failed) + " failed");
  for (const BootFailures& group : verdict.boot_failures)
    text += line("  " + std::string(failure_name(group.failure)),
                 std::to_string(group.failed.boots) + ", " +
                     first_of(group.failed.machine, group.failed.stage, group.failed.detail));
  return text;
}

std::string spread_cells(const TimeSpread& spread) {
  if (spread.machines == 0) return right("-", kCellColumns) + "\n";
  std::string text;
  for (const Span time : {spread.p50, spread.p90, spread.p99, spread.max}) text += right(text_of(time), kCellColumns);
  return text + "\n";
}

std::string times(const Verdict& verdict) {
  std::string text = "\n" + left("Time from power-on", kLabelColumns);
  for (const char* heading : {"p50", "p90", "p99", "max"}) text += right(heading, kCellColumns);
  text += "\n";
  for (const Stage stage : kTimesShown)
    text += left("  to " + std::string(stage_name(stage)), kLabelColumns) +
            spread_cells(verdict.time_to[static_cast<std::size_t>(stage)]);
  if (verdict.profiles.size() < 2) return text;
  text += "To done, by profile\n";
  for (const ProfileVerdict& profile : verdict.profiles)
    text += left("  " + std::string(profile.profile), kLabelColumns) + spread_cells(profile.to_done);
  return text;
}

std::string cpu_text(double seconds, Span took) {
  char text[64];
  const double share = took > Span{} ? 100 * seconds / seconds_of(took) : 0;
  std::snprintf(text, sizeof text, "%.2f s, %.0f %% of a core", seconds, share);
  return text;
}

std::string traffic(const RunRecord& record, const Verdict& verdict) {
  std::string text = "\nTraffic\n";
  text += line("goodput", rate_text(verdict.goodput) + ", at most " + rate_text(verdict.goodput_peak) + "; " +
                              human_bytes(verdict.bytes) + " in all");
  text +=
      line("retransmits", std::to_string(verdict.retransmits) + " by machines after silence; " +
                              count_text(verdict.repeated_blocks, "block", "blocks") + " came twice or out of order");
  text += line("timeouts", count_text(verdict.timeouts, "machine", "machines") + " gave up on silence");
  text += line("refusals", std::to_string(verdict.refusals) +
                               (verdict.naks > 0 ? ", and " + count_text(verdict.naks, "NAK", "NAKs") : ""));
  if (!record.virtual_time) {
    text += line("CPU, server", record.server_cpu_seconds < 0
                                    ? "not known: no process of this host was seen to be the server"
                                    : cpu_text(record.server_cpu_seconds, record.took));
    text += line("CPU, simulator", cpu_text(record.simulator_cpu_seconds, record.took));
  }
  if (record.datagrams_dropped_here > 0)
    text +=
        line("dropped here", count_text(record.datagrams_dropped_here, "datagram", "datagrams") +
                                 " by the simulator's own sockets: the figures are the simulator's, not the server's");
  return text;
}

std::string files(const Verdict& verdict) {
  if (verdict.files == 0 && verdict.files_unchecked == 0) return "";
  std::string text =
      "\nFiles\n" + line("received", count_text(verdict.files, "file", "different files") + ", " +
                                         std::to_string(verdict.files_checked) + " checked against the tree");
  text += line("unproven", std::to_string(verdict.unproven) +
                               (verdict.unproven > 0 ? ", received by one machine only and not in a tree" : ""));
  if (verdict.files_unchecked > 0) text += line("could not be checked", std::to_string(verdict.files_unchecked));
  return text;
}

std::string list(const char* title, const std::vector<std::string>& lines) {
  if (lines.empty()) return "";
  std::string text = std::string("\n") + title + "\n";
  for (const std::string& each : lines) text += "  " + printable(each) + "\n";
  return text;
}

std::string double_leases(const RunRecord& record) {
  std::vector<std::string> lines = record.double_lease_lines;
  if (record.double_leases > lines.size())
    lines.push_back("and " + std::to_string(record.double_leases - lines.size()) + " more");
  return list("Double leases", lines);
}

std::string expected(std::span<const Expectation> expectations) {
  if (expectations.empty()) return "";
  std::string text = "\nExpected\n";
  for (const Expectation& expectation : expectations)
    text += line(expectation.text, expectation.actual + (expectation.held ? ": holds" : ": DOES NOT HOLD"));
  return text;
}

std::string praise(const Verdict& verdict) {
  const std::string text = "every machine finished, every byte was right";
  if (verdict.unproven == 0) return text;
  return text + " (" + count_text(verdict.unproven, "file", "files") + " unproven)";
}

}  // namespace

std::string shortcomings(const Verdict& verdict, std::span<const Expectation> expectations) {
  std::string text;
  const auto add = [&](const std::string& reason) { text += (text.empty() ? "" : "; ") + reason; };
  if (verdict.machines == 0) add("no machine ran");
  if (verdict.failed > 0)
    add(std::to_string(verdict.failed) + " of " + count_text(verdict.machines, "machine", "machines") + " failed");
  if (verdict.boots_failed > 0 && (verdict.restarts > 0 || verdict.failed == 0))
    add(count_text(verdict.boots_failed, "boot", "boots") + " failed, restarts included");
  if (verdict.interrupted) add("the run was interrupted before its end");
  if (verdict.double_leases > 0)
    add(count_text(verdict.double_leases, "address was", "addresses were") + " leased twice");
  if (verdict.violations > 0) add(count_text(verdict.violations, "invariant was", "invariants were") + " broken");
  if (!verdict.bytes_right) add("wrong bytes were received");
  if (verdict.files_unchecked > 0) add(count_text(verdict.files_unchecked, "file", "files") + " could not be checked");
  for (const Expectation& expectation : expectations)
    if (!expectation.held) add(expectation.text + " does not hold");
  return text;
}

std::string verdict_table(const RunRecord& record, const Verdict& verdict, std::span<const Expectation> expectations) {
  const std::string why = shortcomings(verdict, expectations);
  return head(record, verdict) + machines(verdict) + times(verdict) + traffic(record, verdict) + files(verdict) +
         double_leases(record) + list("Wrong files", record.wrong_files) + list("Notes", record.notes) +
         expected(expectations) + (why.empty() ? "\nPASSED: " + praise(verdict) + "\n" : "\nFAILED: " + why + "\n");
}

}  // namespace rackcast::sim
