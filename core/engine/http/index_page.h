// The page of a directory: the shape that nginx's and Apache's listings made common, which wget -r, lftp's mirror over
// HTTP and mirror scrapers read. Relative links only, one parent link, no sort links. Pure.
//
//   <a href="a%20b.rpm">a b.rpm</a>                                06-Nov-1994 08:49             1234
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/http/date.h"
#include "core/engine/http/message.h"

namespace rackcast::engine {

// A DVD's package folder has 5 000 names; a page of this many is about 4 MB.
inline constexpr std::size_t kIndexEntriesMax = 20'000;

struct DirectoryEntry {
  std::string name;  // raw bytes, no '/', never "." or ".."
  bool directory = false;
  std::uint64_t size_bytes = 0;
  UnixSeconds modified = 0;
};

struct DirectoryListing {
  std::vector<DirectoryEntry> entries;  // any order
  bool cut = false;                     // there were more than kIndexEntriesMax: the page says so
};

// `path`: of the directory under the root, "" = the root (which has no parent link).
[[nodiscard]] std::string index_page(std::string_view path, DirectoryListing listing);

// Completes a kIndex response with its page.
void finish_index(HttpResponse& response, std::string_view path, DirectoryListing listing);

}  // namespace rackcast::engine
