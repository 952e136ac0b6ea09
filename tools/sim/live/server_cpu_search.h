// Whose CPU is the server's, found without holding up a run: the walk through /proc takes longer than the machines'
// first answers, and at the first of them the storm is on.
//
//   look(find)    on the calling thread: before the run, where the server is known
//   begin(find)   on a thread of its own, which shares nothing with the run and is joined by seconds() or the
//   destructor
#pragma once

#include <functional>
#include <future>
#include <optional>

#include "tools/sim/live/server_cpu.h"

namespace rackcast::sim {

class ServerCpuSearch {
 public:
  using Find = std::function<ServerCpu()>;

  [[nodiscard]] bool begun() const { return found_.has_value() || finding_.valid(); }
  // Precondition of both: not begun().
  void look(const Find& find) { found_ = find(); }
  void begin(Find find) { finding_ = std::async(std::launch::async, std::move(find)); }

  // As ServerCpu::seconds(); nothing where no search was begun. Waits for its end.
  [[nodiscard]] std::optional<double> seconds() {
    if (finding_.valid()) found_ = finding_.get();
    return found_ ? found_->seconds() : std::nullopt;
  }

 private:
  std::optional<ServerCpu> found_;
  std::future<ServerCpu> finding_;
};

}  // namespace rackcast::sim
