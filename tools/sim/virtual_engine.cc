#include "tools/sim/virtual_engine.h"

#include <algorithm>

#include "tools/sim/deterministic/rack_layout.h"
#include "tools/sim/deterministic/virtual_run.h"
#include "tools/sim/verdict/tree_files.h"

namespace rackcast::sim {
namespace {

constexpr std::size_t kTextBytesMax = 65'536;  // a longer file is no configuration

std::string_view as_text(const FileContent& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

// Not inside a longer number: 10.0.0.1 is not in 10.0.0.10.
bool stands_alone(std::string_view text, std::size_t at, std::size_t size) {
  const auto numeric = [](char letter) { return (letter >= '0' && letter <= '9') || letter == '.'; };
  return (at == 0 || !numeric(text[at - 1])) && (at + size == text.size() || !numeric(text[at + size]));
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  std::size_t done = 0;
  for (std::size_t at = text.find(from); at != std::string_view::npos; at = text.find(from, at + from.size())) {
    if (!stands_alone(text, at, from.size())) continue;
    out.append(text.substr(done, at - done)).append(to);
    done = at + from.size();
  }
  return out.append(text.substr(done));
}

}  // namespace

Result<TreeContent> virtual_tree_of(const std::string& tree, std::optional<net::Ipv4Address> named,
                                    net::Ipv4Address server) {
  TreeContent all;
  const TreeRoots roots = roots_of(tree);
  // The first of several with a name is the one that the server would find.
  for (const std::string& root : {roots.tftp.front(), roots.install.front()}) {
    auto files = read_tree(root);
    if (!files) return files;
    all.merge(*files);
  }
  if (!named) return all;
  for (auto& [path, file] : all) {
    if (file->bytes().size() > kTextBytesMax || as_text(*file).find('\0') != std::string_view::npos) continue;
    const std::string text = replaced(as_text(*file), named->text().view(), server.text().view());
    if (text != as_text(*file)) file = text_content(text);
  }
  return all;
}

Result<RunRecord> rehearse(const SimOptions& options, const RunPlan& plan, const RunFacts& facts, ProgressMeter& meter,
                           const std::atomic<bool>& stop) {
  VirtualRun run;
  run.plan = plan;
  run.facts = facts;
  if (!options.tree.empty()) {
    auto tree = virtual_tree_of(options.tree, options.server, lay_out(plan).server());
    if (!tree) return tl::make_unexpected(tree.error());
    run.tree = std::make_shared<TreeContent>(std::move(*tree));
  }
  bool interrupted = false;
  run.on_progress = [&](const ProgressSnapshot& snapshot) {
    if (meter.due(snapshot.now)) meter.show(snapshot);
    interrupted = stop.load(std::memory_order_relaxed);
    return !interrupted;
  };
  VirtualOutcome outcome = run_virtual_checked(run);
  RunRecord record = std::move(outcome.record);
  record.violations = outcome.violation_count;
  for (const Violation& violation : outcome.violations)
    record.notes.push_back("violated: " + violation_line(plan.seed, violation));
  record.interrupted = interrupted;
  return record;
}

}  // namespace rackcast::sim
