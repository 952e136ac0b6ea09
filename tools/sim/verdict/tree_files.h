// The files of --tree as the truth: maps what machines ask for to files on disk and fingerprints each once, when it is
// first asked about. The bytes that count are those of the run's beginning: a file whose inode changed since is
// kChanged rather than compared with what it is now.
//
//   "/tftpboot/pxelinux.0", "pxelinux.0", "\\pxelinux.0"  ->  ROOT/pxelinux.0   where ROOT is /tftpboot
//
// Written apart from the server's own path rule, so that the two can disagree. Blocks on the file system: when the run
// is over, not beside it. Single-threaded.
#pragma once

#include <ctime>
#include <string>
#include <unordered_map>
#include <vector>

#include "tools/sim/verdict/expected_files.h"

namespace rackcast::sim {

// Folders that paths are looked up in, the first that has the file decides.
struct TreeRoots {
  std::vector<std::string> tftp;
  std::vector<std::string> install;  // HTTP and FTP
};

// What one --tree DIR means: DIR/tftpboot and DIR/tree where they exist (the demo tree's shape), then DIR itself.
[[nodiscard]] TreeRoots roots_of(const std::string& directory);

class TreeFiles final : public ExpectedFiles {
 public:
  explicit TreeFiles(TreeRoots roots);  // now is the run's beginning

  [[nodiscard]] ExpectedFile find(FileProtocol protocol, std::string_view path) override;

 private:
  [[nodiscard]] ExpectedFile read_file(const std::string& name) const;

  TreeRoots roots_;
  timespec begin_{};
  std::unordered_map<std::string, ExpectedFile> known_;  // by name on disk
};

}  // namespace rackcast::sim
