#include "core/engine/dhcp/dialogues.h"

#include <algorithm>

namespace rackcast::engine {

Dialogues::Dialogues(std::size_t places, std::uint64_t seed)
    : seed_(seed), sets_(std::max<std::size_t>(places / kWays, 1)) {}

std::size_t Dialogues::set_of(const net::MacAddress& mac) const {
  return net::hash(mac, seed_) % sets_.size();
}

void Dialogues::note(const Request& discover) {
  if (discover.vendor_class.empty() && discover.architecture == kArchitectureUnsaid && discover.machine_id.empty())
    return;
  Set& set = sets_[set_of(discover.mac)];
  auto place = std::find_if(set.places.begin(), set.places.end(),
                            [&](const Place& one) { return one.mac == discover.mac || one.mac.is_zero(); });
  if (place == set.places.end()) {
    place = set.places.begin() + static_cast<std::ptrdiff_t>(set.next);
    set.next = (set.next + 1) % kWays;
  }
  place->mac = discover.mac;
  place->xid = discover.header.xid;
  place->architecture = discover.architecture;
  place->boot_class = discover.boot_class;
  place->vendor_class = discover.vendor_class;
  place->machine_id = discover.machine_id;
}

void Dialogues::complete(Request& request) const {
  if (!request.vendor_class.empty() && request.architecture != kArchitectureUnsaid && !request.machine_id.empty())
    return;
  const Set& set = sets_[set_of(request.mac)];
  const auto place = std::find_if(set.places.begin(), set.places.end(), [&](const Place& one) {
    return one.mac == request.mac && one.xid == request.header.xid;
  });
  if (place == set.places.end()) return;
  if (request.vendor_class.empty()) {
    request.vendor_class = place->vendor_class;
    request.boot_class = place->boot_class;
  }
  if (request.architecture == kArchitectureUnsaid) request.architecture = place->architecture;
  if (request.machine_id.empty()) request.machine_id = place->machine_id;
}

}  // namespace rackcast::engine
