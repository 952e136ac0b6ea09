// tftp-hpa's map file (`in.tftpd -m FILE`): rules that rename what a client asks for, or refuse it.
//
//   OPS REGEX [REPLACEMENT]     one rule a line; `#` begins a comment; a blank, a `#` or a `\` is written with a `\`
//   before :LABEL                      a place to jump to
//
// Rules run from the top, each on the name as it is by then, matched anywhere in it (POSIX extended, with the C
// library's own regcomp, so that old files mean what they meant). OPS, any of:
//   r  replace the match           g  with r: again from the start until there is no match; gg: on, behind the match
//   i  in any case                 e  the last rule if it matches        E  the last rule if its result is a file
//   s  from the first rule again   a  refuse; the replacement is the error's text        j  go on at a label
//   G  reads only    P  writes only    4, 6  that family only    ~  if it does not match (not with r)
// Replacements: \0 to \9 what matched, \i the client's address, \x the same in upper-case hex, \\ \# and "\ "
// themselves, \U \L \E upper case, lower case and as it is from there on (ASCII).
//
// Differences from tftp-hpa, on purpose: back-references in a REGEX and repetitions beyond kNameMapExpandedMax are
// refused (they can take for ever, or all memory); a jump to a label that is not there is an error of the file.
//
// Parsed while the configuration is read, off the lane. apply() is not reentrant on one object (regexec locks it): give
// each lane its own. It allocates nothing itself, but the C library's regexec() may. Pure otherwise.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "core/config/problem.h"
#include "core/images/path.h"
#include "proto/net/address.h"

namespace rackcast {

inline constexpr std::size_t kNameMapBytesMax = std::size_t{256} << 10U;
inline constexpr std::size_t kNameMapRulesMax = 1'024;
inline constexpr std::size_t kNameMapRegexBytesMax = 512;
inline constexpr unsigned kNameMapExpandedMax = 4'096;  // parts of one regex with its repetitions written out
// Rules tried for one name, repetitions of g included; tftp-hpa's own limit is 4096. A lane runs them: twice all rules
// a file may have, which most names do not match, is a millisecond or two.
inline constexpr unsigned kNameMapStepsMax = 2'048;
// A longer name is kTooLong: what a regular expression costs grows with it, and boot files' names are short.
inline constexpr std::size_t kNameMapNameBytesMax = 200;

struct NameMapPeer {
  net::IpAddress address;
  bool is_put = false;  // WRQ
};

enum class MapOutcome : std::uint8_t {
  kUnchanged,        // `out` is the name
  kMapped,           // `out` is the new name
  kCandidate,        // an E rule: `out` is the answer if it is a file; otherwise ask again with `missing` one higher
  kRefused,          // ERROR 2; `out` is its text, empty for the usual one
  kTooLong,          // a name grew beyond PathText
  kLoops,            // more than kNameMapStepsMax steps
  kNoSuchCandidate,  // there are fewer than `missing`; `out` is the last name
};

class NameMap {
 public:
  struct Parsed {
    std::unique_ptr<NameMap> map;   // null when there is any error
    std::vector<Problem> problems;  // with line and column
  };
  // Total: any bytes.
  [[nodiscard]] static Parsed parse(std::string_view text);

  ~NameMap();
  NameMap(const NameMap&) = delete;
  NameMap& operator=(const NameMap&) = delete;

  // `name` as the client wrote it, before normalize_path(). `missing`: how many candidates turned out not to be files.
  // `out` is written for every outcome but kTooLong and kLoops. One walk through the rules, whatever `missing` is.
  [[nodiscard]] MapOutcome apply(std::string_view name, const NameMapPeer& peer, PathText& out,
                                 unsigned missing = 0) const;

  [[nodiscard]] std::size_t rule_count() const;  // labels included

 private:
  struct Rules;
  explicit NameMap(std::unique_ptr<Rules> rules);

  std::unique_ptr<Rules> rules_;
};

}  // namespace rackcast
