// Asks for many addresses at once, beside the lanes, and answers each: in use as soon as somebody is heard, free when
// its time is over.
//
//   lane --submit--> [queue] --> thread: ask, listen --> AddressProbed to the lane
//
// Bounded: kProbesMax under way or queued; more is refused, and the server offers without a look. A question that
// cannot be asked (no such interface any more, no route) is answered at once, as free.
// Threads: submit() from any; the answer function is called on the prober's.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "core/mailbox.h"
#include "io_backends/probe/probe_sockets.h"

namespace rackcast::io {

inline constexpr std::size_t kProbesMax = 4'096;

struct ProberCounters {
  std::uint64_t asked = 0;
  std::uint64_t in_use = 0;
  std::uint64_t not_asked = 0;     // the kernel would not send it
  std::uint64_t answers_lost = 0;  // the lane's mailbox was full: its DISCOVER comes again
};

class AddressProber {
 public:
  using Answer = std::function<bool(LaneId, const AddressProbed&)>;  // false: not taken

  // Starts the thread. Error: no descriptor to wake it by.
  [[nodiscard]] static Result<std::unique_ptr<AddressProber>> start(ProbeSockets sockets, Answer answer);
  ~AddressProber();  // questions under way stay unanswered

  [[nodiscard]] bool submit(LaneId from, const ProbeAddress& probe);
  [[nodiscard]] ProberCounters counters() const;

 private:
  struct Question {
    LaneId lane;
    ProbeAddress probe;
    std::chrono::steady_clock::time_point until;
  };

  AddressProber(ProbeSockets sockets, Answer answer, FileDescriptor wake);
  void run();
  void ask_what_is_queued();
  void hear(const ProbeSighting& sighting);
  void end_what_is_over();
  [[nodiscard]] int milliseconds_to_wait() const;
  void finish(const Question& question, bool in_use);

  ProbeSockets sockets_;
  Answer answer_;
  FileDescriptor wake_;
  Mailbox<Question> queue_{kProbesMax};
  std::atomic<std::size_t> outstanding_ = 0;  // queued and under way
  std::vector<Question> asked_;               // the thread's
  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> asked_count_ = 0;
  std::atomic<std::uint64_t> in_use_count_ = 0;
  std::atomic<std::uint64_t> not_asked_count_ = 0;
  std::atomic<std::uint64_t> answers_lost_count_ = 0;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace rackcast::io
