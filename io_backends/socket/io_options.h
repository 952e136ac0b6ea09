// What may be chosen about a kernel backend when it is made.
#pragma once

#include <cstddef>

#include "io_backends/socket/tx_slots.h"

namespace rackcast::io {

struct IoOptions {
  std::size_t slot_count = kTxSlotCount;
  // False: every datagram of a burst is a message of its own, as where the kernel refuses UDP_SEGMENT. For measuring,
  // and for links whose segmentation is broken.
  bool segmentation_offload = true;
};

}  // namespace rackcast::io
