#include "tools/sim/verdict/file_ledger.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "core/events/format.h"

namespace rackcast::sim {
namespace {

constexpr std::size_t kPathShownMax = 120;
constexpr std::uint32_t kNobodySpared = std::numeric_limits<std::uint32_t>::max();

std::string shown(std::string_view path) {
  return printable(path.size() <= kPathShownMax ? path : path.substr(path.size() - kPathShownMax));
}

std::string machines_text(std::uint32_t count) {
  return std::to_string(count) + (count == 1 ? " machine" : " machines");
}

// The notes about files that could not be held against the truth: how many, and the first by name.
class Unchecked {
 public:
  explicit Unchecked(std::string why) : why_(std::move(why)) {}
  void add(std::string_view path) {
    if (count_++ == 0) first_ = path;
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  void tell(std::vector<std::string>& notes) const {
    if (count_ == 1) notes.push_back(first_ + ": " + why_);
    if (count_ > 1) notes.push_back(first_ + " and " + std::to_string(count_ - 1) + " more files: " + why_);
  }

 private:
  std::string why_;
  std::string first_;
  std::uint64_t count_ = 0;
};

}  // namespace

// Which bytes are right, and by what.
struct FileLedger::Judgement {
  Knowledge knowledge = Knowledge::kUnknown;
  std::optional<std::uint64_t> right_bytes;  // nothing: no size can be called right
  const Variant* right = nullptr;            // null: nobody got the right bytes
  std::uint32_t spared = kNobodySpared;      // variants of so many machines are not called wrong: from before a change
  bool checked = false;                      // against the tree

