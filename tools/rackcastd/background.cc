#include "tools/rackcastd/background.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

namespace rackcast {

namespace {

constexpr char kReady = 'R';

// Waits for the daemon's one byte; without it the daemon has died, and has said why on standard error itself.
[[noreturn]] void wait_for_child(int report, pid_t child) {
  char byte = 0;
  ssize_t got = 0;
  do {
    got = read(report, &byte, 1);
  } while (got < 0 && errno == EINTR);
  if (got == 1 && byte == kReady) _exit(0);
  int status = 0;
  waitpid(child, &status, 0);
  _exit(WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : 1);
}

}  // namespace

Result<Background> Background::enter(bool foreground) {
  if (foreground) return Background(-1);
  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) return fail("cannot make a pipe to go into the background");
  const pid_t child = fork();
  if (child < 0) return fail("cannot fork to go into the background; start with --foreground");
  if (child > 0) {
    close(pipe_ends[1]);
    wait_for_child(pipe_ends[0], child);
  }
  close(pipe_ends[0]);
  setsid();
  return Background(pipe_ends[1]);
}

Background::Background(Background&& other) noexcept : report_(std::exchange(other.report_, -1)) {}

Background::~Background() {
  if (report_ >= 0) close(report_);
}

void Background::ready() {
  sd_notify(0, "READY=1");
  if (report_ < 0) return;
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null >= 0) {
    for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null, standard);
    close(null);
  }
  // A parent that is gone already is no reason to stop serving.
  (void)!write(report_, &kReady, 1);
  close(std::exchange(report_, -1));
}

}  // namespace rackcast
