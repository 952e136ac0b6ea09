// Log lines to standard error and, when asked, to syslog (facility daemon, ident "rackcastd": the message has dhcpd's
// shape, the ident says truly who wrote it). Standard error has time and level in front; syslog adds its own.
// Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <string_view>

#include "core/events/event_log.h"

namespace spdlog::sinks {
class sink;
}

namespace rackcast {

class LogSink final : public LineSink {
 public:
  explicit LogSink(bool syslog);
  ~LogSink() override;

  void write(LogLevel level, std::string_view line) override;
  void set_syslog(bool on);

 private:
  std::mutex mutex_;
  std::unique_ptr<spdlog::sinks::sink> standard_error_;
  std::unique_ptr<spdlog::sinks::sink> syslog_;  // null when off
};

}  // namespace rackcast
