#include "proto/ftp/command.h"

#include <algorithm>
#include <array>

#include "proto/bytes/ascii.h"
#include "proto/ftp/text_writer.h"

namespace rackcast::ftp {
namespace {

constexpr std::array kVerbNames{
    VerbName{"USER", Verb::kUser}, VerbName{"PASS", Verb::kPass}, VerbName{"ACCT", Verb::kAcct},
    VerbName{"QUIT", Verb::kQuit}, VerbName{"REIN", Verb::kRein}, VerbName{"NOOP", Verb::kNoop},
    VerbName{"SYST", Verb::kSyst}, VerbName{"FEAT", Verb::kFeat}, VerbName{"OPTS", Verb::kOpts},
    VerbName{"TYPE", Verb::kType}, VerbName{"MODE", Verb::kMode}, VerbName{"STRU", Verb::kStru},
    VerbName{"ALLO", Verb::kAllo}, VerbName{"PWD", Verb::kPwd},   VerbName{"XPWD", Verb::kPwd},
    VerbName{"CWD", Verb::kCwd},   VerbName{"XCWD", Verb::kCwd},  VerbName{"CDUP", Verb::kCdup},
    VerbName{"XCUP", Verb::kCdup}, VerbName{"SMNT", Verb::kSmnt}, VerbName{"PASV", Verb::kPasv},
    VerbName{"EPSV", Verb::kEpsv}, VerbName{"PORT", Verb::kPort}, VerbName{"EPRT", Verb::kEprt},
    VerbName{"RETR", Verb::kRetr}, VerbName{"LIST", Verb::kList}, VerbName{"NLST", Verb::kNlst},
    VerbName{"MLSD", Verb::kMlsd}, VerbName{"MLST", Verb::kMlst}, VerbName{"SIZE", Verb::kSize},
    VerbName{"MDTM", Verb::kMdtm}, VerbName{"REST", Verb::kRest}, VerbName{"STAT", Verb::kStat},
    VerbName{"HELP", Verb::kHelp}, VerbName{"ABOR", Verb::kAbor}, VerbName{"STOR", Verb::kStor},
    VerbName{"STOU", Verb::kStou}, VerbName{"APPE", Verb::kAppe}, VerbName{"DELE", Verb::kDele},
    VerbName{"MKD", Verb::kMkd},   VerbName{"XMKD", Verb::kMkd},  VerbName{"RMD", Verb::kRmd},
    VerbName{"XRMD", Verb::kRmd},  VerbName{"RNFR", Verb::kRnfr}, VerbName{"RNTO", Verb::kRnto},
    VerbName{"SITE", Verb::kSite}, VerbName{"CLNT", Verb::kClnt}, VerbName{"HOST", Verb::kHost},
    VerbName{"LANG", Verb::kLang},
};

constexpr bool every_verb_has_a_name() {
  for (auto verb = static_cast<std::uint8_t>(Verb::kUnknown) + 1; verb < static_cast<std::uint8_t>(Verb::kCount_);
       ++verb) {
    const auto named = [verb](const VerbName& entry) { return static_cast<std::uint8_t>(entry.verb) == verb; };
    if (std::none_of(kVerbNames.begin(), kVerbNames.end(), named)) return false;
  }
  return true;
}
static_assert(every_verb_has_a_name());

}  // namespace

std::span<const VerbName> verb_names() {
  return kVerbNames;
}

std::string_view name(Verb verb) {
  const auto named = [verb](const VerbName& entry) { return entry.verb == verb; };
  const auto found = std::find_if(kVerbNames.begin(), kVerbNames.end(), named);
  return found == kVerbNames.end() ? "?" : found->name;
}

Command parse_command(std::string_view line) {
  Command command;
  const std::size_t space = line.find(' ');
  command.name = line.substr(0, space);
  if (space != std::string_view::npos) command.argument = line.substr(space + 1);
  for (const VerbName& entry : kVerbNames) {
    if (!bytes::equal_any_case(command.name, entry.name)) continue;
    command.verb = entry.verb;
    break;
  }
  return command;
}

}  // namespace rackcast::ftp
