// Every file that machines received, and who received which bytes of it. When the run is over, each file is held
// against the truth where that is known, and against what the other machines got where it is not.
//
// Without the truth the bytes that most machines got are taken for right; where no variant has more machines than every
// other, nobody can be called right, and all of them count as wrong. The same path from another server or by another
// protocol is another file.
//
// A file that one machine alone received and no truth knows is unproven: right for all that anybody can tell.
//
// A file of the tree that changed during the run explains two variants: what it is now, and what most other machines
// got before. A further one is wrong; and unless everybody got what it is now, the file counts as unchecked.
//
// Single-threaded. Per file: its path, and one bit per machine and variant.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "tools/sim/machines/observer.h"
#include "tools/sim/verdict/expected_files.h"

namespace rackcast::sim {

inline constexpr std::size_t kLedgerFilesMax = 50'000;  // an install tree has a tenth of that; more are counted
inline constexpr std::size_t kLedgerVariantsMax = 16;   // of one file; machines that got further ones count as wrong
inline constexpr std::size_t kWrongFilesShownMax = 50;

struct WrongBytes {
  MachineId machine;
  std::string detail;  // "vmlinuz: not the tree's bytes"; of the machine's first wrong file
};

struct LedgerOutcome {
  std::vector<WrongBytes> machines;      // each once, in order
  std::vector<std::string> wrong_files;  // "vmlinuz: 3 machines got other bytes than the tree's"
  std::vector<std::string> notes;        // what could not be checked, and why
  std::uint64_t files = 0;
  std::uint64_t files_checked = 0;  // against the truth
  // Received by one machine only, and no truth knows them. Among neither the wrong ones nor the unchecked.
  std::uint64_t files_unproven = 0;
  // Files of the tree that could not be held against it, and receipts beyond kLedgerFilesMax, one each.
  std::uint64_t files_unchecked = 0;
};

class FileLedger {
 public:
  // `truth`: null when there is none; outlives the ledger.
  FileLedger(std::uint32_t machines, ExpectedFiles* truth);

  // One search in the table of files. `machine` is below the number of machines.
  void add(MachineId machine, const FileReceived& file);
  // May read every file of the tree that was asked for.
  [[nodiscard]] LedgerOutcome check();

 private:
  struct Variant {
    std::uint64_t bytes = 0;
    std::uint64_t digest = 0;
    std::uint32_t count = 0;     // of `machines`
    std::vector<bool> machines;  // who got it
  };
  struct File {
    std::vector<Variant> variants;  // kLedgerVariantsMax at most
    Variant others;                 // all further ones as one, never right; without bytes and digest
  };
  using Key = std::tuple<std::string, FileProtocol, net::Endpoint>;

  struct Judgement;
  static void judge_changed(const ExpectedFile& now, const File& file, Judgement& judgement);
  [[nodiscard]] static bool has_one_reader(const File& file);
  static Variant& variant_for(File& file, const FileReceived& received);
  [[nodiscard]] Judgement judge(const Key& key, const File& file);
  // How many machines got wrong bytes; `details` has a line for each that had none.
  std::uint32_t condemn(const std::string& path, const File& file, const Judgement& judgement,
                        std::vector<std::string>& details) const;

  std::uint32_t machine_count_;
  ExpectedFiles* truth_;
  std::map<Key, File, std::less<>> files_;  // sorted: the same run, the same report
  std::uint64_t not_kept_ = 0;              // receipts beyond kLedgerFilesMax
};

}  // namespace rackcast::sim
