// Transfers that wait for admission, and the pass over their sources that gives them their turns (turns.cc).
#pragma once

#include "core/engine/tftp/source_round.h"
#include "core/time.h"

namespace rackcast::engine::tftpd {

struct Turns {
  SourceRound<MonotonicTime> waiting;  // kWaitingTurn; the note: since when its source stands where it does
  MonotonicTime look_at = kNever;      // when a limit may have moved
  std::size_t left = 0;                // sources that the pass under way has not asked about
  bool moved = false;                  // in this pass somebody started, or is over
  bool held = false;                   // a limit of the whole service holds up who has the turn, and all behind it
};

}  // namespace rackcast::engine::tftpd
