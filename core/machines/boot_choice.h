// What a machine is given to boot: one function of the machine, its host entry and the configuration. Everyone who
// needs to know asks here (the DHCP engine today; templates, arming and `rackcast explain` later).
//
// In this order:
//   1. HTTPClient (UEFI HTTP boot): a host's file name that is a URL, else [dhcp.boot] http; neither: nothing.
//   2. A host's own file name.
//   3. A client that runs iPXE: `ipxe` for its architecture, or `ipxe`'s default (a string in TOML covers every
//      architecture, BIOS ROMs that are iPXE included; a table only those named).
//   4. The architecture's NBP, or `default`.
//   5. Nothing: an address and no boot file.
// The architecture is option 93's, or the one in the vendor class. Without either: a client that boots (PXEClient,
// iPXE, plain BOOTP) counts as bios, since PXE from before RFC 4578 ran on nothing else; an operating system's plain
// DHCP client has no architecture and gets only a `default`.
#pragma once

#include <string_view>

#include "core/config/config.h"
#include "core/machines/machine.h"

namespace rackcast {

inline constexpr std::size_t kBootFileBytesMax = 255;  // what option 67 holds
using BootFile = FixedText<kBootFileBytesMax>;

enum class BootVia : std::uint8_t {
  kNothing,  // no boot file
  kTftp,     // a name under the TFTP root, or a URL for a client that takes URLs
  kHttp,     // UEFI HTTP boot: the file is a URL and option 60 must say HTTPClient
};

struct BootChoice {
  BootVia via = BootVia::kNothing;
  BootFile file;
};

// The configuration key of the machine's architecture: "bios", "efi64", …; "" when it has none.
[[nodiscard]] std::string_view architecture_key(const Machine& machine, bool bootp);

// `host`: the machine's [[dhcp.host]], or null. `server`: the address that was asked, for {{server}}. `bootp`: it asked
// by plain BOOTP. A file that comes out longer than kBootFileBytesMax is not given (the parser refuses such).
[[nodiscard]] BootChoice choose_boot(const Machine& machine, const HostConfig* host, const BootConfig& config,
                                     net::Ipv4Address server, bool bootp);

}  // namespace rackcast
