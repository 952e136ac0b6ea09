// What the server under test should have sent: the truth that received files are held against. The live engine reads it
// from --tree (tree_files.h); a test may know it by heart.
#pragma once

#include <cstdint>
#include <string_view>

#include "tools/sim/machines/observer.h"

namespace rackcast::sim {

enum class Knowledge : std::uint8_t {
  kKnown,    // `bytes` and `digest` are the truth
  kUnknown,  // no such file here
  kChanged,  // it is not what it was when the run began; `bytes` and `digest` are what it is now, zero when not known
  kFailed,   // it is here but cannot be read
};

struct ExpectedFile {
  Knowledge knowledge = Knowledge::kUnknown;
  std::uint64_t bytes = 0;
  std::uint64_t digest = 0;  // machines/digest.h
};

class ExpectedFiles {
 public:
  virtual ~ExpectedFiles() = default;
  // `path` as a machine asked for it. May read the whole file.
  [[nodiscard]] virtual ExpectedFile find(FileProtocol protocol, std::string_view path) = 0;
};

}  // namespace rackcast::sim
