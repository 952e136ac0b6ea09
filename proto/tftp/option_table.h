// The numeric TFTP options, once: parser and encoder walk this table. Private to proto/tftp.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "proto/tftp/packet.h"

namespace rackcast::tftp {

struct NumericOption {
  std::string_view name;  // lower case, as it is sent
  std::optional<std::uint64_t> Options::*value;
};

// In the order an OACK or request carries them.
inline constexpr std::array kNumericOptions{
    NumericOption{"tsize", &Options::tsize},           NumericOption{"blksize", &Options::blksize},
    NumericOption{"windowsize", &Options::windowsize}, NumericOption{"timeout", &Options::timeout},
    NumericOption{"utimeout", &Options::utimeout},     NumericOption{"rollover", &Options::rollover},
};

inline constexpr std::string_view kMulticastName = "multicast";

}  // namespace rackcast::tftp
