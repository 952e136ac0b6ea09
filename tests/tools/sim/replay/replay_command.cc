// replay_command FILE CONFIG [TREE]: the replay as a program, for tests/netns/record_test.
#include <cstdio>

#include "tools/sim/replay/replay.h"

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    std::fprintf(stderr, "usage: replay_command FILE CONFIG [TREE]\n");
    return 2;
  }
  return rackcast::sim::run_replay({.file = argv[1], .config = argv[2], .tree = argc == 4 ? argv[3] : "", .json = {}});
}
