// May this run go where it is aimed? DHCP and load belong on loopback or into a network namespace of their own: a
// thousand invented machines on an office network take every address there is.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "proto/net/address.h"

namespace rackcast::sim {

// What the guard judges by.
struct Surroundings {
  bool own_namespace = false;  // our network namespace is not that of process 1
};
// Reads /proc. In a container whose process 1 shares our namespace, that one counts as the host's. Where process 1 may
// not be looked at, our oldest ancestor stands for it.
[[nodiscard]] Surroundings look_around();

struct Aim {
  std::string_view interface;              // where DHCP goes; empty: nowhere
  std::optional<net::Ipv4Address> server;  // where the load goes, if it is known before DHCP says
  std::optional<net::Ipv4Address> relay;
  std::optional<net::Ipv4Address> first_address;  // of the machines, without DHCP
  std::span<const std::string> names;             // of files, as the operator gave them: those that are URLs have hosts
  bool yes_really = false;
};

// Nothing: go. Else one sentence: what is refused and what to do.
[[nodiscard]] std::optional<std::string> refuse(const Aim& aim, const Surroundings& around);

// What the machines of a run may use as their own address and send to: a DHCP server, a served configuration and a
// redirect name addresses too, which nobody knew when the run was let go. Asked for each of them.
struct Reach {
  bool everywhere = false;
  [[nodiscard]] bool includes(const net::IpAddress& address) const {
    return everywhere || (address.is_v4() && address.v4().octet(0) == 127);
  }
};
[[nodiscard]] Reach reach_of(bool yes_really, const Surroundings& around);
// One sentence for a machine that fails for it.
[[nodiscard]] std::string beyond_reach(const net::IpAddress& address);

}  // namespace rackcast::sim
