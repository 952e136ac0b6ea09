// `rackcast record`: has a running daemon write its lanes' datagrams into a pcapng file of ours.
//
// The daemon writes into the descriptor that goes along with the request, so the file is made with the caller's rights.
// Ctrl-C (SIGINT, SIGTERM) hangs up; the daemon then ends the recording and tells what is in it.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "core/result.h"

namespace rackcast {

struct RecordOptions {
  std::optional<unsigned> lane;  // absent: all
  std::uint64_t seconds = 60;
  std::uint64_t megabytes = 256;  // of 2^20
  std::string output;             // a file, or "-" for standard output
  std::string socket;             // "" = by config, else the default
  std::string config;             // a configuration file whose [server].state_dir tells where
};

// Where the control socket is, from the options.
[[nodiscard]] Result<std::string> control_socket_of(const RecordOptions& options);

// `stop`: a descriptor that becomes readable when the user wants to stop (the tool's: signals). The summary goes to
// `out`, or to `err` when the recording itself goes to standard output. Returns the exit code.
[[nodiscard]] int record(const RecordOptions& options, int stop, std::ostream& out, std::ostream& err);

// The summary of the daemon's answer, one line; the error is a sentence.
[[nodiscard]] Result<std::string> record_summary(const std::string& answer, const std::string& output);

// Blocks SIGINT and SIGTERM for this thread and returns a descriptor that is readable once either came; -1 on failure.
[[nodiscard]] int stop_descriptor();

}  // namespace rackcast
