#include "core/engine/ftp/listing.h"

#include <algorithm>

#include "proto/bytes/writer.h"

namespace rackcast::engine {

namespace {

void append_line(std::string& out, const FtpListingRequest& request, const FtpListEntry& entry, std::int64_t now) {
  const ftp::DirectoryEntry line{entry.name, entry.directory ? ftp::EntryKind::kDirectory : ftp::EntryKind::kFile,
                                 entry.size_bytes, ftp::UnixSeconds{entry.modified}};
  const std::size_t before = out.size();
  const std::size_t room =
      std::max(ftp::list_line_bytes_max(entry.name.size()), ftp::fact_line_bytes_max(entry.name.size())) +
      request.name_prefix.size();
  out.resize(before + room);
  bytes::Writer writer(std::as_writable_bytes(std::span(out)).subspan(before));
  switch (request.format) {
    case FtpListFormat::kLong:
      ftp::put_list_line(writer, line, ftp::UnixSeconds{now});
      break;
    case FtpListFormat::kFacts:
      ftp::put_fact_line(writer, line, request.facts);
      break;
    case FtpListFormat::kNames: {
      const std::string name = std::string(request.name_prefix.view()) + std::string(entry.name);
      ftp::put_name_line(writer, name);
      break;
    }
  }
  out.resize(before + (writer.ok() ? writer.size() : 0));
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;  // where to come back to when a later part does not fit
  std::size_t resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::string format_listing(const FtpListingRequest& request, std::span<FtpListEntry> entries, std::int64_t now) {
  std::sort(entries.begin(), entries.end(), [&](const FtpListEntry& a, const FtpListEntry& b) {
    if (request.by_time && a.modified != b.modified) return a.modified > b.modified;
    return a.name < b.name;
  });
  if (request.reversed) std::reverse(entries.begin(), entries.end());
  std::string out;
  for (const FtpListEntry& entry : entries) append_line(out, request, entry, now);
  return out;
}

}  // namespace rackcast::engine
