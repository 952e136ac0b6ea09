// The commands that name a path, and what a look-up's result means to each.
#include <array>

#include "core/engine/ftp/session.h"
#include "proto/bytes/writer.h"
#include "proto/ftp/timestamp.h"

namespace rackcast::engine {

using ftp::Verb;

// The path that `argument` names, from the current directory or the root; false: it leaves the root, or cannot be one.
bool FtpSession::resolve(std::string_view argument) {
  argument_ = argument;
  NormalizedPath normal;
  if (argument.starts_with('/') || argument.starts_with('\\')) {
    normal = normalize_path(argument, settings_.root);
  } else {
    FixedText<2 * kPathBytesMax + 8> joined("/");
    joined.append(directory_);
    joined.append("/");
    joined.append(argument);
    // No root to strip: a relative path is below the current directory, whatever that is called.
    normal = normalize_path(joined.cut() ? std::string_view("..") : joined.view(), "");
  }
  if (normal.reject && *normal.reject != PathReject::kEmpty) return false;
  path_ = normal.path;
  return true;
}

FtpAction FtpSession::look_up(Verb verb, std::string_view argument) {
  pending_ = verb;
  if (!resolve(argument)) {
    path_ = argument;
    return on_lookup({});
  }
  waits_for_ = WaitsFor::kLookup;
  return FtpAction::kLookUp;
}

FtpAction FtpSession::missing(std::string_view text) {
  not_found_ = true;
  return reply(ReplyCode::kFileUnavailable, text);
}

FtpAction FtpSession::pwd(std::string_view) {
  const std::string path = "/" + std::string(directory_.view());
  std::string text;
  text.resize(2 * ftp::reply_bytes_max(path.size()) + 64);
  bytes::Writer out(std::as_writable_bytes(std::span(text)));
  ftp::put_pathname_reply(out, path);
  text.resize(out.ok() ? out.size() : 0);
  replies_ += text;
  return FtpAction::kNone;
}

FtpAction FtpSession::cwd(std::string_view argument) {
  return look_up(Verb::kCwd, argument.empty() ? "/" : argument);
}

FtpAction FtpSession::cdup(std::string_view) {
  // At the root the parent is the root itself.
  return look_up(Verb::kCwd, directory_.empty() ? "/" : "..");
}

FtpAction FtpSession::size(std::string_view argument) {
  return look_up(Verb::kSize, argument);
}
FtpAction FtpSession::mdtm(std::string_view argument) {
  return look_up(Verb::kMdtm, argument);
}
FtpAction FtpSession::mlst(std::string_view argument) {
  return look_up(Verb::kMlst, argument.empty() ? "." : argument);
}

FtpAction FtpSession::on_lookup(const FtpFacts& facts) {
  waits_for_ = WaitsFor::kNothing;
  switch (pending_) {
    case Verb::kCwd:
      if (facts.kind != FtpFacts::Kind::kDirectory) return missing("Failed to change directory.");
      directory_ = path_;
      return reply(ReplyCode::kFileActionOkay, "Directory successfully changed.");
    case Verb::kSize:
    case Verb::kMdtm:
      return found_for_time_or_size(facts);
    case Verb::kMlst:
      return found_for_mlst(facts);
    case Verb::kRetr:
      return found_for_retr(facts);
    default:
      return found_for_listing(facts);
  }
}

FtpAction FtpSession::found_for_time_or_size(const FtpFacts& facts) {
  const bool size = pending_ == Verb::kSize;
  if (facts.kind != FtpFacts::Kind::kFile)
    return missing(size ? "Could not get file size." : "Could not get file modification time.");
  if (size) return reply(ReplyCode::kFileStatus, std::to_string(facts.size_bytes));
  std::array<std::byte, 32> room;
  bytes::Writer stamp(room);
  ftp::put_timestamp(stamp, ftp::UnixSeconds{facts.modified});
  return reply(ReplyCode::kFileStatus, {reinterpret_cast<const char*>(room.data()), stamp.size()});
}

FtpAction FtpSession::found_for_mlst(const FtpFacts& facts) {
  if (facts.kind == FtpFacts::Kind::kMissing) return missing("No such file or directory.");
  const std::string name = "/" + std::string(path_.view());
  const ftp::DirectoryEntry entry{
      name, facts.kind == FtpFacts::Kind::kDirectory ? ftp::EntryKind::kDirectory : ftp::EntryKind::kFile,
      facts.size_bytes, ftp::UnixSeconds{facts.modified}};
  std::string line;
  line.resize(ftp::fact_line_bytes_max(name.size()));
  bytes::Writer out(std::as_writable_bytes(std::span(line)));
  ftp::put_facts(out, entry, facts_);
  line.resize(out.ok() ? out.size() : 0);
  reply_begin(ReplyCode::kFileActionOkay, "Listing");
  reply_line(line);
  return reply(ReplyCode::kFileActionOkay, "End");
}

}  // namespace rackcast::engine
