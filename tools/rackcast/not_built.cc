#include "tools/rackcast/not_built.h"

#include <array>

namespace rackcast {
namespace {

constexpr std::array kCommands{
    NotBuiltCommand{"cast", "Start, stop and list multicast sessions",
                    "rackcast cast start initrd.img\n  rackcast cast list", "images are served by TFTP and HTTP"},
    NotBuiltCommand{"doctor", "Check the network and the host, one sentence a finding",
                    "rackcast doctor\n  rackcast doctor --interface eth0", "rackcast check-config checks the file"},
    NotBuiltCommand{"explain", "Tell what a machine would be given, and why", "rackcast explain 12:34:56:78:ab:cd",
                    "rackcast status shows what it was given"},
    NotBuiltCommand{"arm", "Let machines install at their next boot",
                    "rackcast arm 12:34:56:78:ab:cd\n  rackcast arm --group lab", "the boot menu decides"},
    NotBuiltCommand{"disarm", "Let machines boot their disk at their next boot", "rackcast disarm 12:34:56:78:ab:cd",
                    "the boot menu decides"},
    NotBuiltCommand{"tree", "Add an install tree from a folder or an ISO image", "rackcast tree add rhel9 /mnt/cdrom",
                    "copy the tree under the root of [http] and [ftp]"},
    NotBuiltCommand{"kickstart", "Write a kickstart file, asked or from an answers file",
                    "rackcast kickstart -o ks.cfg", "write the file by hand"},
};

}  // namespace

std::span<const NotBuiltCommand> not_built_commands() {
  return kCommands;
}

}  // namespace rackcast
