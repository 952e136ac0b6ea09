// HTTP and FTP of a deterministic run: a fetch is a dialogue of round trips, answered by core's deciding half, and a
// body that flows (fair_share.h). No packets: loss shows as repeated handshakes and a lower rate, a slow reader as its
// cap.
//
//   fetch -> decided -> [round trips of the dialogue] -> flow, reports every kReportEvery -> end
//
// Decided when it is asked, half a round trip before it would arrive: so no request has to be kept.
//
// Thread: the world's. Destroy before the network. Bounded by what machines ask for at once; memory per fetch about
// 200 bytes while it runs.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "io_backends/sim/sim_network.h"
#include "tools/sim/deterministic/fair_share.h"
#include "tools/sim/deterministic/stream_decisions.h"
#include "tools/sim/deterministic/virtual_tree.h"
#include "tools/sim/machines/carrier.h"

namespace rackcast::sim {

// What a machine's way to the server is like.
struct StreamPath {
  net::Ipv4Address address;
  Span round_trip{};
  double loss = 0;                     // per packet and direction
  std::uint64_t bytes_per_second = 0;  // cable and reading pace; 0: no limit
  Instant open_from{};                 // nothing passes before
};

class StreamClients {
 public:
  [[nodiscard]] virtual StreamPath path_of(MachineId machine) const = 0;
  virtual void on_fetch(MachineId machine, const FetchEvent& event) = 0;

 protected:
  ~StreamClients() = default;
};

struct StreamOptions {
  net::Ipv4Address server;
  std::uint16_t http_port = 80;  // 0: not offered
  std::uint16_t ftp_port = 21;
  std::string root;
  std::uint64_t bytes_per_second = 1'250'000'000;  // of the server, shared by all flows
};

struct StreamCounters {
  std::uint64_t fetches = 0;
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t bytes = 0;  // of bodies that came whole
};

class VirtualStreams final : private io::SimEventTarget {
 public:
  // References outlive it.
  VirtualStreams(io::SimNetwork& network, const VirtualTree& tree, StreamClients& clients, StreamOptions options,
                 std::size_t machines, std::uint64_t seed);
  ~VirtualStreams();

  void fetch(MachineId machine, const FetchRequest& request);
  void cancel(MachineId machine);

  [[nodiscard]] std::size_t running() const { return running_; }
  [[nodiscard]] const StreamCounters& counters() const { return counters_; }

 private:
  enum class Phase : std::uint8_t { kFree, kDialogue, kFlowing, kFailing };
  using Index = std::uint32_t;
  static constexpr Index kNone = 0xFFFF'FFFF;

  struct Fetch {
    Phase phase = Phase::kFree;
    bool keep_text = false;
    Failure failure = Failure::kNone;
    std::uint16_t status = 0;
    std::uint16_t end_status = 0;
    MachineId machine;
    FetchId id;
    std::uint32_t serial = 0;              // tells uses of this place apart, in tokens
    Index next = kNone;                    // of the same machine
    FairShare::Flow flow = 0;              // while flowing
    const FileContent* content = nullptr;  // the body: this generation to the end; the tree keeps it
    std::unique_ptr<std::string> text;     // or this
    std::uint64_t bytes = 0;
  };
  struct Seat {
    Index first = kNone;
    std::uint16_t flowing = 0;
    bool connected = false;  // an HTTP connection that may be used again
  };

  void on_event(std::uint64_t token) override;
  [[nodiscard]] Instant now() const;
  void at(Instant time, std::uint64_t token);
  [[nodiscard]] Index new_fetch(MachineId machine, const FetchRequest& request);
  void decide(Index index, const FetchRequest& request, const StreamPath& path, Span closed);
  void start_flow(Index index);
  void fail_in(Span time, Index index, Failure failure, std::uint16_t status);
  void finish(Index index, Failure failure);
  void end_flows();
  void report();
  void set_caps(MachineId machine);
  [[nodiscard]] std::uint64_t cap_of(MachineId machine) const;
  void arm();
  void release(Index index);
  [[nodiscard]] Span lost_time(const StreamPath& path, unsigned round_trips);
  [[nodiscard]] std::uint64_t token_of(Index index) const;

  io::SimNetwork& network_;
  const VirtualTree& tree_;
  StreamClients& clients_;
  StreamOptions options_;
  MonotonicTime start_;
  FairShare share_;
  io::SeededRandom random_;
  std::vector<Seat> seats_;  // by machine
  std::deque<Fetch> fetches_;
  std::vector<Index> free_;
  std::vector<Index> by_flow_;
  std::size_t running_ = 0;
  Instant armed_for_ = kNever;
  bool reporting_ = false;
  StreamCounters counters_;
};

}  // namespace rackcast::sim