  [[nodiscard]] std::string_view measure() const {
    if (knowledge == Knowledge::kChanged) return "before and after the change";
    return knowledge == Knowledge::kKnown ? "the tree's" : right_bytes ? "most machines" : "one another";
  }
};

FileLedger::FileLedger(std::uint32_t machines, ExpectedFiles* truth) : machine_count_(machines), truth_(truth) {}

FileLedger::Variant& FileLedger::variant_for(File& file, const FileReceived& received) {
  for (Variant& variant : file.variants)
    if (variant.bytes == received.bytes && variant.digest == received.digest) return variant;
  if (file.variants.size() == kLedgerVariantsMax) return file.others;
  return file.variants.emplace_back(Variant{received.bytes, received.digest, 0, {}});
}

void FileLedger::add(MachineId machine, const FileReceived& file) {
  Key key(file.path, file.protocol, file.server);
  auto found = files_.find(key);
  if (found == files_.end()) {
    if (files_.size() == kLedgerFilesMax) {
      ++not_kept_;
      return;
    }
    found = files_.emplace(std::move(key), File{}).first;
  }
  Variant& variant = variant_for(found->second, file);
  if (variant.machines.empty()) variant.machines.resize(machine_count_);
  if (variant.machines[machine.value()]) return;
  variant.machines[machine.value()] = true;
  ++variant.count;
}

bool FileLedger::has_one_reader(const File& file) {
  return file.variants.size() == 1 && file.variants.front().count == 1 && file.others.count == 0;
}

// Where several variants have equally many machines, none of them can be told from the one before the change.
void FileLedger::judge_changed(const ExpectedFile& now, const File& file, Judgement& judgement) {
  std::vector<std::uint32_t> counts;
  for (const Variant& variant : file.variants) {
    if (variant.bytes == now.bytes && variant.digest == now.digest)
      judgement.right = &variant;
    else
      counts.push_back(variant.count);
  }
  judgement.checked = judgement.right != nullptr && counts.empty();
  std::sort(counts.begin(), counts.end(), std::greater<>());
  const std::size_t explained = judgement.right == nullptr ? 2 : 1;
  judgement.spared = counts.empty() ? kNobodySpared : counts[std::min(explained, counts.size()) - 1];
}

FileLedger::Judgement FileLedger::judge(const Key& key, const File& file) {
  Judgement judgement;
  const auto& [path, protocol, server] = key;
  const ExpectedFile expected = truth_ == nullptr ? ExpectedFile{} : truth_->find(protocol, path);
  judgement.knowledge = expected.knowledge;
  judgement.checked = expected.knowledge == Knowledge::kKnown;
  if (expected.knowledge == Knowledge::kChanged) {
    judge_changed(expected, file, judgement);
    return judgement;
  }
  if (expected.knowledge == Knowledge::kKnown) {
    judgement.right_bytes = expected.bytes;
    for (const Variant& variant : file.variants)
      if (variant.bytes == expected.bytes && variant.digest == expected.digest) judgement.right = &variant;
    return judgement;
  }
  const auto most = std::max_element(file.variants.begin(), file.variants.end(),
                                     [](const Variant& a, const Variant& b) { return a.count < b.count; });
  const auto as_many = std::count_if(file.variants.begin(), file.variants.end(),
                                     [&](const Variant& variant) { return variant.count == most->count; });
  if (as_many > 1) return judgement;
  judgement.right = &*most;
  judgement.right_bytes = most->bytes;
  return judgement;
}

std::uint32_t FileLedger::condemn(const std::string& path, const File& file, const Judgement& judgement,
                                  std::vector<std::string>& details) const {
  std::vector<bool> wrong(machine_count_);
  const auto blame = [&](const Variant& variant, const std::string& detail) {
    for (std::uint32_t machine = 0; machine < variant.machines.size(); ++machine) {
      if (!variant.machines[machine]) continue;
      wrong[machine] = true;
      if (details[machine].empty()) details[machine].append(path).append(": ").append(detail);
    }
  };
  const std::string other = "other bytes than " + std::string(judgement.measure());
  for (const Variant& variant : file.variants) {
    if (&variant == judgement.right || variant.count >= judgement.spared) continue;
    const bool size_tells = judgement.right_bytes && variant.bytes != *judgement.right_bytes;
    blame(variant, size_tells
                       ? std::to_string(variant.bytes) + " bytes instead of " + std::to_string(*judgement.right_bytes)
                       : other);
  }
  blame(file.others, other);
  return static_cast<std::uint32_t>(std::count(wrong.begin(), wrong.end(), true));
}

LedgerOutcome FileLedger::check() {
  LedgerOutcome outcome;
  std::vector<std::string> details(machine_count_);
  Unchecked unknown("not in the tree; compared between machines only");
  Unchecked unproven("unproven: received by one machine only, and no tree to hold it against");
  Unchecked changed("changed since the run began; compared between machines only");
  Unchecked failed("cannot be read in the tree; compared between machines only");
  std::uint64_t wrong_files = 0;
  for (const auto& [key, file] : files_) {
    const std::string path = shown(std::get<std::string>(key));
    const Judgement judgement = judge(key, file);
    ++outcome.files;
    switch (judgement.knowledge) {
      case Knowledge::kKnown:
        ++outcome.files_checked;
        break;
      case Knowledge::kUnknown:
        if (has_one_reader(file))
          unproven.add(path);
        else
          unknown.add(path);
        break;
      case Knowledge::kChanged:
        if (judgement.checked)
          ++outcome.files_checked;
        else
          changed.add(path);
        break;
      case Knowledge::kFailed:
        failed.add(path);
        break;
    }
    const std::uint32_t machines = condemn(path, file, judgement, details);
    if (machines > 0 && wrong_files++ < kWrongFilesShownMax)
      outcome.wrong_files.push_back(path + ": " + machines_text(machines) + " got other bytes than " +
                                    std::string(judgement.measure()));
  }
  if (wrong_files > kWrongFilesShownMax)
    outcome.wrong_files.push_back("and " + std::to_string(wrong_files - kWrongFilesShownMax) + " more files");
  if (truth_ != nullptr)
    unknown.tell(outcome.notes);
  else if (outcome.files > 0)
    outcome.notes.emplace_back("no tree to check against: files were compared between machines only");
  unproven.tell(outcome.notes);
  changed.tell(outcome.notes);
  failed.tell(outcome.notes);
  outcome.files_unproven = unproven.count();
  outcome.files_unchecked = changed.count() + failed.count() + not_kept_;
  if (not_kept_ > 0)
    outcome.notes.push_back("more than " + std::to_string(kLedgerFilesMax) +
                            " different files: " + std::to_string(not_kept_) + " receipts were not checked");
  for (std::uint32_t machine = 0; machine < machine_count_; ++machine)
    if (!details[machine].empty()) outcome.machines.push_back({MachineId(machine), std::move(details[machine])});
  return outcome;
}

}  // namespace rackcast::sim
