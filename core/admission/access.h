// Who may ask, and when: only_from, no_access and access_times.
#pragma once

#include "core/config/config.h"
#include "proto/net/address.h"

namespace rackcast {

// An address that only one of the lists names is decided by it; with only_from present (even empty), an address that it
// does not name is refused. An address in both lists:
//   kXinetd  refused, whatever the lengths: the program does so although its manual says otherwise (shown against the
//            real xinetd by tests/netns/xinetd_test);
//   kQueue   the longer prefix decides, as xinetd's manual says: `only_from` a host out of a `no_access` network is
//   what
//            people write. Equal lengths are refused.
// O(entries); no allocation.
[[nodiscard]] bool address_allowed(const net::IpAddress& source, const AdmissionConfig& config);

// `minute_of_day`: local, 0..1439. Both ends of a span belong to it; no span at all allows every time.
[[nodiscard]] bool time_allowed(unsigned minute_of_day, const AdmissionConfig& config);

}  // namespace rackcast
