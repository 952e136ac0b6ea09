// What LIST, NLST, MLSD and STAT send about a directory: which names, in which order, in which form. Pure; the lines
// themselves are proto/ftp's.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/images/path.h"
#include "proto/ftp/listing.h"

namespace rackcast::engine {

// A listing is bounded like an HTTP index page; what is over is left out and counted by the caller.
inline constexpr std::size_t kFtpListingEntriesMax = 20'000;
// STAT sends its listing on the control connection.
inline constexpr std::size_t kFtpControlListingEntriesMax = 1'000;

enum class FtpListFormat : std::uint8_t { kLong, kNames, kFacts };

struct FtpListingRequest {
  FtpListFormat format = FtpListFormat::kLong;
  PathText pattern;      // glob on names, "" = all: for whoever reads the directory, so that only matches count
  PathText name_prefix;  // kNames: the directory part as the client wrote it, with '/', so that names can be fetched
  bool by_time = false;  // newest first
  bool reversed = false;
  ftp::FactSet facts;
};

struct FtpListEntry {
  std::string_view name;  // raw bytes, borrowed for the call
  bool directory = false;
  std::uint64_t size_bytes = 0;
  std::int64_t modified = 0;  // seconds since 1970
};

// All of `entries`, which match the pattern already; they are sorted in place.
[[nodiscard]] std::string format_listing(const FtpListingRequest& request, std::span<FtpListEntry> entries,
                                         std::int64_t now);

// '*' any run, '?' any byte; everything else is itself. O(pattern × name), no recursion.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view name);

}  // namespace rackcast::engine
