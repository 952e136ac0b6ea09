#include "core/engine/ftp/session.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace rackcast::engine {
namespace {

using Kind = FtpFacts::Kind;

// Plays the connection's part over a tree that is a map. Transfers succeed at once unless `hold_transfers`.
class Dialogue {
 public:
  explicit Dialogue(const char* peer = "192.168.1.20", const char* local = "192.168.1.1")
      : session_({*net::IpAddress::parse(peer), *net::IpAddress::parse(local), "/var/ftp"}) {
    files_[""] = files_["dir"] = files_["dir/sub"] = files_["a \"b\""] = {Kind::kDirectory, 0, 0};
    files_["a.iso"] = files_["dir/b.rpm"] = {Kind::kFile, 1'234, 784'111'777};
    (void)session_.begin();
    (void)session_.take_replies();
  }

  std::string say(std::string_view line) {
    act(session_.on_line(line));
    return session_.take_replies();
  }
  void login() {
    (void)say("USER anonymous");
    (void)say("PASS x@");
  }
  std::string end_transfer(FtpTransferEnd end) {
    act(session_.on_transfer_end(end));
    return session_.take_replies();
  }

  FtpSession& session() { return session_; }
  FtpAction last_action = FtpAction::kNone;  // the last that was not kNone
  bool hold_transfers = false;
  FtpDataOpen data_open = FtpDataOpen::kOpened;
  std::optional<std::uint16_t> passive_port = 50'001;
  std::vector<FtpTransfer> transfers;

 private:
  void act(FtpAction action) {
    while (action != FtpAction::kNone) {
      last_action = action;
      action = perform(action);
    }
  }
  FtpAction perform(FtpAction action) {
    switch (action) {
      case FtpAction::kOpenPassive:
        return session_.on_passive(passive_port);
      case FtpAction::kLookUp: {
        const auto found = files_.find(std::string(session_.path().view()));
        return session_.on_lookup(found == files_.end() ? FtpFacts{} : found->second);
      }
      case FtpAction::kTransfer: {
        transfers.push_back(session_.transfer());
        const FtpAction next = session_.on_data_open(data_open);
        if (data_open != FtpDataOpen::kOpened || hold_transfers) return next;
        return session_.on_transfer_end(FtpTransferEnd::kDone);
      }
      case FtpAction::kListToControl:
        return session_.on_control_listing("line one\r\nline two\r\n");
      case FtpAction::kAbort:
      case FtpAction::kClose:
      case FtpAction::kNone:
        break;
    }
    return FtpAction::kNone;
  }

  FtpSession session_;
  std::map<std::string, FtpFacts> files_;
};

struct Exchange {
  std::string line;
  std::string reply;
};

void expect_dialogue(Dialogue& dialogue, const std::vector<Exchange>& exchanges) {
  for (const Exchange& exchange : exchanges) EXPECT_EQ(dialogue.say(exchange.line), exchange.reply) << exchange.line;
}

TEST(FtpSession, GreetsAndLogsInAnonymously) {
  FtpSession session({});
  EXPECT_EQ(session.begin(), FtpAction::kNone);
  EXPECT_TRUE(session.take_replies().starts_with("220 "));
  Dialogue dialogue;
  expect_dialogue(dialogue, {{"PASS x", "503 Login with USER first.\r\n"},
                             {"PWD", "530 Please login with USER and PASS.\r\n"},
                             {"AUTH TLS", "530 Please login with USER and PASS.\r\n"},
                             {"user Anonymous", "331 Please specify the password.\r\n"},
                             {"PASS ", "230 Login successful.\r\n"},
                             {"PASS x", "230 Already logged in.\r\n"},
                             {"USER root", "530 Can't change from guest user.\r\n"},
                             {"NONSENSE", "500 Unknown command.\r\n"},
                             {"", "500 Unknown command.\r\n"},
                             {"QUIT", "221 Goodbye.\r\n"}});
  EXPECT_EQ(dialogue.last_action, FtpAction::kClose);
}

TEST(FtpSession, OtherUsersAreRefusedAndTheThirdTimeEndsIt) {
  Dialogue dialogue;
  const std::string refused = "530 This FTP server is anonymous only.\r\n";
  expect_dialogue(dialogue, {{"USER root", refused}, {"PASS x", "503 Login with USER first.\r\n"}, {"USER ", refused}});
  EXPECT_EQ(dialogue.session().refusal(), FtpRefusal::kLogin);
  EXPECT_NE(dialogue.last_action, FtpAction::kClose);
  expect_dialogue(dialogue, {{"USER x", refused}});
  EXPECT_EQ(dialogue.last_action, FtpAction::kClose);
}

TEST(FtpSession, SmallCommandsAnswerInVsftpdsShapes) {
  Dialogue dialogue;
  dialogue.login();
  expect_dialogue(dialogue, {{"SYST", "215 UNIX Type: L8\r\n"},
                             {"TYPE I", "200 Switching to Binary mode.\r\n"},
                             {"TYPE L 8", "200 Switching to Binary mode.\r\n"},
                             {"TYPE A", "200 Switching to ASCII mode.\r\n"},
                             {"TYPE E", "500 Unrecognised TYPE command.\r\n"},
                             {"MODE S", "200 Mode set to S.\r\n"},
                             {"MODE B", "504 Bad MODE command.\r\n"},
                             {"STRU F", "200 Structure set to F.\r\n"},
                             {"STRU R", "504 Bad STRU command.\r\n"},
                             {"ALLO 5", "202 ALLO command ignored.\r\n"},
                             {"NOOP", "200 NOOP ok.\r\n"},
                             {"REIN", "502 Command not implemented.\r\n"},
                             {"OPTS UTF8 ON", "200 Always in UTF8 mode.\r\n"},
                             {"OPTS UTF8 OFF", "501 Option not understood.\r\n"},
                             {"OPTS X", "501 Option not understood.\r\n"},
                             {"OPTS MLST size;type;", "200 MLST OPTS type;size;\r\n"},
                             {"ABOR", "225 No transfer to ABOR.\r\n"}});
}

TEST(FtpSession, FeaturesAreListedBeforeLoginToo) {
  Dialogue dialogue;
  EXPECT_EQ(dialogue.say("FEAT"),
            "211-Features:\r\n EPRT\r\n EPSV\r\n MDTM\r\n MLST type*;size*;modify*;perm*;\r\n PASV\r\n REST STREAM\r\n"
            " SIZE\r\n TVFS\r\n UTF8\r\n211 End\r\n");
}

TEST(FtpSession, HelpAndStatusAreMultiLine) {
  Dialogue dialogue;
  dialogue.login();
  const std::string help = dialogue.say("HELP");
  EXPECT_TRUE(help.starts_with("214-"));
  EXPECT_NE(help.find("RETR"), std::string::npos);
  EXPECT_TRUE(help.ends_with("\r\n214 Help OK.\r\n"));
  const std::string status = dialogue.say("STAT");
  EXPECT_TRUE(status.starts_with("211-FTP server status:\r\n Connected to 192.168.1.20\r\n"));
  EXPECT_TRUE(status.ends_with("211 End of status\r\n"));
  EXPECT_EQ(dialogue.say("STAT dir"), "213-Status follows:\r\n line one\r\n line two\r\n213 End of status\r\n");
}

TEST(FtpSession, DirectoriesFollowTheOnePathRule) {
  Dialogue dialogue;
  dialogue.login();
  const std::string changed = "250 Directory successfully changed.\r\n";
  const std::string failed = "550 Failed to change directory.\r\n";
  expect_dialogue(dialogue, {{"PWD", "257 \"/\" is the current directory\r\n"},
                             {"CDUP", changed},
                             {"CWD dir", changed},
                             {"XPWD", "257 \"/dir\" is the current directory\r\n"},
                             {"CWD sub", changed},
                             {"PWD", "257 \"/dir/sub\" is the current directory\r\n"},
                             {"CWD ../sub/.", changed},
                             {"CDUP", changed},
                             {"PWD", "257 \"/dir\" is the current directory\r\n"},
                             {"CWD /a \"b\"", changed},
                             {"PWD", "257 \"/a \"\"b\"\"\" is the current directory\r\n"},
                             {"CWD /var/ftp/dir", changed},
                             {"CWD \\dir\\sub", changed},
                             {"PWD", "257 \"/dir/sub\" is the current directory\r\n"},
                             {"CWD /a.iso", failed},
                             {"CWD /missing", failed},
                             {"CWD ../../..", failed},
                             {"CWD " + std::string(2'000, 'x'), failed},
                             {"CWD /", changed},
                             {"CWD ..", failed}});
  EXPECT_TRUE(dialogue.session().not_found());
}

TEST(FtpSession, SizeTimeAndFacts) {
  Dialogue dialogue;
  dialogue.login();
  expect_dialogue(
      dialogue,
      {{"SIZE a.iso", "213 1234\r\n"},
       {"SIZE dir", "550 Could not get file size.\r\n"},
       {"SIZE x", "550 Could not get file size.\r\n"},
       {"MDTM dir/b.rpm", "213 19941106084937\r\n"},
       {"MDTM x", "550 Could not get file modification time.\r\n"},
       {"MLST a.iso", "250-Listing\r\n type=file;size=1234;modify=19941106084937;perm=r; /a.iso\r\n250 End\r\n"},
       {"MLST x", "550 No such file or directory.\r\n"},
       {"OPTS MLST type;", "200 MLST OPTS type;\r\n"},
       {"MLST", "250-Listing\r\n type=dir; /\r\n250 End\r\n"}});
}

TEST(FtpSession, WritesAreRefused) {
  Dialogue dialogue;
  dialogue.login();
  for (const char* line :
       {"STOR a", "STOU", "APPE a", "DELE a.iso", "MKD x", "RMD dir", "RNFR a.iso", "RNTO b", "SITE CHMOD 777 a.iso"}) {
    EXPECT_EQ(dialogue.say(line), "550 Permission denied.\r\n") << line;
    EXPECT_EQ(dialogue.session().refusal(), FtpRefusal::kWrite);
  }
}

TEST(FtpSession, RetrievesOverAPassiveConnection) {
  Dialogue dialogue;
  dialogue.login();
  expect_dialogue(dialogue, {{"RETR a.iso", "425 Use PORT or PASV first.\r\n"},
                             {"TYPE I", "200 Switching to Binary mode.\r\n"},
                             {"PASV", "227 Entering Passive Mode (192,168,1,1,195,81).\r\n"},
                             {"RETR a.iso",
                              "150 Opening BINARY mode data connection for a.iso (1234 bytes).\r\n"
                              "226 Transfer complete.\r\n"},
                             {"RETR a.iso", "425 Use PORT or PASV first.\r\n"},
                             {"EPSV", "229 Entering Extended Passive Mode (|||50001|)\r\n"},
                             {"RETR missing", "550 Failed to open file.\r\n"},
                             {"RETR dir", "550 Failed to open file.\r\n"},
                             {"RETR dir/b.rpm",
                              "150 Opening BINARY mode data connection for dir/b.rpm (1234 bytes).\r\n"
                              "226 Transfer complete.\r\n"}});
  ASSERT_EQ(dialogue.transfers.size(), 2U);
  EXPECT_FALSE(dialogue.transfers[1].connect);
  EXPECT_EQ(dialogue.transfers[1].path.view(), "dir/b.rpm");
}

TEST(FtpSession, RestartHoldsForOneTransferWithCommandsInBetween) {
  Dialogue dialogue;
  dialogue.login();
  expect_dialogue(dialogue, {{"REST x", "501 Bad restart position.\r\n"},
                             {"REST 1000", "350 Restart position accepted (1000).\r\n"}});
  (void)dialogue.say("PASV");
  (void)dialogue.say("RETR a.iso");
  (void)dialogue.say("PASV");
  (void)dialogue.say("RETR a.iso");
  ASSERT_EQ(dialogue.transfers.size(), 2U);
  EXPECT_EQ(dialogue.transfers[0].offset, 1'000U);
  EXPECT_EQ(dialogue.transfers[1].offset, 0U);
}

TEST(FtpSession, ActiveConnectionsGoToTheControlPeerOnly) {
  Dialogue dialogue;
  dialogue.login();
  expect_dialogue(dialogue, {{"PORT 192,168,1,20,195,80", "200 PORT command successful. Consider using PASV.\r\n"}});
  EXPECT_EQ(dialogue.session().refusal(), FtpRefusal::kNone);
  (void)dialogue.say("RETR a.iso");
  ASSERT_EQ(dialogue.transfers.size(), 1U);
  EXPECT_EQ(dialogue.transfers[0].connect->text().view(), "192.168.1.20:50000");
  for (const char* line : {"PORT 192,168,1,21,195,80", "PORT 192,168,1,20,0,80"}) {
    EXPECT_EQ(dialogue.say(line), "500 Illegal PORT command.\r\n") << line;
    EXPECT_EQ(dialogue.session().refusal(), FtpRefusal::kBounce) << line;
  }
  for (const char* line : {"EPRT |1|192.168.1.21|50000|", "EPRT |1|192.168.1.20|25|"}) {
    EXPECT_EQ(dialogue.say(line), "500 Illegal EPRT command.\r\n") << line;
    EXPECT_EQ(dialogue.session().refusal(), FtpRefusal::kBounce) << line;
  }
  expect_dialogue(dialogue, {{"PORT 1,2,3", "500 Illegal PORT command.\r\n"},
                             {"EPRT x", "500 Illegal EPRT command.\r\n"},
                             {"EPRT |2|2001:db8::1|50000|", "522 Network protocol not supported, use (1)\r\n"},
                             {"EPRT |3|x|1|", "522 Network protocol not supported, use (1)\r\n"},
                             {"RETR a.iso", "425 Use PORT or PASV first.\r\n"},
                             {"EPRT |1|192.168.1.20|50000|", "200 EPRT command successful. Consider using EPSV.\r\n"}});
}

TEST(FtpSession, ARefusedBounceForgetsTheEarlierDataAddress) {
  Dialogue dialogue;
  dialogue.login();
  (void)dialogue.say("PASV");
  (void)dialogue.say("PORT 10,0,0,1,195,80");
  EXPECT_EQ(dialogue.say("RETR a.iso"), "425 Use PORT or PASV first.\r\n");
}

TEST(FtpSession, EpsvAllForbidsTheOthers) {
  Dialogue dialogue;
  dialogue.login();
  const std::string only = "550 Only EPSV is allowed after EPSV ALL.\r\n";
  expect_dialogue(dialogue, {{"EPSV 2", "522 Network protocol not supported, use (1)\r\n"},
                             {"EPSV 7", "522 Network protocol not supported, use (1)\r\n"},
                             {"EPSV ALL", "200 EPSV ALL ok.\r\n"},
                             {"PASV", only},
                             {"PORT 192,168,1,20,195,80", only},
                             {"EPRT |1|192.168.1.20|50000|", only},
                             {"EPSV 1", "229 Entering Extended Passive Mode (|||50001|)\r\n"}});
}

TEST(FtpSession, PasvNeedsIpv4AndEpsvDoesNot) {
  Dialogue dialogue("2001:db8::20", "2001:db8::1");
  dialogue.login();
  expect_dialogue(dialogue, {{"PASV", "425 PASV is for IPv4 only, use EPSV.\r\n"},
                             {"EPSV 1", "522 Network protocol not supported, use (2)\r\n"},
                             {"EPRT |1|192.168.1.20|50000|", "522 Network protocol not supported, use (2)\r\n"},
                             {"EPRT |3|x|1|", "522 Network protocol not supported, use (2)\r\n"},
                             {"EPSV", "229 Entering Extended Passive Mode (|||50001|)\r\n"},
                             {"EPRT |2|2001:db8::20|50000|", "200 EPRT command successful. Consider using EPSV.\r\n"}});
}

TEST(FtpSession, NoFreePortIsSaid) {
  Dialogue dialogue;
  dialogue.login();
  dialogue.passive_port.reset();
  EXPECT_TRUE(dialogue.say("PASV").starts_with("421 "));
  EXPECT_EQ(dialogue.say("LIST"), "425 Use PORT or PASV first.\r\n");
}

TEST(FtpSession, DataConnectionsThatFailAreSaid) {
  Dialogue dialogue;
  dialogue.login();
  dialogue.data_open = FtpDataOpen::kFailed;
  (void)dialogue.say("PASV");
  EXPECT_EQ(dialogue.say("RETR a.iso"), "425 Failed to establish connection.\r\n");
  dialogue.data_open = FtpDataOpen::kWrongPeer;
  (void)dialogue.say("PASV");
  EXPECT_EQ(dialogue.say("RETR a.iso"), "425 Security: Bad IP connecting.\r\n");
  dialogue.data_open = FtpDataOpen::kBusy;
  (void)dialogue.say("PASV");
  EXPECT_EQ(dialogue.say("RETR a.iso"), "450 Too many transfers, please try later.\r\n");
  EXPECT_NE(dialogue.last_action, FtpAction::kClose);
  dialogue.data_open = FtpDataOpen::kRefused;
  (void)dialogue.say("PASV");
  EXPECT_EQ(dialogue.say("LIST"), "421 Too many transfers, please try later.\r\n");
  EXPECT_EQ(dialogue.last_action, FtpAction::kClose);
  EXPECT_FALSE(dialogue.session().transferring());
}

struct ListCase {
  std::string line;
  std::string path;
  FtpListFormat format;
  std::string pattern;
  std::string prefix;
  bool nothing;
};

TEST(FtpSession, ListingArguments) {
  const ListCase cases[] = {
      {"LIST", "", FtpListFormat::kLong, "", "", false},
      {"LIST -la", "", FtpListFormat::kLong, "", "", false},
      {"LIST -la dir", "dir", FtpListFormat::kLong, "", "dir/", false},
      {"LIST dir/*.rpm", "dir", FtpListFormat::kLong, "*.rpm", "dir/", false},
      {"LIST *.iso", "", FtpListFormat::kLong, "*.iso", "", false},
      {"LIST a.iso", "a.iso", FtpListFormat::kLong, "", "", false},
      {"LIST missing", "", FtpListFormat::kLong, "", "missing/", true},
      {"LIST a.iso/*", "", FtpListFormat::kLong, "*", "a.iso/", true},
      {"LIST ../../etc", "", FtpListFormat::kLong, "", "../../etc/", true},
      {"NLST dir", "dir", FtpListFormat::kNames, "", "dir/", false},
      {"NLST dir/b.rpm", "dir/b.rpm", FtpListFormat::kNames, "", "dir/", false},
      {"MLSD", "", FtpListFormat::kFacts, "", "", false},
      {"MLSD dir", "dir", FtpListFormat::kFacts, "", "", false},
  };
  Dialogue dialogue;
  dialogue.login();
  for (const ListCase& c : cases) {
    (void)dialogue.say("PASV");
    EXPECT_EQ(dialogue.say(c.line), "150 Here comes the directory listing.\r\n226 Directory send OK.\r\n") << c.line;
    const FtpTransfer& transfer = dialogue.transfers.back();
    EXPECT_EQ(transfer.path.view(), c.path) << c.line;
    EXPECT_EQ(transfer.listing.format, c.format) << c.line;
    EXPECT_EQ(transfer.listing.pattern.view(), c.pattern) << c.line;
    EXPECT_EQ(transfer.listing.name_prefix.view(), c.prefix) << c.line;
    EXPECT_EQ(transfer.nothing, c.nothing) << c.line;
  }
  (void)dialogue.say("PASV");
  expect_dialogue(dialogue, {{"MLSD a.iso", "501 Not a directory.\r\n"}, {"MLSD x", "550 No such directory.\r\n"}});
}

TEST(FtpSession, AborCutsTheTransferAndIsAnsweredAfterIt) {
  Dialogue dialogue;
  dialogue.login();
  dialogue.hold_transfers = true;
  (void)dialogue.say("PASV");
  (void)dialogue.say("RETR a.iso");
  EXPECT_TRUE(dialogue.session().transferring());
  EXPECT_NE(dialogue.say("STAT").find("A transfer is running"), std::string::npos);
  EXPECT_EQ(dialogue.say("SIZE a.iso"), "503 A command is still running.\r\n");
  EXPECT_EQ(dialogue.say("ABOR"), "");
  EXPECT_EQ(dialogue.last_action, FtpAction::kAbort);
  EXPECT_EQ(dialogue.say("ABOR"), "");  // once is enough
  EXPECT_EQ(dialogue.end_transfer(FtpTransferEnd::kAborted),
            "426 Failure writing network stream.\r\n226 ABOR successful.\r\n");
  EXPECT_EQ(dialogue.say("ABOR"), "225 No transfer to ABOR.\r\n");
}

TEST(FtpSession, EndsOfTransfersAreToldApart) {
  Dialogue dialogue;
  dialogue.login();
  dialogue.hold_transfers = true;
  const std::pair<FtpTransferEnd, const char*> cases[] = {
      {FtpTransferEnd::kDone, "226 Transfer complete.\r\n"},
      {FtpTransferEnd::kNetworkFailed, "426 Failure writing network stream.\r\n"},
      {FtpTransferEnd::kLocalFailed, "451 Failure reading local file.\r\n"},
  };
  for (const auto& [end, reply] : cases) {
    (void)dialogue.say("PASV");
    (void)dialogue.say("RETR a.iso");
    EXPECT_EQ(dialogue.end_transfer(end), reply);
  }
}

TEST(FtpSession, ReplyTextsCannotBeForgedByArguments) {
  Dialogue dialogue;
  dialogue.login();
  (void)dialogue.say("PASV");
  const std::string reply = dialogue.say("RETR ./a.iso\r");  // a CR inside: not that file
  EXPECT_EQ(reply, "550 Failed to open file.\r\n");
}

TEST(FtpSession, TimeoutsAndOverlongLinesAreSaid) {
  FtpSession session({});
  EXPECT_EQ(session.on_line_too_long(), FtpAction::kNone);
  EXPECT_EQ(session.take_replies(), "500 Input line too long.\r\n");
  EXPECT_EQ(session.on_idle_timeout(), FtpAction::kClose);
  EXPECT_EQ(session.take_replies(), "421 Timeout.\r\n");
}

}  // namespace
}  // namespace rackcast::engine
