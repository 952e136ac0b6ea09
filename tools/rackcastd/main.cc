// rackcastd: see `rackcastd --help` and README.md.
#include <csignal>
#include <cstdio>
#include <exception>

#include "tools/rackcastd/background.h"
#include "tools/rackcastd/daemon.h"
#include "tools/rackcastd/options.h"

namespace {

// Blocked before any thread starts, so that only serve_until_stopped() takes them.
void block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a recording beyond the operator's file size limit is an error, not our end
}

int fail(const rackcast::Error& error) {
  std::fprintf(stderr, "rackcastd: %s\n", error.message.c_str());
  return 1;
}

int run(int argc, char** argv) {
  const rackcast::ParsedOptions parsed = rackcast::parse_options(argc, argv);
  if (!parsed.options) return parsed.exit_code;
  std::vector<std::string> notices;
  auto config = rackcast::load_daemon_config(*parsed.options, notices);
  if (config == nullptr) return 1;

  auto background = rackcast::Background::enter(parsed.options->foreground);
  if (!background) return fail(background.error());
  block_signals();
  auto daemon = rackcast::Daemon::start(*parsed.options, std::move(config), notices);
  if (!daemon) return fail(daemon.error());
  if (!parsed.options->foreground) std::fprintf(stderr, "rackcastd: started; log lines go to syslog from here on\n");
  background->ready();
  (*daemon)->serve_until_stopped();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    // Out of memory or descriptors while starting; nothing throws once lanes run.
    std::fprintf(stderr, "rackcastd: cannot start: %s\n", error.what());
    return 1;
  }
}
