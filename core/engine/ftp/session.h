// The deciding half of one anonymous, read-only FTP control connection (RFC 959, 1123 §4.1, 2389, 2428, 2577, 3659):
// command lines and results in, replies and one action out. No socket, no file, no clock.
//
//   caller                                    FtpSession
//     begin()                  ----------->   220 greeting
//     on_line("RETR a.iso")    ----------->   action kLookUp           (path())
//     on_lookup(facts)         ----------->   action kTransfer         (transfer(): what, from where, over which data
//     [opens the data connection]                                       connection)
//     on_data_open(kOpened)    ----------->   150 …
//     [sends]      on_line("ABOR") while it sends: action kAbort
//     on_transfer_end(kDone)   ----------->   226 …
//
// After every call take_replies() holds what to send, in order. One action is open at a time: its on_… must be called
// before the next on_line(), except that kTransfer takes urgent lines meanwhile (is_urgent()). Other lines that arrive
// then are to be kept for later.
//
// Policy: only `anonymous` and `ftp` log in, any password; data connections only with the control peer's address and
// only to ports >= 1024 (RFC 2577 §3); the ASCII type sends the stored bytes unchanged, so SIZE is the stored size in
// both types; names that begin with a dot are always listed, since trees are mirrored whole.
//
// Thread: its connection's. Total: any line has a reply. Allocation: the reply text and the root.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/engine/ftp/listing.h"
#include "core/images/path.h"
#include "proto/ftp/argument.h"
#include "proto/ftp/command.h"
#include "proto/ftp/reply.h"
#include "proto/net/address.h"

namespace rackcast::engine {

inline constexpr unsigned kFtpLoginFailuresMax = 3;  // then the connection ends
inline constexpr std::uint16_t kFtpActivePortMin = 1'024;

struct FtpSettings {
  net::IpAddress peer;  // of the control connection
  net::IpAddress local;
  std::string root;  // the served root's own path
};

enum class FtpAction : std::uint8_t {
  kNone,
  kClose,          // once the replies are sent
  kOpenPassive,    // listen on the control connection's local address, then on_passive()
  kLookUp,         // path(), then on_lookup()
  kTransfer,       // transfer(): open the data connection, on_data_open(); send, on_transfer_end()
  kListToControl,  // transfer().listing of the path looked up last, then on_control_listing()
  kAbort,          // cut the running transfer; on_transfer_end(kAborted) follows
};

// What a path is; the fields as far as they apply.
struct FtpFacts {
  enum class Kind : std::uint8_t { kMissing, kFile, kDirectory };
  Kind kind = Kind::kMissing;
  std::uint64_t size_bytes = 0;
  std::int64_t modified = 0;  // seconds since 1970
};

struct FtpTransfer {
  enum class What : std::uint8_t { kFile, kListing };
  What what = What::kFile;
  PathText path;
  bool nothing = false;                  // kListing: of a name that is not there: no lines are sent
  std::uint64_t offset = 0;              // kFile: first byte; may lie beyond the end: nothing is sent
  FtpListingRequest listing;             // kListing
  std::optional<net::Endpoint> connect;  // active: connect there; else accept on the passive listener
};

enum class FtpDataOpen : std::uint8_t {
  kOpened,
  kFailed,
  kWrongPeer,
  kBusy,     // not opened: a limit is reached, and waiting was in vain; the client may try again
  kRefused,  // not opened: a limit is reached; the connection ends
};
enum class FtpTransferEnd : std::uint8_t {
  kDone,
  kNetworkFailed,
  kLocalFailed,  // unreadable, or rewritten while it was sent
  kAborted,
};

// Why a command was refused, for counters and events; kNone mostly.
enum class FtpRefusal : std::uint8_t { kNone, kBounce, kLogin, kWrite };

class FtpSession {
 public:
  explicit FtpSession(FtpSettings settings) : settings_(std::move(settings)) {}

  [[nodiscard]] FtpAction begin();
  // A line without its end.
  [[nodiscard]] FtpAction on_line(std::string_view line);
  [[nodiscard]] FtpAction on_line_too_long();
  // The port listened on, or none could be had.
  [[nodiscard]] FtpAction on_passive(std::optional<std::uint16_t> port);
  [[nodiscard]] FtpAction on_lookup(const FtpFacts& facts);
  [[nodiscard]] FtpAction on_data_open(FtpDataOpen result);
  [[nodiscard]] FtpAction on_transfer_end(FtpTransferEnd result);
  [[nodiscard]] FtpAction on_control_listing(std::string_view lines);
  [[nodiscard]] FtpAction on_idle_timeout();
  [[nodiscard]] FtpAction on_server_stop();

