// Data connections (RFC 959 §3.2, RFC 2428, RFC 2577) and the transfers over them.
#include <algorithm>
#include <array>
#include <utility>

#include "core/engine/ftp/session.h"
#include "proto/bytes/writer.h"

namespace rackcast::engine {

using ftp::Verb;

FtpAction FtpSession::pasv(std::string_view) {
  data_mode_ = DataMode::kNone;
  if (only_epsv_) return reply(ReplyCode::kFileUnavailable, "Only EPSV is allowed after EPSV ALL.");
  if (!settings_.local.is_v4()) return reply(ReplyCode::kNoDataConnection, "PASV is for IPv4 only, use EPSV.");
  waits_for_ = WaitsFor::kPassive;
  return FtpAction::kOpenPassive;
}

FtpAction FtpSession::epsv(std::string_view argument) {
  const ftp::EpsvArgument wanted = ftp::parse_epsv(argument);
  if (wanted == ftp::EpsvArgument::kAll) {
    only_epsv_ = true;
    return reply(ReplyCode::kOkay, "EPSV ALL ok.");
  }
  const bool v4 = settings_.local.is_v4();
  if (wanted == ftp::EpsvArgument::kUnknownProtocol || (wanted == ftp::EpsvArgument::kIpv4 && !v4) ||
      (wanted == ftp::EpsvArgument::kIpv6 && v4))
    return refuse_protocol();
  data_mode_ = DataMode::kNone;
  waits_for_ = WaitsFor::kPassive;
  return FtpAction::kOpenPassive;
}

FtpAction FtpSession::on_passive(std::optional<std::uint16_t> port) {
  waits_for_ = WaitsFor::kNothing;
  if (!port) return reply(ReplyCode::kServiceUnavailable, "No port is free for a data connection, please try later.");
  data_mode_ = DataMode::kPassive;
  std::array<std::byte, 128> room;
  bytes::Writer out(room);
  if (pending_ == Verb::kPasv)
    ftp::put_passive_reply(out, settings_.local.v4(), net::UdpPort{*port});
  else
    ftp::put_extended_passive_reply(out, net::UdpPort{*port});
  replies_.append(reinterpret_cast<const char*>(room.data()), out.size());
  return FtpAction::kNone;
}

FtpAction FtpSession::port(std::string_view argument) {
  if (only_epsv_) return reply(ReplyCode::kFileUnavailable, "Only EPSV is allowed after EPSV ALL.");
  const auto endpoint = ftp::parse_port(argument);
  if (!endpoint) return reply(ReplyCode::kSyntaxError, "Illegal PORT command.");
  return accept_active(*endpoint, Verb::kPort);
}

FtpAction FtpSession::eprt(std::string_view argument) {
  if (only_epsv_) return reply(ReplyCode::kFileUnavailable, "Only EPSV is allowed after EPSV ALL.");
  const auto endpoint = ftp::parse_eprt(argument);
  if (!endpoint && endpoint.error() == ftp::EprtReject::kUnknownProtocol) return refuse_protocol();
  if (endpoint && endpoint->address.is_v4() != settings_.local.is_v4()) return refuse_protocol();
  if (!endpoint) return reply(ReplyCode::kSyntaxError, "Illegal EPRT command.");
  return accept_active(*endpoint, Verb::kEprt);
}

// RFC 2428 §2: clients read the list in parentheses. A data connection uses the control connection's own protocol, so
// there is one to list: 1 is IPv4, 2 is IPv6.
FtpAction FtpSession::refuse_protocol() {
  return reply(ReplyCode::kBadProtocol, settings_.local.is_v4() ? "Network protocol not supported, use (1)"
                                                                : "Network protocol not supported, use (2)");
}

// RFC 2577 §3: never connect to a third party, nor to a well-known port.
FtpAction FtpSession::accept_active(const net::Endpoint& endpoint, Verb verb) {
  const std::string_view name = verb == Verb::kPort ? "PORT" : "EPRT";
  data_mode_ = DataMode::kNone;
  if (endpoint.address != settings_.peer || endpoint.port.value() < kFtpActivePortMin) {
    refusal_ = FtpRefusal::kBounce;
    return reply(ReplyCode::kSyntaxError, "Illegal " + std::string(name) + " command.");
  }
  active_ = endpoint;
  data_mode_ = DataMode::kActive;
  return reply(ReplyCode::kOkay,
               std::string(name) + " command successful. Consider using " + (verb == Verb::kPort ? "PASV." : "EPSV."));
}

FtpAction FtpSession::rest(std::string_view argument) {
  const auto offset = ftp::parse_restart_offset(argument);
  if (!offset) return reply(ReplyCode::kBadArgument, "Bad restart position.");
  offset_ = *offset;
  return reply(ReplyCode::kFileActionPending, "Restart position accepted (" + std::to_string(offset_) + ").");
}

FtpAction FtpSession::retr(std::string_view argument) {
  if (data_mode_ == DataMode::kNone) return reply(ReplyCode::kNoDataConnection, "Use PORT or PASV first.");
  return look_up(Verb::kRetr, argument);
}

FtpAction FtpSession::list(std::string_view argument) {
  const bool names = ftp::parse_list_argument(argument).names_only;
  return begin_listing(Verb::kList, names ? FtpListFormat::kNames : FtpListFormat::kLong, argument);
}
FtpAction FtpSession::nlst(std::string_view argument) {
  return begin_listing(Verb::kNlst, FtpListFormat::kNames, argument);
}
FtpAction FtpSession::mlsd(std::string_view argument) {
  return begin_listing(Verb::kMlsd, FtpListFormat::kFacts, argument);
}

FtpAction FtpSession::begin_listing(Verb verb, FtpListFormat format, std::string_view argument) {
  if (verb != Verb::kStat && data_mode_ == DataMode::kNone)
    return reply(ReplyCode::kNoDataConnection, "Use PORT or PASV first.");
  FtpListingRequest request;
  request.format = format;
  request.facts = facts_;
  std::string_view path = argument;
  if (verb != Verb::kMlsd) {
    const ftp::ListArgument parsed = ftp::parse_list_argument(argument);
    request.by_time = parsed.by_time;
    request.reversed = parsed.reversed;
    path = parsed.path;
    const auto slash = path.find_last_of('/');
    const std::size_t name_at = slash == std::string_view::npos ? 0 : slash + 1;
    if (path.find_first_of("*?", name_at) != std::string_view::npos) {  // a pattern in the last component only
      request.pattern = path.substr(name_at);
      path = path.substr(0, name_at);
      request.name_prefix = path;
    } else if (!path.empty()) {
      request.name_prefix = path;
      if (!path.ends_with('/')) request.name_prefix.append("/");
    }
  }
  transfer_.listing = request;
  return look_up(verb, path.empty() ? "." : path);
}

FtpAction FtpSession::found_for_listing(const FtpFacts& facts) {
  using Kind = FtpFacts::Kind;
  not_found_ = facts.kind == Kind::kMissing;
  if (pending_ == Verb::kMlsd && facts.kind != Kind::kDirectory)
    return facts.kind == Kind::kFile ? reply(ReplyCode::kBadArgument, "Not a directory.")
                                     : missing("No such directory.");
  transfer_.nothing = facts.kind == Kind::kMissing || (facts.kind == Kind::kFile && !transfer_.listing.pattern.empty());
  if (facts.kind == Kind::kFile) {  // listed as itself: NLST gives back the name as the client wrote it
    const std::string_view written = argument_;
    transfer_.listing.name_prefix = written.substr(0, written.find_last_of('/') + 1);
  }
  if (pending_ == Verb::kStat) {
    waits_for_ = WaitsFor::kControlListing;
    return FtpAction::kListToControl;
  }
  return start_transfer(FtpTransfer::What::kListing);
}

FtpAction FtpSession::found_for_retr(const FtpFacts& facts) {
  if (facts.kind != FtpFacts::Kind::kFile) {
    offset_ = 0;
    return missing("Failed to open file.");
  }
  file_size_ = facts.size_bytes;
  transfer_.nothing = false;
  return start_transfer(FtpTransfer::What::kFile);
}

FtpAction FtpSession::start_transfer(FtpTransfer::What what) {
  transfer_.what = what;
  transfer_.path = transfer_.nothing ? PathText() : path_;
  transfer_.offset = what == FtpTransfer::What::kFile ? offset_ : 0;
  transfer_.connect = data_mode_ == DataMode::kActive ? std::optional(active_) : std::nullopt;
  offset_ = 0;                   // for one transfer only (RFC 3659 §5.3)
  data_mode_ = DataMode::kNone;  // as is the data connection
  abort_asked_ = false;
  waits_for_ = WaitsFor::kDataOpen;
  return FtpAction::kTransfer;
}

FtpAction FtpSession::on_data_open(FtpDataOpen result) {
  if (result != FtpDataOpen::kOpened) {
    waits_for_ = WaitsFor::kNothing;
    if (result == FtpDataOpen::kBusy) return reply(ReplyCode::kFileBusy, "Too many transfers, please try later.");
    if (result == FtpDataOpen::kRefused)
      return reply(ReplyCode::kServiceUnavailable, "Too many transfers, please try later.", FtpAction::kClose);
    return reply(ReplyCode::kNoDataConnection, result == FtpDataOpen::kWrongPeer ? "Security: Bad IP connecting."
                                                                                 : "Failed to establish connection.");
  }
  waits_for_ = WaitsFor::kEnd;
  if (transfer_.what == FtpTransfer::What::kListing)
    return reply(ReplyCode::kTransferStarting, "Here comes the directory listing.");
  std::string text = type_ == ftp::TransferType::kImage ? "Opening BINARY" : "Opening ASCII";
  text.append(" mode data connection for ").append(argument_).append(" (");
  return reply(ReplyCode::kTransferStarting, text + std::to_string(file_size_) + " bytes).");
}

FtpAction FtpSession::on_transfer_end(FtpTransferEnd result) {
  waits_for_ = WaitsFor::kNothing;
  const bool aborted = std::exchange(abort_asked_, false);
  switch (result) {
    case FtpTransferEnd::kDone:
      (void)reply(ReplyCode::kTransferComplete,
                  transfer_.what == FtpTransfer::What::kListing ? "Directory send OK." : "Transfer complete.");
      break;
    case FtpTransferEnd::kLocalFailed:
      (void)reply(ReplyCode::kLocalError, "Failure reading local file.");
      break;
    case FtpTransferEnd::kNetworkFailed:
    case FtpTransferEnd::kAborted:
      (void)reply(ReplyCode::kTransferAborted, "Failure writing network stream.");
      break;
  }
  // ABOR has its own reply, also where the transfer ended before it was seen.
  if (aborted) (void)reply(ReplyCode::kTransferComplete, "ABOR successful.");
  return FtpAction::kNone;
}

FtpAction FtpSession::abor(std::string_view) {
  if (!transferring()) return reply(ReplyCode::kNoTransfer, "No transfer to ABOR.");
  if (std::exchange(abort_asked_, true)) return FtpAction::kNone;
  return FtpAction::kAbort;
}

FtpAction FtpSession::on_control_listing(std::string_view lines) {
  waits_for_ = WaitsFor::kNothing;
  reply_begin(ReplyCode::kFileStatus, "Status follows:");
  while (!lines.empty()) {
    const auto end = lines.find("\r\n");
    reply_line(lines.substr(0, end));
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 2);
  }
  return reply(ReplyCode::kFileStatus, "End of status");
}

}  // namespace rackcast::engine
