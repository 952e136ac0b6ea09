// Under which other names a boot file that was not found may lie: what clients ask for and what they mean differ (the
// TFTP entries of quirk.h). Pure; never allocates.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/images/path.h"
#include "core/machines/machine.h"
#include "core/quirks/quirk.h"

namespace rackcast {

struct AskedName {
  std::string_view path;         // normalised: core/images/path.h
  bool backslashes = false;      // the client separates by them
  std::string_view boot_folder;  // of the machine's boot file, without a `/` at its end; "" = the root, or not known
  std::uint16_t architecture = kArchitectureUnsaid;  // the machine's, option 93
};

struct OtherName {
  Quirk quirk;
  PathText path;  // for LoadImage; may ask for any case (in_any_case())
};

// No name has more.
inline constexpr unsigned kOtherNamesMax = 3;

// The `number`-th (from 0) to try; nullopt: there are no more.
[[nodiscard]] std::optional<OtherName> other_name(const AskedName& asked, unsigned number);

// Old ROMs, given a boot file option without its end, ask for the name plus the next byte: option End, 0xFF.
[[nodiscard]] std::string_view without_end_byte(std::string_view name);

}  // namespace rackcast
