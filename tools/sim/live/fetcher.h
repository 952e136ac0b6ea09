// All machines' HTTP and FTP fetches: who runs, who waits for a descriptor, and which open connections can be used
// again. Every fetch that is ordered ends with one event, unless cancel() or destruction drops it.
//
// Bounded: descriptors by the process's limit, waiting fetches by kWaitingMax, waiting itself by kOwnWaitMax;
// beyond, kLocal. One thread; receivers are called from the event loop, never from within order() or cancel().
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <unordered_map>
#include <vector>

#include "core/result.h"
#include "tools/sim/live/fetch.h"
#include "tools/sim/live/network_guard.h"

namespace rackcast::sim {

class FetchReceiver {
 public:
  virtual ~FetchReceiver() = default;
  virtual void on_fetch_event(Instant now, MachineId machine, const FetchEvent& event) = 0;
};

// For a descriptor of ours: it is not the server that is slow, so the client's own patience does not count.
inline constexpr Span kOwnWaitMax = std::chrono::seconds(30);

class Fetcher final : private FetchHost, private Timed {
 public:
  Fetcher(EventLoop& loop, FetchReceiver& receiver, std::size_t descriptors_max, Reach reach = {},
          Span wait_max = kOwnWaitMax);
  ~Fetcher() override;

  void order(Instant now, FetchOrder order);
  void cancel(MachineId machine);

  [[nodiscard]] std::size_t descriptors() const { return descriptors_; }
  [[nodiscard]] std::uint64_t had_to_wait() const { return had_to_wait_; }    // fetches, for want of descriptors
  [[nodiscard]] std::uint64_t beyond_reach() const { return beyond_reach_; }  // connections not opened (kLocal)

  static constexpr std::size_t kWaitingMax = 200'000;
  static constexpr std::size_t kDescriptorsPerFetch = 2;  // FTP's two connections
  static constexpr std::size_t kReadBufferBytes = 256 << 10;

 private:
  struct Waiting {
    FetchOrder order;
    Instant give_up{};
  };
  struct Idle {
    MachineId machine;
    net::Endpoint server;
    FileDescriptor socket;
  };
  using IdleList = std::list<Idle>;  // the one longest idle first

  // FetchHost
  EventLoop& loop() override { return loop_; }
  std::span<std::byte> read_buffer() override { return buffer_; }
  Dialled dial(const FetchOrder& order, const net::Endpoint& to) override;
  FileDescriptor reuse(MachineId machine, const net::Endpoint& server) override;
  void keep(MachineId machine, const net::Endpoint& server, FileDescriptor socket) override;
  void hang_up(FileDescriptor socket) override;
  void progress(Instant now, Fetch& fetch, const FetchEvent& event) override;
  void ended(Instant now, Fetch& fetch, const FetchEvent& event) override;

  void on_time(Instant now) override;
  void start(Instant now, FetchOrder order);
  void start_waiting(Instant now);
  void fail(Instant now, const FetchOrder& order);
  // By what running fetches may still open, not by what they have open now.
  [[nodiscard]] bool has_room() const {
    return (running_count_ + 1) * kDescriptorsPerFetch + idle_.size() <= descriptors_max_;
  }
  bool make_room();
  void drop_idle(IdleList::iterator idle);

  EventLoop& loop_;
  FetchReceiver& receiver_;
  std::size_t descriptors_max_;
  Reach reach_;
  Span wait_max_;
  std::size_t descriptors_ = 0;
  std::size_t running_count_ = 0;
  std::vector<std::byte> buffer_;
  std::unordered_map<MachineId, std::vector<std::unique_ptr<Fetch>>> running_;
  std::vector<std::unique_ptr<Fetch>> over_;  // stopped, perhaps still on the stack: freed on the next turn
  std::deque<Waiting> waiting_;
  IdleList idle_;
  std::unordered_multimap<MachineId, IdleList::iterator> idle_of_;
  std::uint64_t had_to_wait_ = 0;
  std::uint64_t beyond_reach_ = 0;
};

// Raises the process's limit of descriptors as far as allowed; returns what fetches may use of it. Error: there are
// fewer than kDescriptorsMin.
[[nodiscard]] Result<std::size_t> claim_descriptors();
inline constexpr std::size_t kDescriptorsMin = 48;  // a run's sockets, files and one fetch

}  // namespace rackcast::sim
