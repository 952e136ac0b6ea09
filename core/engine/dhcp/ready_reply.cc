#include "core/engine/dhcp/ready_reply.h"

#include <algorithm>

namespace rackcast::engine {

void ReadyReply::assign(const ReadyReply& other) {
  std::copy_n(other.octets.begin(), other.size, octets.begin());
  size = other.size;
  to = other.to;
  delay = other.delay;
  kind = other.kind;
  counter = other.counter;
  address = other.address;
  relay = other.relay;
  interface = other.interface;
  detail = other.detail;
  client_name = other.client_name;
  machine = other.machine;
  publish = other.publish;
  quirks = other.quirks;
}

}  // namespace rackcast::engine