  // Whether a line may be handled while a transfer runs: ABOR, and STAT without a path.
  [[nodiscard]] static bool is_urgent(std::string_view line);

  // Everything to send since the last call.
  [[nodiscard]] std::string take_replies();
  [[nodiscard]] const PathText& path() const { return path_; }
  [[nodiscard]] const FtpTransfer& transfer() const { return transfer_; }
  [[nodiscard]] bool transferring() const { return waits_for_ == WaitsFor::kDataOpen || waits_for_ == WaitsFor::kEnd; }
  // Of the last call.
  [[nodiscard]] FtpRefusal refusal() const { return refusal_; }
  [[nodiscard]] bool not_found() const { return not_found_; }

 private:
  using ReplyCode = ftp::ReplyCode;
  using Handler = FtpAction (FtpSession::*)(std::string_view argument);
  struct Row;
  enum class Login : std::uint8_t { kNone, kNamed, kDone };
  enum class WaitsFor : std::uint8_t { kNothing, kPassive, kLookup, kDataOpen, kEnd, kControlListing };
  enum class DataMode : std::uint8_t { kNone, kPassive, kActive };

  static Handler handler_of(ftp::Verb verb);
  FtpAction dispatch(const ftp::Command& command);

  FtpAction reply(ReplyCode code, std::string_view text, FtpAction action = FtpAction::kNone);
  void reply_begin(ReplyCode code, std::string_view text);
  void reply_line(std::string_view text);
  [[nodiscard]] bool resolve(std::string_view argument);
  FtpAction look_up(ftp::Verb verb, std::string_view argument);
  FtpAction missing(std::string_view text);
  FtpAction start_transfer(FtpTransfer::What what);

  // Handlers, by group; each in one of session.cc, session_path.cc, session_data.cc.
  FtpAction user(std::string_view argument);
  FtpAction pass(std::string_view argument);
  FtpAction quit(std::string_view argument);
  FtpAction noop(std::string_view argument);
  FtpAction syst(std::string_view argument);
  FtpAction feat(std::string_view argument);
  FtpAction opts(std::string_view argument);
  FtpAction type(std::string_view argument);
  FtpAction mode(std::string_view argument);
  FtpAction stru(std::string_view argument);
  FtpAction allo(std::string_view argument);
  FtpAction help(std::string_view argument);
  FtpAction stat(std::string_view argument);
  FtpAction noted(std::string_view argument);
  FtpAction refuse_write(std::string_view argument);
  FtpAction not_implemented(std::string_view argument);
  FtpAction pwd(std::string_view argument);
  FtpAction cwd(std::string_view argument);
  FtpAction cdup(std::string_view argument);
  FtpAction size(std::string_view argument);
  FtpAction mdtm(std::string_view argument);
  FtpAction mlst(std::string_view argument);
  FtpAction pasv(std::string_view argument);
  FtpAction epsv(std::string_view argument);
  FtpAction port(std::string_view argument);
  FtpAction eprt(std::string_view argument);
  FtpAction rest(std::string_view argument);
  FtpAction retr(std::string_view argument);
  FtpAction list(std::string_view argument);
  FtpAction nlst(std::string_view argument);
  FtpAction mlsd(std::string_view argument);
  FtpAction abor(std::string_view argument);
  FtpAction begin_listing(ftp::Verb verb, FtpListFormat format, std::string_view argument);
  FtpAction refuse_protocol();
  FtpAction accept_active(const net::Endpoint& endpoint, ftp::Verb verb);

  // on_lookup(), by the command that asked.
  FtpAction found_for_listing(const FtpFacts& facts);
  FtpAction found_for_retr(const FtpFacts& facts);
  FtpAction found_for_mlst(const FtpFacts& facts);
  FtpAction found_for_time_or_size(const FtpFacts& facts);

  const FtpSettings settings_;
  std::string replies_;
  PathText directory_;  // current; "" = the root
  PathText path_;       // of the look-up under way
  PathText argument_;   // as the client wrote it, for reply texts
  FtpTransfer transfer_;
  ftp::Verb pending_ = ftp::Verb::kUnknown;  // whose result is waited for
  ftp::FactSet facts_;
  ftp::TransferType type_ = ftp::TransferType::kAscii;
  Login login_ = Login::kNone;
  WaitsFor waits_for_ = WaitsFor::kNothing;
  DataMode data_mode_ = DataMode::kNone;
  net::Endpoint active_;
  std::uint64_t offset_ = 0;
  std::uint64_t file_size_ = 0;
  unsigned login_failures_ = 0;
  bool only_epsv_ = false;
  bool abort_asked_ = false;
  FtpRefusal refusal_ = FtpRefusal::kNone;
  bool not_found_ = false;
};

}  // namespace rackcast::engine
