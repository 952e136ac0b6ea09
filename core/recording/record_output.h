// A descriptor somebody handed us to write a recording into: a file, a pipe, a socket or a device. It may be a blocking
// one that its owner shares, so its flags stay as they are; the writer waits for room by poll() and can be hurried.
//
// Thread: one. Never raises SIGPIPE for sockets; for pipes the process ignores it.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include "core/file_descriptor.h"
#include "core/result.h"

namespace rackcast {

class RecordOutput {
 public:
  // Errors: not open for writing, or a kind of file that is not written to (a folder, a block device).
  [[nodiscard]] static Result<RecordOutput> take(FileDescriptor descriptor);

  enum class Outcome : std::uint8_t { kWritten, kStalled, kFailed };
  // All of `bytes`. Waits for a reader as long as it takes, but at most kHurriedWait once `hurry()` says so: kStalled
  // then, and what was written so far stays. kFailed: see error().
  [[nodiscard]] Outcome write(std::span<const std::byte> bytes, const std::function<bool()>& hurry);

  // Whoever reads a pipe then sees its end. Nothing may be written afterwards.
  void close() { descriptor_.reset(); }

  [[nodiscard]] const std::string& error() const { return error_; }  // one sentence

  static constexpr std::chrono::milliseconds kHurriedWait{1'000};

 private:
  enum class Kind : std::uint8_t { kFile, kPipe, kSocket };

  RecordOutput(FileDescriptor descriptor, Kind kind) : descriptor_(std::move(descriptor)), kind_(kind) {}
  [[nodiscard]] long write_some(std::span<const std::byte> bytes);

  FileDescriptor descriptor_;
  Kind kind_;
  std::string error_;
};

}  // namespace rackcast
