// What a lane shows a recorder: every datagram it gives to an engine, and every one an engine commits, in the order the
// engines saw and made them. Off unless somebody records: the lane then has no tap and pays one branch.
//
// Thread: the lane's, for every call. An implementation must not block and not allocate.
#pragma once

#include "core/packet_io.h"
#include "core/time.h"

namespace rackcast {

class DatagramTap {
 public:
  virtual ~DatagramTap() = default;

  // A loop turn begins: the one time that the engines are told for all that follows.
  virtual void turn(const Now& now) = 0;
  // Lent for the call.
  virtual void received(const ReceivedDatagram& datagram) = 0;
  // A slot on its way to the backend, whatever becomes of it there; `from` is the local endpoint of its socket.
  virtual void sent(const TxSlot& slot, const net::Endpoint& from) = 0;
};

}  // namespace rackcast
