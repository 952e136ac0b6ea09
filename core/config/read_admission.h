// xinetd's limits, which [tftp], [http] and [ftp] share.
#pragma once

#include "core/config/config.h"
#include "core/config/section_reader.h"

namespace rackcast::config_detail {

// Entries of only_from or no_access: each new transfer walks them.
inline constexpr std::size_t kAccessListMax = 256;
inline constexpr std::size_t kDaySpansMax = 48;

[[nodiscard]] AdmissionConfig read_admission(const SectionReader& reader, std::string_view section);

}  // namespace rackcast::config_detail
