// Going into the background the way init scripts expect: the command returns only once the daemon serves (exit 0) or
// has failed (exit 1, with its sentence on standard error). In the foreground all of it is a no-op.
//
// Main thread, before any other thread starts.
#pragma once

#include <string_view>

#include "core/result.h"

namespace rackcast {

class Background {
 public:
  // In the parent this does not return: it exits with what the child reported. `foreground`: no fork.
  [[nodiscard]] static Result<Background> enter(bool foreground);

  Background(Background&& other) noexcept;
  Background& operator=(Background&&) = delete;
  ~Background();  // not ready yet: the parent reports a failure

  // Serving: lets the parent exit 0 and detaches standard input, output and error. Also tells systemd (sd_notify).
  void ready();

 private:
  explicit Background(int report) : report_(report) {}
  int report_ = -1;  // pipe to the waiting parent; -1 in the foreground
};

}  // namespace rackcast
