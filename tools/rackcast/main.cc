#include <sys/ioctl.h>
#include <unistd.h>

#include <iostream>

#include "tools/rackcast/app.h"

int main(int argc, char** argv) {
  rackcast::Terminal terminal;
  terminal.is_terminal = ::isatty(STDOUT_FILENO) == 1;
  winsize size{};
  if (terminal.is_terminal && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
    terminal.columns = size.ws_col;
    terminal.rows = size.ws_row;
  }
  return rackcast::run_rackcast(argc, argv, std::cout, std::cerr, terminal);
}
