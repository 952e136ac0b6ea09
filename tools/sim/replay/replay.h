// `rackcast-sim replay FILE --config F`: a recording of rackcastd (`rackcast record`), or any pcapng capture of DHCP
// and TFTP, given to today's engines. Differences between what the server said then and what the engines say now are
// reported, the first of each client; so a failure seen in the field becomes a test.
//
// Main thread; reads files; deterministic: the same input gives the same report.
#pragma once

#include <iosfwd>
#include <memory>
#include <string>

#include "core/config/config.h"
#include "core/engine/dhcp/dhcp_engine.h"
#include "core/engine/tftp/tftp_engine.h"
#include "core/result.h"
#include "tools/sim/replay/capture.h"
#include "tools/sim/replay/comparison.h"
#include "tools/sim/replay/replay_world.h"

namespace rackcast::sim {

struct ReplayOptions {
  std::string file;    // the capture
  std::string config;  // of the daemon, as it was or as it is to be
  std::string tree;    // boot files; "" = [tftp].root of the configuration
  std::string json;    // where the report goes as JSON, "-" for standard output; "" = nowhere
};

// More is not read into memory.
inline constexpr std::uint64_t kCaptureBytesMax = std::uint64_t{2} << 30U;

struct ReplayReport {
  Comparison::Result comparison;
  ReplayCounters counters;
  std::uint64_t frames = 0;
  std::uint64_t not_udp = 0;
  std::uint64_t cut = 0;
  std::uint64_t unrelated = 0;
  std::string damage;
  std::optional<engine::DhcpStats> dhcp;
  std::optional<engine::tftpd::Counters> tftp;

  [[nodiscard]] bool same() const { return comparison.clients_differing == 0; }
};

// The replay itself. Error: not a capture, or the tree cannot be opened.
[[nodiscard]] Result<ReplayReport> replay(std::span<const std::byte> file, std::shared_ptr<const Config> config,
                                          const std::string& tree);

// The report for people, a line per fact.
[[nodiscard]] std::string replay_text(const ReplayReport& report);
[[nodiscard]] std::string replay_json(const ReplayReport& report);

// The command: 0 when nothing differs, 1 when something does or it could not be done (one sentence on `err`).
[[nodiscard]] int run_replay(const ReplayOptions& options, std::ostream& out, std::ostream& err);
[[nodiscard]] int run_replay(const ReplayOptions& options);  // on standard output and standard error

}  // namespace rackcast::sim
