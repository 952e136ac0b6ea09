#include "core/events/log_sink.h"

#include <spdlog/details/log_msg.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <syslog.h>

#include <string>

namespace rackcast {
namespace {

constexpr const char* kIdent = "rackcastd";

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::kTrace:
      return spdlog::level::trace;
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::unique_ptr<spdlog::sinks::sink> make_syslog() {
  return std::make_unique<spdlog::sinks::syslog_sink_st>(kIdent, LOG_PID, LOG_DAEMON, false);
}

}  // namespace

LogSink::LogSink(bool syslog)
    : standard_error_(std::make_unique<spdlog::sinks::stderr_sink_st>()), syslog_(syslog ? make_syslog() : nullptr) {
  standard_error_->set_pattern("%Y-%m-%d %H:%M:%S.%e %l %v");
}

LogSink::~LogSink() = default;

void LogSink::write(LogLevel level, std::string_view line) {
  const spdlog::details::log_msg message(spdlog::string_view_t(kIdent), spdlog_level(level),
                                         spdlog::string_view_t(line.data(), line.size()));
  const std::scoped_lock lock(mutex_);
  standard_error_->log(message);
  standard_error_->flush();
  if (syslog_) syslog_->log(message);
}

void LogSink::set_syslog(bool on) {
  const std::scoped_lock lock(mutex_);
  if (on == (syslog_ != nullptr)) return;
  syslog_ = on ? make_syslog() : nullptr;
}

}  // namespace rackcast
