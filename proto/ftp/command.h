// One FTP command line: its verb and argument (RFC 959 section 5.3, the X forms of RFC 775, FEAT and OPTS of 2389, EPSV
// and EPRT of 2428, LANG of 2640, SIZE, MDTM, MLST and MLSD of 3659, HOST of 7151). Which verbs are served, and when,
// is the engine's decision; argument.h reads the arguments.
//
// Views borrow from the line. Total, no allocation, any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace rackcast::ftp {

enum class Verb : std::uint8_t {
  kUnknown,
  kUser,
  kPass,
  kAcct,
  kQuit,
  kRein,
  kNoop,
  kSyst,
  kFeat,
  kOpts,
  kType,
  kMode,
  kStru,
  kAllo,
  kPwd,   // and XPWD
  kCwd,   // and XCWD
  kCdup,  // and XCUP
  kSmnt,
  kPasv,
  kEpsv,
  kPort,
  kEprt,
  kRetr,
  kList,
  kNlst,
  kMlsd,
  kMlst,
  kSize,
  kMdtm,
  kRest,
  kStat,
  kHelp,
  kAbor,
  kStor,
  kStou,
  kAppe,
  kDele,
  kMkd,  // and XMKD
  kRmd,  // and XRMD
  kRnfr,
  kRnto,
  kSite,
  kClnt,
  kHost,
  kLang,
  kCount_,
};

struct VerbName {
  std::string_view name;  // upper case
  Verb verb = Verb::kUnknown;
};

// Every name that is recognised, X forms behind the name they stand for; what HELP lists.
[[nodiscard]] std::span<const VerbName> verb_names();
// The first name of the verb; "?" for kUnknown.
[[nodiscard]] std::string_view name(Verb verb);

struct Command {
  Verb verb = Verb::kUnknown;
  std::string_view name;      // as the peer wrote it: raw bytes, sanitise where it is printed
  std::string_view argument;  // behind the one space that ends the name; may begin or end in spaces, as file names do
};

// `line` without its CRLF. A name is matched in any case; an empty line is kUnknown with an empty name.
[[nodiscard]] Command parse_command(std::string_view line);

}  // namespace rackcast::ftp
