// Lines that a data connection carries for LIST, NLST and MLSD, and the MLST line (RFC 3659 section 7).
//
//   LIST   -rw-r--r--    1 0        0            1234 Mar 05 12:34 name CRLF      the columns clients' scanners know
//   NLST   name CRLF
//   MLSD   type=file;size=1234;modify=20260305123456;perm=r; name CRLF
//
// A read-only tree: permissions are those of every reader, not the disk's. CR, LF and NUL in a name become '?', since
// no client could read such a line. Encoders write into a Writer, which fails when a line does not fit: flush when
// there is less room than list_line_bytes_max() or fact_line_bytes_max(). No allocation, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "proto/bytes/writer.h"
#include "proto/ftp/timestamp.h"

namespace rackcast::ftp {

// kCurrent and kParent are directories too: what MLSD calls cdir and pdir.
enum class EntryKind : std::uint8_t { kFile, kDirectory, kCurrent, kParent };

struct DirectoryEntry {
  std::string_view name;  // raw bytes, borrowed for the call
  EntryKind kind = EntryKind::kFile;
  std::uint64_t size_bytes = 0;
  UnixSeconds modified;
};

// The owner columns; "ftp" hides ids. At most kOwnerBytesMax are printed.
struct OwnerNames {
  std::string_view owner = "0";
  std::string_view group = "0";
};
inline constexpr std::size_t kOwnerBytesMax = 32;

[[nodiscard]] constexpr std::size_t list_line_bytes_max(std::size_t name_bytes) {
  return 64 + 2 * kOwnerBytesMax + name_bytes;
}
void put_list_line(bytes::Writer& out, const DirectoryEntry& entry, UnixSeconds now, const OwnerNames& owners = {});

void put_name_line(bytes::Writer& out, std::string_view name);

// Which facts a client wants (OPTS MLST, RFC 3659 section 7.9); all, at first.
class FactSet {
 public:
  enum Fact : std::uint8_t { kType = 1, kSize = 2, kModify = 4, kPerm = 8 };

  constexpr FactSet() = default;
  // "type;modify;" in any case; facts not known are left out, so that any argument is an answer.
  [[nodiscard]] static FactSet parse(std::string_view argument);

  [[nodiscard]] constexpr bool has(Fact fact) const { return (facts_ & fact) != 0; }
  friend constexpr bool operator==(FactSet, FactSet) = default;

 private:
  static constexpr std::uint8_t kAll = kType | kSize | kModify | kPerm;
  std::uint8_t facts_ = kAll;
};

inline constexpr std::size_t kFeatureBytesMax = 64;
// "MLST type*;size*;modify*;perm*;" for FEAT: a star marks what is on.
void put_mlst_feature(bytes::Writer& out, FactSet facts);
// "type;size;" as the answer to OPTS MLST lists what is on now.
void put_fact_names(bytes::Writer& out, FactSet facts);

[[nodiscard]] constexpr std::size_t fact_line_bytes_max(std::size_t name_bytes) {
  return 96 + name_bytes;
}
// Facts, one space, the name; without line end, as MLST sends it inside a reply.
void put_facts(bytes::Writer& out, const DirectoryEntry& entry, FactSet facts);
// The same with CRLF, for MLSD.
void put_fact_line(bytes::Writer& out, const DirectoryEntry& entry, FactSet facts);

}  // namespace rackcast::ftp
