// xinetd's configuration language to a syntax tree with positions (xinetd.conf(5)):
//
//   service NAME { ATTRIBUTE OP VALUE... }    defaults { ... }    include FILE    includedir FOLDER
//
// One attribute a line, OP is = += -=, `#` begins a comment line. Beyond what xinetd itself takes, since old files hold
// it: a comment behind values (a word that begins with `#`), no blank before the operator, `{` behind the name, CRLF, a
// byte order mark, a last line without its end. What cannot be understood is reported, never skipped in silence.
// Total: any bytes. Pure but for `include`, which reads through the host. Allocates; off the data path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/oldfiles/import_report.h"
#include "core/oldfiles/old_files_host.h"

namespace rackcast {

inline constexpr std::size_t kXinetdFileBytesMax = std::size_t{1} << 20U;
inline constexpr std::size_t kXinetdTotalBytesMax = std::size_t{4} << 20U;  // a file and all it includes
inline constexpr std::size_t kXinetdLineBytesMax = 8'192;
inline constexpr std::size_t kXinetdFilesMax = 256;
inline constexpr unsigned kXinetdIncludeDepthMax = 8;
inline constexpr std::size_t kXinetdEntriesMax = 1'024;
inline constexpr std::size_t kXinetdAttributesMax = 16'384;  // of all entries together

enum class XinetdOperator : std::uint8_t { kSet, kAdd, kRemove };

struct XinetdWord {
  std::string text;
  std::uint32_t column = 0;
};

struct XinetdAttribute {
  FilePlace at;
  std::string name;
  XinetdOperator op = XinetdOperator::kSet;
  std::vector<XinetdWord> values;  // without a comment behind them
};

struct XinetdEntry {
  enum class Kind : std::uint8_t { kService, kDefaults, kInclude, kIncludeFolder };
  Kind kind = Kind::kService;
  FilePlace at;
  std::string name;  // of the service, or the path included
  std::vector<XinetdAttribute> attributes;
};

// One file as it is written: includes are entries, not followed.
[[nodiscard]] std::vector<XinetdEntry> parse_xinetd(std::string_view text, const std::string& file_name,
                                                    ImportReport& report);

// The file at `path` with everything it includes in its place; no include entries are left.
[[nodiscard]] std::vector<XinetdEntry> load_xinetd(const std::string& path, OldFilesHost& host, ImportReport& report);

}  // namespace rackcast
