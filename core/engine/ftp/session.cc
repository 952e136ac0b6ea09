// Dispatch, login, and the commands that only answer. Paths: session_path.cc; data connections: session_data.cc.
#include "core/engine/ftp/session.h"

#include <array>
#include <utility>

#include "proto/bytes/ascii.h"
#include "proto/bytes/writer.h"

namespace rackcast::engine {

using ftp::Verb;

struct FtpSession::Row {
  Verb verb;
  Handler handler;
};

namespace {

// Appends what `put` writes; `room` is enough by the codec's own bounds.
template <typename Put>
void append(std::string& out, std::size_t room, Put put) {
  const std::size_t before = out.size();
  out.resize(before + room);
  bytes::Writer writer(std::as_writable_bytes(std::span(out)).subspan(before));
  put(writer);
  out.resize(before + (writer.ok() ? writer.size() : 0));
}

bool allowed_before_login(Verb verb) {
  return verb == Verb::kUser || verb == Verb::kPass || verb == Verb::kQuit || verb == Verb::kFeat ||
         verb == Verb::kOpts || verb == Verb::kClnt;
}

}  // namespace

FtpSession::Handler FtpSession::handler_of(Verb verb) {
  static constexpr std::array kRows{
      Row{Verb::kUser, &FtpSession::user},
      Row{Verb::kPass, &FtpSession::pass},
      Row{Verb::kQuit, &FtpSession::quit},
      Row{Verb::kNoop, &FtpSession::noop},
      Row{Verb::kSyst, &FtpSession::syst},
      Row{Verb::kFeat, &FtpSession::feat},
      Row{Verb::kOpts, &FtpSession::opts},
      Row{Verb::kType, &FtpSession::type},
      Row{Verb::kMode, &FtpSession::mode},
      Row{Verb::kStru, &FtpSession::stru},
      Row{Verb::kAllo, &FtpSession::allo},
      Row{Verb::kHelp, &FtpSession::help},
      Row{Verb::kStat, &FtpSession::stat},
      Row{Verb::kClnt, &FtpSession::noted},
      Row{Verb::kPwd, &FtpSession::pwd},
      Row{Verb::kCwd, &FtpSession::cwd},
      Row{Verb::kCdup, &FtpSession::cdup},
      Row{Verb::kSize, &FtpSession::size},
      Row{Verb::kMdtm, &FtpSession::mdtm},
      Row{Verb::kMlst, &FtpSession::mlst},
      Row{Verb::kPasv, &FtpSession::pasv},
      Row{Verb::kEpsv, &FtpSession::epsv},
      Row{Verb::kPort, &FtpSession::port},
      Row{Verb::kEprt, &FtpSession::eprt},
      Row{Verb::kRest, &FtpSession::rest},
      Row{Verb::kRetr, &FtpSession::retr},
      Row{Verb::kList, &FtpSession::list},
      Row{Verb::kNlst, &FtpSession::nlst},
      Row{Verb::kMlsd, &FtpSession::mlsd},
      Row{Verb::kAbor, &FtpSession::abor},
      Row{Verb::kStor, &FtpSession::refuse_write},
      Row{Verb::kStou, &FtpSession::refuse_write},
      Row{Verb::kAppe, &FtpSession::refuse_write},
      Row{Verb::kDele, &FtpSession::refuse_write},
      Row{Verb::kMkd, &FtpSession::refuse_write},
      Row{Verb::kRmd, &FtpSession::refuse_write},
      Row{Verb::kRnfr, &FtpSession::refuse_write},
      Row{Verb::kRnto, &FtpSession::refuse_write},
      Row{Verb::kSite, &FtpSession::refuse_write},
      Row{Verb::kRein, &FtpSession::not_implemented},
      Row{Verb::kAcct, &FtpSession::not_implemented},
      Row{Verb::kSmnt, &FtpSession::not_implemented},
      Row{Verb::kHost, &FtpSession::not_implemented},
      Row{Verb::kLang, &FtpSession::not_implemented},
  };
  for (const Row& row : kRows)
    if (row.verb == verb) return row.handler;
  return nullptr;
}

FtpAction FtpSession::begin() {
  return reply(ReplyCode::kReady, "rackcast FTP: install trees, read-only.");
}

FtpAction FtpSession::on_line(std::string_view line) {
  refusal_ = FtpRefusal::kNone;
  not_found_ = false;
  if (waits_for_ != WaitsFor::kNothing && !(transferring() && is_urgent(line)))
    return reply(ReplyCode::kBadSequence, "A command is still running.");
  return dispatch(ftp::parse_command(line));
}

FtpAction FtpSession::dispatch(const ftp::Command& command) {
  if (login_ != Login::kDone && !allowed_before_login(command.verb))
    return reply(ReplyCode::kNotLoggedIn, "Please login with USER and PASS.");
  const Handler handler = handler_of(command.verb);
  if (handler == nullptr) return reply(ReplyCode::kSyntaxError, "Unknown command.");
  pending_ = command.verb;
  return (this->*handler)(command.argument);
}

FtpAction FtpSession::on_line_too_long() {
  return reply(ReplyCode::kSyntaxError, "Input line too long.");
}

FtpAction FtpSession::on_idle_timeout() {
  return reply(ReplyCode::kServiceUnavailable, "Timeout.", FtpAction::kClose);
}

FtpAction FtpSession::on_server_stop() {
  return reply(ReplyCode::kServiceUnavailable, "The server is stopping, please try later.", FtpAction::kClose);
}

bool FtpSession::is_urgent(std::string_view line) {
  const ftp::Command command = ftp::parse_command(line);
  return command.verb == Verb::kAbor || (command.verb == Verb::kStat && command.argument.empty());
}

std::string FtpSession::take_replies() {
  return std::exchange(replies_, {});
}

FtpAction FtpSession::reply(ReplyCode code, std::string_view text, FtpAction action) {
  append(replies_, ftp::reply_bytes_max(text.size()), [&](bytes::Writer& out) { ftp::put_reply(out, code, text); });
  return action;
}

void FtpSession::reply_begin(ReplyCode code, std::string_view text) {
  append(replies_, ftp::reply_bytes_max(text.size()),
         [&](bytes::Writer& out) { ftp::put_reply_begin(out, code, text); });
}

void FtpSession::reply_line(std::string_view text) {
  append(replies_, ftp::reply_bytes_max(text.size()), [&](bytes::Writer& out) { ftp::put_reply_line(out, text); });
}

FtpAction FtpSession::user(std::string_view argument) {
  if (login_ == Login::kDone) return reply(ReplyCode::kNotLoggedIn, "Can't change from guest user.");
  if (bytes::equal_any_case(argument, "anonymous") || bytes::equal_any_case(argument, "ftp")) {
    login_ = Login::kNamed;
    return reply(ReplyCode::kNeedPassword, "Please specify the password.");
  }
  login_ = Login::kNone;
  refusal_ = FtpRefusal::kLogin;
  ++login_failures_;
  return reply(ReplyCode::kNotLoggedIn, "This FTP server is anonymous only.",
               login_failures_ >= kFtpLoginFailuresMax ? FtpAction::kClose : FtpAction::kNone);
}

FtpAction FtpSession::pass(std::string_view) {
  if (login_ == Login::kDone) return reply(ReplyCode::kLoggedIn, "Already logged in.");
  if (login_ == Login::kNone) return reply(ReplyCode::kBadSequence, "Login with USER first.");
  login_ = Login::kDone;
  return reply(ReplyCode::kLoggedIn, "Login successful.");
}

FtpAction FtpSession::quit(std::string_view) {
  return reply(ReplyCode::kGoodbye, "Goodbye.", FtpAction::kClose);
}

FtpAction FtpSession::noop(std::string_view) {
  return reply(ReplyCode::kOkay, "NOOP ok.");
}

FtpAction FtpSession::syst(std::string_view) {
  return reply(ReplyCode::kSystemType, "UNIX Type: L8");
}

FtpAction FtpSession::feat(std::string_view) {
  reply_begin(ReplyCode::kSystemStatus, "Features:");
  for (const std::string_view feature : {"EPRT", "EPSV", "MDTM"}) reply_line(feature);
  std::array<std::byte, ftp::kFeatureBytesMax> room;
  bytes::Writer feature(room);
  ftp::put_mlst_feature(feature, facts_);
  reply_line({reinterpret_cast<const char*>(room.data()), feature.size()});
  for (const std::string_view name : {"PASV", "REST STREAM", "SIZE", "TVFS", "UTF8"}) reply_line(name);
  return reply(ReplyCode::kSystemStatus, "End");
}

FtpAction FtpSession::opts(std::string_view argument) {
  const auto blank = argument.find(' ');
  const std::string_view name = argument.substr(0, blank);
  const std::string_view value = blank == std::string_view::npos ? "" : argument.substr(blank + 1);
  if (bytes::equal_any_case(name, "UTF8") && (value.empty() || bytes::equal_any_case(value, "ON")))
    return reply(ReplyCode::kOkay, "Always in UTF8 mode.");
  if (!bytes::equal_any_case(name, "MLST")) return reply(ReplyCode::kBadArgument, "Option not understood.");
  facts_ = ftp::FactSet::parse(value);
  std::string text = "MLST OPTS ";
  append(text, ftp::kFeatureBytesMax, [&](bytes::Writer& out) { ftp::put_fact_names(out, facts_); });
  return reply(ReplyCode::kOkay, text);
}

FtpAction FtpSession::type(std::string_view argument) {
  const auto type = ftp::parse_type(argument);
  if (!type) return reply(ReplyCode::kSyntaxError, "Unrecognised TYPE command.");
  type_ = *type;
  return reply(ReplyCode::kOkay,
               type_ == ftp::TransferType::kImage ? "Switching to Binary mode." : "Switching to ASCII mode.");
}

FtpAction FtpSession::mode(std::string_view argument) {
  return ftp::is_stream_mode(argument) ? reply(ReplyCode::kOkay, "Mode set to S.")
                                       : reply(ReplyCode::kBadParameter, "Bad MODE command.");
}

FtpAction FtpSession::stru(std::string_view argument) {
  return ftp::is_file_structure(argument) ? reply(ReplyCode::kOkay, "Structure set to F.")
                                          : reply(ReplyCode::kBadParameter, "Bad STRU command.");
}

FtpAction FtpSession::allo(std::string_view) {
  return reply(ReplyCode::kSuperfluous, "ALLO command ignored.");
}

FtpAction FtpSession::help(std::string_view) {
  reply_begin(ReplyCode::kHelp, "The following commands are recognized.");
  constexpr std::size_t kPerLine = 12;
  std::string line;
  std::size_t on_line = 0;
  for (const ftp::VerbName& verb : ftp::verb_names()) {
    line.append(verb.name).append(" ");
    if (++on_line % kPerLine == 0) reply_line(std::exchange(line, {}));
  }
  if (!line.empty()) reply_line(line);
  return reply(ReplyCode::kHelp, "Help OK.");
}

FtpAction FtpSession::stat(std::string_view argument) {
  if (!argument.empty()) return begin_listing(Verb::kStat, FtpListFormat::kLong, argument);
  reply_begin(ReplyCode::kSystemStatus, "FTP server status:");
  reply_line("Connected to " + std::string(settings_.peer.text().view()));
  reply_line("Logged in as ftp");
  reply_line(type_ == ftp::TransferType::kImage ? "TYPE: BINARY" : "TYPE: ASCII");
  reply_line(transferring() ? "A transfer is running" : "No transfer is running");
  return reply(ReplyCode::kSystemStatus, "End of status");
}

FtpAction FtpSession::noted(std::string_view) {
  return reply(ReplyCode::kOkay, "Noted.");
}

FtpAction FtpSession::refuse_write(std::string_view) {
  refusal_ = FtpRefusal::kWrite;
  return reply(ReplyCode::kFileUnavailable, "Permission denied.");
}

FtpAction FtpSession::not_implemented(std::string_view) {
  return reply(ReplyCode::kNotImplemented, "Command not implemented.");
}

}  // namespace rackcast::engine
