#include "tools/rackcast/status.h"

#include <signal.h>

#include <chrono>
#include <ostream>

#include "core/config/parse.h"
#include "tools/rackcast/http_get.h"
#include "tools/rackcast/status_table.h"

namespace rackcast {
namespace {

constexpr const char* kDefaultUrl = "http://127.0.0.1:8077";
constexpr const char* kClearScreen = "\x1b[H\x1b[2J";

// One look, as text.
Result<std::string> look(const StatusOptions& options, const HttpUrl& url, const Terminal& terminal) {
  auto body = http_get(url, "/api/machines", options.timeout);
  if (!body || options.json) return body;
  auto machines = parse_machines(*body);
  if (!machines) return tl::make_unexpected(machines.error());
  const TableStyle style{terminal.columns, options.watch ? terminal.rows : 0, terminal.is_terminal};
  return status_table(std::move(*machines), std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()),
                      style);
}

}  // namespace

Result<std::string> board_url(const StatusOptions& options) {
  if (!options.url.empty()) return options.url;
  if (options.config.empty()) return std::string(kDefaultUrl);
  const ConfigOutcome outcome = load_config(options.config);
  if (outcome.config == nullptr)
    return fail(options.config + " cannot be used: run rackcast check-config " + options.config);
  if (!outcome.config->board) return fail(options.config + " has no [board]: add the section, or use --url");
  net::Endpoint endpoint = outcome.config->board->listen;
  if (endpoint.address.is_any())
    endpoint.address = endpoint.address.is_v4() ? net::IpAddress(net::Ipv4Address(127, 0, 0, 1))
                                                : net::IpAddress::parse("::1").value_or(endpoint.address);
  return "http://" + std::string(endpoint.text().view());
}

int show_status(const StatusOptions& options, std::ostream& out, std::ostream& err, const Terminal& terminal,
                const WatchPause& pause) {
  const auto text = board_url(options);
  const auto url = text ? parse_http_url(*text) : tl::make_unexpected(text.error());
  if (!url) {
    err << "rackcast status: " << url.error().message << '\n';
    return 1;
  }
  for (bool seen = false;; seen = true) {
    const auto shown = look(options, *url, terminal);
    // Once it has been seen, a daemon that restarts is waited for.
    if (!shown && !seen) {
      err << "rackcast status: " << shown.error().message << '\n';
      return 1;
    }
    if (options.watch && terminal.is_terminal) out << kClearScreen;
    out << (shown ? *shown : shown.error().message + "\n") << std::flush;
    if (!options.watch || !out) return 0;
    if (!pause()) return 0;
    if (!terminal.is_terminal && !options.json) out << '\n';
  }
}

WatchPause pause_until_signal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return [signals] {
    const timespec second{1, 0};
    return sigtimedwait(&signals, nullptr, &second) < 0;
  };
}

}  // namespace rackcast
