// Where a file is: server and path by TFTP, HTTP or FTP; and how loaders turn the names they find into one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proto/net/address.h"
#include "tools/sim/machines/machine_facts.h"
#include "tools/sim/machines/url.h"

namespace rackcast::sim {

struct Location {
  UrlScheme scheme = UrlScheme::kTftp;
  net::Endpoint server;
  std::string path;  // TFTP: as it is asked for, "pxelinux.cfg/default"; otherwise it begins with '/'
};

// A name a loader found or makes up, beside `base` (the file whose folder counts):
//   "http://host/path"          a URL; its host is an address, or a name that the run's facts know
//   "10.0.0.1::boot/vmlinuz"    pxelinux: another TFTP server, from its root; "::boot/vmlinuz" the same server
//   "(http,10.0.0.1:80)/path"   GRUB; "(tftp)/path" and "($root)/path" are base's server
//   "/path"                     from the root of base's server
//   "name"                      in base's folder
// Nothing where it is none of these, or its host is not known.
[[nodiscard]] std::optional<Location> resolve(std::string_view name, const Location& base, const RunFacts& facts);

// "tftp://10.0.0.1/pxelinux.0", for people.
[[nodiscard]] std::string display(const Location& location);

}  // namespace rackcast::sim
