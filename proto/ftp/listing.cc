#include "proto/ftp/listing.h"

#include <algorithm>
#include <array>

#include "proto/bytes/ascii.h"
#include "proto/ftp/text_writer.h"

namespace rackcast::ftp {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::size_t kOwnerColumns = 8;
constexpr std::size_t kSizeColumns = 8;

struct FactName {
  std::string_view name;        // as sent
  std::string_view upper_case;  // as matched
  FactSet::Fact fact;
};

constexpr std::array kFactNames{
    FactName{"type", "TYPE", FactSet::kType},
    FactName{"size", "SIZE", FactSet::kSize},
    FactName{"modify", "MODIFY", FactSet::kModify},
    FactName{"perm", "PERM", FactSet::kPerm},
};

constexpr bool is_directory(EntryKind kind) {
  return kind != EntryKind::kFile;
}

constexpr std::string_view type_fact(EntryKind kind) {
  switch (kind) {
    case EntryKind::kFile:
      return "file";
    case EntryKind::kDirectory:
      return "dir";
    case EntryKind::kCurrent:
      return "cdir";
    case EntryKind::kParent:
      return "pdir";
  }
  return "file";
}

void put_owner(bytes::Writer& out, std::string_view name) {
  name = name.substr(0, kOwnerBytesMax);
  put_on_one_line(out, name);
  for (std::size_t i = name.size(); i < kOwnerColumns; ++i) out.text(" ");
  out.text(" ");
}

}  // namespace

void put_list_line(bytes::Writer& out, const DirectoryEntry& entry, UnixSeconds now, const OwnerNames& owners) {
  // One link each: nobody counts a directory's, and a server that does walks it for nothing.
  out.text(is_directory(entry.kind) ? "drwxr-xr-x    1 " : "-rw-r--r--    1 ");
  put_owner(out, owners.owner);
  put_owner(out, owners.group);
  put_number(out, entry.size_bytes, kSizeColumns);
  out.text(" ");
  put_list_time(out, entry.modified, now);
  out.text(" ");
  put_name_line(out, entry.name);
}

void put_name_line(bytes::Writer& out, std::string_view name) {
  put_on_one_line(out, name);
  out.text(kLineEnd);
}

FactSet FactSet::parse(std::string_view argument) {
  FactSet wanted;
  wanted.facts_ = 0;
  while (!argument.empty()) {
    const std::string_view name = argument.substr(0, argument.find(';'));
    argument.remove_prefix(std::min(name.size() + 1, argument.size()));
    for (const FactName& known : kFactNames)
      if (bytes::equal_any_case(name, known.upper_case))
        wanted.facts_ = static_cast<std::uint8_t>(wanted.facts_ | known.fact);
  }
  return wanted;
}

void put_mlst_feature(bytes::Writer& out, FactSet facts) {
  out.text("MLST ");
  for (const FactName& known : kFactNames) {
    out.text(known.name);
    out.text(facts.has(known.fact) ? "*;" : ";");
  }
}

void put_fact_names(bytes::Writer& out, FactSet facts) {
  for (const FactName& known : kFactNames) {
    if (!facts.has(known.fact)) continue;
    out.text(known.name);
    out.text(";");
  }
}

void put_facts(bytes::Writer& out, const DirectoryEntry& entry, FactSet facts) {
  if (facts.has(FactSet::kType)) {
    out.text("type=");
    out.text(type_fact(entry.kind));
    out.text(";");
  }
  if (facts.has(FactSet::kSize) && !is_directory(entry.kind)) {  // of a directory it would promise a transfer
    out.text("size=");
    put_number(out, entry.size_bytes);
    out.text(";");
  }
  if (facts.has(FactSet::kModify)) {
    out.text("modify=");
    put_timestamp(out, entry.modified);
    out.text(";");
  }
  if (facts.has(FactSet::kPerm)) out.text(is_directory(entry.kind) ? "perm=el;" : "perm=r;");
  out.text(" ");
  put_on_one_line(out, entry.name);
}

void put_fact_line(bytes::Writer& out, const DirectoryEntry& entry, FactSet facts) {
  put_facts(out, entry, facts);
  out.text(kLineEnd);
}

}  // namespace rackcast::ftp
